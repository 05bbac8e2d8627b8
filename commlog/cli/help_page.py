"""How a page of help reads: the command-line library's own words, and lines broken by what a terminal shows."""

import re
from collections.abc import Callable
from typing import Any, Final

from commlog.messages import current_language, mark
from commlog.output.text import wrap

# The library asks gettext for these, and finds them in our catalogue.
LIBRARY_WORDS: Final = (
    mark("Options"),
    mark("Arguments"),
    mark("Commands"),
    mark("default: {default}"),
    mark("required"),
    mark("env var: {var}"),
    mark("Missing command."),
    mark("Usage:"),
    mark("commlog: error:"),
)
# So wide that the library breaks no line, and the widest first column under which a text is indented.
_ENDLESS: Final = 10_000
_WIDEST: Final = 40
_FIRST_COLUMN: Final = re.compile(r" *(?:\S+(?: \S+)* {2,})?")


def fit_help(get_help: Callable[[Any], str], context: Any) -> str:
    """The help that `get_help` writes, no line wider than the terminal.

    The library counts characters and breaks at spaces, as English needs it; Chinese has none, and takes two columns each.
    """
    if current_language() == "en":
        return get_help(context)
    width, usual = context.make_formatter().width, context.terminal_width
    context.terminal_width = _ENDLESS
    try:
        text = get_help(context)
    finally:
        context.terminal_width = usual
    return "\n".join(part for line in text.split("\n") for part in _fit(line, width))


def _fit(line: str, width: int) -> list[str]:
    """A line in parts, the later ones below the beginning of its text."""
    found = _FIRST_COLUMN.match(line)
    place = found.end() if found else 0
    if place > _WIDEST:
        place = len(line) - len(line.lstrip())
    first, *more = wrap(line[place:], width - place)
    return [line[:place] + first, *(" " * place + part for part in more)]
