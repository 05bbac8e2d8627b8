"""What is wrong with this set-up: each finding with what mends it."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from commlog.database.queries import count_rows, missing_key_hints
from commlog.errors import CommlogError
from commlog.git.hooks import is_installed, missing_attributes
from commlog.git.run import find_user_email, is_inside_repository
from commlog.log.names import STATE_FOLDER
from commlog.log.settings import CALENDAR_FILE
from commlog.messages import mark
from commlog.privacy.cipher import vault_of
from commlog.team.mend_setup import read_attributes
from commlog.team.sync_check import check_backup
from commlog.workspace import Workspace


class SetupCheck(NamedTuple):
    """One thing looked at: whether it is as it should be, what it is, what to do (marked texts and their facts).

    A hint is nothing wrong, yet something that may be wanted: its remedy is told, too.
    """

    topic: str
    is_good: bool
    message: str
    remedy: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    is_hint: bool = False


def diagnose(workspace: Workspace) -> tuple[SetupCheck, ...]:
    """Everything that was looked at, good or not, in a fixed order."""
    return tuple(finding for look in LOOKS for finding in look(workspace))


def _settings(workspace: Workspace) -> Iterator[SetupCheck]:
    settings = workspace.log.settings
    facts = (("zone", settings.zone.key), ("language", settings.language), ("now", workspace.stamp))
    yield SetupCheck("settings", True, mark("time zone {zone}, language {language}, now {now}"), facts=facts)
    yield SetupCheck(
        "calendar",
        (workspace.log.root / CALENDAR_FILE).is_file() or not settings.members,
        mark("dates set in calendar.yaml: {count}"),
        mark("add public holidays to calendar.yaml: commlog calendar import CN 2026"),
        (("count", str(len(settings.calendar.dated))),),
    )


def _member(workspace: Workspace) -> Iterator[SetupCheck]:
    email = find_user_email(workspace.log.root) or "-"
    known_as = mark("you are {member} (git's user.email: {email})")
    unknown = mark("it is unknown which member you are (git's user.email: {email})")
    yield SetupCheck(
        "member",
        workspace.member is not None,
        known_as if workspace.member else unknown,
        mark("set $COMMLOG_MEMBER, or add your address as `email:` of a member in commlog.yaml"),
        (("member", workspace.member or "?"), ("email", email)),
    )
    known = {member.id for member in workspace.log.settings.members}
    for member in workspace.log.settings.members:
        if member.deputy and member.deputy not in known:
            yield SetupCheck(
                "member",
                False,
                mark("{member}'s deputy '{deputy}' is not a member"),
                mark("correct it in commlog.yaml"),
                (("member", member.id), ("deputy", member.deputy)),
            )


def _git(workspace: Workspace) -> Iterator[SetupCheck]:
    root = workspace.log.root
    yield SetupCheck(
        "git", is_inside_repository(root), mark("the log is kept in git"), mark("run: git init; git add .; git commit")
    )
    ignored = root / ".gitignore"
    names = ignored.read_text(encoding="utf-8", errors="replace") if ignored.is_file() else ""
    yield SetupCheck(
        "git",
        STATE_FOLDER in names,
        mark("{folder}/ is ignored by git"),
        mark("add {folder}/ to .gitignore"),
        (("folder", STATE_FOLDER),),
    )
    yield SetupCheck(
        "git",
        "eol=lf" in read_attributes(root),
        mark("line ends stay LF on every machine"),
        mark("add `*.yaml text eol=lf` to .gitattributes"),
    )


def _merging(workspace: Workspace) -> Iterator[SetupCheck]:
    root = workspace.log.root
    if not is_inside_repository(root):
        return
    missing = missing_attributes(read_attributes(root))
    yield SetupCheck(
        "merging",
        not missing,
        mark("git is set up to merge records field by field"),
        mark("add to .gitattributes: {lines}; commlog doctor --fix does it"),
        (("lines", "; ".join(missing)),),
    )
    yield SetupCheck(
        "merging",
        is_installed(root),
        mark("this clone is set up to merge records"),
        mark("run: commlog doctor --fix (until then git merges them line by line)"),
    )


def _templates(workspace: Workspace) -> Iterator[SetupCheck]:
    broken = 0
    for name in workspace.catalog.names():
        try:
            workspace.catalog.get(name)
        except CommlogError as fault:
            broken += 1
            broken_facts = (("name", name), ("reason", fault.message))
            yield SetupCheck(
                "templates",
                False,
                mark("the template '{name}' is broken: {reason}"),
                mark("correct its file in schemas/"),
                broken_facts,
            )
    facts = (("count", str(len(workspace.catalog.names()) - broken)),)
    yield SetupCheck("templates", True, mark("templates that can be used: {count}"), facts=facts)


def _records(workspace: Workspace) -> Iterator[SetupCheck]:
    files = count_rows(workspace.index).files
    unreadable = workspace.unreadable_files()
    facts = (("count", str(files)), ("unreadable", str(len(unreadable))))
    yield SetupCheck(
        "records",
        not unreadable,
        mark("records: {count}, cannot be read: {unreadable}"),
        mark("see what is wrong: commlog check"),
        facts,
    )


def _reminders(workspace: Workspace) -> Iterator[SetupCheck]:
    settings = workspace.log.settings
    reached = [member for member in settings.members if member.notify]
    facts = (("count", str(len(reached))), ("all", str(len(settings.members))))
    yield SetupCheck(
        "reminders",
        True,
        mark("members who get reminders: {count} of {all} (`notify:` in commlog.yaml)"),
        mark("to get reminders: give members `notify:` in commlog.yaml, then try: commlog remind --test"),
        facts,
        is_hint=not reached,
    )
    # What has no owner, or an owner without an address, goes to the leads.
    if reached and not any(lead.notify for lead in settings.leads):
        yield SetupCheck(
            "reminders",
            False,
            mark("no lead has an address: reminders for departments and absent members reach nobody"),
            mark(
                "give a member `role: lead` and `notify:` in commlog.yaml, then try: commlog remind --notify --dry-run"
            ),
        )


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
    yield SetupCheck(
        "sealing",
        keys.is_there and not missing,
        mark("keys of customers: {count} in {folder}; not here: {missing}"),
        mark("copy the folder from another member, or set $COMMLOG_KEY_FOLDER to its path"),
        (("count", str(len(keys.hints))), ("folder", str(keys.folder)), ("missing", str(len(missing)))),
    )
    if missed - missing:
        yield SetupCheck(
            "sealing",
            False,
            mark("values sealed with keys that were destroyed are back, probably by a merge"),
            mark("see whose: commlog customer list; then run again: commlog customer forget CUSTOMER"),
        )
    left = keys_to_destroy(workspace) if not workspace.unreadable_files() else ()
    if left:
        yield SetupCheck(
            "sealing",
            False,
            mark("keys of forgotten customers that are still here: {count}"),
            mark("destroy them: commlog seal destroy"),
            (("count", str(len(left))),),
        )


LOOKS: Final[tuple[Callable[[Workspace], Iterator[SetupCheck]], ...]] = (
    _settings,
    _member,
    _git,
    _merging,
    _templates,
    _records,
    _reminders,
    _sharing,
    _customer_keys,
)
