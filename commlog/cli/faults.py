"""How an error is printed on stderr: the place, the line itself, the remedy."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import typer
from typer.exceptions import TyperException

from commlog.check.text import format_error
from commlog.errors import CommlogError, ExitCode
from commlog.messages import mark, translate


def show_fault(fault: CommlogError | TyperException) -> int:
    """Print a fault with all of its problems, and give its exit code."""
    if isinstance(fault, CommlogError):
        typer.echo(format_error(fault), err=True)
        return fault.exit_code
    _show_usage_fault(fault)
    return ExitCode.USAGE


def _show_usage_fault(fault: Any) -> None:
    """Print a usage fault of the command-line library in the language in use."""
    name = type(fault).__name__
    if name == "NoArgsIsHelpError":
        typer.echo(fault.format_message(), err=True)
        return
    template, find_name = _WORDS.get(name, ("{reason}", lambda _: ""))
    reason = _reason(str(getattr(fault, "message", "") or fault))
    message = translate(template).format(name=find_name(fault), reason=reason)
    typer.echo(translate("commlog: error:") + " " + message, err=True)
    near = sorted(getattr(fault, "possibilities", None) or ())
    if near:
        typer.echo("  " + translate("did you mean {near}?").format(near=", ".join(near)), err=True)
    context = getattr(fault, "ctx", None)
    if context is not None:
        typer.echo("  " + translate("see: {command} --help").format(command=context.command_path), err=True)


def _reason(message: str) -> str:
    """What the library says, in our words where we have them."""
    for pattern, words in _REASONS:
        found = pattern.search(message)
        if found:
            return translate(words).format(**found.groupdict())
    return message


def _parameter_name(fault: Any) -> str:
    parameter = fault.param
    if parameter is None:
        return str(fault.param_hint or "")
    return (
        str(parameter.opts[-1]) if parameter.param_type_name == "option" else str(parameter.human_readable_name).upper()
    )


# What the library writes in English, and our words for it.
_REASONS: Final = (
    (
        re.compile(r"^Got unexpected extra arguments? ?(?:\(s\))? ?\((?P<words>.*)\)", re.DOTALL),
        mark("too many arguments: {words}"),
    ),
    (re.compile(r"^'(?P<value>.*)' is not a valid int", re.DOTALL), mark("'{value}' is not a whole number")),
    (re.compile("requires an argument"), mark("missing value")),
    (re.compile("does not take a value"), mark("it accepts no value")),
)
# The command-line library's usage faults by class: our words, and where their fact is.
_WORDS: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "NoSuchOption": (mark("no such option: {name}"), lambda fault: fault.option_name),
    "MissingParameter": (mark("missing argument: {name}"), _parameter_name),
    "BadParameter": (mark("invalid value for {name}: {reason}"), _parameter_name),
    "BadOptionUsage": (mark("invalid use of {name}: {reason}"), lambda fault: fault.option_name),
}
