"""The words people use for days, times of day and lengths of time, in English and Chinese."""

# Days by distance from today.
DAYS: dict[str, int] = {
    "today": 0, "今天": 0, "今日": 0, "今": 0,
    "tomorrow": 1, "明天": 1, "明日": 1, "明": 1,
    "the day after tomorrow": 2, "day after tomorrow": 2, "后天": 2, "大后天": 3,
    "yesterday": -1, "昨天": -1, "昨日": -1, "昨": -1,
    "the day before yesterday": -2, "day before yesterday": -2, "前天": -2, "大前天": -3,
}  # fmt: skip

NOW = ("now", "现在", "此刻", "刚刚", "刚才")

# Weekdays, Monday 0.
WEEKDAYS: dict[str, int] = {
    "mon": 0, "monday": 0, "tue": 1, "tues": 1, "tuesday": 1, "wed": 2, "wednesday": 2,
    "thu": 3, "thur": 3, "thurs": 3, "thursday": 3, "fri": 4, "friday": 4,
    "sat": 5, "saturday": 5, "sun": 6, "sunday": 6,
    "一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6,
    "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5, "7": 6,
}  # fmt: skip

# Which week, month or year a word before a date means, counted from the present one.
STEPS: dict[str, int] = {
    "this": 0, "next": 1, "last": -1,
    "本": 0, "这": 0, "这个": 0, "今": 0,
    "下": 1, "下个": 1, "明": 1, "下下": 2, "下下个": 2, "后": 2,
    "上": -1, "上个": -1, "去": -1, "上上": -2, "上上个": -2, "前": -2,
}  # fmt: skip

# Ends of the next period, further on than the limits eow, eom and eoq reach.
PERIOD_ENDS: dict[str, str] = {
    "end of next week": "eow", "下周内": "eow", "下周之内": "eow", "下周以内": "eow",
    "end of next month": "eom", "下月底": "eom", "下月末": "eom", "下个月底": "eom",
    "下个月末": "eom", "下月内": "eom", "下个月内": "eom",
    "end of next quarter": "eoq", "下季末": "eoq", "下季度末": "eoq", "下个季度末": "eoq",
    "下季度内": "eoq",
}  # fmt: skip

# Whole phrases that are limits.
LIMITS: dict[str, str] = {
    "eow": "eow", "end of week": "eow", "end of the week": "eow", "end of this week": "eow",
    "本周内": "eow", "这周内": "eow", "本周之内": "eow", "本周以内": "eow",
    "eom": "eom", "end of month": "eom", "end of the month": "eom", "end of this month": "eom",
    "月底": "eom", "月末": "eom", "本月底": "eom", "本月末": "eom", "这个月底": "eom", "本月内": "eom",
    "这个月内": "eom", "月底前": "eom",
    "eoq": "eoq", "end of quarter": "eoq", "end of the quarter": "eoq", "end of this quarter": "eoq",
    "季末": "eoq", "季底": "eoq", "季度末": "eoq", "季度底": "eoq", "本季末": "eoq", "本季度末": "eoq",
    "本季度内": "eoq",
    "half an hour": "30m", "in half an hour": "30m", "半小时后": "30m", "半小时内": "30m",
    "半个小时后": "30m", "半个小时内": "30m",
    "none": "none", "无": "none", "不限": "none", "无期限": "none",
}  # fmt: skip

# Lengths of time: how many of which limit unit.
UNITS: dict[str, tuple[int, str]] = {
    "m": (1, "m"), "min": (1, "m"), "minute": (1, "m"), "minutes": (1, "m"), "分钟": (1, "m"),
    "h": (1, "h"), "hour": (1, "h"), "hours": (1, "h"), "小时": (1, "h"), "个小时": (1, "h"),
    "个钟头": (1, "h"),
    "wh": (1, "wh"), "working hour": (1, "wh"), "working hours": (1, "wh"), "business hours": (1, "wh"),
    "工作小时": (1, "wh"), "个工作小时": (1, "wh"),
    "d": (1, "d"), "day": (1, "d"), "days": (1, "d"), "天": (1, "d"),
    "wd": (1, "wd"), "working day": (1, "wd"), "working days": (1, "wd"), "business day": (1, "wd"),
    "business days": (1, "wd"), "工作日": (1, "wd"), "个工作日": (1, "wd"),
    "w": (7, "d"), "week": (7, "d"), "weeks": (7, "d"), "周": (7, "d"), "星期": (7, "d"), "个星期": (7, "d"),
    "个礼拜": (7, "d"),
}  # fmt: skip

# Lengths of time counted in months, which no limit has.
MONTH_UNITS: dict[str, int] = {
    "month": 1, "months": 1, "个月": 1, "year": 12, "years": 12, "年": 12,
}  # fmt: skip

_MORNING = {hour: hour for hour in range(13)}
_AFTERNOON = {12: 12} | {hour: hour + 12 for hour in range(1, 12)} | {hour: hour for hour in range(13, 24)}

# Parts of the day: what an hour said with them is on a clock of 24 hours; a missing one makes no sense there.
DAY_PARTS: dict[str, dict[int, int]] = {
    "": {hour: hour for hour in range(25)},
    "am": _MORNING | {12: 0}, "pm": _AFTERNOON,
    "凌晨": {12: 0} | {hour: hour for hour in range(7)},
    "早": _MORNING, "早上": _MORNING, "早晨": _MORNING, "上午": _MORNING,
    "中午": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "下午": _AFTERNOON, "傍晚": _AFTERNOON,
    # Twelve in the evening is the midnight that ends the day; one in the evening could be either day.
    "晚上": {hour: hour + 12 for hour in range(5, 13)} | {hour: hour for hour in range(17, 25)},
    "晚": {hour: hour + 12 for hour in range(5, 13)} | {hour: hour for hour in range(17, 25)},
}  # fmt: skip

# Times of day that are one word, in minutes from midnight.
TIMES: dict[str, int] = {"noon": 720, "中午": 720, "正午": 720}

MINUTES: dict[str, int] = {"": 0, "整": 0, "半": 30, "一刻": 15, "三刻": 45}

_DIGITS = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


def parse_number(text: str) -> int:
    """Read a whole number in digits or in Chinese numerals below one hundred.

    Raises:
        ValueError: the text is neither.

    """
    if text.isascii() and text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    # Without a digit before it ten is one ten; without one after it there are no ones.
    high = _DIGITS.get(tens or "一") if ten else 0
    low = _DIGITS.get(ones.removeprefix("零") or "零")
    if not text or high is None or low is None:
        raise ValueError(f"{text!r} is not a number")
    return high * 10 + low
