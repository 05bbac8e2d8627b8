"""How long records are kept: the rule of each kind or template, and the day from which one is due to go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from commlog.values import ANONYMOUS, CUSTOMER, INTERACTION, ISSUE, SURVEY
from commlog.worktime.periods import Interval, interval_after

# The kinds a rule may name, as their folders are called.
RULE_KINDS: Final[Mapping[str, str]] = {
    INTERACTION: "interactions",
    ISSUE: "issues",
    SURVEY: "surveys",
    CUSTOMER: "customers",
}


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long what is kept, by the name of a kind, `anonymous` or a template; None is for ever."""

    intervals: Mapping[str, Interval | None] = field(default_factory=dict)

    def rule_for(self, kind: str, template: str, *, is_anonymous: bool) -> str:
        """The name of the rule for a record: its template's, else that of anonymous ones, else its kind's; empty for none."""
        names = (template if template != kind else "", ANONYMOUS if is_anonymous else "", RULE_KINDS.get(kind, ""))
        return next((name for name in names if name and name in self.intervals), "")

    def due_on(self, rule: str, day: date) -> date | None:
        """The day from which a record of a day is due to go; None when it is kept for ever."""
        interval = self.intervals.get(rule)
        return None if interval is None else interval_after(interval, day)
