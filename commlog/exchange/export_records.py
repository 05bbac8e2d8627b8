"""Exporting: which records go out, in which order, with personal data masked unless asked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from commlog.database.query.select import Domain
from commlog.privacy.rules.masking import MaskRules
from commlog.records.find import get_record
from commlog.records.mask import mask_as_asked
from commlog.records.question import CUSTOMER_NAME, NAMING_KINDS, condition_of, filter_of, mentions
from commlog.values import ANSWER, CUSTOMER, Fields
from commlog.workspace import Workspace

_SQL: Final = (
    "SELECT r.path, r.template FROM records r WHERE {condition} ORDER BY r.kind <> 'customer', r.day, r.id, r.path"
)

_NAMES: Final = f"SELECT r.path, {CUSTOMER_NAME} FROM records r"


@dataclass(frozen=True, slots=True)
class Selection:
    """The files of the records to export, customers first, then by day; and the templates they name."""

    paths: tuple[str, ...]
    templates: tuple[str, ...]


def select_records(workspace: Workspace, query: str) -> Selection:
    """Every record of the log, or those that match; customers and answers match when the query names their kind.

    Raises:
        UsageError: the query is not understood.
    """
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, Domain.RECORDS)
    is_all = not query.strip() or mentions(question, NAMING_KINDS)
    kinds = "1" if is_all else f"r.kind NOT IN ('{CUSTOMER}', '{ANSWER}')"
    rows = workspace.index.rows(_SQL.format(condition=f"({condition.sql}) AND {kinds}"), condition.parameters)
    return Selection(tuple(row[0] for row in rows), tuple(dict.fromkeys(row[1] for row in rows)))


def iter_fields(workspace: Workspace, selection: Selection) -> Iterator[Fields]:
    """The fields of each selected record, as its file has them, personal data masked, names where the settings hide them.

    A file is handed on: numbers in people's words are masked in it whatever the settings say.
    """
    hides_names = workspace.log.settings.mask.names
    rules = MaskRules(names=hides_names, text=True)
    names: dict[str, str | None] = dict(workspace.index.rows(_NAMES)) if hides_names else {}
    for path, fields in zip(selection.paths, iter_revealed(workspace, selection), strict=True):
        yield mask_as_asked(workspace.catalog.get(str(fields["template"])), fields, [names.get(path) or ""], rules)


def iter_revealed(workspace: Workspace, selection: Selection) -> Iterator[Fields]:
    """The fields of each selected record with personal data in full."""
    for path in selection.paths:
        record = get_record(workspace.reader.read(path))
        yield {**record.fields, "id": record.id}
