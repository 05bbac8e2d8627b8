"""Phrases for dates, instants and limits as people type them, read against the present moment."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from commlog.worktime import phrase_words as words
from commlog.worktime.calendar import WorkCalendar, to_utc, wall_instant
from commlog.worktime.limits import PERIODS, Limit, LimitUnit, due_after, parse_limit
from commlog.worktime.periods import add_months, period_bounds

MAX_LENGTH = 60

# The patterns are texts, which `re` compiles when they are first used: most commands read no phrase at all.
_NUMERALS = "零〇一二两三四五六七八九十"
_NUMBER = "[0-9]{1,5}|[二三四五六七八九]?十[一二三四五六七八九]?|零?[一二三四五六七八九]|[零〇两]"
_UNIT = "|".join(sorted((*words.UNITS, *words.MONTH_UNITS), key=len, reverse=True))
_LENGTH = (
    rf"(?P<lead>[+-]|in |within )?(?P<number>{_NUMBER}) ?(?P<unit>{_UNIT})"
    r"(?P<after> later|之后|以后|后|之内|以内|内)?(?P<ago> ago|之前|以前|前)?"
)
_PART = "|".join(part for part in words.DAY_PARTS if part and not part.isascii())
_TIMES = (
    rf"(?P<part>{_PART})? ?(?P<hour>[0-9]{{1,2}}):(?P<minute>[0-9]{{2}})(:(?P<second>[0-9]{{2}}))?",
    rf"(?P<part>{_PART})? ?(?P<hour>{_NUMBER})[点时](?P<past>钟|整|半|一刻|三刻|{_NUMBER})?分?",
    r"(?P<hour>[0-9]{1,2})(:(?P<minute>[0-9]{2}))? ?(?P<part>am|pm)",
)
_STEP = r"(?P<step>(?:下下|上上|下|上|这|本)个?)"
_WEEKDAYS = (
    rf"{_STEP}?(?:周|星期|礼拜)(?P<name>[一二三四五六日天1-7])",
    r"(?:on |by )?(?:(?P<step>this|next|last) )?(?P<name>[a-z]+)",
)
_FULL_DATE = r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})"
_MONTH_DATE = rf"((?P<year>[0-9]{{4}})年|(?P<step>[今明后去前])年)?(?P<month>{_NUMBER})月(?P<day>{_NUMBER})[日号]?"
_MONTH_DAY = rf"({_STEP}月)?(?P<day>{_NUMBER})[日号]"


@dataclass(frozen=True, slots=True)
class PhraseContext:
    """What a phrase is read against.

    `now` is in the zone of the log. A day without its year or month is the first one from `since` on,
    or, when that is None, the one nearest to today.
    """

    now: datetime
    calendar: WorkCalendar
    since: date | None = None

    @property
    def today(self) -> date:
        """The day of `now`."""
        return self.now.date()


def normalize_phrase(text: str) -> str:
    """Give the text in small letters with half-width digits and signs and single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def find_limit(text: str) -> Limit | None:
    """Find the limit a text means (`3wd`, `+2w`, `in 3 days`, `三个工作日内`), or None for anything else.

    Raises:
        ValueError: it is a limit of no length, or of a length beyond all use.

    """
    phrase = normalize_phrase(text)
    if phrase in words.LIMITS:
        return parse_limit(words.LIMITS[phrase])
    found = _match((_LENGTH,), phrase)
    if not found or found["unit"] not in words.UNITS or _is_past(found):
        return None
    factor, unit = words.UNITS[found["unit"]]
    return Limit(words.parse_number(found["number"]) * factor, cast("LimitUnit", unit))


def find_moment(text: str, frame: PhraseContext) -> date | datetime | None:
    """Find the date or the instant (in the zone of the log) a text means, or None when it means neither.

    Raises:
        ValueError: a number in it is out of range.
        OverflowError: the moment is before the first year or after the last one.
        CalendarError: the calendar has no working time.

    """
    phrase = normalize_phrase(text)
    if not phrase or len(phrase) > MAX_LENGTH:
        return None
    if phrase in words.NOW:
        return frame.now.replace(microsecond=0)
    limit = find_limit(phrase)
    if limit is not None and limit.unit != "d":
        return due_after(limit, frame.now, frame.calendar)
    if phrase in words.PERIOD_ENDS:
        return _end_of_next_period(parse_limit(words.PERIOD_ENDS[phrase]), frame)
    return _find_length(phrase, frame) or _find_day(phrase, frame) or _find_day_and_time(phrase, frame)


def _end_of_next_period(limit: Limit, frame: PhraseContext) -> datetime | None:
    first_day = period_bounds(PERIODS[limit.unit], frame.today)[1]
    midnight = wall_instant(datetime.combine(first_day, time()), frame.calendar.zone)
    return due_after(limit, midnight, frame.calendar)


