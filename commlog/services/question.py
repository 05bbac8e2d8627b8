"""From the words of a query to a condition on the copy, with the names this log knows."""

from collections.abc import Sequence
from typing import Final

from commlog.errors import NotFoundError
from commlog.model.folding import fold, phone_digits
from commlog.query.conditions import Condition
from commlog.query.dates import Frame
from commlog.query.filter import And, Filter, Not, Or, Term, every
from commlog.query.select import Domain, select
from commlog.query.terms import term
from commlog.query.vocabulary import People, Vocabulary, build_vocabulary
from commlog.services.workspace import Workspace
from commlog.store.names import SUFFIX

# A record's customer by name, as a column of `records r`; with two files of one id, the same one every time.
CUSTOMER_NAME: Final = "coalesce((SELECT min(name) FROM customers c WHERE c.id = r.customer), r.party, r.customer)"
# A query that names one of these means every kind of record.
NAMING_KINDS: Final = frozenset({"kind", "template", "id", "thread", "link"})
# A term given by an option of its own instead of inside the query: field, values.
OptionTerm = tuple[str, Sequence[str]]


def condition_of(workspace: Workspace, question: Filter, domain: Domain) -> Condition:
    """The condition on the copy that a question makes.

    Raises:
        UsageError: a date in it is none; points at the place.
    """
    return select(question, domain, frame_of(workspace))


def mentions(question: Filter, fields: frozenset[str]) -> bool:
    """Whether a question asks for one of some built-in fields by name."""
    match question:
        case Term():
            return not question.field.is_content and question.field.name in fields
        case Not(part):
            return mentions(part, fields)
        case And(parts) | Or(parts):
            return any(mentions(part, fields) for part in parts)
        case _:
            return False


def filter_of(workspace: Workspace, query: str, terms: Sequence[OptionTerm] = ()) -> Filter:
    """The question that a query and some terms ask together.

    Raises:
        UsageError: the query is not understood.
    """
    # Templates are read only for a query someone typed: the options' own fields need none.
    words = _full_vocabulary(workspace) if query.strip() else _plain_vocabulary(workspace)
    parts = [term(name, tuple(values), words) for name, values in terms]
    if not query.strip():
        return every(parts)
    # A listing without a query needs no parser.
    from commlog.query.parse import parse

    return every([*parts, parse(query, words)])


def frame_of(workspace: Workspace) -> Frame:
    """The moment and calendar by which a query's dates are read."""
    settings = workspace.log.settings
    return Frame(workspace.now, settings.zone, settings.calendar)


def _people(workspace: Workspace) -> People:
    members = {
        fold(name): member.id
        for member in workspace.log.settings.members
        for name in (member.id, member.name, *member.aliases)
    }

    def customers(name: str) -> tuple[str, ...]:
        names = sorted({fold(name), phone_digits(name)} - {""})
        marks = ", ".join("?" * len(names))
        found = workspace.index.rows(f"SELECT DISTINCT customer FROM customer_names WHERE name IN ({marks})", names)
        return tuple(row[0] for row in found)

    def records(text: str) -> tuple[str, ...]:
        from commlog.services.find_record import find_path

        try:
            return (find_path(workspace, text).rpartition("/")[2].removesuffix(SUFFIX),)
        except NotFoundError:
            return ()

    return People(members, customers, records)


def _plain_vocabulary(workspace: Workspace) -> Vocabulary:
    people = _people(workspace)
    return Vocabulary(members=people.members, customers=people.customers, records=people.records)


def _full_vocabulary(workspace: Workspace) -> Vocabulary:
    return build_vocabulary(workspace.catalog, _people(workspace), tuple(workspace.log.settings.priorities))
