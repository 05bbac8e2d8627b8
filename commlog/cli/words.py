"""The words of a call, before anything is loaded that could parse them."""

from collections.abc import Sequence
from typing import Final

# What every command takes, before or after its name.
SHARED_OPTIONS: Final = ("--log", "--now", "--language")
# Commands that always ask the whole log: its files are looked at while the program is being loaded.
READING: Final = frozenset(
    {
        "list",
        "search",
        "thread",
        "pending",
        "summarize",
        "check",
        "sql",
        "remind",
        "care",
        "brief",
        "timeline",
        "report",
    }
)


def hoist(arguments: Sequence[str]) -> list[str]:
    """The words of a call with the shared options moved to the front, where the program takes them."""
    shared: list[str] = []
    rest: list[str] = []
    words = iter(arguments)
    for word in words:
        name, equals, _ = word.partition("=")
        if word == "--":
            rest += [word, *words]
        elif name in SHARED_OPTIONS:
            shared.append(word)
            if not equals:
                shared += [value for value in [next(words, None)] if value is not None]
        else:
            rest.append(word)
    return shared + rest


def option_of(words: Sequence[str], name: str) -> str | None:
    """The value a shared option has in hoisted words; the last one counts."""
    found = None
    for place, word in enumerate(words):
        key, equals, value = word.partition("=")
        if key == "--" or key not in SHARED_OPTIONS:
            if not word.startswith("-") and (place == 0 or words[place - 1] not in SHARED_OPTIONS):
                break
        elif key == name:
            found = value if equals else "".join(words[place + 1 : place + 2])
    return found


def command_of(words: Sequence[str]) -> str | None:
    """The command that hoisted words name; None when they name none."""
    waiting = iter(words)
    for word in waiting:
        if word in SHARED_OPTIONS:
            next(waiting, None)
        elif not word.startswith("-"):
            return word
    return None
