"""What a word of a call may become: follow-ups, records, customers, members, templates and tags that begin so."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from commlog.customers.queries import customers_starting
from commlog.database.query.fields import BUILT_IN, COLUMN_PATHS, VALUE_WORDS
from commlog.database.query.filter import ValueType
from commlog.followups.queries import addresses_starting
from commlog.forms.catalog import Template
from commlog.forms.fields import Field, find_field, label, value_label
from commlog.messages import current_language
from commlog.output.listing import mask_listing_words
from commlog.records.queries import Suggestion, records_starting, tags_starting
from commlog.workspace import Workspace

# The index has sealed values as the files have them.
_SEALED: Final = ("age:", "age+json:", "age@", "age+json@", "[sealed")


class Candidate(NamedTuple):
    """A word that may stand there, and what is said beside it."""

    word: str
    told: str = ""


def pending_addresses(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The pending follow-ups whose address begins so, the most pressing first, each with what is to be done."""
    return _told(workspace, addresses_starting(workspace.index, begin))


def record_ids(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The records but customers whose id begins so, the newest first, each with its headline."""
    return _told(workspace, records_starting(workspace.index, begin))


def customers(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The customers whose id or name begins so, by whichever does; no names where the settings hide them."""
    hides = workspace.log.settings.mask.names
    for one in customers_starting(workspace.index, begin):
        customer, name = one.id, one.name or ""
        is_named = bool(name) and not hides and not name.startswith(_SEALED)
        if customer.startswith(begin) and (customer.isascii() or not hides):
            yield Candidate(customer, name if is_named else "")
        if is_named and name.startswith(begin) and name != customer:
            yield Candidate(name, customer)


def members(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The members whose id begins so, with their names."""
    for member in workspace.log.settings.members:
        if member.id.startswith(begin):
            yield Candidate(member.id, member.name)


def templates(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The templates whose name begins so."""
    return (Candidate(name) for name in workspace.catalog.names() if name.startswith(begin))


def tags(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The tags in use that begin so, the most frequent first."""
    return map(Candidate, tags_starting(workspace.index, begin))


def words_of_query(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """What a word of a query may become: a field, or a value of `customer:`, `owner:`, `agent:`, `tag:`, `template:`."""
    field, colon, value = begin.partition(":")
    if not colon:
        yield from (Candidate(f"{name}:") for name in BUILT_IN if name.startswith(begin))
        return
    listed, comma, last = value.rpartition(",")
    finder = _VALUES.get(field)
    for candidate in finder(workspace, last) if finder else _choices(workspace, field, last):
        # A value with a space would be two words of the query.
        if " " not in candidate.word:
            yield candidate._replace(word=f"{field}:{listed}{comma}{candidate.word}")


_VALUES: Final = {"customer": customers, "owner": members, "agent": members, "tag": tags, "template": templates}


def _choices(workspace: Workspace, name: str, begin: str) -> Iterator[Candidate]:
    """The choices a query's field has in any template that begin so, each with its label."""
    paths = dict.fromkeys((name, *(path for path, column in COLUMN_PATHS.items() if column == name)))
    own = dict.fromkeys(VALUE_WORDS.get(name, {}).values())
    found = {word: Candidate(word) for word in own if word.startswith(begin)}
    for template in map(workspace.catalog.get, workspace.catalog.names()):
        for path in paths:
            field = find_field(template, path.replace("followups.", "followups.0."))
            for candidate in _values_of(field, begin) if field is not None else ():
                found.setdefault(candidate.word, candidate)
    yield from found.values()


def _values_of(field: Field, begin: str) -> Iterator[Candidate]:
    choices = ("true", "false") if field.type == "boolean" else field.enum or tuple(field.enum_labels)
    for choice in choices:
        if isinstance(choice, str) and choice.startswith(begin):
            yield Candidate(choice, value_label(field, choice, current_language()))


def keys(workspace: Workspace, begin: str, words: Sequence[str]) -> Iterator[Candidate]:
    """The keys of the fields that begin so, in the templates that the words of the call name, else in all."""
    found: dict[str, Candidate] = {}
    for template in _templates_in(workspace, words):
        for field in template.fields:
            if field.key.startswith(begin) and not field.read_only:
                found.setdefault(field.key, Candidate(field.key, label(field, current_language())))
    yield from found.values()


def assignments(workspace: Workspace, begin: str, words: Sequence[str]) -> Iterator[Candidate]:
    """What `KEY=VALUE` may become: a key with its `=`, and behind that the choices of the field."""
    key, equals, value = begin.partition("=")
    if not equals:
        yield from (Candidate(f"{one.word}=", one.told) for one in keys(workspace, key, words))
        return
    found: dict[str, Candidate] = {}
    for template in _templates_in(workspace, words):
        field = find_field(template, key.removesuffix("+"))
        for candidate in _values_of(field, value) if field is not None else ():
            found.setdefault(candidate.word, candidate)
    yield from (Candidate(f"{key}={one.word}", one.told) for one in found.values())


def _templates_in(workspace: Workspace, words: Sequence[str]) -> list[Template]:
    known = workspace.catalog.names()
    return [workspace.catalog.get(name) for name in ([word for word in words if word in known] or known)]


def columns(names: Sequence[str], begin: str) -> Iterator[Candidate]:
    """What a list of columns may become: one more of these that begins so, with the `-` before it if there is one."""
    listed, comma, last = begin.rpartition(",")
    sign = "-" if last.startswith("-") else ""
    used = {one.strip().removeprefix("-") for one in listed.split(",")}
    for name in names:
        if name.startswith(last.removeprefix("-")) and name not in used:
            yield Candidate(f"{listed}{comma}{sign}{name}")


def dimensions(workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """What figures may be grouped by: fields of few values, those of every record first."""
    grouping = {ValueType.NAME, ValueType.CHOICE, ValueType.FLAG}
    names = [name for name, field in BUILT_IN.items() if field.type in grouping and name not in {"id", "kind"}]
    for template in map(workspace.catalog.get, workspace.catalog.names()):
        names += [field.key for field in template.fields if field.enum and field.key not in names]
    return (Candidate(name) for name in names if name.startswith(begin))


def figures(_workspace: Workspace, begin: str) -> Iterator[Candidate]:
    """The figures of a summary that begin so."""
    from commlog.summary.rules.figures import FIGURES

    return (Candidate(name) for name in FIGURES if name.startswith(begin))


def _told(workspace: Workspace, found: Sequence[Suggestion]) -> Iterator[Candidate]:
    rules = workspace.log.settings.mask
    return (Candidate(one.word, mask_listing_words([one.customer_name], rules)(one.text)) for one in found)
