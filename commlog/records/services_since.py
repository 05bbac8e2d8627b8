"""The first day that words such as `2026-03`, `last-month` or `30d` mean, for what is asked since then."""

from datetime import date

from commlog.errors import UsageError
from commlog.messages import mark
from commlog.workspace import Workspace
from commlog.worktime.periods import interval_before, parse_interval, parse_period


def since_day(workspace: Workspace, text: str) -> date:
    """The first day of a period, or the day an interval back from today, in the log's zone.

    Raises:
        UsageError: the words are neither.
    """
    try:
        interval = parse_interval(text.strip())
    except ValueError:
        interval = None
    if interval is not None:
        return interval_before(interval, workspace.now.date())
    try:
        return parse_period(text, workspace.now).start.date()
    except (ValueError, OverflowError):
        raise UsageError(
            mark("--since: '{value}' is neither a period nor a distance in time"),
            value=text,
            remedy=mark("write 2026-03, 2026-Q1, last-month, 上月, a day, or 30d, 3m, 1y"),
        ) from None
