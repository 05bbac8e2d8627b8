"""An absence: the days a member is away."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple


class Absence(NamedTuple):
    """Days away, first and last included, and why."""

    start: date
    end: date
    note: str = ""


def find_absence(absences: Iterable[Absence], day: date) -> Absence | None:
    """The absence that `day` falls in; None when there is none."""
    return next((absence for absence in absences if absence.start <= day <= absence.end), None)
