"""From the words of a query to a condition on the index, with the names this log knows."""

from collections.abc import Callable, Sequence
from typing import Final

from commlog.database.query.conditions import SqlCondition
from commlog.database.query.filter import And, Filter, Not, Or, Term, every
from commlog.database.query.parse import parse_query, term
from commlog.database.query.select import ListedRows, select
from commlog.database.query.values import QueryContext
from commlog.database.query.vocabulary import People, Vocabulary, build_vocabulary
from commlog.errors import NotFoundError
from commlog.log.names import SUFFIX
from commlog.records.find import customer_family, customers_called, find_path
from commlog.records.rules.consistency import fold_text
from commlog.workspace import Workspace

# A query that names one of these means every kind of record.
NAMING_KINDS: Final = frozenset({"kind", "template", "id", "thread", "link"})
# A term given by an option of its own instead of inside the query: field, values.
OptionTerm = tuple[str, Sequence[str]]


def condition_of(workspace: Workspace, question: Filter, domain: ListedRows) -> SqlCondition:
    """The condition on the index that a question makes.

    Raises:
        UsageError: a date in it is none; points at the place.
    """
    return select(question, domain, query_context(workspace))


def mentions(question: Filter, fields: frozenset[str]) -> bool:
    """Whether a question asks for one of some built-in fields by name."""
    return has_term(question, lambda term: not term.field.is_content and term.field.name in fields)


def has_term(question: Filter, is_meant: Callable[[Term], bool]) -> bool:
    """Whether a question has a term of some kind, at any depth."""
    match question:
        case Term():
            return is_meant(question)
        case Not(part):
            return has_term(part, is_meant)
        case And(parts) | Or(parts):
            return any(has_term(part, is_meant) for part in parts)
        case _:
            return False


def filter_of(workspace: Workspace, query: str, terms: Sequence[OptionTerm] = ()) -> Filter:
    """The question that a query and some terms ask together.

    Raises:
        UsageError: the query is not understood.
    """
    # Templates are read only for a query someone typed: the options' own fields need none.
    people, is_typed = _people(workspace), bool(query.strip())
    words = Vocabulary(members=people.members, customers=people.customers, records=people.records)
    if is_typed:
        words = build_vocabulary(workspace.catalog, people, tuple(workspace.log.settings.priorities))
    parts = [term(name, tuple(values), words) for name, values in terms]
    return every([*parts, parse_query(query, words)] if is_typed else parts)


def query_context(workspace: Workspace) -> QueryContext:
    """The moment and calendar by which a query's dates are read."""
    settings = workspace.log.settings
    return QueryContext(workspace.now, settings.zone, settings.calendar)


def _people(workspace: Workspace) -> People:
    members = {
        fold_text(name): member.id
        for member in workspace.log.settings.members
        for name in (member.id, member.name, *member.aliases)
    }

    def customers(name: str) -> tuple[str, ...]:
        found = customers_called(workspace, name)
        return tuple(sorted({one for customer in found for one in customer_family(workspace, customer)}))

    def records(text: str) -> tuple[str, ...]:
        try:
            return (find_path(workspace, text).rpartition("/")[2].removesuffix(SUFFIX),)
        except NotFoundError:
            return ()

    return People(members, customers, records)
