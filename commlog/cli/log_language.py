"""The language a call's log answers in, for help: read off one line of its settings, for nothing else of the log is needed."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from commlog.cli.session import variable
from commlog.cli.words import SHARED_OPTIONS, option_of

# The name of the settings; what the store knows of them takes longer to load than all help takes to write.
_SETTINGS: Final = "commlog.yaml"
_LINE: Final = re.compile(rb"""^language:[ \t]*(?:"(zh|en)"|'(zh|en)'|(zh|en))[ \t]*(?:#.*)?\r?$""", re.MULTILINE)
_HELP: Final = "--help"
# What makes a log chooses its language itself.
_MAKING: Final = "init"


def may_show_help(words: Sequence[str]) -> bool:
    """Whether hoisted words may be answered by a page of help: they ask for it, or name a command alone, or none."""
    asked = words[: words.index("--")] if "--" in words else words
    rest = list(words)
    while rest and rest[0].partition("=")[0] in SHARED_OPTIONS:
        del rest[: 1 if "=" in rest[0] else 2]
    return _HELP in asked or (len(rest) <= 1 and rest != [_MAKING])


def log_language(words: Sequence[str]) -> str | None:
    """The language of the log that hoisted words, the environment or the current folder lead to.

    None when the call or the environment names a language for commlog, where there is no log, and for `auto`.
    """
    if option_of(words, "--language") or variable("COMMLOG_LANGUAGE"):
        return None
    named = option_of(words, "--log") or variable("COMMLOG_DIR")
    try:
        here = Path.cwd()
        folders = (Path(named),) if named else (here, *here.parents)
        settings = next((folder / _SETTINGS for folder in folders if (folder / _SETTINGS).is_file()), None)
        found = _LINE.search(settings.read_bytes()) if settings else None
    except OSError:
        return None
    return next((group.decode() for group in found.groups() if group), None) if found else None
