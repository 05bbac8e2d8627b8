"""Why a follow-up is due when it is, as JSON: every key is always there."""

import json
from datetime import datetime
from typing import Any

from commlog.followups.rules.explanation import DueAnswer, DueExplanation, Lateness, ToldPause
from commlog.followups.rules.model_deadline_days import CountedDay
from commlog.worktime.calendar import format_span
from commlog.worktime.moment import format_instant


def format_json(answer: DueAnswer) -> str:
    """The answer as one JSON object; instants as stored, in the zone they came in, times in working minutes."""
    follow_up, explanation = answer.follow_up, answer.explanation
    data = {
        "address": answer.address,
        "action": follow_up.action,
        "customer": answer.customer,
        "status": follow_up.status,
        "due": follow_up.due,
        "due_rule": follow_up.due_rule,
        "priority": follow_up.priority,
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


def _pause(told: ToldPause) -> dict[str, Any]:
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
