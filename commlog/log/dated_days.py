"""The dated days of a calendar file: what stands under `off:` and `work:`, read and checked."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Final, Literal

from commlog.log.settings_file import Section
from commlog.messages import mark
from commlog.values import Data, ValuePath
from commlog.worktime.calendar import DatedDay, parse_spans

KINDS: Final[tuple[Literal["off"], Literal["work"]]] = ("off", "work")


def read_dated_days(dated: Section) -> dict[date, DatedDay]:
    """The days of a calendar file by date; a date under both `off:` and `work:` is reported, as is all that is wrong."""
    dated.refuse_unknown((), dated.fields, KINDS)
    days: dict[date, DatedDay] = {}
    for kind in KINDS:
        for step, text, entry in _iter_dates(dated, kind):
            path: ValuePath = (kind, step)
            day = dated.attempt(path, partial(_date, text), date.min, mark("a date such as 2026-10-01"))
            details = entry if isinstance(entry, dict) else {"name": entry}
            dated.refuse_unknown(path, details, ("name", "hours"))
            spans = (
                dated.convert((*path, "hours"), parse_spans, None, mark("hours such as ['09:00-12:00']"))
                if "hours" in details
                else None
            )
            if day in days and days[day].kind != kind and day != date.min:
                expected = mark("a date of its own: it stands under `off:` too")
                dated.report("bad-setting", path, value=day.isoformat(), expected=expected)
            days[day] = DatedDay(day, kind, str(details.get("name") or ""), spans)
    return days


def _iter_dates(dated: Section, kind: str) -> Iterator[tuple[str | int, Data, Data]]:
    """The dates below `off` or `work`, a mapping or a list: where each stands, the date, and what is said of it."""
    entries = dated.fields.get(kind)
    if isinstance(entries, dict):
        yield from ((text, text, entry) for text, entry in entries.items())
    else:
        for place, item in enumerate(dated.items(kind)):
            details = dict(item) if isinstance(item, dict) else {}
            yield place, details.pop("date", None) if details else item, details or ""


def _date(value: Data) -> date:
    """A calendar date written YYYY-MM-DD; `fromisoformat` alone would take 20261001 too, which no other line matches."""
    if not isinstance(value, str) or not value:
        raise ValueError(value)
    day = date.fromisoformat(value)
    if day.isoformat() != value:
        raise ValueError(value)
    return day
