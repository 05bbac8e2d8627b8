"""What turns the templates of pages into text: every value escaped, nothing fetched from anywhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from commlog.errors import UsageError
from commlog.messages import current_language, mark, translate
from commlog.output.text import harmless
from commlog.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment

# The templates and style sheets of pages are beside their subjects, and are named by their path in the package.
_PACKAGE: Final = Path(__file__).parents[1]
# How a page says who wrote it, by which it is known when it is to be replaced.
GENERATOR: Final = "commlog"
# What the templates of pages say themselves.
PAGE_WORDS: Final[Mapping[str, str]] = {
    "at_a_glance": mark("At a glance"),
    "before": mark("before: {value}"),
    "charts": mark("Charts"),
    "too_little": mark("Too little data for a chart; the numbers are in the table."),
    "as_table": mark("The numbers as a table"),
    "nothing": mark("Nothing to show"),
    "to_look_at": mark("Needs attention"),
    "none": mark("none"),
    "all_figures": mark("All figures"),
    "revealed": mark("This page shows personal data in full: keep it where only people who need it can see it."),
    "masked": mark("Names and contact details are masked."),
    "breaks": mark("This record breaks rules:"),
    "line": mark("line {line}"),
    "recorded_by": mark("Recorded by: {name}"),
    "signature": mark("Signature:"),
    "date": mark("Date:"),
}
_LANGUAGES: Final = {"zh": "zh-Hans", "en": "en"}


def fill_template(name: str, values: Mapping[str, Any]) -> str:
    """A page of a template, named by its path in this package; texts of people stay texts, control characters are shown.

    Raises:
        UsageError: the package for pages is missing.
    """
    return (
        _environment()
        .get_template(name)
        .render(
            values,
            lang=_LANGUAGES[current_language()],
            generator=f"{GENERATOR} {VERSION}",
            words={key: translate(text) for key, text in PAGE_WORDS.items()},
        )
    )


def style_sheet(name: str) -> Any:
    """A style sheet of this package as markup, by its path in the package.

    Raises:
        UsageError: the package for pages is missing.
    """
    return as_markup((_PACKAGE / name).read_text(encoding="utf-8"))


def as_markup(text: str) -> Any:
    """Text of our own making that goes into a page as it is, every word of others in it escaped already.

    Raises:
        UsageError: the package for pages is missing.
    """
    try:
        from markupsafe import Markup
    except ModuleNotFoundError:
        raise missing_package("jinja2") from None
    return Markup(text)  # noqa: S704 - drawings and style sheets of this package


def missing_package(name: str) -> UsageError:
    """The fault of a package that pages need and nobody has installed."""
    return UsageError(
        mark("the package '{name}' is not installed; pages are made with it"),
        name=name,
        remedy=mark('install it: pip install "commlog[report]"'),
    )


@cache
def _environment() -> "Environment":
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ModuleNotFoundError:
        raise missing_package("jinja2") from None
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_PACKAGE),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # Escaping as HTML is left to the templates; this shows what would steer the reader.
    environment.finalize = _shown
    return environment


def _shown(value: Any) -> Any:
    # Markup is text too, made by ourselves.
    return harmless(value, keep_lines=True) if type(value) is str else value
