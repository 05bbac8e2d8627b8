"""The text of a calendar file: the lines of its dates, and days added in order without changing any other line."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from commlog.log.settings import DATED_KINDS
from commlog.values import Data, Fields, ValuePath, stored_date
from commlog.worktime.calendar import DatedDay
from commlog.yamltext.edit import edit
from commlog.yamltext.format import format_entry
from commlog.yamltext.parse import Located, parse_located, parse_yaml


def insert_days(text: str, days: Iterable[DatedDay]) -> str:
    """The text of a calendar file with days added whose dates it does not have, each behind the nearest earlier one.

    Raises:
        YamlError: the text is not readable, or nothing can be added to it without rewriting it.
    """
    added = sorted(days, key=lambda day: day.date)
    for kind in DATED_KINDS:
        text = _insert(text, kind, [day for day in added if day.kind == kind])
    return text


def lines_of_days(text: str) -> dict[date, int]:
    """The line of each date in a calendar file, counted from 1; dates that are none are left out."""
    located = parse_located(text) if text.strip() else Located({}, {}, {})
    fields = located.data if isinstance(located.data, dict) else {}
    found: dict[date, int] = {}
    for kind in DATED_KINDS:
        entries = fields.get(kind)
        items = (
            entries.items() if isinstance(entries, dict) else enumerate(entries if isinstance(entries, list) else ())
        )
        for step, entry in items:
            path: ValuePath = (kind, step)
            day = _date_of(step if isinstance(step, str) else entry)
            place = located.key_position(path) if isinstance(step, str) else located.position(path)
            if day:
                found.setdefault(day, place[0])
    return found


def _insert(text: str, kind: str, days: Sequence[DatedDay]) -> str:
    if not days:
        return text
    fields = _fields_of(text)
    if kind not in fields and not _is_in_braces(text):
        # The key is written here, for elsewhere it would come in quotes: old readers take `off` for a truth value.
        text = f"{text if text.endswith(chr(10)) or not text else text + chr(10)}{kind}: {{}}\n"
        fields = _fields_of(text)
    entries = fields.get(kind)
    if isinstance(entries, list):
        items = _merge(entries, days, lambda day: {"date": day.date.isoformat(), "name": day.name})
        return edit(text, {**fields, kind: items})
    known = dict(entries) if isinstance(entries, dict) else {}
    first = min((day for day in map(_date_of, known) if day), default=date.min)
    if known and any(day.date < first for day in days):
        whole = _put_in_front(text, kind, [day for day in days if day.date < first])
        if whole is not None:
            return _insert(whole, kind, [day for day in days if day.date > first])
    names = {**known, **{day.date.isoformat(): day.name for day in days}}
    keys = _merge(known, days, lambda day: day.date.isoformat())
    return edit(text, {**fields, kind: {key: names[key] for key in keys}})


def _put_in_front(text: str, kind: str, days: Sequence[DatedDay]) -> str | None:
    """The text with days right below the line of their kind; None when that is no place for them."""
    located = parse_located(text)
    fields = _fields_of(text)
    entries = fields.get(kind)
    assert isinstance(entries, dict)
    line, _ = located.key_position((kind,))
    first, column = min(located.key_position((kind, key)) for key in entries)
    if first <= line:
        return None
    lines = text.splitlines(keepends=True)
    written = [format_entry(day.date.isoformat(), day.name, column - 1) for day in days]
    whole = "".join([*lines[:line], *written, *lines[line:]])
    wanted = {**entries, **{day.date.isoformat(): day.name for day in days}}
    return whole if parse_yaml(whole) == {**fields, kind: wanted} else None


def _merge(known: Iterable[Data], days: Iterable[DatedDay], make: Callable[[DatedDay], Data]) -> list[Data]:
    """Entries with what is made of each added day behind the last one that is earlier."""
    items = list(known)
    for day in days:
        places = [place for place, item in enumerate(items, 1) if (_date_of(item) or date.max) < day.date]
        items.insert(places[-1] if places else 0, make(day))
    return items


def _is_in_braces(text: str) -> bool:
    return next((line[:1] == "{" for line in text.splitlines() if line.strip() and line[:1] != "#"), False)


def _fields_of(text: str) -> Fields:
    data = parse_yaml(text) if text.strip() else {}
    return dict(data) if isinstance(data, dict) else {}


def _date_of(entry: Data) -> date | None:
    return stored_date(entry.get("date") if isinstance(entry, dict) else entry)
