"""The words of a summary: its figures, its remarks, its lists, and how numbers and durations read."""

from collections.abc import Mapping
from typing import Final

from commlog.messages import mark, translate
from commlog.model.summary import Measure, Spread
from commlog.render.labels import COLUMN_LABELS, Labels

FIGURE_LABELS: Final[Mapping[str, str]] = {
    "interactions": mark("Conversations"),
    "reached": mark("Reached when we called"),
    "recorded_in_time": mark("Recorded in time"),
    "recording_lag": mark("Time until recorded"),
    "follow_ups_on_time": mark("Follow-ups done on time"),
    "pending": mark("Pending follow-ups"),
    "overdue": mark("Overdue"),
    "overdue_age": mark("Days overdue"),
    "limit_kept": mark("Limits kept"),
    "satisfaction": mark("Satisfaction (1 to 5)"),
    "satisfied": mark("Satisfied (4 or 5)"),
    "dissatisfied": mark("Dissatisfied (1 or 2)"),
    "satisfaction_answers": mark("Rated conversations"),
    "complaints": mark("Complaints"),
    "problems": mark("Share"),
    "repeat_contacts": mark("Came back within 30 days"),
    "moods": mark("Conversations with a mood"),
    "worsened_customers": mark("Customers whose mood worsened"),
    "follow_ups_opened": mark("Follow-ups opened"),
    "follow_ups_finished": mark("Follow-ups finished"),
    "follow_ups_net": mark("Follow-ups opened − finished"),
    "issues_opened": mark("Issues opened"),
    "issues_closed": mark("Issues closed"),
    "issues_net": mark("Issues opened − closed"),
    "without_owner": mark("Without owner"),
    "issues_without_next_action": mark("Open issues without next step"),
    "commitments_without_follow_up": mark("Our promises without follow-up"),
}
# Why something was not counted, or was although it may surprise.
REMARKS: Final[Mapping[str, str]] = {
    "without_start": mark("{count} without a start time"),
    "unclear": mark("{count} unclear whether reached"),
    "without_limit": mark("{count} without a limit"),
    "without_recorded_at": mark("{count} without a recording time"),
    "cancelled": mark("{count} cancelled"),
    "finished_at_unknown_time": mark("{count} finished at an unknown time"),
    "not_yet_due": mark("{count} not yet due"),
    "awaiting_customer": mark("{count} waiting for the customer"),
    "without_due": mark("{count} without a due time"),
    "not_rated": mark("{count} not rated"),
    "without_answer": mark("{count} without an answer"),
    "without_customer_or_category": mark("{count} without customer or category"),
    "without_mood": mark("{count} without a mood"),
    "fewer_than_three_records": mark("{count} with fewer than three moods"),
}
ATTENTION_LABELS: Final[Mapping[str, str]] = {
    "late_records": mark("Recorded too late"),
    "worsened_customers": mark("Mood worsened over the last three conversations"),
    "issues_without_next_action": mark("Open issues without a next step"),
    "commitments_without_follow_up": mark("Promises of ours without a follow-up"),
}
# Columns and dimensions that no other listing has.
_COLUMNS: Final[Mapping[str, str]] = {
    "branch": mark("Branch"),
    "tag": mark("Tag"),
    "scenario": mark("Scenario"),
    "need_type": mark("Need"),
    "category": mark("Category"),
    "month": mark("Month"),
    "method": mark("Method"),
    "stage": mark("Stage"),
    "ended_at": mark("Ended"),
    "recorded_at": mark("Recorded"),
    "lag": mark("Lag"),
    "limit": mark("Limit"),
    "moods": mark("Moods"),
    "last_record": mark("Last record"),
    "commitments": mark("Promises"),
    "followups": mark("Follow-ups"),
}


def column_label(name: str, labels: Labels) -> str:
    """The heading of a column or dimension of a summary."""
    return labels.column(name) if name in COLUMN_LABELS else translate(_COLUMNS.get(name, name))


def group_label(dimension: str, group: str | None, labels: Labels) -> str:
    """The word for a group."""
    return translate("(none)") if group is None else labels.value(dimension, group)


def format_measure(measure: Measure) -> str:
    """A measure with its N: a percentage only of five or more, the median and the 90 % of durations."""
    if measure.kind == "count":
        return str(measure.numerator)
    if measure.size == 0:
        return "–"
    if measure.kind == "spread" and measure.spread:
        return _format_spread(measure.spread, measure.size)
    value = measure.value
    if measure.kind == "mean" and value is not None:
        return translate("{mean} (N {count})").format(mean=f"{value:.1f}", count=measure.size)
    parts = f"{measure.numerator}/{measure.size}"
    return parts if value is None else f"{value:.0%} ({parts})"


def format_remarks(measure: Measure) -> str:
    """What a measure left out, and what it counted although it may surprise."""
    texts = []
    for heading, counts in (
        (mark("left out: {remarks}"), measure.left_out),
        (mark("of these {remarks}"), measure.included),
    ):
        remarks = translate(", ").join(
            translate(REMARKS[reason]).format(count=count) for reason, count in counts.items()
        )
        if remarks:
            texts.append(translate(heading).format(remarks=remarks))
    return translate("; ").join(texts)


def format_duration(seconds: float) -> str:
    """Elapsed time in the two units that say most."""
    if seconds < 0:
        return f"−{format_duration(-seconds)}"
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("{minutes} min").format(minutes=minutes)
    if minutes < 2 * 24 * 60:
        return translate("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
    return translate("{days} d {hours} h").format(days=minutes // 1440, hours=minutes % 1440 // 60)


def _format_spread(spread: Spread, number: int) -> str:
    if spread.unit == "seconds":
        text, values = (
            translate("median {median}, 90% within {ninetieth} (N {count})"),
            [format_duration(value) for value in (spread.median, spread.ninetieth, spread.longest)],
        )
    else:
        text, values = (
            translate("median {median}, 90% within {ninetieth}, longest {longest} working days (N {count})"),
            [f"{value:g}" for value in (spread.median, spread.ninetieth, spread.longest)],
        )
    return text.format(median=values[0], ninetieth=values[1], longest=values[2], count=number)
