"""Why a follow-up is due when it is, as text or JSON: the rule, the days it counted, pauses, changes, and how late it is."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from commlog.followups.rules.deadline import CountedDay
from commlog.followups.rules.explanation import DueAnswer, DueExplanation, ExplainedPause, Lateness
from commlog.messages import mark, translate
from commlog.output.labels import Labels
from commlog.output.text import format_due, harmless, pad, width_of
from commlog.worktime.calendar import format_span
from commlog.worktime.moment import format_instant

# Of more lines of days the first and the last are shown.
_FIRST_LINES: Final = 30
_LAST_LINES: Final = 10
_WEEKDAYS: Final = (mark("Mon"), mark("Tue"), mark("Wed"), mark("Thu"), mark("Fri"), mark("Sat"), mark("Sun"))
_UNITS: Final = {
    "m": mark("elapsed minutes"),
    "h": mark("elapsed hours"),
    "wh": mark("working hours"),
    "d": mark("calendar days"),
    "wd": mark("working days"),
    "eow": mark("end of the week"),
    "eom": mark("end of the month"),
    "eoq": mark("end of the quarter"),
}
_ORIGINS: Final = {
    "conversation_end": mark("the end of the conversation"),
    "conversation_start": mark("the start of the conversation"),
    "added": mark("when it was added"),
    "rescheduled": mark("when it was rescheduled"),
    "reopened": mark("when it was reopened"),
}


def format_deadline(answer: DueAnswer, output_format: str, labels: Labels) -> str:
    """The explanation as text or json."""
    if output_format == "json":
        return format_json(answer)
    explanation = answer.explanation
    lines = [f"{answer.address}  {answer.follow_up.action}", _due_line(answer, labels)]
    if explanation.limit and explanation.limit.unit in {"m", "h"}:
        lines.append("  " + translate("nights, weekends and holidays count"))
    lines += _day_lines(explanation)
    lines += [_pause_line(told, answer) for told in explanation.pauses]
    if explanation.if_resumed:
        due = _moment(explanation.if_resumed, answer)
        lines.append(translate("if work continued now, it would be due {due}").format(due=due))
    lines += _change_lines(explanation, labels)
    lines += _doubt_lines(answer)
    lines += [_late_line(explanation.lateness, answer)] if explanation.lateness else []
    return "\n".join(harmless(line) for line in lines)


def _due_line(answer: DueAnswer, labels: Labels) -> str:
    explanation, follow_up = answer.explanation, answer.follow_up
    due = format_due(follow_up.due)
    if follow_up.due and "T" not in follow_up.due and explanation.stored:
        due = translate("{due} (closes {time})").format(due=due, time=_clock(explanation.stored))
    if explanation.limit is None or explanation.start is None:
        if not follow_up.due:
            return translate("no due time: it has no time limit")
        if follow_up.agreed_with_customer:
            return translate("due {due}: set by hand, and promised to the customer").format(due=due)
        return translate("due {due}: set by hand").format(due=due)
    words = [translate(_UNITS[explanation.limit.unit])]
    if follow_up.priority:
        words.append(labels.value("followups.priority", follow_up.priority))
    text = mark("due {due} = {rule} ({words}), counted from {start}: {origin}")
    if follow_up.agreed_with_customer:
        text = mark("due {due} = {rule} ({words}), promised to the customer, counted from {start}: {origin}")
    return translate(text).format(
        due=due,
        rule=explanation.limit,
        words=translate(", ").join(words),
        start=_moment(explanation.start.at, answer),
        origin=translate(_ORIGINS[explanation.start.origin]),
    )


def _day_lines(explanation: DueExplanation) -> list[str]:
    """One aligned line a day; days passed over for the same reason share one."""
    groups, period = _groups(explanation.counting.days), explanation.counting.period
    rows = [
        (_days_shown(group), "" if period else _number(group[0]), _reason(group[0], explanation)) for group in groups
    ]
    wide, digits = (max((width_of(row[place]) for row in rows), default=0) for place in (0, 1))
    lines = []
    for shown, number, reason in rows:
        counted = " " * (digits - width_of(number)) + number
        lines.append("  " + "  ".join(filter(None, (pad(shown, wide), counted, reason))).rstrip())
    left_out, hidden = explanation.counting.left_out, groups[_FIRST_LINES:-_LAST_LINES]
    cut = slice(-_LAST_LINES, -_LAST_LINES)
    if len(hidden) > _LAST_LINES:
        left_out, cut = left_out + sum(map(len, hidden)), slice(_FIRST_LINES, -_LAST_LINES)
    if left_out:
        lines[cut] = ["  " + translate("… more days: {count}").format(count=left_out)]
    if period and explanation.limit:
        names = {"eow": mark("the week"), "eom": mark("the month"), "eoq": mark("the quarter")}
        name = translate(names[explanation.limit.unit])
        told = translate("{name} is {first} – {last}").format(name=name, first=period[0], last=period[1])
        if explanation.counting.opening == "after_hours":
            told += translate("; the previous period had already ended")
        lines = ["  " + told, *lines]
    return lines


def _groups(days: Sequence[CountedDay]) -> list[list[CountedDay]]:
    """Days that count stand alone; those passed over for the same reason, one after the other, together."""
    groups: list[list[CountedDay]] = []
    for key, group in groupby(days, key=lambda day: (day.counted, day.minutes, day.kind, day.name)):
        together = list(group)
        alone = key[0] is not None or bool(key[1])
        groups += [[day] for day in together] if alone else [together]
    return groups


def _days_shown(group: Sequence[CountedDay]) -> str:
    first, last = group[0].date, group[-1].date
    text = f"{translate(_WEEKDAYS[first.weekday()])} {first.isoformat()}"
    return text if first == last else f"{text} – {last.isoformat()[5:]}"


def _number(day: CountedDay) -> str:
    if day.minutes:
        return _duration(day.minutes)
    return "-" if day.counted is None or day.minutes == 0 else str(day.counted)


def _reason(day: CountedDay, explanation: DueExplanation) -> str:
    words, counting = list(_day_words(day)), explanation.counting
    is_passed_over = day.counted is None and day.minutes is None
    if counting.first_day == day.date and explanation.limit and explanation.limit.unit == "wd":
        words.insert(0, translate("start day"))
    if is_passed_over and day.spans and counting.first_day and day.date < counting.first_day:
        words.insert(0, translate("after closing time"))
    if explanation.limit_end and day == (counting.days[0] if counting.period else counting.days[-1]):
        words += [translate("the next working day")] if is_passed_over else []
        words.append(translate("until {time}").format(time=_clock(explanation.limit_end)))
    return translate(", ").join(words)


def _day_words(day: CountedDay) -> Iterator[str]:
    if day.kind == "weekly_off":
        yield translate("weekly day off")
    elif day.kind == "dated_off":
        yield day.name or translate("day off")
    elif day.kind == "dated_work":
        yield day.name or translate("make-up working day")
    elif day.kind == "dated_part_off":
        yield day.name or translate("partly off")
        yield " ".join(format_span(span) for span in day.spans)


def _pause_line(told: ExplainedPause, answer: DueAnswer) -> str:
    pause = told.pause
    facts = {
        "begin": _moment(pause.begin, answer),
        "end": _moment(pause.end, answer) if pause.end else "",
        "time": _duration(told.counted),
        "waited": _duration(told.minutes),
    }
    if not pause.end:
        text = mark("waiting for the customer since {begin}: the time limit is paused, {time} of working time so far")
        if not told.counted and answer.follow_up.agreed_with_customer:
            text = mark(
                "waiting for the customer since {begin}: not overdue meanwhile; the promised time stays the same"
            )
    elif told.counted == told.minutes:
        text = mark("waited for the customer {begin} – {end}: due time extended by {time} of working time")
    else:
        text = mark(
            "waited for the customer {begin} – {end}: due time extended by {time} of working time (waited {waited})"
        )
    return translate(text).format(**facts)


def _change_lines(explanation: DueExplanation, labels: Labels) -> Iterator[str]:
    for change in explanation.changes:
        due = translate("no due time") if change.due == "none" else format_due(change.due)
        by = labels.value("owner", change.by)
        told = translate("due changed {at} by {by}: {due}").format(at=format_due(change.at), by=by, due=due)
        yield f"{told}  {change.note}" if change.note else told


def _doubt_lines(answer: DueAnswer) -> Iterator[str]:
    explanation = answer.explanation
    if explanation.is_edited:
        told = explanation.changes[-1].due
        due = translate("no due time") if told == "none" else format_due(told)
        yield translate("! the due time was changed by hand: its history gives {due}").format(due=due)
    if not explanation.agrees and explanation.computed:
        computed = _moment(explanation.computed, answer)
        text = mark(
            "! calculated again today, the rule gives {computed}: the calendar changed since, or the due time was written by hand"
        )
        if explanation.is_edited:
            text = mark("! calculated again today, the rule gives {computed}")
        yield translate(text).format(computed=computed)
    elif explanation.limit and explanation.start is None:
        yield translate("! the start of its time limit is unknown")
    if explanation.provisional_years:
        years = ", ".join(str(year) for year in explanation.provisional_years)
        yield translate("! the holidays of {years} are not in the calendar yet: this due time may still change").format(
            years=years
        )


def _late_line(lateness: Lateness, answer: DueAnswer) -> str:
    if not answer.follow_up.is_pending:
        text = mark("done {at}, in time: {time} of working time left")
        if lateness.is_late:
            text = mark("done {at}, late by {time} of working time (working days: {days})")
    elif lateness.is_late:
        text = mark("overdue by {time} of working time (working days: {days})")
    else:
        text = mark("{time} of working time left (working days: {days})")
    time = _duration(abs(lateness.minutes))
    return translate(text).format(at=_moment(lateness.at, answer), time=time, days=lateness.days)


def _duration(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return translate("{minutes} min").format(minutes=rest)
    text = translate("{hours} h {minutes} min") if rest else translate("{hours} h")
    return text.format(hours=hours, minutes=rest)


def _clock(instant: datetime) -> str:
    text = instant.strftime("%H:%M")
    return "24:00" if text == "00:00" else text


def _moment(instant: datetime, answer: DueAnswer) -> str:
    """An instant to the minute, on the clocks of the log."""
    stored = answer.explanation.computed or answer.explanation.stored
    local = instant.astimezone(stored.tzinfo) if stored else instant
    return local.strftime("%Y-%m-%d %H:%M")


def format_json(answer: DueAnswer) -> str:
    """The answer as one JSON object; instants as stored, in the zone they came in, times in working minutes."""
    follow_up, explanation = answer.follow_up, answer.explanation
    data = {
        "address": answer.address,
        "action": follow_up.action,
        "customer": answer.customer,
        **{key: getattr(follow_up, key) for key in ("status", "due", "due_rule", "priority")},
        "agreed_with_customer": bool(follow_up.agreed_with_customer),
        "due_at": _instant(explanation.stored),
        "computed": _instant(explanation.computed),
        "agrees": explanation.agrees,
        "edited": explanation.is_edited,
        **_counted(explanation),
        "pauses": [_pause(told) for told in explanation.pauses],
        "if_resumed": _instant(explanation.if_resumed),
        "changes": [
            {"entry": item.entry, "at": item.at, "by": item.by, "due": item.due, "note": item.note or None}
            for item in explanation.changes
        ],
        "provisional_years": list(explanation.provisional_years),
        "lateness": _lateness(explanation.lateness),
    }
    return json.dumps(data, ensure_ascii=False, indent=2)


def _counted(explanation: DueExplanation) -> dict[str, Any]:
    start, counting = explanation.start, explanation.counting
    return {
        "start": {"at": _instant(start.at), "origin": start.origin, "entry": start.entry or None} if start else None,
        "start_day": counting.first_day.isoformat() if counting.first_day else None,
        "start_day_because": counting.opening,
        "period": [day.isoformat() for day in counting.period] if counting.period else None,
        "days": [_day(day) for day in counting.days],
        "days_left_out": counting.left_out,
        "limit_end": _instant(explanation.limit_end),
    }


def _day(day: CountedDay) -> dict[str, Any]:
    return {
        "date": day.date.isoformat(),
        "weekday": day.date.isoweekday(),
        "counted": day.counted,
        "kind": day.kind,
        "name": day.name or None,
        "hours": [format_span(span) for span in day.spans],
        "minutes": day.minutes,
    }


def _pause(told: ExplainedPause) -> dict[str, Any]:
    pause = told.pause
    return {
        "from": _instant(pause.begin),
        "until": _instant(pause.end),
        "by": pause.by,
        "entry": pause.entry,
        "minutes": told.minutes,
        "put_back": told.counted,
    }


def _lateness(lateness: Lateness | None) -> dict[str, Any] | None:
    if lateness is None:
        return None
    return {
        "at": _instant(lateness.at),
        "is_late": lateness.is_late,
        "minutes": lateness.minutes,
        "working_days": lateness.days,
    }


def _instant(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
