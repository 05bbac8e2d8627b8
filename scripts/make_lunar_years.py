"""Writes commlog/worktime/lunar_years.py: the months of the Chinese lunar calendar, from the package `lunardate`.

Run it with `python scripts/make_lunar_years.py` after a release of `lunardate` that knows more years, and let
tests/worktime/test_lunar.py compare the result with the package day by day.
"""

from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from lunardate import LunarDate

FIRST, LAST = 1900, 2099
FIRST_DAY = date(1900, 1, 31)
TARGET = Path(__file__).parents[1] / "commlog" / "worktime" / "lunar_years.py"
LONG = 30
PER_LINE = 10
TEXT = '''\
"""The lengths of the months of the lunar years {first} to {last}; written by scripts/make_lunar_years.py."""

from datetime import date
from typing import Final

FIRST_YEAR: Final = {first}
FIRST_DAY: Final = {first_day!r}
# A year: the number of the month that a leap month follows (0: none) above thirteen bits; of these the lowest is the
# first month of the year, the leap month counted where it stands, and 1 means 30 days, 0 means 29.
# fmt: off
YEARS: Final = (
{years}
)
# fmt: on
'''


def count_days() -> dict[int, Counter[tuple[int, bool]]]:
    """How many days each month has: lunar year → (month, whether it is the leap month) → days, in the order of the year."""
    years: dict[int, Counter[tuple[int, bool]]] = {}
    day = FIRST_DAY
    while True:
        told = LunarDate.from_solar_date(day.year, day.month, day.day)
        # Past its last year the package begins that year again.
        if told.year > LAST or (
            told.year in years and not told.is_leap_month and told.month < max(years[told.year])[0]
        ):
            return years
        years.setdefault(told.year, Counter())[told.month, told.is_leap_month] += 1
        day += timedelta(days=1)


def encode(months: Counter[tuple[int, bool]]) -> int:
    """One year as a number, as the written file explains it."""
    leap = next((month for month, is_leap in months if is_leap), 0)
    lengths = sum(1 << place for place, days in enumerate(months.values()) if days == LONG)
    return leap << 13 | lengths


def main() -> None:
    """Write the file."""
    years = count_days()
    assert list(years) == list(range(FIRST, LAST + 1))
    assert {days for months in years.values() for days in months.values()} == {LONG - 1, LONG}
    codes = [f"0x{encode(months):05x}," for months in years.values()]
    lines = [" ".join(codes[place : place + PER_LINE]) for place in range(0, len(codes), PER_LINE)]
    text = TEXT.format(
        first=FIRST, last=LAST, first_day=FIRST_DAY, years="\n".join(f"    {line}" for line in lines)
    ).replace("datetime.date", "date")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
