"""How a fault is told on stderr: the place, the line itself, the remedy."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import typer
from typer.exceptions import TyperException

from commlog.errors import CommlogError, ExitCode
from commlog.messages import mark, translate
from commlog.render.problems import format_error


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
    typer.echo(f"{translate('commlog: error:')} {message}", err=True)
    near = sorted(getattr(fault, "possibilities", None) or ())
    if near:
        typer.echo("  " + translate("did you mean {near}?").format(near=", ".join(near)), err=True)
    context = getattr(fault, "ctx", None)
    if context is not None:
        typer.echo("  " + translate("see: {command} --help").format(command=context.command_path), err=True)


def _reason(message: str) -> str:
    if message.startswith("Got unexpected extra argument"):
        words = message.partition(" (")[2].rpartition(")")[0] or message
        return translate("too many words: {words}").format(words=words)
    return message


def _parameter_name(fault: Any) -> str:
    parameter = fault.param
    if parameter is None:
        return str(fault.param_hint or "")
    return str(parameter.opts[-1]) if parameter.param_type_name == "option" else str(parameter.human_readable_name).upper()


# The command-line library's usage faults by class: our words, and where their fact is.
_WORDS: Final[Mapping[str, tuple[str, Callable[[Any], str]]]] = {
    "NoSuchOption": (mark("there is no option {name}"), lambda fault: fault.option_name),
    "MissingParameter": (mark("{name} is missing"), _parameter_name),
    "BadParameter": (mark("{name}: not understood: {reason}"), _parameter_name),
    "BadOptionUsage": (mark("the option {name} is used wrongly: {reason}"), lambda fault: fault.option_name),
}
