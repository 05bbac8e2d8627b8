"""Exporting: which records, follow-ups and care dates go out, personal data masked unless asked for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

from commlog.customers.care import yearly_dates
from commlog.customers.rules.care import CareCustomer, CareDate
from commlog.database.query.select import ListedRows
from commlog.exchange.queries import FollowUpEntry, follow_ups_to_export
from commlog.followups.pending import pending_unless_named
from commlog.followups.rules.follow_up import CLOSED, DONE, FollowUp, read_follow_ups
from commlog.privacy.rules.masking import MaskRules, mask_name, mask_text
from commlog.records.find import get_record
from commlog.records.mask import mask_as_asked
from commlog.records.queries import CustomerEntry, names_by_record, places_to_export, read_customers, without_kinds
from commlog.records.question import NAMING_KINDS, condition_of, filter_of, mentions
from commlog.values import ANONYMOUS, ANSWER, CUSTOMER, Fields, instant_of
from commlog.workspace import Workspace
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.lunar import lunar_dates_in
from commlog.worktime.moment import due_instant

_COMPANY: Final = "company"
# Calendar programs are not to be trusted with other years.
_YEARS: Final = range(1900, 9999)
# Stands for a time nobody wrote down.
_UNKNOWN: Final = datetime(2000, 1, 1, tzinfo=UTC)
# A lunar date has no rule in a calendar file: it is given for this year and the next ones.
_LUNAR_YEARS: Final = 5
_HASH_LENGTH: Final = 8


@dataclass(frozen=True, slots=True)
class ExportSelection:
    """The files of the records to export, customers first, then by day; and the templates they name."""

    paths: tuple[str, ...]
    templates: tuple[str, ...]


def select_records(workspace: Workspace, query: str) -> ExportSelection:
    """Every record of the log, or those that match; customers and answers match when the query names their kind.

    Raises:
        UsageError: the query is not understood.
    """
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    if query.strip() and not mentions(question, NAMING_KINDS):
        condition = without_kinds(condition, (CUSTOMER, ANSWER))
    rows = places_to_export(workspace.index, condition)
    return ExportSelection(tuple(row.path for row in rows), tuple(dict.fromkeys(row.template for row in rows)))


def iter_fields(workspace: Workspace, selection: ExportSelection, *, reveal: bool = False) -> Iterator[Fields]:
    """The fields of each selected record, as its file has them; personal data masked, names where the settings hide them.

    A file is given to others: numbers in free text are masked in it whatever the settings are.
    """
    hides_names = workspace.log.settings.mask.names and not reveal
    rules = MaskRules(names=hides_names, text=True)
    names = {row.path: row.customer_name for row in names_by_record(workspace.index)} if hides_names else {}
    for path in selection.paths:
        record = get_record(workspace.reader.read(path))
        fields = {**record.fields, "id": record.id}
        if not reveal:
            template = workspace.catalog.get(str(fields["template"]))
            fields = mask_as_asked(template, fields, [names.get(path) or ""], rules)
        yield fields


@dataclass(frozen=True, slots=True)
class ExportedFollowUp:
    """A follow-up on its way into a calendar; instants are in UTC."""

    record_id: str
    follow_up: FollowUp
    customer_name: str
    is_company: bool
    due: datetime | None
    recorded: datetime | None

    @property
    def address(self) -> str:
        """What commands call it."""
        return f"{self.record_id}/{self.follow_up.n}"

    @property
    def created(self) -> datetime:
        """The instant of its first history entry; without one, of its record."""
        return next(self._instants(self.follow_up.history), self.recorded or _UNKNOWN)

    @property
    def changed(self) -> datetime:
        """The instant of its last history entry; without one, of its record."""
        return next(self._instants(self.follow_up.history[::-1]), self.recorded or _UNKNOWN)

    @property
    def finished(self) -> datetime | None:
        """The instant it was last done, else closed; None while it is pending."""
        follow_up = self.follow_up
        if follow_up.status not in {DONE, CLOSED}:
            return None
        ended = follow_up.closed_at if follow_up.is_cancelled else follow_up.done_at or follow_up.closed_at
        return _in_utc(instant_of(ended)) or self.changed

    @staticmethod
    def _instants(history: Iterable[object]) -> Iterator[datetime]:
        return filter(None, (_in_utc(instant_of(getattr(entry, "at", None))) for entry in history))


@dataclass(frozen=True, slots=True)
class CalendarCareDay:
    """A birthday or an anniversary on its way into a calendar; `dates` are those of a lunar one, None for all others.

    `key` identifies it and stays when its date is corrected; `customer_id` is empty where it would reveal a masked name; `changed` is the instant its customer was recorded, in UTC.
    """

    key: str
    kind: str
    customer_id: str
    customer_name: str
    is_company: bool
    label: str
    month: int
    day: int
    dates: tuple[date, ...] | None
    changed: datetime


def select_follow_ups(workspace: Workspace, query: str, *, reveal: bool) -> tuple[ExportedFollowUp, ...]:
    """Follow-ups that match, by record and number; without a term on their status, those that are pending.

    Raises:
        UsageError: the query is not understood.
        UnreadableError: a file became unreadable meanwhile.
    """
    condition = pending_unless_named(workspace, query)
    wanted: dict[str, dict[int, FollowUpEntry]] = {}
    for entry in follow_ups_to_export(workspace.index, condition):
        wanted.setdefault(entry.path, {})[entry.n] = entry
    found = (item for path, rows in wanted.items() for item in _iter_found(workspace, path, rows))
    return tuple(found if reveal else map(_masked, found))


def select_care_days(workspace: Workspace, query: str, *, reveal: bool) -> tuple[CalendarCareDay, ...]:
    """Birthdays and anniversaries of the customers that match, lunar ones for this year and the four after it.

    Raises:
        UsageError: the query is not understood.
    """
    condition = condition_of(workspace, filter_of(workspace, query), ListedRows.RECORDS)
    about = {one.id: one for one in read_customers(workspace.index, condition=condition)}
    days = [
        _care_day(customer, found, about[customer.id], workspace.now.year)
        for customer, found in yearly_dates(workspace)
        if customer.id in about
    ]
    return tuple(days if reveal else map(_masked_day, days))


def _iter_found(workspace: Workspace, path: str, rows: dict[int, FollowUpEntry]) -> Iterator[ExportedFollowUp]:
    record = get_record(workspace.reader.read(path))
    for follow_up in read_follow_ups(record.fields):
        if follow_up.n in rows:
            entry = rows[follow_up.n]
            name = entry.customer_name
            yield ExportedFollowUp(
                record.id,
                follow_up,
                "" if name is None or name == ANONYMOUS else name,
                bool(entry.is_company),
                _due(follow_up.due, workspace.log.settings.calendar),
                _from_seconds(entry.recorded_at),
            )


def _due(text: str | None, calendar: WorkCalendar) -> datetime | None:
    if text is None:
        return None
    try:
        return _in_utc(due_instant(text, calendar))
    except ValueError:
        return None


def _in_utc(instant: datetime | None) -> datetime | None:
    """The instant in UTC; None for one that calendars cannot be trusted with."""
    if instant is None or instant.year not in _YEARS:
        return None
    return instant.astimezone(UTC).replace(microsecond=0)


def _from_seconds(seconds: int | None) -> datetime | None:
    return None if seconds is None else _in_utc(datetime.fromtimestamp(seconds, UTC))


def _care_day(customer: CareCustomer, found: CareDate, about: CustomerEntry, year: int) -> CalendarCareDay:
    # An id in Chinese is a name: every calendar would show it, masked or not.
    public_id = customer.id if customer.id.isascii() else _hash(customer.id)
    key = f"{public_id}-{found.kind}" + (f"-{_hash(found.label)}" if found.label else "")
    dates: tuple[date, ...] | None = None
    if found.is_lunar:
        years = range(year, year + _LUNAR_YEARS)
        dates = tuple(day for one in years for day in lunar_dates_in(one, found.month, found.day))
    return CalendarCareDay(
        key,
        found.kind,
        customer.id,
        customer.name,
        about.type == _COMPANY,
        found.label,
        found.month,
        found.day,
        dates,
        _from_seconds(about.recorded_at) or _UNKNOWN,
    )


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def _masked(item: ExportedFollowUp) -> ExportedFollowUp:
    follow_up, name = item.follow_up, item.customer_name
    result = follow_up.result and mask_text(follow_up.result, name, is_company=item.is_company)
    action = mask_text(follow_up.action, name, is_company=item.is_company)
    return replace(
        item,
        customer_name=name and mask_name(name, is_company=item.is_company),
        follow_up=replace(follow_up, action=action, result=result),
    )


def _masked_day(day: CalendarCareDay) -> CalendarCareDay:
    return replace(
        day,
        customer_id="" if day.customer_name in day.customer_id else day.customer_id,
        customer_name=mask_name(day.customer_name, is_company=day.is_company),
        label=mask_text(day.label, day.customer_name, is_company=day.is_company),
    )
