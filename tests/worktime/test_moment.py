"""Dates and instants: the stored forms and what people type."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.worktime.calendar import CalendarError, DatedDay, WorkCalendar, parse_hours
from commlog.worktime.moment import due_instant, format_instant, parse_due, parse_instant, parse_moment
from commlog.worktime.phrase_words import parse_number
from commlog.worktime.phrases import find_limit
from tests.build import SHANGHAI

BERLIN = ZoneInfo("Europe/Berlin")
CALENDAR = WorkCalendar(SHANGHAI, parse_hours())
# A Tuesday.
NOW = datetime(2026, 3, 10, 14, 30, 12, 345, tzinfo=SHANGHAI)


def read(text: str, now: datetime = NOW, calendar: WorkCalendar = CALENDAR) -> str:
    """Give the moment a text means as text."""
    moment = parse_moment(text, now, calendar)
    if isinstance(moment, datetime):
        return format_instant(moment).removesuffix("+08:00").removesuffix(":00")
    return moment.isoformat()


def test_written_forms():
    """Instants are written with seconds and offset in their own zone."""
    assert format_instant(NOW) == "2026-03-10T14:30:12+08:00"
    assert format_instant(NOW.astimezone(UTC)) == "2026-03-10T06:30:12+00:00"
    with pytest.raises(ValueError, match="no time zone"):
        format_instant(datetime(2026, 3, 10))


def test_offset_with_seconds_is_written_in_minutes():
    """An old offset that is no whole number of minutes is written as another one for the same instant."""
    old = datetime(1890, 1, 1, tzinfo=SHANGHAI)
    text = format_instant(old)
    assert text.endswith("+08:05")
    assert parse_instant(text, UTC) == old


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-10T14:30:00+08:00", "2026-03-10T14:30:00+08:00"),
        ("2026-03-10T06:30:00Z", "2026-03-10T14:30:00+08:00"),
        ("2026-03-09T23:30:00.987654-07:00", "2026-03-10T14:30:00+08:00"),
        ("2026-03-10 14:30", "2026-03-10T14:30:00+08:00"),
        ("2026-03-10T14:30", "2026-03-10T14:30:00+08:00"),
    ],
)
def test_stored_instants(text, expected):
    """Stored instants of any offset are read into the zone of the log; without one they are in it already."""
    assert format_instant(parse_instant(text, SHANGHAI)) == expected


@pytest.mark.parametrize(
    "text",
    ["", "2026-03-10", "2026-03-10T14", "20260310T143000Z", "2026-W11-2T10:00", "2026-02-30T10:00:00Z",
     "2026-03-10T24:00:01Z", "2026-03-10T14:60:00Z", "2026-03-10T14:30:00+25:00", "2026-03-10T14:30:00Z\n",
     "２026-03-10T14:30:00Z", "0001-01-01T00:00:00+14:00"],
)  # fmt: skip
def test_wrong_instants_are_refused(text):
    """What is not exactly an instant is refused, and nothing overflows."""
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text, ZoneInfo("America/Los_Angeles"))


@given(
    st.datetimes(datetime(1970, 1, 1), datetime(9000, 1, 1)),
    st.sampled_from([SHANGHAI, BERLIN, UTC]),
    st.integers(0, 1),
)
def test_instant_round_trip(wall, zone, fold):
    """Writing an instant and reading it gives the same instant, also where the clocks show a time twice."""
    instant = wall.replace(tzinfo=UTC).astimezone(zone).replace(microsecond=0)
    assert parse_instant(format_instant(instant), zone).astimezone(UTC) == instant.astimezone(UTC)
    offset = timezone(timedelta(minutes=60 * fold + 345))
    assert parse_instant(format_instant(instant.astimezone(offset)), zone) == instant


@given(st.dates())
def test_date_round_trip(day):
    """People may type a date as it is stored."""
    assert parse_moment(day.isoformat(), NOW, CALENDAR) == day


def test_due_date_means_closing_time():
    """A stored due date means the closing time of that day, on a day off as well; an instant means itself."""
    assert due_instant("2026-03-10", CALENDAR) == datetime(2026, 3, 10, 18, tzinfo=SHANGHAI)
    assert due_instant("2026-03-14", CALENDAR) == datetime(2026, 3, 14, 18, tzinfo=SHANGHAI)
    assert due_instant("2026-03-10T10:00:00Z", CALENDAR) == datetime(2026, 3, 10, 18, tzinfo=SHANGHAI)
    with pytest.raises(ValueError, match="not an instant"):
        due_instant("soon", CALENDAR)


DATES = {
    "2026-03-14": "2026-03-14", "2026/3/4": "2026-03-04", "2026.03.04": "2026-03-04", " ２０２６-０３-１４ ": "2026-03-14",
    "3月14日": "2026-03-14", "3月14号": "2026-03-14", "3月14": "2026-03-14", "2027年3月14日": "2027-03-14",
    "三月十四日": "2026-03-14", "十二月三十一日": "2025-12-31", "明年1月5日": "2027-01-05", "去年1月5日": "2025-01-05",
    "today": "2026-03-10", "TODAY": "2026-03-10", "今天": "2026-03-10", "tomorrow": "2026-03-11", "明天": "2026-03-11",
    "the day  after tomorrow": "2026-03-12", "后天": "2026-03-12", "大后天": "2026-03-13", "yesterday": "2026-03-09",
    "昨天": "2026-03-09", "前天": "2026-03-08",
    "mon": "2026-03-16", "Tuesday": "2026-03-10", "周二": "2026-03-10", "friday": "2026-03-13", "by friday": "2026-03-13",
    "周五": "2026-03-13", "星期五": "2026-03-13", "礼拜五": "2026-03-13", "周日": "2026-03-15", "周天": "2026-03-15",
    "next friday": "2026-03-20", "下周五": "2026-03-20", "下个星期一": "2026-03-16", "下下周一": "2026-03-23",
    "本周五": "2026-03-13", "这周一": "2026-03-09", "this monday": "2026-03-09", "上周五": "2026-03-06", "last friday": "2026-03-06",
    "+2d": "2026-03-12", "2d": "2026-03-12", "+2w": "2026-03-24", "3天后": "2026-03-13", "两周后": "2026-03-24", "in 3 days": "2026-03-13",
    "in 1 day": "2026-03-11", "十天后": "2026-03-20", "3天前": "2026-03-07", "-3d": "2026-03-07", "2 weeks ago": "2026-02-24",
    "一个月后": "2026-04-10", "2个月前": "2026-01-10", "in 2 months": "2026-05-10", "一年后": "2027-03-10",
    "15号": "2026-03-15", "十五号": "2026-03-15", "5日": "2026-03-05", "下个月3号": "2026-04-03", "上月31日": None, "31号": "2026-03-31",
    "2月29日": "2028-02-29",
}  # fmt: skip

INSTANTS = {
    "2026-03-14 17:00": "2026-03-14T17:00", "2026-03-14T17:00": "2026-03-14T17:00", "2026-03-14t17:00:30": "2026-03-14T17:00:30",
    "2026-03-14T17:00:00+08:00": "2026-03-14T17:00", "2026-03-14T09:00Z": "2026-03-14T17:00", "2026/3/14 9:05": "2026-03-14T09:05",
    "now": "2026-03-10T14:30:12", "现在": "2026-03-10T14:30:12",
    "3月14日下午5点": "2026-03-14T17:00", "3月14日 下午5点半": "2026-03-14T17:30", "3月14日17点": "2026-03-14T17:00",
    "3月14日 17:00": "2026-03-14T17:00", "2026年3月14日下午5:45": "2026-03-14T17:45", "三月十四日晚上八点": "2026-03-14T20:00",
    "tomorrow 17:00": "2026-03-11T17:00", "tomorrow at 5pm": "2026-03-11T17:00", "tomorrow, 5:30 pm": "2026-03-11T17:30",
    "12am": "2026-03-10T00:00", "12pm": "2026-03-10T12:00", "tomorrow noon": "2026-03-11T12:00",
    "明天17点": "2026-03-11T17:00", "明天１７：３０": "2026-03-11T17:30", "明天下午三点一刻": "2026-03-11T15:15", "明天上午9点20分": "2026-03-11T09:20",
    "明天的十点二十": "2026-03-11T10:20", "明早9点": "2026-03-11T09:00", "今晚8点": "2026-03-10T20:00", "昨晚十点": "2026-03-09T22:00",
    "明天中午": "2026-03-11T12:00", "中午1点": "2026-03-10T13:00", "凌晨12点": "2026-03-10T00:00", "凌晨3点": "2026-03-10T03:00",
    "晚上12点": "2026-03-11T00:00", "24:00": "2026-03-11T00:00", "17:00": "2026-03-10T17:00", "5点": "2026-03-10T05:00", "5点钟": "2026-03-10T05:00",
    "两点整": "2026-03-10T02:00", "周五17点": "2026-03-13T17:00", "下周五 17:00": "2026-03-20T17:00", "friday 9:00": "2026-03-13T09:00",
    "周二十点": "2026-03-10T10:00", "周五二十点": "2026-03-13T20:00", "15号下午2点": "2026-03-15T14:00", "3天后 17:00": "2026-03-13T17:00",
    "+4h": "2026-03-10T18:30:12", "2小时后": "2026-03-10T16:30:12", "2小时前": "2026-03-10T12:30:12", "90 minutes ago": "2026-03-10T13:00:12",
    "半小时后": "2026-03-10T15:00:12", "+3wd": "2026-03-13T18:00", "三个工作日内": "2026-03-13T18:00", "3 working days": "2026-03-13T18:00",
    "8wh": "2026-03-11T13:30:12",
    "eow": "2026-03-13T18:00", "本周内": "2026-03-13T18:00", "下周内": "2026-03-20T18:00", "eom": "2026-03-31T18:00", "月底": "2026-03-31T18:00",
    "月末": "2026-03-31T18:00", "下月底": "2026-04-30T18:00", "下个月底": "2026-04-30T18:00", "eoq": "2026-03-31T18:00", "季末": "2026-03-31T18:00",
    "季度末": "2026-03-31T18:00", "下季度末": "2026-06-30T18:00",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), [(text, day) for text, day in DATES.items() if day])
def test_typed_dates(text, expected):
    """Days people name in English or Chinese are dates."""
    assert read(text) == expected


@pytest.mark.parametrize(("text", "expected"), INSTANTS.items())
def test_typed_instants(text, expected):
    """Days with a time, times alone, hours from now and limits in working time are instants."""
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "none", "无", "2026-13-01", "2026-02-30", "2月30日", "32号", "上月31日", "周八", "周末", "下周", "next", "next week",
     "25:00", "24:30", "17:60", "17:00:60", "下午", "下午25点", "上午17点", "晚上1点", "13am", "0pm", "3年", "2026年", "2026-03", "3/14", "1e3",
     "99999w", "99999年前", "+0d", "-3wd", "五二十点", "3月14点", "٣天后", "明天 17:00 18:00", "x" * 10_000, "十" * 50, "2026-03-14T25:00:00Z",
     "今天今天", "17:00 明天", "明天 later"],
)  # fmt: skip
def test_other_texts_are_refused(text):
    """What is no date and no time is refused with the text in the message, never guessed."""
    with pytest.raises(ValueError, match=r"."):
        parse_moment(text, NOW, CALENDAR)


@given(st.text(alphabet="0123456789 -:+.T年月日号点时半周星期下上本一二三十两天后前内底末wdhmeoqpan", max_size=14))
def test_any_text_is_read_or_refused(text):
    """No text makes reading fail in any other way than by saying it is no moment."""
    try:
        moment = parse_moment(text, NOW, CALENDAR)
    except ValueError:
        return
    assert isinstance(moment, date)


def test_now_in_another_zone():
    """Today is the day in the zone of the log, not where the clock was read."""
    now = datetime(2026, 3, 9, 20, 0, tzinfo=UTC)
    assert read("today", now) == "2026-03-10"
    assert read("17:00", now) == "2026-03-10T17:00"


def test_days_without_a_year_are_the_nearest():
    """A day without its year is the nearest one: December in January is last year's, January in December next year's."""
    january, december = (datetime(2026, month, 10, tzinfo=SHANGHAI) for month in (1, 12))
    assert read("12月28日", january) == "2025-12-28"
    assert read("1月5日", december) == "2027-01-05"


def test_months_from_the_31st():
    """A month after the 31st is the last day of a shorter month."""
    assert read("一个月后", datetime(2026, 1, 31, tzinfo=SHANGHAI)) == "2026-02-28"


def test_typed_time_that_the_clocks_skip_or_repeat():
    """A typed time is wall-clock time of the zone: the moment of the change when skipped, the first when repeated."""
    calendar = WorkCalendar(BERLIN, parse_hours())
    now = datetime(2026, 3, 28, 12, tzinfo=BERLIN)
    assert parse_moment("tomorrow 02:30", now, calendar).isoformat() == "2026-03-29T03:00:00+02:00"
    assert parse_moment("2026-10-25 02:30", now, calendar).isoformat() == "2026-10-25T02:30:00+02:00"
    assert parse_moment("+24h", now, calendar).isoformat() == "2026-03-29T13:00:00+02:00"


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("3wd", "3wd"), ("+3WD", "3wd"), ("３wd", "3wd"), ("+2d", "2d"), ("2w", "14d"), ("三天后", "3d"), ("3个工作日之内", "3wd"), ("within 3 working days", "3wd"),
        ("24小时内", "24h"), ("8个工作小时", "8wh"), ("半小时内", "30m"), ("月底", "eom"), ("end of the month", "eom"), ("不限", "none"),
        ("明天", None), ("3天前", None), ("-3d", None), ("一个月后", None), ("2026年", None), ("下月底", None), ("5点", None), ("3号", None),
    ],
)  # fmt: skip
def test_limits_in_words(text, limit):
    """Lengths of time and ends of the present period are limits; the past, later periods and days are not."""
    found = find_limit(text)
    assert (None if found is None else str(found)) == limit


def test_due_by_limit_counts_from_the_start():
    """A limit counts from the conversation, not from the moment of typing, and is stored with its rule."""
    start = datetime(2026, 3, 6, 10, 0, tzinfo=SHANGHAI)
    assert parse_due("3wd", start, NOW, CALENDAR) == ("2026-03-11T18:00:00+08:00", "3wd")
    assert parse_due("+2d", start, NOW, CALENDAR) == ("2026-03-09T18:00:00+08:00", "2d")
    assert parse_due("两周后", start, NOW, CALENDAR) == ("2026-03-20T18:00:00+08:00", "14d")
    assert parse_due("月底", start, NOW, CALENDAR) == ("2026-03-31T18:00:00+08:00", "eom")


def test_due_after_hours_follows_the_calendar():
    """A due in working days heeds the calendar's setting for starts after closing time."""
    start = datetime(2026, 3, 10, 20, 0, tzinfo=SHANGHAI)
    lenient = WorkCalendar(SHANGHAI, parse_hours(), after_hours="same_day")
    assert parse_due("1wd", start, NOW, CALENDAR)[0] == "2026-03-12T18:00:00+08:00"
    assert parse_due("1wd", start, NOW, lenient)[0] == "2026-03-11T18:00:00+08:00"


