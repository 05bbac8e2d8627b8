"""Noting that a customer's details were checked with them: the latest day counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from commlog.errors import UsageError
from commlog.messages import mark
from commlog.records.draft import assign_all
from commlog.records.edit import edit_record
from commlog.records.find import find_customer, read_record
from commlog.values import CUSTOMER, text_of
from commlog.workspace import Workspace

_KEY = "verified_on"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whose details were checked, and the day that was told.

    `stays` is the later day that the file has already, and goes on having; None when the day told is written.
    """

    customer: str
    day: str
    stays: str | None


def verify_customer(workspace: Workspace, customer: str, on: str, assignments: Sequence[str]) -> Verified:
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
            mark("--on: {day} is still to come"),
            day=day,
            remedy=mark("name the day the details were checked, e.g. yesterday or 2026-03-14"),
        )
    known = text_of(read_record(workspace, found).fields, _KEY)
    stays = known if known is not None and day < known <= today else None
    edit_record(workspace, found, [*assignments, *([] if stays else [f"{_KEY}={day}"])], [])
    return Verified(found, day, stays)
