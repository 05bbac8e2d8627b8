"""What the customer said of each round of an issue: the answer that stands in the record, and those its history keeps."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from commlog.followups.rules.follow_up import Transition
from commlog.issues.rules.resolution import Round
from commlog.values import Fields, instant_of, text_of
from commlog.worktime.calendar import to_utc

# As `model.issue.told_of` writes it: the first on its line, or behind the day of completion; what people wrote comes later.
_KEPT: Final = r"(?m)^(?:completed_on=[^;\n]*; )?confirmation=([a-z_]+)(?= \(|;|$)"


def answers_of_rounds(fields: Fields, history: Sequence[Transition], rounds: Sequence[Round]) -> tuple[str | None, ...]:
    """For each round of an issue's history its last answer, None without one: satisfied, needs_improvement, no_answer.

    The answer in the record is of the round in which it says it was given; when it does not say, of the present one.
    """
    bounds = [one.reopened_at for one in rounds if one.reopened_at is not None]
    answers: dict[int, str] = {}
    for entry in history:
        at = instant_of(entry.at)
        if at is not None and (kept := re.findall(_KEPT, entry.note)):
            # The entry that opens a round keeps what was said in the one before.
            answers[_round_at(at, bounds)] = kept[-1]
    confirmation = fields.get("confirmation")
    if isinstance(confirmation, dict) and (result := text_of(confirmation, "result")) is not None:
        given = instant_of(confirmation.get("at"))
        answers[len(bounds) if given is None else _round_at(given, bounds)] = result
    return tuple(answers.get(number) for number in range(len(rounds)))


def _round_at(at: datetime, bounds: Sequence[datetime]) -> int:
    """The place of the round that an instant falls in; the instant of a reopening is the end of the round before."""
    return sum(to_utc(bound) < to_utc(at) for bound in bounds)
