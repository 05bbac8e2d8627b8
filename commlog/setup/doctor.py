"""What is wrong with this setup: each finding with what fixes it."""

from collections.abc import Iterator
from typing import NamedTuple

from commlog.database.queries import count_rows, missing_key_hints
from commlog.errors import CommlogError
from commlog.git.hooks import is_installed, missing_attributes
from commlog.git.run import find_user_email, is_inside_repository
from commlog.log.names import STATE_FOLDER
from commlog.log.settings import CALENDAR_FILE
from commlog.messages import mark
from commlog.privacy.cipher import vault_of
from commlog.team.clone import check_backup, read_attributes
from commlog.workspace import Workspace


class SetupCheck(NamedTuple):
    """One thing looked at: whether it is as it should be, what it is, what to do (marked texts and their facts).

    A hint is nothing wrong, yet something that may be wanted: its remedy is shown, too.
    """

    topic: str
    is_good: bool
    message: str
    remedy: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    is_hint: bool = False


def diagnose(workspace: Workspace) -> tuple[SetupCheck, ...]:
    """Everything that was looked at, good or not, in a fixed order."""
    looks = (_settings, _member, _git, _templates, _records, _reminders, _sharing, _customer_keys)
    return tuple(finding for look in looks for finding in look(workspace))


def _settings(workspace: Workspace) -> Iterator[SetupCheck]:
    settings = workspace.log.settings
    facts = (("zone", settings.zone.key), ("language", settings.language), ("now", workspace.stamp))
    yield SetupCheck("settings", True, mark("time zone {zone}, language {language}, now {now}"), facts=facts)
    is_good = (workspace.log.root / CALENDAR_FILE).is_file() or not settings.members
    message = mark("dates set in calendar.yaml: {count}")
    remedy = mark("add public holidays to calendar.yaml: commlog calendar import CN 2026")
    yield SetupCheck("calendar", is_good, message, remedy, (("count", str(len(settings.calendar.dated))),))


def _member(workspace: Workspace) -> Iterator[SetupCheck]:
    email = find_user_email(workspace.log.root) or "-"
    message = mark("you are {member} (git's user.email: {email})")
    if workspace.member is None:
        message = mark("it is unknown which member you are (git's user.email: {email})")
    remedy = mark("set $COMMLOG_MEMBER, or add your address as `email:` of a member in commlog.yaml")
    facts = (("member", workspace.member or "?"), ("email", email))
    yield SetupCheck("member", workspace.member is not None, message, remedy, facts)
    known = {member.id for member in workspace.log.settings.members}
    for member in workspace.log.settings.members:
        if member.deputy and member.deputy not in known:
            message, remedy = mark("{member}'s deputy '{deputy}' is not a member"), mark("correct it in commlog.yaml")
            yield SetupCheck("member", False, message, remedy, (("member", member.id), ("deputy", member.deputy)))


def _git(workspace: Workspace) -> Iterator[SetupCheck]:
    root = workspace.log.root
    is_kept, attributes = is_inside_repository(root), read_attributes(root)
    ignored = root / ".gitignore"
    names = ignored.read_text(encoding="utf-8", errors="replace") if ignored.is_file() else ""
    missing = missing_attributes(attributes)
    facts = (("folder", STATE_FOLDER), ("lines", "; ".join(missing)))
    add_attributes = mark("add to .gitattributes: {lines}; commlog doctor --fix does it")
    until_then = mark("run: commlog doctor --fix (until then git merges them line by line)")
    for topic, is_good, message, remedy in (
        ("git", is_kept, mark("the log is kept in git"), mark("run: git init; git add .; git commit")),
        ("git", STATE_FOLDER in names, mark("{folder}/ is ignored by git"), mark("add {folder}/ to .gitignore")),
        (
            "git",
            "eol=lf" in attributes,
            mark("line ends stay LF on every machine"),
            mark("add `*.yaml text eol=lf` to .gitattributes"),
        ),
        ("merging", not missing, mark("git is set up to merge records field by field"), add_attributes),
        ("merging", is_kept and is_installed(root), mark("this clone is set up to merge records"), until_then),
    ):
        if topic == "git" or is_kept:
            yield SetupCheck(topic, is_good, message, remedy, facts)


def _templates(workspace: Workspace) -> Iterator[SetupCheck]:
    broken = 0
    for name in workspace.catalog.names():
        try:
            workspace.catalog.get(name)
        except CommlogError as fault:
            broken += 1
            message, remedy = mark("the template '{name}' is broken: {reason}"), mark("correct its file in schemas/")
            yield SetupCheck("templates", False, message, remedy, (("name", name), ("reason", fault.message)))
    facts = (("count", str(len(workspace.catalog.names()) - broken)),)
    yield SetupCheck("templates", True, mark("templates that can be used: {count}"), facts=facts)


def _records(workspace: Workspace) -> Iterator[SetupCheck]:
    unreadable = len(workspace.unreadable_files())
    facts = (("count", str(count_rows(workspace.index).files)), ("unreadable", str(unreadable)))
    message, remedy = mark("records: {count}, cannot be read: {unreadable}"), mark("see what is wrong: commlog check")
    yield SetupCheck("records", not unreadable, message, remedy, facts)


def _reminders(workspace: Workspace) -> Iterator[SetupCheck]:
    settings = workspace.log.settings
    reached = [member for member in settings.members if member.notify]
    facts = (("count", str(len(reached))), ("all", str(len(settings.members))))
    message = mark("members who get reminders: {count} of {all} (`notify:` in commlog.yaml)")
    remedy = mark("to get reminders: give members `notify:` in commlog.yaml, then try: commlog remind --test")
    yield SetupCheck("reminders", True, message, remedy, facts, is_hint=not reached)
    # What has no owner, or an owner without an address, goes to the leads.
    if reached and not any(lead.notify for lead in settings.leads):
        message = mark("no lead has an address: reminders for departments and absent members reach nobody")
        remedy = mark(
            "give a member `role: lead` and `notify:` in commlog.yaml, then try: commlog remind --notify --dry-run"
        )
        yield SetupCheck("reminders", False, message, remedy)


def _sharing(workspace: Workspace) -> Iterator[SetupCheck]:
    yield from (SetupCheck(*item) for item in check_backup(workspace))


def _customer_keys(workspace: Workspace) -> Iterator[SetupCheck]:
    rules = workspace.log.settings.seal
    if rules is None or not rules.per_customer:
        return
    from commlog.privacy.seal import keys_to_destroy
    from commlog.privacy.seal_state import destroyed_hints

    keys = vault_of(workspace).customer_keys
    missed = missing_key_hints(workspace.index)
    missing = missed - destroyed_hints(workspace)
    message = mark("keys of customers: {count} in {folder}; not here: {missing}")
    remedy = mark("copy the folder from another member, or set $COMMLOG_KEY_FOLDER to its path")
    facts = (("count", str(len(keys.hints))), ("folder", str(keys.folder)), ("missing", str(len(missing))))
    yield SetupCheck("sealing", keys.is_there and not missing, message, remedy, facts)
    if missed - missing:
        message = mark("values sealed with keys that were destroyed are back, probably by a merge")
        remedy = mark("see whose: commlog customer list; then run again: commlog customer forget CUSTOMER")
        yield SetupCheck("sealing", False, message, remedy)
    left = keys_to_destroy(workspace) if not workspace.unreadable_files() else ()
    if left:
        message = mark("keys of forgotten customers that are still here: {count}")
        remedy = mark("destroy them: commlog seal destroy")
        yield SetupCheck("sealing", False, message, remedy, (("count", str(len(left))),))
