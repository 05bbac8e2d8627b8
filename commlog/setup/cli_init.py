"""The command `commlog init`."""

from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from commlog.cli.session import Session, guess_timezone, named_member
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import UsageError
from commlog.git.run import find_user_email, run_git
from commlog.messages import current_language, mark, translate
from commlog.setup.init import Choices, init_log


@command(mark("Make a new log: settings, templates, calendar, and a git repository."))
def init_command(
    context: typer.Context,
    folder: str = typer.Argument(
        ".", metavar="[DIR]", show_default=False, help=mark("The log's folder (default: this one).")
    ),
    timezone: str = typer.Option(
        "",
        "--timezone",
        metavar="ZONE",
        show_default=False,
        help=mark("The log's time zone, e.g. Asia/Shanghai (default: this machine's)."),
    ),
    no_git: bool = typer.Option(False, "--no-git", help=mark("Make no git repository.")),
    example: bool = typer.Option(False, "--example", help=mark("Add a small realistic set of records.")),
) -> None:
    session = session_of(context)
    root = Path(session.named_folder() or folder).resolve()
    member, name = _who(root if root.is_dir() else Path.cwd())
    if timezone and not _is_zone(timezone):
        raise UsageError(
            mark("--timezone: '{value}' is not a time zone"),
            value=timezone,
            remedy=mark("write its IANA name, e.g. Asia/Shanghai"),
        )
    choices = Choices(
        timezone=timezone or guess_timezone(),
        language=current_language(),
        member=member,
        use_git=not no_git,
        with_example=example,
        year=_year(session, timezone),
        name=name,
    )
    made = init_log(root, choices)
    say(str(made.root))
    warn(translate("made a log with {count} files; next: commlog create service").format(count=len(made.files)))
    if not made.has_repository and not no_git:
        warn(translate("git is not there: the log has no history; see commlog doctor"))


def _who(folder: Path) -> tuple[tuple[str, str] | None, str]:
    """The id and e-mail of who works here, None for nobody, and what git calls them: its name belongs to its address."""
    email = find_user_email(folder) or ""
    member_id = named_member() or email.partition("@")[0]
    name = (run_git(folder, "config", "user.name") or "").strip() if email else ""
    return (member_id, email) if member_id else None, name if name.isprintable() else ""


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _year(session: Session, timezone: str) -> int:
    """The year it is in the new log."""
    now = session.now()
    return (now.astimezone(ZoneInfo(timezone)) if timezone and now.tzinfo else now).year
