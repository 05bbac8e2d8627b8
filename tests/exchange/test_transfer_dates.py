"""Dates as files write them."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest

from commlog.exchange.import_map import DateReader, parse_format, parse_time
from tests.build import SHANGHAI

NEW_YORK = ZoneInfo("America/New_York")


def reader(*formats, clock=time(9)):
    """A reader of a file from New York for a log in Shanghai."""
    return DateReader(tuple(parse_format(text) for text in formats), NEW_YORK, SHANGHAI, clock)


def test_bare_day_gets_the_maps_time_in_the_files_zone():
    """A day is the map's time on that day in the file's zone, stored in the log's; summer time included."""
    read = reader("month/day/year").read
    assert read("1/26/2016", "date-time") == "2016-01-26T22:00:00+08:00"
    assert read("7/29/2013", "date-time") == "2013-07-29T21:00:00+08:00"
    assert read("7/29/2013", "date") == "2013-07-29"
    assert read("7/29/2013", "date-or-date-time") == "2013-07-29"


def test_formats_are_tried_in_order():
    """The first format that fits is taken; none gives None."""
    read = reader("year-month-day hour:minute", "year年month月day日", "%d.%m.%y").read
    assert read("2026-03-01 10:00", "date-time") == "2026-03-01T23:00:00+08:00"
    assert read("2026年3月1日", "date") == "2026-03-01"
    assert read("01.03.26", "date") == "2026-03-01"
    assert read("2026-02-30 10:00", "date-time") is None


@pytest.mark.parametrize("text", ["month/day", "mm/dd/yyyy", "%Q", ""])
def test_wrong_formats_are_refused(text):
    """A format without a year, or in other words, is refused."""
    with pytest.raises(ValueError):
        parse_format(text)


@pytest.mark.parametrize("text", ["9", "25:00", "09:60"])
def test_wrong_times_are_refused(text):
    """Only times such as 09:00 are."""
    with pytest.raises(ValueError):
        parse_time(text)
