"""Conversations: how many, whom we reached, what mood they were in, and how satisfied they ended."""

from collections import Counter
from typing import Final

from commlog.model.summary import Group, Key, Reading
from commlog.model.summary_figures import (
    FIGURES,
    Counts,
    States,
    distribution_of,
    measure_answers,
    measure_conversations,
    measure_dissatisfied,
    measure_moods,
    measure_reached,
    measure_satisfaction,
    measure_satisfied,
)
from commlog.services.summarize.dimensions import OF_INTERACTIONS, TAG
from commlog.services.summarize.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, count_states

_CONTACT: Final = """
CASE WHEN r.started_at IS NULL THEN 'undated'
     WHEN r.direction = 'outbound' THEN CASE r.reached WHEN 1 THEN 'outbound_reached' WHEN 0 THEN 'outbound_missed'
                                        ELSE 'outbound_unclear' END
     ELSE 'inbound' END
"""
_OF_THE_DAYS: Final = "r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}'"
# One walk over the conversations for three questions.
_SEPARATOR: Final = "\x1f"
_FEELINGS: Final = " || char(31) || ".join(
    f"coalesce(r.{column}, '')" for column in ("satisfaction", "mood", "category")
)


def measure_interactions(scope: Scope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    source = Source(RECORDS, _OF_THE_DAYS, _CONTACT, OF_INTERACTIONS)
    states = count_states(scope, source, FIGURES["interactions"].dimensions)
    reading = states.measured("interactions", measure_conversations, scope.by) | states.measured(
        "reached", measure_reached, scope.by
    )
    tags = {tag: measure_conversations(counts).numerator for tag, counts in states.groups[TAG].items()}
    return reading | distribution_of("problems", TAG, tags, reading[Key("interactions")].numerator)


def measure_feelings(scope: Scope) -> tuple[Reading, States]:
    """The five-step answers and the moods of the period's conversations; and what they were about, by template."""
    source = Source(RECORDS, INTERACTIONS_OF_PERIOD, _FEELINGS, OF_INTERACTIONS)
    together = count_states(scope, source, ("template",))
    answers, moods, categories = (_component(together, place) for place in range(3))
    reading = {
        **answers.measured("satisfaction", measure_satisfaction, scope.by),
        **answers.measured("satisfied", measure_satisfied, scope.by),
        **answers.measured("dissatisfied", measure_dissatisfied, scope.by),
        **measure_answers(answers.whole),
        **measure_moods(moods.whole),
    }
    return reading, categories


def _component(states: States, place: int) -> States:
    """The states of one of several questions asked together."""
    return States(
        _part(states.whole, place),
        {
            dimension: {group: _part(counts, place) for group, counts in groups.items()}
            for dimension, groups in states.groups.items()
        },
    )


def _part(counts: Counts, place: int) -> Counter[Group]:
    part: Counter[Group] = Counter()
    for state, count in counts.items():
        part[(state or "").split(_SEPARATOR)[place] or None] += count
    return part