def test_given_due():
    """A date is stored as a date, a moment as an instant, both by the rule `given` and read at the moment of typing."""
    start = datetime(2026, 3, 6, 10, 0, tzinfo=SHANGHAI)
    assert parse_due("2026-03-14", start, NOW, CALENDAR) == ("2026-03-14", "given")
    assert parse_due("tomorrow 17:00", start, NOW, CALENDAR) == ("2026-03-11T17:00:00+08:00", "given")
    assert parse_due("周五", start, NOW, CALENDAR) == ("2026-03-13", "given")
    assert parse_due("明天17点", start, NOW, CALENDAR) == ("2026-03-11T17:00:00+08:00", "given")
    assert parse_due("2026-03-14 17:00", start, NOW, CALENDAR) == ("2026-03-14T17:00:00+08:00", "given")


def test_due_day_without_a_year_lies_ahead():
    """A due day without its year or month is the first from the start on, never one before the conversation."""
    start = datetime(2026, 3, 6, 10, 0, tzinfo=SHANGHAI)
    assert parse_due("3月8日", start, NOW, CALENDAR) == ("2026-03-08", "given")
    assert parse_due("3月5日", start, NOW, CALENDAR) == ("2027-03-05", "given")
    assert parse_due("5号", start, NOW, CALENDAR) == ("2026-04-05", "given")
    assert parse_due("2月29日", start, NOW, CALENDAR) == ("2028-02-29", "given")


