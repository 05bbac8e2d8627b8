"""The program: the table of commands, how one is built when it is called, and where errors are printed."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from commlog.cli.session import Session, find_program, guess_language, list_programs, speak
from commlog.errors import CommlogError, UsageError
from commlog.messages import mark, translate

# The modules with commands, the noun of each, if any, and its verbs: the daily ones first, in the order help shows them.
# The function of a command is called after it: `customer_create_command`.
COMMAND_MODULES: Final = (
    ("commlog.setup.commands", "", ("init",)),
    ("commlog.records.commands.create", "", ("create",)),
    ("commlog.records.commands.records", "", ("show", "edit", "list", "search", "link", "unlink", "thread")),
    ("commlog.followups.commands.pending", "", ("pending",)),
    (
        "commlog.followups.commands.moves",
        "",
        ("start", "wait", "done", "close", "reopen", "assign", "reschedule", "add-follow-up", "why"),
    ),
    ("commlog.reminders.commands", "", ("remind",)),
    ("commlog.customers.commands.care", "", ("care", "brief", "timeline")),
    ("commlog.summary.commands", "", ("summarize", "report")),
    ("commlog.check.commands", "", ("check",)),
    ("commlog.team.commands", "", ("sync",)),
    ("commlog.setup.commands", "hook", ("install", "status", "uninstall")),
    ("commlog.team.commands", "", ("history", "audit")),
    ("commlog.privacy.commands.seal", "", ("retention",)),
    ("commlog.exchange.commands.import_records", "", ("import",)),
    ("commlog.exchange.commands.export_records", "", ("export",)),
    (
        "commlog.customers.commands.customer",
        "customer",
        ("create", "list", "show", "edit", "duplicates", "merge", "verify"),
    ),
    ("commlog.privacy.commands.customer", "customer", ("consent", "export", "forget")),
    ("commlog.issues.commands", "issue", ("create", "list", "show", "edit")),
    ("commlog.issues.commands", "issue", ("start", "fix", "wait", "confirm", "close", "reopen", "assign")),
    ("commlog.surveys.commands", "survey", ("request", "record")),
    ("commlog.exchange.commands.import_records", "survey", ("import",)),
    ("commlog.surveys.commands", "survey", ("list", "show", "edit", "trend")),
    ("commlog.answers.commands", "answer", ("create", "list", "find", "show", "edit")),
    ("commlog.calendar.commands", "calendar", ("show", "import", "diff", "check")),
    ("commlog.setup.commands", "template", ("list", "show", "new")),
    ("commlog.setup.commands", "index", ("status", "rebuild")),
    ("commlog.setup.commands", "", ("sql",)),
    ("commlog.privacy.commands.seal", "seal", ("status", "init", "on", "rotate", "trust", "destroy")),
    ("commlog.team.commands", "", ("merge-driver",)),
    ("commlog.setup.commands", "", ("doctor",)),
    ("commlog.cli.completion", "", ("completion",)),
)
# Every command, and the module that holds it.
COMMANDS: Final[Mapping[str, str]] = {
    f"{noun} {verb}".lstrip(): module for module, noun, verbs in COMMAND_MODULES for verb in verbs
}
# What a word means that others follow.
NOUNS: Final[Mapping[str, str]] = {
    "hook": mark("Check records before git commits them: install, status, uninstall."),
    "customer": mark("Customers: create, list, show, edit, merge, verify, consent, export, forget."),
    "issue": mark("Issues: one problem of a customer, followed until it is closed."),
    "survey": mark("Surveys: how satisfied customers are, by the form's dimensions."),
    "answer": mark("Standard answers to frequent questions."),
    "calendar": mark("The working calendar: show, import, diff, check."),
    "template": mark("Templates: list, show, new."),
    "index": mark("The index used for queries: status, rebuild. It may be deleted at any time."),
    "seal": mark("Sealed fields: status, init, on, rotate, trust, destroy."),
}


# A program on PATH that is called so and NAME is the command NAME, unless the table has one.
_PROGRAM: Final = "commlog-"
# What every command takes, before or after its name: what help calls the value, and says of it.
SHARED_OPTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "shared_log": (
        "DIR",
        mark("The log's folder (default: the nearest one upwards with a commlog.yaml, or $COMMLOG_DIR)."),
    ),
    "shared_now": ("INSTANT", mark("Use this date and time as the present.")),
    "shared_language": ("zh|en", mark("The language of the output.")),
}

if TYPE_CHECKING:
    _Base = TyperCommand
else:
    _Base = object


class _Shared(_Base):
    """What every command and group has: the shared options, and help in the language of its log."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse a call's arguments; the shared options among them hold for the session, before help or a fault is shown."""
        given, rest = self.take_shared(ctx, args)
        is_empty = self.no_args_is_help and not rest and not given.get("help")
        return super().parse_args(ctx, [] if is_empty else args)

    def take_shared(self, ctx: Any, args: list[str], *, interspersed: bool = False) -> tuple[dict[str, Any], list[str]]:
        """Let the shared options among arguments hold for the session; gives all options, and the other arguments.

        `interspersed` looks for them behind other arguments, too. Other faults in the arguments are left to who parses them.
        """
        parser = self.make_parser(ctx)
        parser.ignore_unknown_options = True
        parser.allow_interspersed_args = parser.allow_interspersed_args or interspersed
        given: dict[str, Any] = {}
        rest = args
        with suppress(TyperException):
            given, rest, _ = parser.parse_args(args=list(args))
        ctx.find_object(Session).take(*(given.get(name) for name in SHARED_OPTIONS))
        return given, rest

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """Write the usage line with its heading translated."""
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), translate("Usage:") + " ")

    def get_help_option(self, ctx: Any) -> Any:
        """The option --help, described in the language in use."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = translate("Show this message and exit.")
        return option

    def get_help(self, ctx: Any) -> str:
        """The page of help in the language of the log, fitted to the terminal."""
        from commlog.cli.help_page import fit_help
        from commlog.output.formats import FormatChoice

        ctx.find_object(Session).speak_as_log()
        self.help = _translated(self.help)
        parameters: list[Any] = self.get_params(ctx)
        for parameter in parameters:
            choice = getattr(parameter.type, "func", None)
            text = _translated(parameter.help)
            parameter.help = choice.help(text) if text and isinstance(choice, FormatChoice) else text
        return fit_help(super().get_help, ctx)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence of the help in the language in use."""
        self.help = _translated(self.help)
        return super().get_short_help_str(limit)


