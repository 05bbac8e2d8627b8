"""What a customer says about themselves: consent they give or withdraw, and the day their details were checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from commlog.errors import ConflictError, UsageError
from commlog.log.names import record_path
from commlog.messages import mark
from commlog.records.change import change_record, edit_record
from commlog.records.draft import assign_all
from commlog.records.find import find_customer, read_record
from commlog.values import ANONYMOUS, CUSTOMER, Data, Fields, Record, text_of, texts_of
from commlog.workspace import Workspace

GRANTED = "granted"
WITHDRAWN = "withdrawn"
# What an entry of the history keeps of the consent it describes.
_KEPT = ("status", "on", "channel", "purposes")
_KEY = "verified_on"


@dataclass(frozen=True, slots=True)
class ConsentChange:
    """What a customer said: granted or withdrawn, on which day, by which channel, for what; and who notes it."""

    status: str
    on: str = ""
    channel: str = ""
    purposes: tuple[str, ...] = ()
    note: str = ""
    by: str | None = None


def record_consent(workspace: Workspace, customer: str, change: ConsentChange) -> Record:
    """The customer's record after a change of consent; it holds from now on, and the history keeps what was before.

    Withdrawn for some purposes only, the others stay granted.

    Raises:
        UsageError: nobody is known who notes it.
        NotFoundError, AmbiguousError: nobody, or several are called so.
        ConflictError: `anonymous` is meant, or the day is still to come.
        InvalidError: a word is none of the choices; nothing was written.
    """
    found = find_customer(workspace, customer)
    if found == ANONYMOUS:
        raise ConflictError(mark("'anonymous' is used for every customer who gave no name; it cannot give consent"))
    by = workspace.require_member(change.by)
    said = _read_words(workspace, change)
    if said["on"] > workspace.now.date().isoformat():
        raise ConflictError(
            mark("invalid value for --on: {day} is in the future"),
            day=said["on"],
            remedy=mark("give the day it was said, e.g. yesterday or 2026-03-14"),
        )
    entry = {**said, "by": by, **({"note": change.note} if change.note else {})}

    def apply(fields: Fields) -> Fields:
        before = fields.get("consent")
        return {**fields, "consent": _changed(before if isinstance(before, dict) else {}, entry, said)}

    return change_record(workspace, record_path(CUSTOMER, found), apply)


def _read_words(workspace: Workspace, change: ConsentChange) -> Fields:
    """The consent that was said, labels and dates as people write them made into what is stored."""
    words = [f"consent.status={change.status}", f"consent.on={change.on or workspace.now.date().isoformat()}"]
    words += [f"consent.channel={change.channel}"] if change.channel else []
    words += [f"consent.purposes+={purpose}" for purpose in change.purposes]
    return dict(assign_all(workspace, workspace.catalog.get(CUSTOMER), {}, words)["consent"])


def _changed(before: Fields, entry: Mapping[str, Data], said: Fields) -> Fields:
    # What was agreed before there was a history is not lost.
    first = [{key: before[key] for key in _KEPT if key in before}] if before else []
    known = before.get("history")
    history = [*(known if known and isinstance(known, list) else first), dict(entry)]
    left = [purpose for purpose in texts_of(before, "purposes") if purpose not in texts_of(said, "purposes")]
    is_partial = said["status"] == WITHDRAWN and said.get("purposes") and left and before.get("status") == GRANTED
    if is_partial:
        return {**before, "purposes": left, "history": history}
    if said["status"] == WITHDRAWN:
        now = {key: value for key, value in said.items() if key != "purposes"}
    else:
        now = {**{key: before[key] for key in ("channel", "purposes") if key in before}, **said}
    return {**now, "history": history}


@dataclass(frozen=True, slots=True)
class CheckedDetails:
    """The customer whose details were checked, and the given day.

    `stays` is the later day that the file has already and keeps; None when the given day is written.
    """

    customer: str
    day: str
    stays: str | None


def verify_customer(workspace: Workspace, customer: str, on: str, assignments: Sequence[str]) -> CheckedDetails:
    """What became of a check on a day as typed (today when empty); the assignments are written with it.

    A day that is still to come is nothing that a check on an earlier one gives way to.

    Raises:
        UsageError: the day is still to come.
        NotFoundError, AmbiguousError: the customer is not known.
        InvalidError, ConflictError, NotWritableError: as for any change.
    """
    found = find_customer(workspace, customer)
    today = workspace.now.date().isoformat()
    day = str(assign_all(workspace, workspace.catalog.get(CUSTOMER), {}, [f"{_KEY}={on or today}"])[_KEY])
    if day > today:
        raise UsageError(
            mark("invalid value for --on: {day} is in the future"),
            day=day,
            remedy=mark("give the day the details were checked, e.g. yesterday or 2026-03-14"),
        )
    known = text_of(read_record(workspace, found).fields, _KEY)
    stays = known if known is not None and day < known <= today else None
    edit_record(workspace, found, [*assignments, *([] if stays else [f"{_KEY}={day}"])], [])
    return CheckedDetails(found, day, stays)
