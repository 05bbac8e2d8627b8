"""Writes commlog/calendar/CN.yaml: China's public holidays and make-up working days from the package `holidays`.

Run it with `python scripts/make_calendar_cn.py` after a release of `holidays` that knows the next year, raise LAST, and
let tests/calendar/test_public_holidays.py compare the result with `chinesecalendar`.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import chain, pairwise
from pathlib import Path

import holidays
from chinese_calendar.constants import holidays as listed_elsewhere

FIRST, LAST = 2004, 2026
TARGET = Path(__file__).parents[1] / "commlog" / "calendar" / "CN.yaml"
ONE_DAY = timedelta(days=1)
SATURDAY = 5
# Weekend days a notice counts into the holiday, or does not, where the list of weekends is wrong.
COUNTED_BY_NOTICE = frozenset({date(2015, 9, 5)})
NOT_COUNTED_BY_NOTICE = frozenset({date(2023, 12, 30), date(2023, 12, 31)})
SHORT_NAMES = {"中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日": "抗战胜利70周年", "农历除夕": "春节"}
EXTENDED = "春节延长假期"
HEADING = """\
# 中国法定节假日与调休上班日，{first}—{last}年，依国务院办公厅历年放假通知（含2020年春节延长假期）。
# China's public holidays and make-up working days as the State Council announced them. `off` has each holiday as the
# notices count it, weekend days inside it included; `work` the weekend days worked in return.
# Written by scripts/make_calendar_cn.py from the package `holidays` {version}, and compared day by day with
# `chinesecalendar`. They differ on one day, 2005-12-31, which the notice for the New Year of 2006 makes a working day.
"""


def stretches(days: Iterable[date]) -> list[list[date]]:
    """The days as runs of consecutive ones."""
    runs: list[list[date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][-1] == ONE_DAY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def off_days(known: holidays.HolidayBase) -> set[date]:
    """Every day off, weekend days inside a holiday included."""
    weekends = {day for day in listed_elsewhere if day.weekday() >= SATURDAY} | COUNTED_BY_NOTICE
    days = {day for day in {*known, *weekends} - NOT_COUNTED_BY_NOTICE if FIRST <= day.year <= LAST}
    for earlier, later in pairwise(sorted(days)):
        between = [earlier + ONE_DAY * step for step in range(1, (later - earlier).days)]
        if len(between) <= 2 and not any(map(known.is_working_day, between)):
            days.update(between)
    return days


def festivals(names: Iterable[str]) -> list[str]:
    """The festivals that names of days speak of, each once, the National Day before one of the same day."""
    found: list[str] = []
    for name in chain.from_iterable(sorted(name.split("; "), key=lambda text: text != "国庆节") for name in names):
        plain = SHORT_NAMES.get(name, name)
        if "（" not in plain and plain not in (*found, EXTENDED):
            found.append(plain)
    return found


def main() -> None:
    """Write the file."""
    known = holidays.country_holidays("CN", years=range(FIRST, LAST + 1), language="zh_CN")
    off: dict[date, str] = {}
    work: dict[date, str] = {}
    for run in stretches(off_days(known)):
        named = [known[day] for day in run if day in known]
        names = festivals(named) or [re.sub("（.*", "", named[0])] if named else []
        if not names or names == ["休息日"]:
            # A stretch whose festival lies in the next year, e.g. 30 and 31 December.
            names = ["元旦"]
        for day in run:
            name = known.get(day, "")
            off[day] = EXTENDED if name == EXTENDED else "、".join(names)
            for year, month, number in re.findall(r"由 (\d+)-(\d+)-(\d+) 调休", name):
                reason = "国庆节" if "国庆节" in names else names[0]
                work[date(int(year), int(month), int(number))] = f"{reason}调休上班"
    assert set(work) == {day for day in known.weekend_workdays if FIRST <= day.year <= LAST}
    lines = [HEADING.format(first=FIRST, last=LAST, version=holidays.__version__)]
    for kind, days in (("off", off), ("work", work)):
        lines += [f"{kind}:\n", *(f"  {day}: {name}\n" for day, name in sorted(days.items()))]
    TARGET.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