class Command(_Shared, TyperCommand):
    """A command."""


class ProgramCommand(TyperCommand):
    """A program on PATH as a command: it gets the other arguments as they are."""

    program: str

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Leave the arguments to the program."""
        ctx.args = args
        return args

    def invoke(self, ctx: Any) -> int:
        """Run the program; its exit code."""
        import subprocess

        command = [self.program, *ctx.args]
        try:
            code = subprocess.run(command, env=ctx.find_object(Session).environment(), check=False).returncode  # noqa: S603 - the program somebody named
        except OSError as fault:
            raise UsageError(
                mark("the program '{program}' cannot be started: {reason}"),
                program=self.program,
                reason=fault.strerror or str(fault),
            ) from None
        # As a shell shows that a signal has ended a program.
        return code if code >= 0 else 128 - code

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - the library's signature
        """Which program it is."""
        return translate("The program {program} on PATH.").format(program=f"{_PROGRAM}{self.name}")


class LazyGroup(_Shared, TyperGroup):
    """The program, or a noun of it: builds only the command that is called."""

    # What is in the table before the names of its commands.
    prefix: str = ""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the library's signature
        """Every command's name in the order of the table; behind those of the whole program the programs on PATH."""
        begin = len(self.prefix)
        names = [name[begin:].split(" ")[0] for name in COMMANDS if name.startswith(self.prefix)]
        return list(dict.fromkeys([*names, *([] if self.prefix else list_programs(_PROGRAM))]))

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """The options, or the names of commands, that begin so; none of them is built for it."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        from typer._click.shell_completion import CompletionItem

        return [CompletionItem(name) for name in self.list_commands(ctx) if name.startswith(incomplete)]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command named by the first argument, its name, and the other arguments."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and name[:1] != "-":
            from commlog.records.rules.consistency import near_names

            self.take_shared(ctx, args, interspersed=True)
            ctx.find_object(Session).speak_as_log()
            names = self.list_commands(ctx)
            near = near_names(name, names)
            raise UsageError(
                mark("no such command: '{name}'"),
                name=name,
                near=", ".join(near or names),
                remedy=mark("did you mean {near}?") if near else mark("available: {near}"),
            )
        return super().resolve_command(ctx, args) if command is None else (name, command, args[1:])

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - the library's signature
        """The command of this name, built now; None when there is none."""
        name = f"{self.prefix}{cmd_name}"
        if name in COMMANDS:
            return build_command(name)
        if name in NOUNS:
            return build_group(name)
        program = None if self.prefix else find_program(f"{_PROGRAM}{name}")
        if program is None:
            return None
        command = ProgramCommand(name=name)
        command.program = program
        return command


def build_command(name: str) -> Any:
    """One command of the table, from its function and the help beside it."""
    function = getattr(import_module(COMMANDS[name]), name.replace(" ", "_").replace("-", "_") + "_command")
    program = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    program.command(name=name.rsplit(" ", maxsplit=1)[-1], cls=Command, help=function.__doc__)(function)
    return _with_shared_options(get_command(program), hidden=True)


def build_group(noun: str) -> Any:
    """A noun with its verbs."""
    group = LazyGroup(name=noun, help=NOUNS[noun], rich_markup_mode=None, no_args_is_help=True)
    group.prefix = f"{noun} "
    return _with_shared_options(group, hidden=True)


def build_program() -> Any:
    """The whole program: every command of the table, and what it does without one."""
    program = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        cls=LazyGroup,
        invoke_without_command=True,
        help=mark("Customer communications as plain YAML files: nothing promised is forgotten."),
    )
    program.callback()(start)
    return _with_shared_options(get_command(program), hidden=False)


def _with_shared_options(command: Any, *, hidden: bool) -> Any:
    """The command, taking the shared options as well; help shows them where they are not hidden."""
    command.params[:0] = [
        TyperOption(
            param_decls=[name, f"--{name.rpartition('_')[2]}"],
            metavar=metavar,
            help=text,
            hidden=hidden,
            expose_value=False,
        )
        for name, (metavar, text) in SHARED_OPTIONS.items()
    ]
    return command


def _translated(text: str | None) -> str | None:
    return translate(text) if text else text


def start(
    context: typer.Context, version: bool = typer.Option(False, "--version", help=mark("Print the version and exit."))
) -> int | None:
    """Run nothing before a command; without one, list what is due today, or show help."""
    if version:
        from commlog.version import VERSION

        typer.echo(f"commlog {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is not None:
        return None
    session: Session = context.obj
    if not session.has_log():
        typer.echo(context.get_help())
        return None
    from commlog.followups.commands.pending import show_today

    raise typer.Exit(show_today(session))


def run(arguments: Sequence[str]) -> int:
    """Run one call and give its exit code; this is the only place that prints errors (on stderr)."""
    session = Session()
    # Until the call, its environment or its log says which.
    speak(guess_language())
    for word in arguments:
        if not word.isprintable() and any("\ud800" <= character <= "\udfff" for character in word):
            return _tell(
                UsageError(
                    mark("'{word}' is not UTF-8 text"), word=ascii(word), remedy=mark("set the terminal to UTF-8")
                )
            )
    try:
        return int(build_program().main(list(arguments), prog_name="commlog", standalone_mode=False, obj=session) or 0)
    except TyperException as fault:
        session.speak_as_log()
        return _tell(fault)
    except CommlogError as fault:
        return _tell(fault)
    except (Abort, KeyboardInterrupt):
        typer.echo(translate("Stopped; nothing more was written."), err=True)
        return 130


def _tell(fault: CommlogError | TyperException) -> int:
    from commlog.cli.faults import show_fault

    return show_fault(fault)
