"""A follow-up at its birth: number, owner, due and first entry of its history, from what somebody wants done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.errors import UsageError
from commlog.followups.rules.follow_up import OPEN, history_entry
from commlog.messages import mark
from commlog.values import Data, Fields, instant_of
from commlog.worktime.calendar import WorkCalendar
from commlog.worktime.limits import Limit, due_after
from commlog.worktime.moment import format_instant, parse_due

# Read as text when a follow-up is made; of another type they are left as given, for the template to refuse.
_TEXTS: Final = ("due", "owner", "priority", "status")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a log's follow-ups are made by, at an instant: its priorities with their limits, its calendar, its members."""

    priorities: Mapping[str, Limit]
    default_priority: str
    calendar: WorkCalendar
    now: datetime
    member_id: Callable[[str], str]

    def limit_of(self, priority: str | None) -> Limit:
        """The limit of a priority; that of the default one for None.

        Raises:
            UsageError: the log has no such priority.
        """
        name = priority or self.default_priority
        if name not in self.priorities:
            raise UsageError.of_choice(mark("'{value}' is not a priority of this log"), self.priorities, value=name)
        return self.priorities[name]

    def due_of(self, due_text: str | None, priority: str | None, began: datetime) -> tuple[str | None, str]:
        """The due that a text means, else that of a priority counted from `began`, as stored; and the rule it follows.

        Raises:
            UsageError: the text is no due, or the log has no such priority.
        """
        if due_text is None:
            limit = self.limit_of(priority)
            due = due_after(limit, began, self.calendar)
            return (format_instant(due) if due else None), str(limit)
        try:
            return parse_due(due_text, began, self.now, self.calendar)
        except ValueError:
            raise UsageError(
                mark("due: '{value}' is not a date, a time or a limit"),
                value=due_text,
                remedy=mark(
                    "write e.g. 3wd, 24h, +2d, tomorrow 17:00, 周五, 明天17点, 月底, 2026-03-14, 2026-03-14 17:00, none"
                ),
            ) from None


@dataclass(frozen=True, slots=True)
class Opening:
    """When a follow-up opens (`at`), from when its limit counts (`start`), who opens it, and its record's own priority."""

    at: str
    start: str
    by: str
    priority: str | None = None


def complete_follow_up(terms: Terms, wanted: Fields, number: int, opening: Opening) -> Fields:
    """A new follow-up's mapping, in the form's order: number, owner, computed due, first entry of history.

    One that comes with the rule of its due was complete before: due and rule stay as they are.

    Raises:
        UsageError: the due or the priority is not understood.
    """
    priority = wanted.get("priority") or opening.priority
    due_text = wanted.get("due")
    if priority is None and due_text is None:
        priority = terms.default_priority
    item: Fields = {"n": number, "action": wanted.get("action", "")}
    item |= {key: wanted[key] for key in ("method",) if wanted.get(key)}
    item["owner"] = terms.member_id(wanted.get("owner") or opening.by)
    if priority is not None:
        item["priority"] = priority
    if wanted.get("due_rule"):
        due, rule = due_text, wanted["due_rule"]
    else:
        due, rule = terms.due_of(due_text, priority, instant_of(opening.start) or terms.now)
    item |= {"due": due} if due else {}
    item["due_rule"] = rule
    status = wanted.get("status") or OPEN
    item["status"] = status
    known = {*item, "due", "history"}
    item |= {key: value for key, value in wanted.items() if key not in known and value is not None}
    item["history"] = wanted.get("history") or [history_entry(opening.at, opening.by, status)]
    return item


def complete_follow_ups(terms: Terms, items: Sequence[Data], opening: Opening, *, only_new: bool = False) -> list[Data]:
    """The follow-ups a record is born with, each with a number of its own; what is no follow-up stays as it is.

    With `only_new`, so does what has a number already.

    Raises:
        UsageError: a due or a priority is not understood.
    """
    taken = [item.get("n") for item in items if isinstance(item, dict)]
    completed: list[Data] = []
    for place, item in enumerate(items, start=1):
        if not isinstance(item, dict) or (only_new and "n" in item):
            completed.append(item)
            continue
        number = item["n"] if isinstance(item.get("n"), int) else _free_number(taken, place, is_last=only_new)
        taken.append(number)
        is_readable = all(isinstance(item.get(key), str | None) for key in _TEXTS)
        completed.append(complete_follow_up(terms, item, number, opening) if is_readable else {"n": number, **item})
    return completed


def _free_number(taken: Sequence[Data], wanted: int, *, is_last: bool) -> int:
    highest = max((n for n in taken if isinstance(n, int)), default=0)
    return highest + 1 if is_last or wanted in taken else wanted
