"""Exporting: which records go out, in which order, with personal data masked unless asked for."""

from collections.abc import Iterator
from dataclasses import dataclass

from commlog.database.query.select import ListedRows
from commlog.privacy.rules.masking import MaskRules
from commlog.records.find import get_record
from commlog.records.mask import mask_as_asked
from commlog.records.queries import names_by_record, places_to_export, without_kinds
from commlog.records.question import NAMING_KINDS, condition_of, filter_of, mentions
from commlog.values import ANSWER, CUSTOMER, Fields
from commlog.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExportSelection:
    """The files of the records to export, customers first, then by day; and the templates they name."""

    paths: tuple[str, ...]
    templates: tuple[str, ...]


def select_records(workspace: Workspace, query: str) -> ExportSelection:
    """Every record of the log, or those that match; customers and answers match when the query names their kind.

    Raises:
        UsageError: the query is not understood.
    """
    question = filter_of(workspace, query)
    condition = condition_of(workspace, question, ListedRows.RECORDS)
    if query.strip() and not mentions(question, NAMING_KINDS):
        condition = without_kinds(condition, (CUSTOMER, ANSWER))
    rows = places_to_export(workspace.index, condition)
    return ExportSelection(tuple(row.path for row in rows), tuple(dict.fromkeys(row.template for row in rows)))


def iter_fields(workspace: Workspace, selection: ExportSelection) -> Iterator[Fields]:
    """The fields of each selected record, as its file has them, personal data masked, names where the settings hide them.

    A file is handed on: numbers in people's words are masked in it whatever the settings say.
    """
    hides_names = workspace.log.settings.mask.names
    rules = MaskRules(names=hides_names, text=True)
    names = {row.path: row.customer_name for row in names_by_record(workspace.index)} if hides_names else {}
    for path, fields in zip(selection.paths, iter_revealed(workspace, selection), strict=True):
        yield mask_as_asked(workspace.catalog.get(str(fields["template"])), fields, [names.get(path) or ""], rules)


def iter_revealed(workspace: Workspace, selection: ExportSelection) -> Iterator[Fields]:
    """The fields of each selected record with personal data in full."""
    for path in selection.paths:
        record = get_record(workspace.reader.read(path))
        yield {**record.fields, "id": record.id}
