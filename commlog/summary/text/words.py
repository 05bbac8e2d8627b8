"""The words of a summary: its figures, its remarks, its lists, and how numbers and durations read."""

import re
from collections.abc import Callable, Mapping
from typing import Final

from commlog.messages import mark, translate
from commlog.output.labels import COLUMN_LABELS, Labels
from commlog.summary.rules.summary import DurationSpread, Measure

FIGURE_LABELS: Final[Mapping[str, str]] = {
    "interactions": mark("Conversations"),
    "reached": mark("Reached when we called"),
    "recorded_in_time": mark("Recorded in time"),
    "recording_lag": mark("Time until recorded"),
    "first_response": mark("Time until first answered"),
    "unanswered_age": mark("Unanswered for"),
    "follow_ups_on_time": mark("Follow-ups done on time"),
    "pending": mark("Pending follow-ups"),
    "overdue": mark("Overdue"),
    "overdue_age": mark("Days overdue"),
    "limit_kept": mark("Limits kept"),
    "first_resolution": mark("Time until first done"),
    "resolution": mark("Time until finally done"),
    "issue_first_resolution": mark("Time until first solved"),
    "issue_resolution": mark("Time until finally solved"),
    "reopened": mark("Opened again after closing"),
    "confirmed_closing": mark("Closed with the customer's confirmation"),
    "first_contact_resolution": mark("Solved in one conversation"),
    "satisfaction": mark("Satisfaction (1 to 5)"),
    "satisfied": mark("Satisfied (4 or 5)"),
    "dissatisfied": mark("Dissatisfied (1 or 2)"),
    "satisfaction_answers": mark("Rated conversations"),
    "customer_scores": mark("Scores given by customers (1 to 5)"),
    "customer_scores_high": mark("of these 4 or 5"),
    "customer_scores_low": mark("of these 1 or 2"),
    "staff_scores": mark("Scores entered by staff (1 to 5)"),
    "staff_scores_high": mark("of those 4 or 5"),
    "staff_scores_low": mark("of those 1 or 2"),
    "survey_responses": mark("Survey requests answered"),
    "low_scores_followed_up": mark("Low scores followed up within 24 hours"),
    "complaints": mark("Complaints"),
    "problems": mark("Share"),
    "repeat_contacts": mark("Came back within 30 days"),
    "breached": mark("Limits breached"),
    "low_scores": mark("Low scores"),
    "moods": mark("Conversations with a mood"),
    "worsened_customers": mark("Customers whose mood worsened"),
    "care_served": mark("Care dates acted on"),
    "dormant": mark("Dormant customers"),
    "reactivated": mark("Dormant customers who came back"),
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
    "unanswered": mark("{count} unanswered"),
    "opened_at_unknown_time": mark("{count} opened at an unknown time"),
    "may_come_back": mark("{count} within the last seven days"),
    "confirmation_needs_improvement": mark("{count} where the customer wants more"),
    "confirmation_no_answer": mark("{count} where the customer did not answer"),
    "without_customer": mark("{count} without a customer"),
    "window_open": mark("{count} with time left"),
    "do_not_contact": mark("{count} asked not to be contacted"),
    "without_consent": mark("{count} without consent"),
    "not_yet_customer": mark("{count} before they became customers"),
    "without_contact": mark("{count} never contacted"),
    "fewer_than_three_records": mark("{count} with fewer than three moods"),
}
# The number of such a remark, in Chinese with its measure word: a single record has the reason alone.
_COUNTED_AS: Final = re.compile(r"^\{count\} ?[条次项个位]?")
ATTENTION_LABELS: Final[Mapping[str, str]] = {
    "late_records": mark("Recorded too late"),
    "weak_spots": mark("Weak spots: five or more, and 10 points or 25% worse than the overall figure"),
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
    "dimension": mark("By"),
    "group": mark("Group"),
    "figure": mark("Figure"),
    "value": mark("Value"),
    "whole": mark("All together"),
    "n": mark("N"),
    "score": mark("Score"),
    "care": mark("Care"),
}
# What the shipped survey asks about.
_SCORES: Final[Mapping[str, str]] = {
    "product_quality": mark("Product quality"),
    "response_speed": mark("Speed of response"),
    "communication": mark("Communication"),
    "problem_solving": mark("Problem solving"),
    "overall": mark("Overall"),
}
# Words for the slugs of the records behind a figure.
COUNTED: Final[Mapping[str, str]] = {"yes": mark("yes"), "no": mark("no"), "left_out": mark("left out")}


def column_label(name: str, labels: Labels) -> str:
    """The heading of a column or dimension of a summary."""
    return labels.column(name) if name in COLUMN_LABELS else translate(_COLUMNS.get(name, name))


def group_label(dimension: str, group: str | None, labels: Labels) -> str:
    """The word for a group."""
    if group is None:
        return translate("(none)")
    if dimension == "score" and group in _SCORES:
        return translate(_SCORES[group])
    # The category of the index holds what a form calls the category, the need or the scenario.
    fields = ("category", "need_type", "scenario") if dimension == "category" else (dimension,)
    words = (labels.value(field, group) for field in fields)
    return next((word for word in words if word != group), group)


def words_of_counted(column: str) -> Mapping[str, str]:
    """The words for slugs in a column of the records behind a figure; none for other columns."""
    if column == "figure":
        return {figure: translate(text) for figure, text in FIGURE_LABELS.items()}
    if column == "counted":
        return {slug: translate(text) for slug, text in COUNTED.items()}
    if column == "why":
        return {reason: _COUNTED_AS.sub("", translate(text)) for reason, text in REMARKS.items()}
    return {}


def figure_called(name: str) -> str:
    """The figure that has this name in the summary, in the language in use; any other name as it is."""
    wanted = name.strip().casefold()
    called = (figure for figure, text in FIGURE_LABELS.items() if translate(text).casefold() == wanted)
    return next(called, name)


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
    if minutes < 2 * 24 * 60:
        return format_working_time(seconds)
    return translate("{days} d {hours} h").format(days=minutes // 1440, hours=minutes % 1440 // 60)


def format_working_time(seconds: float) -> str:
    """Working time in hours and minutes: how long a working day is differs."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("{minutes} min").format(minutes=minutes)
    return translate("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def format_median(measure: Measure) -> str:
    """A measure as `format_measure`, of durations the median alone."""
    if not measure.spread:
        return format_measure(measure)
    write = format_working_time if measure.spread.unit == "working_seconds" else format_duration
    return translate("{median} (N {count})").format(median=write(measure.spread.median), count=measure.size)


def _format_spread(spread: DurationSpread, number: int) -> str:
    text, write = _SPREADS[spread.unit]
    values = {name: write(getattr(spread, name)) for name in ("median", "ninetieth", "longest")}
    return translate(text).format(**values, count=number)


# How the durations of each unit read.
_SPREADS: Final[Mapping[str, tuple[str, Callable[[float], str]]]] = {
    "seconds": (mark("median {median}, 90% within {ninetieth} (N {count})"), format_duration),
    "working_seconds": (
        mark("median {median}, 90% within {ninetieth} of working time (N {count})"),
        format_working_time,
    ),
    "working_days": (
        mark("median {median}, 90% within {ninetieth}, longest {longest} working days (N {count})"),
        "{:g}".format,
    ),
}
