"""What a commit of changed records is called: how many, and what was done, in the log's language."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from commlog.followups.rules.follow_up import CLOSED, DONE, read_follow_ups
from commlog.git.objects import iter_blobs
from commlog.git.remote import Change
from commlog.log.names import RECORDS
from commlog.messages import LANGUAGES, current_language, mark, translate, use_language
from commlog.values import CUSTOMER, FOLDERS, Fields
from commlog.workspace import Workspace

# Beyond so many changed records nobody counts what was done in them.
_MOST: Final = 300
_CUSTOMERS: Final = f"{RECORDS}/{FOLDERS[CUSTOMER][0]}/"
# What is counted, and its words for one and for several.
_COUNTED: Final = (
    ("new", mark("{count} record"), mark("{count} records")),
    ("customers", mark("{count} customer"), mark("{count} customers")),
    ("changed", mark("{count} record changed"), mark("{count} records changed")),
    ("gone", mark("{count} record removed"), mark("{count} records removed")),
    ("done", mark("{count} follow-up done"), mark("{count} follow-ups done")),
)


def commit_message(workspace: Workspace, changes: Sequence[Change]) -> str:
    """One line for a commit of these changes: "3 records, 2 follow-ups done"."""
    records = [change for change in changes if change.path.startswith(f"{RECORDS}/")]
    gone = [change for change in records if change.is_gone]
    new = [change for change in records if not change.is_gone and (change.is_new or change.staged == "A")]
    changed = [change for change in records if change not in gone and change not in new]
    customers = sum(change.path.startswith(_CUSTOMERS) for change in new)
    counts = {"new": len(new) - customers, "customers": customers, "changed": len(changed), "gone": len(gone)}
    counts["done"] = _count_done(workspace, [change.path for change in changed], [change.path for change in new])
    with _in_language(workspace.log.settings.language):
        parts = [
            (translate(one) if counts[name] == 1 else translate(several)).format(count=counts[name])
            for name, one, several in _COUNTED
            if counts[name]
        ]
        if len(records) < len(changes):
            parts.append(translate("settings"))
        return translate(", ").join(parts)


def _count_done(workspace: Workspace, changed: Sequence[str], new: Sequence[str]) -> int:
    """How many follow-ups are done in some files that were not in HEAD."""
    if len(changed) + len(new) > _MOST:
        return 0
    count = sum(len(_done_in(workspace, path)) for path in new)
    before = iter_blobs(workspace.log.root, [f"HEAD:./{path}" for path in changed])
    for path, (_, raw) in zip(changed, before, strict=True):
        record = workspace.reader.read_raw(path, raw).record if raw is not None else None
        earlier = _numbers_done(record.fields) if record else set()
        count += len(_done_in(workspace, path) - earlier)
    return count


def _done_in(workspace: Workspace, path: str) -> set[int]:
    record = workspace.reader.read(path).record
    return _numbers_done(record.fields) if record else set()


def _numbers_done(fields: Fields) -> set[int]:
    return {item.n for item in read_follow_ups(fields) if item.status in {DONE, CLOSED} and not item.is_cancelled}


@contextmanager
def _in_language(language: str) -> Iterator[None]:
    """Speak a log's language for a moment; `auto` is the one in use."""
    before = current_language()
    use_language(language if language in LANGUAGES else before)
    try:
        yield
    finally:
        use_language(before)
