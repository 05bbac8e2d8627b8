"""The program: which commands there are, how one is built when it is called, and where faults are told."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType
from typing import Any, ClassVar, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from commlog.cli.log_language import log_language, may_show_help
from commlog.cli.session import Session, guess_language, speak
from commlog.cli.words import hoist, option_of
from commlog.errors import CommlogError, UsageError
from commlog.messages import LANGUAGES, mark, translate

# Every command by name and the module that holds it: the daily verbs first, in the order help shows them.
COMMANDS: Final[Mapping[str, str]] = {
    "init": "init",
    "create": "create",
    "show": "show",
    "edit": "edit",
    "list": "list_records",
    "search": "search",
    "link": "link",
    "unlink": "unlink",
    "thread": "thread",
    "pending": "pending",
    "start": "start",
    "wait": "wait",
    "done": "done",
    "close": "close",
    "reopen": "reopen",
    "assign": "assign",
    "reschedule": "reschedule",
    "add-follow-up": "add_follow_up",
    "why": "why",
    "remind": "remind",
    "care": "care",
    "brief": "brief",
    "timeline": "timeline",
    "summarize": "summarize",
    "report": "report",
    "check": "check",
    "sync": "sync",
    "hook": "hook",
    "history": "history",
    "audit": "audit",
    "retention": "retention",
    "import": "import_records",
    "export": "export_records",
    "customer": "customer",
    "issue": "issue",
    "survey": "survey",
    "answer": "answer",
    "calendar": "calendar",
    "template": "template",
    "index": "index",
    "sql": "sql",
    "seal": "seal",
    "merge-driver": "merge_driver",
    "doctor": "doctor",
    "completion": "completion",
}


class Command(TyperCommand):
    """A command whose help speaks the language in use."""

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line with its heading translated."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), translate("Usage:") + " ")

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, told in the language in use."""
        return _told(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        """The page of help, fitted to the terminal."""
        from commlog.cli.help_page import fit_help

        return fit_help(super().get_help, ctx)


class LazyGroup(TyperGroup):
    """A group that builds only the command that is called."""

    modules: ClassVar[Mapping[str, str]] = COMMANDS
    noun: ModuleType | None = None

    format_usage = Command.format_usage

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, told in the language in use."""
        return _told(super().get_help_option(ctx))

    def get_help(self, ctx: Any) -> str:
        """The page of help, fitted to the terminal."""
        from commlog.cli.help_page import fit_help

        return fit_help(super().get_help, ctx)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        """Every command's name, in the order of the table."""
        return list(self.noun.COMMANDS if self.noun else self.modules)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command the first word names, that name, and the other words."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and name[:1] != "-":
            from difflib import get_close_matches

            names = self.list_commands(ctx)
            near = get_close_matches(name, names, 3)
            raise UsageError(
                mark("there is no command '{name}'"),
                name=name,
                near=", ".join(near or names),
                remedy=mark("did you mean {near}?") if near else mark("there are: {near}"),
            )
        return super().resolve_command(ctx, args) if command is None else (name, command, args[1:])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of this name, built now; None when there is none."""
        if cmd_name not in self.list_commands(ctx):
            return None
        if self.noun:
            return build_command(cmd_name, self.noun.COMMANDS[cmd_name], self.noun.HELPS[cmd_name])
        module = import_module(f"commlog.cli.{self.modules[cmd_name]}")
        if hasattr(module, "COMMANDS"):
            return build_group(cmd_name, module)
        return build_command(cmd_name, module.command, module.HELP)


def build_command(name: str, function: Callable[..., Any], help_text: str) -> Any:
    """One command from its function and its help."""
    program = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    program.command(name=name, cls=Command, help=translate(help_text))(function)
    return _in_language(get_command(program))


def build_group(name: str, noun: ModuleType) -> Any:
    """A noun with its verbs, from the module that holds them."""
    group = LazyGroup(name=name, help=translate(noun.HELP), rich_markup_mode=None, no_args_is_help=True)
    group.noun = noun
    return _in_language(group)


def _told(option: Any) -> Any:
    # The library writes this help in English itself; it is called at every parse, so nothing is loaded for it.
    if option is not None:
        option.help = translate("Show this message and exit.")
    return option


def _in_language(command: Any) -> Any:
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = translate(parameter.help)
    return command


def start(
    context: typer.Context,
    log: str = typer.Option(
        "",
        "--log",
        metavar="DIR",
        show_default=False,
        help=mark("The log's folder (default: the nearest commlog.yaml upwards, or $COMMLOG_DIR)."),
    ),
    now: str = typer.Option(
        "", "--now", metavar="INSTANT", show_default=False, help=mark("Answer as if it were this instant.")
    ),
    language: str = typer.Option(
        "", "--language", metavar="zh|en", show_default=False, help=mark("The language of the answer.")
    ),
    version: bool = typer.Option(False, "--version", help=mark("Print the version and stop.")),
) -> int | None:
    """Keep the shared options for the command that runs; without one, say what is due today, or help."""
    if version:
        from commlog.version import VERSION

        typer.echo(f"commlog {VERSION}")
        raise typer.Exit
    if language and language not in LANGUAGES:
        raise UsageError(mark("--language: '{value}' is not zh or en"), value=language)
    session = Session(log or None, now or None, language or None, context.obj)
    context.obj = session
    if context.invoked_subcommand is not None:
        return None
    if not session.has_log():
        typer.echo(context.get_help())
        return None
    from commlog.cli.today import command

    raise typer.Exit(command(session))


def language_of(arguments: Sequence[str]) -> str:
    """The language a call asks for, before anything is parsed: help and usage errors speak it too."""
    for place, word in enumerate(arguments):
        value = word.partition("=")[2] if "=" in word else "".join(arguments[place + 1 : place + 2])
        if word.partition("=")[0] == "--language" and value in LANGUAGES:
            return value
    return guess_language()


def run(arguments: Sequence[str], glimpse: Any = None) -> int:
    """Run one call and give its exit code; faults are told on stderr here and nowhere else.

    `glimpse` is what helpers are looking at already, when somebody sent them out.
    """
    words = hoist(arguments)
    # Help is put in words before any log is opened, yet speaks as the log does.
    speak((log_language(words) if may_show_help(words) else None) or language_of(words))
    for word in words:
        if not word.isprintable() and any("\ud800" <= character <= "\udfff" for character in word):
            return _tell(
                UsageError(
                    mark("'{word}' is not UTF-8 text"), word=ascii(word), remedy=mark("set the terminal to UTF-8")
                )
            )
    program = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        cls=LazyGroup,
        invoke_without_command=True,
        help=translate("Customer communications as plain YAML files: nothing promised is forgotten."),
    )
    program.callback()(start)
    group = _in_language(get_command(program))
    try:
        return int(group.main(words, prog_name="commlog", standalone_mode=False, obj=glimpse) or 0)
    except TyperException as fault:
        _speak_as_the_log(words)
        return _tell(fault)
    except CommlogError as fault:
        return _tell(fault)
    except (Abort, KeyboardInterrupt):
        typer.echo(translate("Stopped; nothing more was written."), err=True)
        return 130


def _speak_as_the_log(words: Sequence[str]) -> None:
    """Answer a call that was not understood in the language its log answers in; without a log the environment's stays."""
    from pathlib import Path

    from commlog.store.log import open_log

    session = Session(option_of(words, "--log"), language=option_of(words, "--language"))
    with suppress(CommlogError):
        session.adopt_language(open_log(Path.cwd(), session.named_folder()))


def _tell(fault: CommlogError | TyperException) -> int:
    from commlog.cli.faults import show_fault

    return show_fault(fault)
