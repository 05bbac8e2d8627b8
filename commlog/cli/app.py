"""The program: which commands there are, how one is built when it is called, and where faults are told."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from commlog.cli.log_language import log_language, may_show_help
from commlog.cli.session import Session, guess_language, speak
from commlog.cli.words import hoist, option_of
from commlog.errors import CommlogError, UsageError
from commlog.messages import LANGUAGES, mark, translate

# Every command and the module that holds it: the daily verbs first, in the order help shows them. Its function is called
# after it: `customer_create_command`.
COMMANDS: Final[Mapping[str, str]] = {
    "init": "commlog.setup.commands",
    "create": "commlog.records.commands",
    "show": "commlog.records.commands",
    "edit": "commlog.records.commands",
    "list": "commlog.records.commands",
    "search": "commlog.records.commands",
    "link": "commlog.records.commands",
    "unlink": "commlog.records.commands",
    "thread": "commlog.records.commands",
    "pending": "commlog.followups.commands",
    "start": "commlog.followups.commands",
    "wait": "commlog.followups.commands",
    "done": "commlog.followups.commands",
    "close": "commlog.followups.commands",
    "reopen": "commlog.followups.commands",
    "assign": "commlog.followups.commands",
    "reschedule": "commlog.followups.commands",
    "add-follow-up": "commlog.followups.commands",
    "why": "commlog.followups.commands",
    "remind": "commlog.reminders.commands",
    "care": "commlog.customers.commands.care",
    "brief": "commlog.customers.commands.care",
    "timeline": "commlog.customers.commands.care",
    "summarize": "commlog.summary.commands",
    "report": "commlog.summary.commands",
    "check": "commlog.check.commands",
    "sync": "commlog.team.commands",
    "hook install": "commlog.setup.commands",
    "hook status": "commlog.setup.commands",
    "hook uninstall": "commlog.setup.commands",
    "history": "commlog.team.commands",
    "audit": "commlog.team.commands",
    "retention": "commlog.privacy.commands.seal",
    "import": "commlog.exchange.commands.import_records",
    "export": "commlog.exchange.commands.export_records",
    "customer create": "commlog.customers.commands.customer",
    "customer list": "commlog.customers.commands.customer",
    "customer show": "commlog.customers.commands.customer",
    "customer edit": "commlog.customers.commands.customer",
    "customer duplicates": "commlog.customers.commands.customer",
    "customer merge": "commlog.customers.commands.customer",
    "customer verify": "commlog.customers.commands.customer",
    "customer consent": "commlog.privacy.commands.customer",
    "customer export": "commlog.privacy.commands.customer",
    "customer forget": "commlog.privacy.commands.customer",
    "issue create": "commlog.issues.commands.issue",
    "issue list": "commlog.issues.commands.issue",
    "issue show": "commlog.issues.commands.issue",
    "issue edit": "commlog.issues.commands.issue",
    "issue start": "commlog.issues.commands.moves",
    "issue fix": "commlog.issues.commands.moves",
    "issue wait": "commlog.issues.commands.moves",
    "issue confirm": "commlog.issues.commands.moves",
    "issue close": "commlog.issues.commands.moves",
    "issue reopen": "commlog.issues.commands.moves",
    "issue assign": "commlog.issues.commands.moves",
    "survey request": "commlog.surveys.commands",
    "survey record": "commlog.surveys.commands",
    "survey import": "commlog.exchange.commands.import_records",
    "survey list": "commlog.surveys.commands",
    "survey show": "commlog.surveys.commands",
    "survey edit": "commlog.surveys.commands",
    "survey trend": "commlog.surveys.commands",
    "answer create": "commlog.answers.commands",
    "answer list": "commlog.answers.commands",
    "answer find": "commlog.answers.commands",
    "answer show": "commlog.answers.commands",
    "answer edit": "commlog.answers.commands",
    "calendar show": "commlog.calendar.commands",
    "calendar import": "commlog.calendar.commands",
    "calendar diff": "commlog.calendar.commands",
    "calendar check": "commlog.calendar.commands",
    "template list": "commlog.setup.commands",
    "template show": "commlog.setup.commands",
    "template new": "commlog.setup.commands",
    "index status": "commlog.setup.commands",
    "index rebuild": "commlog.setup.commands",
    "sql": "commlog.setup.commands",
    "seal status": "commlog.privacy.commands.seal",
    "seal init": "commlog.privacy.commands.seal",
    "seal on": "commlog.privacy.commands.seal",
    "seal rotate": "commlog.privacy.commands.seal",
    "seal trust": "commlog.privacy.commands.seal",
    "seal destroy": "commlog.privacy.commands.seal",
    "merge-driver": "commlog.team.commands",
    "doctor": "commlog.setup.commands",
    "completion": "commlog.cli.completion",
}
# What a word says that others follow.
NOUNS: Final[Mapping[str, str]] = {
    "hook": mark("Check records before git commits them: install, status, uninstall."),
    "customer": mark("Customers: create, list, show, edit, merge, verify, consent, export, forget."),
    "issue": mark("Issues: one problem of a customer, followed until it is closed."),
    "survey": mark("Surveys: how satisfied customers are, by the form's dimensions."),
    "answer": mark("Standard answers to questions that come up again."),
    "calendar": mark("Working days: show, import, diff, check."),
    "template": mark("Templates: list, show, new."),
    "index": mark("The copy that answers questions: status, rebuild. It may be deleted at any time."),
    "seal": mark("Sealed fields: status, init, on, rotate, trust, destroy."),
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
    """The program, or a noun of it: builds only the command that is called."""

    # What stands in the table before the names of its commands.
    prefix: str = ""

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
        begin = len(self.prefix)
        return list(dict.fromkeys(name[begin:].split(" ")[0] for name in COMMANDS if name.startswith(self.prefix)))

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

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the library's signature
        """The command of this name, built now; None when there is none."""
        name = f"{self.prefix}{cmd_name}"
        if name in COMMANDS:
            return build_command(name)
        return build_group(name) if name in NOUNS else None


def build_command(name: str) -> Any:
    """One command of the table, from its function and the help beside it."""
    function = getattr(import_module(COMMANDS[name]), name.replace(" ", "_").replace("-", "_") + "_command")
    program = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    program.command(name=name.rsplit(" ", maxsplit=1)[-1], cls=Command, help=translate(function.__doc__))(function)
    return _in_language(get_command(program))


def build_group(noun: str) -> Any:
    """A noun with its verbs."""
    group = LazyGroup(name=noun, help=translate(NOUNS[noun]), rich_markup_mode=None, no_args_is_help=True)
    group.prefix = f"{noun} "
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
    from commlog.followups.commands import show_today

    raise typer.Exit(show_today(session))


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

    from commlog.log.log import open_log

    session = Session(option_of(words, "--log"), language=option_of(words, "--language"))
    with suppress(CommlogError):
        session.adopt_language(open_log(Path.cwd(), session.named_folder()))


def _tell(fault: CommlogError | TyperException) -> int:
    from commlog.cli.faults import show_fault

    return show_fault(fault)
