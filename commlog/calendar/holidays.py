"""The public holidays that are shipped: one file a country, in the form of a log's calendar."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from commlog.log.dated_days import read_dated_days
from commlog.log.settings_file import Section
from commlog.worktime.calendar import DatedDay

if TYPE_CHECKING:
    from commlog.problems import Problem

_FOLDER: Final = Path(__file__).parents[1] / "calendars"
# The time zones of China, old names included.
_ZONES: Final = dict.fromkeys(
    ("Asia/Shanghai", "Asia/Urumqi", "Asia/Chongqing", "Asia/Chungking", "Asia/Harbin", "Asia/Kashgar", "PRC"), "CN"
)


def shipped_countries() -> tuple[str, ...]:
    """The ISO codes of the countries whose holidays are shipped, in order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def country_of_zone(zone: str) -> str | None:
    """The shipped country all of whose people live by a time zone, by its IANA name; None for any other zone."""
    return _ZONES.get(zone)


def shipped_years(country: str) -> range:
    """The years that are shipped for a country.

    Raises:
        KeyError: the country is not shipped.
    """
    years = {day.year for day in _days_of(country)}
    return range(min(years), max(years) + 1)


def read_public_holidays(country: str, year: int) -> tuple[DatedDay, ...]:
    """The days off and make-up working days of a shipped country in a year, by date; none for a year it does not know.

    Raises:
        KeyError: the country is not shipped.
    """
    return tuple(day for _, day in sorted(_days_of(country).items()) if day.date.year == year)


@cache
def _days_of(country: str) -> Mapping[date, DatedDay]:
    if country not in shipped_countries():
        raise KeyError(country)
    faults: list[Problem] = []
    days = read_dated_days(Section.load(_FOLDER, f"{country}.yaml", faults))
    assert not faults, faults
    return days
