"""The options and arguments that several commands share, how commands declare their own, and how a listing is answered."""

import shutil
import sys
from collections.abc import Iterable
from typing import Any

import typer

from commlog.cli.session import Session, speak
from commlog.cli.terminal import finish, say_pieces, warn
from commlog.database.queries import choice_words
from commlog.errors import ExitCode
from commlog.messages import current_language, mark, translate
from commlog.output.formats import LISTING_FORMATS, FormatChoice, choose_columns, iter_listing
from commlog.output.labels import Labels
from commlog.output.listing import Listing

NO_LIMIT = -1
# Columns that hold a member's id: people read the name.
_PEOPLE = frozenset({"owner", "agent"})


def format_choice(
    *formats: str, help_text: str = mark("{formats}."), more: Iterable[str] = (), metavar: str = "FORMAT"
) -> Any:
    """The option --format; the first format is the default, `{formats}` in the help means all but those in `more`."""
    return typer.Option(formats[0], "--format", metavar=metavar, help=help_text, parser=FormatChoice(formats, more))


def text_option(name: str, metavar: str, help_text: str, *other_names: str, default: Any = "") -> Any:
    """An option that takes a value, called `metavar` in the help, which shows its default when it has one."""
    is_shown = bool(default) and default != NO_LIMIT
    return typer.Option(default, name, *other_names, metavar=metavar, show_default=is_shown, help=help_text)


def flag(name: str, help_text: str, *other_names: str) -> Any:
    """An option that is given or not."""
    return typer.Option(False, name, *other_names, help=help_text)


def argument(metavar: str, help_text: str, default: Any = ...) -> Any:
    """An argument, called `metavar` in the help; it is required unless it has a default."""
    return typer.Argument(default, metavar=metavar, show_default=False, help=help_text)


query_argument: Any = argument(
    "[QUERY]", mark("What to list, e.g. customer:acme date:2026-03 投诉; all words must match."), None
)
format_option: Any = format_choice(*LISTING_FORMATS)
columns_option: Any = text_option("--columns", "A,B", mark("The columns to show, in this order."))
sort_option: Any = text_option("--sort", "A,-B", mark("The columns to sort by; - before a name reverses the order."))
limit_option: Any = text_option("--limit", "N", mark("Maximum number of rows."), default=NO_LIMIT)
by_option: Any = text_option("--by", "MEMBER", mark("Who does it (default: $COMMLOG_MEMBER, else git's user)."))
note_option: Any = text_option("--note", "NOTE", mark("A note for the history."))
due_option: Any = text_option(
    "--due", "WHEN", mark("When it is due: 3wd, 24h, tomorrow 17:00, 周五, 2026-03-14, none.")
)
reveal_option: Any = flag("--reveal", mark("Show personal data in full."))
address_argument: Any = argument("ID/n", mark("The follow-up: the record's id and its number."))
id_argument: Any = argument("ID", mark("The record's id, or its first characters."))
customer_argument: Any = argument("CUSTOMER", mark("The customer: id, name, alias, phone or e-mail."))
set_option: Any = text_option(
    "--set",
    "KEY=VALUE",
    mark("Set a field by its key or label; use dots for nested fields, += to add to a list. Repeatable."),
    "-s",
    default=[],
)
unset_option: Any = text_option("--unset", "KEY", mark("Remove a field. Repeatable."), default=[])
edit_option: Any = flag("--edit", mark("Fill in the form in $EDITOR."), "-e")
text_format_option: Any = format_choice("text", "json")
customer_option: Any = text_option("--customer", "CUSTOMER", mark("Only those of a customer."))
dry_run_option: Any = flag("--dry-run", mark("Show what would happen; write nothing."))
yes_option: Any = flag("--yes", mark("Make the change; without this option, only show what would change."))
follow_ups_option: Any = text_option(
    "--follow-up",
    "FOLLOW-UP",
    mark("What is to be done: action=…; owner=…; priority=…; due=…. Repeatable."),
    "-f",
    default=[],
)
record_format_option: Any = format_choice("text", "json", "yaml")
exit_code_option: Any = flag("--exit-code", mark("Exit with code 10 when there is a result."))


def labels_of(session: Session) -> Labels:
    """The words for columns and slugs in a session's log."""
    language = current_language()
    people = {member.id: member.name for member in session.workspace.log.settings.members}

    def find_words(column: str) -> dict[str, str]:
        if column in _PEOPLE:
            return people
        return choice_words(session.workspace.index, column, language)

    return Labels(find_words)


def terminal_width() -> int | None:
    """The columns of the terminal stdout is, None when it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def answer_listing(session: Session, listing: Listing, columns: str, output_format: str) -> ExitCode:
    """Print a listing as asked and give the exit code: other than 0 when unreadable files are left out of it."""
    say_listing(listing, columns, output_format, labels_of(session))
    return finish(session)


def say_listing(listing: Listing, columns: str, output_format: str, labels: Labels) -> None:
    """Print a listing as asked, row by row."""
    chosen = choose_columns(listing, columns or None, output_format)
    is_told = say_pieces(iter_listing(chosen, output_format, labels, terminal_width()))
    if not is_told and output_format == "table" and sys.stdout.isatty():
        warn(translate("nothing found"))


as_of_option: Any = text_option(
    "--as-of",
    "DATE|COMMIT",
    mark("Answer from the log at the end of a day, or at a commit, without uncommitted changes."),
)


def go_back(session: Session, as_of: str) -> None:
    """Let a session answer from the log as it stood, in its language of then, and say from which commit.

    "" leaves it as it is.

    Raises:
        NoLogError: there is no git repository, or the commit holds no log.
        NotFoundError: there is no such commit, or none is that old.
        InvalidError: the settings of that time have mistakes.
    """
    if not as_of.strip():
        return
    from commlog.team.past_log import find_past, open_past

    asked = current_language()
    present = session.workspace
    state = find_past(present, as_of)
    told = translate("as of {now}: answering from commit {commit}, committed {committed}")
    now = present.now if session.now_text else state.now
    shown = {
        name: instant.strftime("%Y-%m-%d %H:%M") for name, instant in (("now", now), ("committed", state.committed_at))
    }
    warn(told.format(commit=state.commit[:10], **shown))
    past = open_past(present, state, now)
    # Opening the log of today put its language in the place of the environment's.
    speak(asked)
    session.adopt_language(past.log)
    session.use(past)
