"""The commands that set a log up and look after it: `init`, `doctor`, `hook`, `index`, `sql`, `template`."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import typer

from commlog.cli import options
from commlog.cli.session import Session, guess_timezone, named_member
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.git.run import find_user_email, run_git
from commlog.messages import current_language, mark, translate
from commlog.output.text import harmless
from commlog.setup.doctor import diagnose
from commlog.setup.hook import install_hook, read_hook_status, uninstall_hook
from commlog.setup.index import ask_sql, index_status, rebuild
from commlog.setup.init import NewLogOptions, init_log
from commlog.setup.templates import create_template, format_template, list_templates
from commlog.team.clone import mend_setup
from commlog.workspace import Workspace

json_option: Any = options.flag("--json", mark("Answer in JSON."))

as_json: Any = options.flag("--json", mark("Answer in JSON."))


@command(mark("Check this setup, and show how to fix what is wrong."))
def doctor_command(
    context: typer.Context,
    fix: bool = options.flag("--fix", mark("Fix what can be fixed without asking: how git merges records.")),
    json_output: bool = json_option,
) -> int:
    workspace = session_of(context).workspace
    for message in mend_setup(workspace.log.root) if fix else ():
        warn(translate(message))
    findings = diagnose(workspace)
    rows: list[dict[str, Any]] = [
        {
            "topic": item.topic,
            "good": item.is_good,
            "hint": item.is_hint,
            "message": translate(item.message).format(**dict(item.facts)),
            "remedy": "" if item.is_good and not item.is_hint else translate(item.remedy).format(**dict(item.facts)),
        }
        for item in findings
    ]
    if json_output:
        say(json.dumps(rows, ensure_ascii=False, indent=2))
    else:
        for row in rows:
            say(harmless(f"{'✗' if not row['good'] else '○' if row['hint'] else '✓'} {row['message']}"))
            if row["remedy"]:
                say(harmless(f"    → {row['remedy']}"))
    return ExitCode.DONE if all(item.is_good for item in findings) else ExitCode.INVALID


@command(mark("Create a new log: settings, templates, calendar, git repository."))
def init_command(
    context: typer.Context,
    folder: str = options.argument("[DIR]", mark("The log's folder (default: the current folder)."), "."),
    timezone: str = options.text_option(
        "--timezone", "ZONE", mark("The log's time zone, e.g. Asia/Shanghai (default: this machine's).")
    ),
    no_git: bool = options.flag("--no-git", mark("Do not create a git repository.")),
    example: bool = options.flag("--example", mark("Add a small realistic set of records.")),
) -> None:
    session = session_of(context)
    root = Path(session.named_folder() or folder).resolve()
    member, name = _who(root if root.is_dir() else Path.cwd())
    if timezone and not _is_zone(timezone):
        raise UsageError(
            mark("invalid value for --timezone: '{value}' is not a time zone"),
            value=timezone,
            remedy=mark("write its IANA name, e.g. Asia/Shanghai"),
        )
    now = session.now()
    year = (now.astimezone(ZoneInfo(timezone)) if timezone and now.tzinfo else now).year
    zone, language = timezone or guess_timezone(), current_language()
    made = init_log(root, NewLogOptions(zone, language, member, not no_git, example, year, name))
    say(str(made.root))
    warn(translate("created a log; files: {count}; next: commlog create service").format(count=len(made.files)))
    if not made.has_repository and not no_git:
        warn(translate("git is not installed: the log has no history; see commlog doctor"))


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


_STATES: Final = {
    "absent": mark("no hook: nothing is checked before a commit"),
    "ours": mark("records are checked before every commit"),
    "foreign": mark("another hook runs before a commit; commlog cannot tell whether it checks records"),
}


def _words_of(state: str) -> str:
    return translate(_STATES[state])


@command(mark("Let git check what is staged before every commit."))
def hook_install_command(
    context: typer.Context,
    shared: bool = options.flag("--shared", mark("Install it in .githooks, which you commit for the whole team.")),
) -> None:
    hook = install_hook(session_of(context).workspace, sys.executable, is_shared=shared)
    say(str(hook.file))
    warn(_words_of("ours"))
    if shared:
        warn(translate("commit it; in every other clone run once: git config core.hooksPath .githooks"))


@command(mark("Show which hook git runs, and whether it is commlog's."))
def hook_status_command(context: typer.Context) -> None:
    hook = read_hook_status(session_of(context).workspace)
    say(_words_of(hook.state))
    if hook.state != "absent":
        say(str(hook.file))
    else:
        warn(translate("to install it: commlog hook install"))


@command(mark("Remove the hook; a hook that is not commlog's is kept."))
def hook_uninstall_command(context: typer.Context) -> None:
    hook = uninstall_hook(session_of(context).workspace)
    if hook.state == "ours":
        say(str(hook.file))
        warn(translate("removed; records are no longer checked before a commit"))
    else:
        warn(_words_of("absent"))


@command(mark("Show the state of the index."))
def index_status_command(context: typer.Context, json_output: bool = json_option) -> int:
    return _say_status(session_of(context), index_status, json_output)


@command(mark("Build the index again from the files."))
def index_rebuild_command(context: typer.Context, json_output: bool = json_option) -> int:
    return _say_status(session_of(context), rebuild, json_output)


def _say_status(session: Session, ask: Callable[[Workspace], dict[str, str | int]], json_output: bool) -> ExitCode:
    status = ask(session.workspace)
    text = translate(
        "files: {files}, records: {records}, follow-ups: {follow_ups}, problems: {problems}, unreadable: {unreadable}; {bytes} bytes in {path}"
    )
    say(json.dumps(status, ensure_ascii=False, indent=2) if json_output else text.format(**status))
    return finish(session)


@command(mark("Query the index with SQL, read-only. docs/SQL.md describes the tables."))
def sql_command(
    context: typer.Context,
    query: str = options.argument("SELECT", mark("One SQL query, read-only.")),
    columns: str = options.columns_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> int:
    session = session_of(context)
    return options.answer_listing(session, ask_sql(session.workspace, query, reveal=reveal), columns, output_format)


@command(mark("List the templates of this log."))
def template_list_command(
    context: typer.Context, columns: str = options.columns_option, output_format: str = options.format_option
) -> int:
    session = session_of(context)
    return options.answer_listing(
        session, list_templates(session.workspace, current_language()), columns, output_format
    )


@command(mark("Show a template's fields, choices and advice."))
def template_show_command(
    context: typer.Context,
    name: str = options.argument("NAME", mark("The template's name.")),
    output_format: str = options.format_choice("text", "json", help_text=mark("{formats} (the schema itself).")),
) -> None:
    say(format_template(session_of(context).workspace.catalog.get(name), output_format))


@command(mark("Create a first version of a template of your team's own."))
def template_new_command(
    context: typer.Context,
    name: str = options.argument("NAME", mark("A short name: lowercase letters, digits and _.")),
    label: str = options.text_option("--label", "WORDS", mark("The title people see.")),
) -> None:
    say(create_template(session_of(context).workspace, name, label))