def test_no_due():
    """`none` clears a due time."""
    assert parse_due("none", NOW, NOW, CALENDAR) == (None, "none")
    assert parse_due("无", NOW, NOW, CALENDAR) == (None, "none")


def test_wrong_due_is_refused():
    """A due that is nothing of the kind is refused; a calendar without working time says so."""
    with pytest.raises(ValueError, match="whenever"):
        parse_due("whenever", NOW, NOW, CALENDAR)
    with pytest.raises(CalendarError, match="no working time"):
        parse_due("3wd", NOW, NOW, WorkCalendar(SHANGHAI, parse_hours({})))


def test_ends_of_periods_heed_days_off():
    """The end of next month is its last working day."""
    off = DatedDay(date(2026, 4, 30), "off")
    assert read("下月底", calendar=WorkCalendar(SHANGHAI, parse_hours(), {off.date: off})) == "2026-04-29T18:00"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("7", 7),
        ("042", 42),
        ("〇", 0),
        ("两", 2),
        ("九", 9),
        ("十", 10),
        ("十一", 11),
        ("二十", 20),
        ("三十一", 31),
        ("九十九", 99),
        ("零五", 5),
    ],
)
def test_numbers(text, number):
    """Numbers are read in digits and in Chinese numerals below one hundred."""
    assert parse_number(text) == number


@pytest.mark.parametrize("text", ["", "百", "五二", "二十十", "x", "-1", "٣"])
def test_wrong_numbers_are_refused(text):
    """Other texts are no numbers."""
    with pytest.raises(ValueError, match="not a number"):
        parse_number(text)
