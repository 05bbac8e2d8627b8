"""Conversations: how many, whom we reached, what mood they were in, and how satisfied they ended."""

from typing import Final

from commlog.model.summary import Key, Reading
from commlog.model.summary_figures import (
    FIGURES,
    count_of,
    distribution_of,
    measure_all,
    measure_answers,
    measure_dissatisfied,
    measure_moods,
    measure_reached,
    measure_satisfaction,
    measure_satisfied,
)
from commlog.services.summarize.dimensions import OF_INTERACTIONS, TAG
from commlog.services.summarize.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, count_states

_CONTACT: Final = """
CASE WHEN r.direction = 'outbound' THEN CASE r.reached WHEN 1 THEN 'outbound_reached' WHEN 0 THEN 'outbound_missed'
ELSE 'outbound_unclear' END ELSE 'inbound' END
"""
_UNDATED: Final = """
SELECT count(*) FROM records r
WHERE r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}' AND r.started_at IS NULL
"""
INTERACTIONS: Final = Source(RECORDS, INTERACTIONS_OF_PERIOD, _CONTACT, OF_INTERACTIONS)


def measure_interactions(scope: Scope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    states = count_states(scope, INTERACTIONS, FIGURES["interactions"].dimensions)
    reading = states.measured("interactions", measure_all, scope.by) | states.measured("reached", measure_reached, scope.by)
    number = sum(states.whole.values())
    reading[Key("interactions")] = count_of(number, without_start=scope.rows(_UNDATED)[0][0])
    tags = {tag: sum(counts.values()) for tag, counts in states.groups[TAG].items()}
    return reading | distribution_of("problems", TAG, tags, number)


def measure_feelings(scope: Scope) -> Reading:
    """The five-step answers and the moods of the period's conversations."""
    answers = count_states(scope, INTERACTIONS.in_state("r.satisfaction"))
    moods = count_states(scope, INTERACTIONS.in_state("r.mood"))
    return {
        **answers.measured("satisfaction", measure_satisfaction, scope.by),
        **answers.measured("satisfied", measure_satisfied, scope.by),
        **answers.measured("dissatisfied", measure_dissatisfied, scope.by),
        **measure_answers(answers.whole),
        **measure_moods(moods.whole),
    }
