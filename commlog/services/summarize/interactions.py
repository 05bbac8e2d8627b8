"""Conversations: how many, whom we reached, what mood they were in, and how satisfied they ended."""

from collections import Counter
from dataclasses import replace
from typing import Final

from commlog.model.summary import Key, Reading
from commlog.model.summary_figures import (
    FIGURES,
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
from commlog.services.summarize.dimensions import OF_INTERACTIONS, OF_RECORDS, TAG
from commlog.services.summarize.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, count_states, states_of

_CONTACT: Final = """
CASE WHEN r.started_at IS NULL THEN 'undated'
     WHEN r.direction = 'outbound' THEN CASE r.reached WHEN 1 THEN 'outbound_reached' WHEN 0 THEN 'outbound_missed'
                                        ELSE 'outbound_unclear' END
     ELSE 'inbound' END
"""
_OF_THE_DAYS: Final = "r.kind = 'interaction' AND r.day >= '{first}' AND r.day < '{after}'"
CONTACTS: Final = Source(RECORDS, _OF_THE_DAYS, _CONTACT, OF_INTERACTIONS)
ANSWERS: Final = Source(RECORDS, INTERACTIONS_OF_PERIOD, "r.satisfaction", OF_RECORDS)


def measure_interactions(scope: Scope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    states = count_states(scope, CONTACTS, FIGURES["interactions"].dimensions)
    reading = states.measured("interactions", measure_conversations, scope.by) | states.measured(
        "reached", measure_reached, scope.by
    )
    tags = {tag: measure_conversations(counts).numerator for tag, counts in states.groups[TAG].items()}
    return reading | distribution_of("problems", TAG, tags, reading[Key("interactions")].numerator)


def measure_feelings(scope: Scope) -> tuple[Reading, States, States]:
    """The five-step answers and the moods of the period's conversations, walked over once.

    With how many gave which answer by category and by who was in charge; and what they were about, by template.
    """
    columns = scope.columns_of(OF_RECORDS)
    names = [
        name for name in dict.fromkeys(("category", "owner", "template", scope.by)) if name in columns and name != TAG
    ]
    # Constants of this package; bounds are filled in as numbers and dates.
    asked = ", ".join(("r.satisfaction", "r.mood", *(columns[name] for name in names)))
    rows = scope.rows(f"SELECT {asked} FROM records r WHERE {INTERACTIONS_OF_PERIOD}")
    places = {name: place for place, name in enumerate(names, start=2)}
    answers = states_of(rows, 0, places)
    categories = states_of(rows, places["category"], places)
    if scope.by == TAG:
        tagged = (ANSWERS, replace(ANSWERS, state="r.category"))
        by_tag = [count_states(scope, replace(one, columns={TAG: columns[TAG]})).groups for one in tagged]
        answers = States(answers.whole, {**answers.groups, **by_tag[0]})
        categories = States(categories.whole, {**categories.groups, **by_tag[1]})
    reading = {
        **answers.measured("satisfaction", measure_satisfaction, scope.by),
        **answers.measured("satisfied", measure_satisfied, scope.by),
        **answers.measured("dissatisfied", measure_dissatisfied, scope.by),
        **measure_answers(answers.whole),
        **measure_moods(Counter(row[1] for row in rows)),
    }
    return reading, answers, categories
