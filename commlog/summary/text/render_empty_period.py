"""What is said of a period in which nothing was recorded: one sentence in the place of tables of zeros."""

from datetime import date
from typing import Final

from commlog.messages import translate
from commlog.summary.rules.summary import Summary
from commlog.worktime.calendar import to_utc

# Figures of what happens in a period; the others are states, or about these.
HAPPENING: Final = (
    "interactions",
    "follow_ups_on_time",
    "follow_ups_opened",
    "follow_ups_finished",
    "issues_opened",
    "issues_closed",
)


def has_happened(summary: Summary) -> bool:
    """Whether a period has anything to tell: something happened in it, or it is not over and something stands open."""
    is_going_on = to_utc(summary.period.start) <= to_utc(summary.now) < to_utc(summary.period.end)
    lines = summary.lines if is_going_on else [line for line in summary.lines if line.key.figure in HAPPENING]
    return any(line.now.size for line in lines)


def format_empty_period(period: str, first: date | None, last: date | None) -> str:
    """One sentence: that nothing was recorded in a period, and of which days the log's first and last record are."""
    if first is None or last is None:
        text = translate("Nothing was recorded in {period}; the log holds no conversation, issue or survey yet.")
        return text.format(period=period)
    text = translate("Nothing was recorded in {period}; the log's first record is of {first}, its last of {last}.")
    return text.format(period=period, first=first, last=last)
