"""Standard answers: listed, and found for what a customer asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from commlog.answers.queries import ListedAnswer, answer_texts, listed_answers
from commlog.database.content import values_in
from commlog.database.query.order import order_by
from commlog.database.query.select import ListedRows
from commlog.output.listing import Listing
from commlog.records.find import get_record
from commlog.records.question import OptionTerm, condition_of, filter_of
from commlog.records.rules.consistency import fold_text
from commlog.values import ANSWER, Fields, stored_date, text_of, texts_of
from commlog.workspace import Workspace

Audience = Literal["internal", "customer"]

COLUMN_NAMES: Final = ListedAnswer._fields
SHOWN: Final = ("id", "question", "category", "audience", "valid_until", "expired")
_SORTS: Final = {**{name: (name,) for name in COLUMN_NAMES}, "date": ("r.day",), "subject": ("question",)}


@dataclass(frozen=True, slots=True)
class AnswerMatch:
    """An answer that fits a text: `keyword` is the longest of its keywords in it, empty when its question fits.

    `audience` is internal or customer; `valid_until` the last day it holds, None without end.
    """

    id: str
    question: str
    answer: str
    keyword: str
    audience: str
    valid_until: date | None
    path: str


@dataclass(frozen=True, slots=True)
class FoundAnswers:
    """Answers that fit, best first, and those that would if they had not expired."""

    matches: tuple[AnswerMatch, ...]
    expired: tuple[AnswerMatch, ...]


def list_answers(workspace: Workspace, query: str, terms: Sequence[OptionTerm], page: tuple[str, int]) -> Listing:
    """Answers that match, by question unless sorted otherwise; `page` is the sort and the limit.

    Raises:
        UsageError: the query or the sort is not understood.
    """
    sort, limit = page
    condition = condition_of(workspace, filter_of(workspace, query, [("kind", [ANSWER]), *terms]), ListedRows.RECORDS)
    order = order_by(sort or "question", _SORTS, ListedRows.RECORDS)
    rows = listed_answers(workspace.index, condition, order, limit, workspace.now.date())
    told = (row._replace(expired=bool(row.expired)) for row in rows)
    return Listing(COLUMN_NAMES, tuple(told), SHOWN, "id")


def match_answers(workspace: Workspace, text: str, audience: Audience) -> tuple[AnswerMatch, ...]:
    """The answers of which a keyword is in a text, the longest keyword first; expired ones are left out.

    For a customer only what is meant for customers; within the team everything.
    """
    return find_answers(workspace, text, audience, by_question=False).matches


def find_answers(workspace: Workspace, text: str, audience: Audience, *, by_question: bool = True) -> FoundAnswers:
    """The answers of which a keyword is in a text, then those whose question or keywords hold all its words."""
    wanted = fold_text(text)
    words = wanted.split()
    found: list[tuple[tuple[int, int, str], AnswerMatch]] = []
    for _, path, _, _, content, _ in answer_texts(workspace.index):
        keywords = [fold_text(keyword).strip() for keyword in values_in(content, "keywords")]
        held = [keyword for keyword in keywords if keyword and keyword in wanted]
        asked = " ".join([*map(fold_text, values_in(content, "question")), *keywords])
        if held or (by_question and words and all(word in asked for word in words)):
            fields = get_record(workspace.reader.read(path)).fields
            match = _match(path, fields, wanted)
            if audience in {"internal", match.audience}:
                found.append(((-len(fold_text(match.keyword)), -len(held), match.id), match))
    ordered = [match for _, match in sorted(found, key=lambda one: one[0])]
    today = workspace.now.date()
    over = [match for match in ordered if match.valid_until is not None and match.valid_until < today]
    return FoundAnswers(tuple(match for match in ordered if match not in over), tuple(over))


def _match(path: str, fields: Fields, wanted: str) -> AnswerMatch:
    held = [keyword.strip() for keyword in texts_of(fields, "keywords") if fold_text(keyword.strip()) in wanted]
    return AnswerMatch(
        str(fields.get("id", "")),
        text_of(fields, "question") or "",
        text_of(fields, "answer") or "",
        max(filter(None, held), key=lambda keyword: len(fold_text(keyword)), default=""),
        text_of(fields, "audience") or "internal",
        stored_date(fields.get("valid_until")),
        path,
    )