def _find_length(phrase: str, frame: PhraseContext) -> date | datetime | None:
    """Find what lies a length of time from now: a date, or an instant for hours and minutes."""
    found = _match((_LENGTH,), phrase)
    if not found:
        return None
    sign = -1 if _is_past(found) else 1
    amount = sign * words.parse_number(found["number"])
    if found["unit"] in words.MONTH_UNITS:
        # `3年` alone is no moment; a year is written that way too.
        is_said = bool(found["lead"] or found["after"] or found["ago"])
        return add_months(frame.today, amount * words.MONTH_UNITS[found["unit"]]) if is_said else None
    factor, unit = words.UNITS[found["unit"]]
    if unit == "d":
        return frame.today + timedelta(days=amount * factor)
    if unit in ("m", "h"):
        step = timedelta(minutes=amount) if unit == "m" else timedelta(hours=amount)
        return (to_utc(frame.now) + step).astimezone(frame.calendar.zone)
    return None


def _find_day_and_time(phrase: str, frame: PhraseContext) -> datetime | None:
    for split in range(len(phrase)):
        if _splits_number(phrase, split):
            continue
        seconds = _find_time(phrase[split:].strip(" ,的").removeprefix("at "))
        if seconds is None:
            continue
        day_phrase = phrase[:split].strip(" ,的")
        day = _find_day(day_phrase, frame) or _find_length(day_phrase, frame) if day_phrase else frame.today
        if day is not None and not isinstance(day, datetime):
            wall = datetime.combine(day, time()) + timedelta(seconds=seconds)
            return wall_instant(wall, frame.calendar.zone)
    return None


def _splits_number(phrase: str, split: int) -> bool:
    """Tell whether a number would be cut in two there; the weekday in `周二十点` may end at a numeral."""
    before, after = phrase[:split], phrase[split:]
    if before[-1:].isdigit() and after[:1].isdigit():
        return True
    is_weekday = re.search(r"(周|星期|礼拜).$", before) is not None
    return bool(before) and before[-1] in _NUMERALS and after[0] in _NUMERALS and not is_weekday


def _find_time(phrase: str) -> int | None:
    """Find a time of day, in seconds from midnight; 24:00 is the end of the day."""
    if phrase in words.TIMES:
        return words.TIMES[phrase] * 60
    found = _match(_TIMES, phrase)
    if not found:
        return None
    hour = words.DAY_PARTS[found.get("part") or ""].get(words.parse_number(found["hour"]))
    past = (found.get("past") or "").removeprefix("钟")
    minute = words.MINUTES.get(past)
    if minute is None:
        minute = words.parse_number(past)
    minute += int(found.get("minute") or 0)
    second = int(found.get("second") or 0)
    if hour is None or minute > 59 or second > 59:
        return None
    total = hour * 3600 + minute * 60 + second
    return total if total <= 86_400 else None


def _find_day(phrase: str, frame: PhraseContext) -> date | None:
    if phrase in words.DAYS:
        return frame.today + timedelta(days=words.DAYS[phrase])
    full = re.fullmatch(_FULL_DATE, phrase)
    if full:
        return date(int(full[1]), int(full[3]), int(full[4]))
    return _find_weekday(phrase, frame) or _find_month_date(phrase, frame) or _find_month_day(phrase, frame)


def _find_weekday(phrase: str, frame: PhraseContext) -> date | None:
    found = _match(_WEEKDAYS, phrase)
    weekday = words.WEEKDAYS.get(found["name"]) if found else None
    if not found or weekday is None:
        return None
    distance = weekday - frame.today.weekday()
    if found["step"]:
        return frame.today + timedelta(days=distance + 7 * words.STEPS[found["step"]])
    return frame.today + timedelta(days=distance % 7)


def _find_month_date(phrase: str, frame: PhraseContext) -> date | None:
    found = _match((_MONTH_DATE,), phrase)
    if not found:
        return None
    month, day = words.parse_number(found["month"]), words.parse_number(found["day"])
    if found["year"] or found["step"]:
        year = int(found["year"]) if found["year"] else frame.today.year + words.STEPS[found["step"]]
        return date(year, month, day)
    # Eight years hold a 29 February on either side of 1900 and 2100 too.
    base = (frame.since or frame.today).year
    return _choose((_day_or_none(year, month, day) for year in range(base - 8, base + 9)), frame)


def _find_month_day(phrase: str, frame: PhraseContext) -> date | None:
    found = _match((_MONTH_DAY,), phrase)
    if not found:
        return None
    day = words.parse_number(found["day"])
    first = (frame.since or frame.today).replace(day=1)
    if found["step"]:
        month = add_months(frame.today.replace(day=1), words.STEPS[found["step"]])
        return month.replace(day=day)
    months = (add_months(first, step) for step in range(-2, 4))
    return _choose((_day_or_none(month.year, month.month, day) for month in months), frame)


def _choose(candidates: Iterable[date | None], frame: PhraseContext) -> date | None:
    days = [day for day in candidates if day is not None]
    since = frame.since
    if since is not None:
        return min((day for day in days if day >= since), default=None)
    return min(days, key=lambda day: (abs(day - frame.today), day < frame.today), default=None)


def _day_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _is_past(found: Mapping[str, str]) -> bool:
    return bool(found["ago"]) or found["lead"] == "-"


def _match(patterns: Iterable[str], phrase: str) -> dict[str, str]:
    """Give the named parts of the first pattern the whole phrase is, absent parts empty."""
    for pattern in patterns:
        found = re.fullmatch(pattern, phrase)
        if found:
            return found.groupdict(default="")
    return {}
