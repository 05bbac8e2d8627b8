"""The command `commlog audit`."""

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.session import key_source
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import ExitCode, NotWritableError
from commlog.log.files import FileChangedError, replace_file
from commlog.log.log import not_readable
from commlog.messages import mark, translate
from commlog.output.formats import is_for_people
from commlog.output.listing import Page
from commlog.problems import Problem
from commlog.team.history import AuditFilter, audit_log, read_history
from commlog.team.merge import MergedFile, ThreeFiles, merge_file
from commlog.team.sync import BACKUP, SyncResult, sync_log
from commlog.team.text import FieldWords, flat_listing, format_history, words_of_listing

_FLAT = frozenset({"csv", "tsv"})


since_option: Any = options.text_option(
    "--since",
    "PERIOD",
    mark("Only what was committed from this time on: 2026-03-10, 2026-03, last-month, 上月, or 30d before today."),
)
author_option: Any = options.text_option(
    "--by", "MEMBER", mark("Only commits of a member, or of an author with this name.")
)
field_option: Any = options.text_option(
    "--field", "A,B", mark("Only changes of these fields: keys or labels, e.g. due,owner or 期限.")
)


@command(mark("List who changed which fields of many records and when, from git, the newest first."))
def audit_command(
    context: typer.Context,
    query: list[str] = options.query_argument,
    since: str = since_option,
    by: str = author_option,
    field: str = field_option,
    columns: str = options.columns_option,
    sort: str = options.sort_option,
    limit: int = options.limit_option,
    output_format: str = options.format_option,
    reveal: bool = options.reveal_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    scope = AuditFilter(since, by, field)
    page = Page(sort, limit or options.NO_LIMIT)
    found = audit_log(workspace, " ".join(query or ()), scope, page, reveal=reveal)
    if found.is_cut:
        warn(translate("this clone is shallow and lacks older changes; to get them: git fetch --unshallow"))
    labels, listing = options.labels_of(session), found.listing
    if is_for_people(output_format):
        listing = words_of_listing(listing, FieldWords(workspace.catalog, labels))
    elif output_format in _FLAT:
        listing = flat_listing(listing)
    options.say_listing(listing, columns, output_format, labels)


@command(mark("Show who changed what in a record and when, from git, the newest first."))
def history_command(
    context: typer.Context,
    record: str = options.id_argument,
    field: str = field_option,
    reverse: bool = options.flag("--reverse", mark("The oldest first.")),
    output_format: str = options.format_choice("text", "json", "jsonl"),
    reveal: bool = options.reveal_option,
) -> None:
    session = session_of(context)
    workspace = session.workspace
    history = read_history(workspace, record, field, reveal=reveal)
    if history.is_cut:
        warn(translate("this clone is shallow and lacks older changes; to get them: git fetch --unshallow"))
    if reverse:
        history = replace(history, revisions=history.revisions[::-1])
    words = FieldWords(workspace.catalog, options.labels_of(session))
    text = format_history(history, output_format, words, options.terminal_width())
    if text:
        say(text)


@command(mark("Merge two versions of a record. Called by git, not by people."))
def merge_driver_command(
    base: str = options.argument("BASE", mark("The file of the common ancestor.")),
    ours: str = options.argument("OURS", mark("Our file; the result replaces it.")),
    theirs: str = options.argument("THEIRS", mark("Their file.")),
    path: str = options.argument("[PATH]", mark("The file's path in the repository."), ""),
) -> int:
    place = PurePosixPath(path or ours)
    versions = ThreeFiles(_read(base), _read(ours), _read(theirs))
    merged = merge_file(versions, place, Path.cwd(), key_source())
    try:
        # Whole or not at all: git's own merge takes over from our file when this fails.
        replace_file(Path(ours), merged.data, expected=versions.ours)
    except (OSError, FileChangedError) as fault:
        raise NotWritableError(mark("cannot be written: {reason}"), file=ours, reason=str(fault)) from None
    _tell(merged, str(place))
    return ExitCode.CONFLICT if merged.has_conflicts else ExitCode.DONE


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as fault:
        raise not_readable(name, fault) from None


def _tell(merged: MergedFile, path: str) -> None:
    """Say on stderr what a person should know of a merge."""
    for change in merged.renumbered:
        warn(
            translate(
                "{file}: follow-up {old} of the other side is now {new}, because both sides had added one"
            ).format(file=path, old=change.old, new=change.new)
        )
    if merged.reason:
        why = Problem(merged.reason, path, facts=merged.facts).message
        warn(translate("{file}: merged as plain text: a version {reason}").format(file=path, reason=why))
    if merged.conflicts:
        fields = ", ".join(merged.conflicts)
        warn(translate("{file}: both sides changed {fields}: keep one of each").format(file=path, fields=fields))


_MOST = 10


@command(mark("Commit the log's changes, fetch those of others, check, and push."))
def sync_command(
    context: typer.Context,
    dry_run: bool = options.flag("--dry-run", mark("Show what would be done; change and fetch nothing.")),
    message: str = options.text_option(
        "--message", "MESSAGE", mark("The commit message (default: made from the changes).")
    ),
) -> None:
    done = sync_log(session_of(context).workspace, message.strip(), is_dry=dry_run)
    for line in _lines(done, is_dry=dry_run):
        say(line)
    _remark(done, is_dry=dry_run)


def _lines(done: SyncResult, *, is_dry: bool) -> list[str]:
    """What was done, a line each."""
    lines = []
    if done.committed:
        text = translate("would commit: {message}") if is_dry else translate("committed: {message}")
        lines.append(text.format(message=done.message))
        if is_dry:
            lines += [f"  {path}" for path in done.committed]
    facts = {"received": done.received, "sent": done.sent, "upstream": done.upstream}
    if done.received or done.sent:
        would = translate("{upstream}: commits to fetch (as far as is known here): {received}, to send: {sent}")
        did = translate("{upstream}: commits fetched: {received}, sent: {sent}")
        lines.append((would if is_dry else did).format(**facts))
    elif not done.committed:
        lines.append(translate("nothing to sync"))
    return lines


def _remark(done: SyncResult, *, is_dry: bool) -> None:
    """What to know beside it."""
    for remark in done.remarks:
        warn(remark)
    if done.backup:
        text = translate("the state before this is kept as {ref} ({commit})")
        warn(text.format(ref=BACKUP, commit=done.backup[:10]))
    if done.errors:
        warn(translate("the fetched changes have mistakes ({count}); see: commlog check").format(count=done.errors))
    for path in done.left[:_MOST]:
        warn(translate("skipped, not a record: {file}").format(file=path))
    if len(done.left) > _MOST:
        warn(translate("… and {count} more").format(count=len(done.left) - _MOST))
    if not done.upstream and not is_dry:
        text = translate("the branch {branch} has no remote branch: its commits ({count}) are on this machine only")
        warn(text.format(branch=done.branch, count=done.ahead))
        warn(
            translate("to share it: git remote add origin URL; git push -u origin {branch}").format(branch=done.branch)
        )
