"""Conversations: how many, whom we reached, what mood they were in, and how satisfied they ended."""

from collections import Counter
from dataclasses import replace
from typing import Final

from commlog.summary.figures.conversations import (
    CONTACT,
    OF_THE_DAYS,
    conversations_of,
    count_tags,
    dated_conversations_of,
)
from commlog.summary.figures.dimensions import OF_INTERACTIONS, OF_RECORDS, TAG
from commlog.summary.figures.scope import INTERACTIONS_OF_PERIOD, RECORDS, Scope, Source, count_states
from commlog.summary.rules.figures import (
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
from commlog.summary.rules.summary import Key, Reading

CONTACTS: Final = Source(RECORDS, OF_THE_DAYS, CONTACT, OF_INTERACTIONS)
ANSWERS: Final = Source(RECORDS, INTERACTIONS_OF_PERIOD, "r.satisfaction", OF_RECORDS)


def measure_interactions(scope: Scope) -> Reading:
    """Conversations begun in the period, the share of our own that were answered, and the tags they carry."""
    known = scope.columns_of(OF_INTERACTIONS)
    names = [name for name in (*FIGURES["interactions"].dimensions, scope.by) if name in known and name != TAG]
    walked = conversations_of(scope).states("contact", names)
    by_tag = count_tags(scope)
    states = States(walked.whole, {**walked.groups, TAG: by_tag})
    reading = states.measured("interactions", measure_conversations, scope.by) | states.measured(
        "reached", measure_reached, scope.by
    )
    tags = {tag: measure_conversations(counts).numerator for tag, counts in by_tag.items()}
    return reading | distribution_of("problems", TAG, tags, reading[Key("interactions")].numerator)


def measure_feelings(scope: Scope) -> tuple[Reading, States, States]:
    """The five-step answers and the moods of the period's conversations.

    With how many gave which answer by category and by who was in charge; and what they were about, by template.
    """
    columns = scope.columns_of(OF_RECORDS)
    own = [scope.by] if scope.by in columns and scope.by != TAG else []
    conversations = dated_conversations_of(scope)
    answers = conversations.states("satisfaction", ("category", "owner", *own))
    categories = conversations.states("category", ("template", *own))
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
        **measure_moods(Counter(conversations["mood"])),
    }
    return reading, answers, categories
