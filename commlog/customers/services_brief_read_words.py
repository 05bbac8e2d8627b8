"""The words of single records, read from their files without checking them: a brief shows a handful."""

from collections.abc import Callable, Sequence

from commlog.output.listing import cover_words
from commlog.records.find import get_record
from commlog.records.mask import names_of
from commlog.values import Fields
from commlog.workspace import Workspace
from commlog.yamltext.parse import YamlError, decode, parse

# What is done to people's free text before it is shown.
Cover = Callable[[str], str]


def read_fields(workspace: Workspace, path: str) -> Fields:
    """The fields of a record's file.

    Raises:
        ConflictError: it holds the markers of a merge.
        NotFoundError, UnreadableError: it is gone or no record.
    """
    if workspace.reader.is_sealing:
        from commlog.privacy.rules.sealing import hide_shut

        record = get_record(workspace.reader.read(path))
        return hide_shut(record.fields, record.sealed)
    try:
        data = parse(decode(workspace.log.read_bytes(path)))
    except YamlError:
        data = None
    return data if isinstance(data, dict) else get_record(workspace.reader.read(path)).fields


def cover_of(workspace: Workspace, customers: Sequence[str], *, reveal: bool) -> Cover:
    """What masks free text of some customers' records as the log's settings ask; what leaves it as it is when it is to be shown."""
    if reveal:
        return str
    rules = workspace.log.settings.mask
    return cover_words(names_of(workspace, customers) if rules.names else (), rules)


def marks_of(values: tuple[str, ...]) -> str:
    """The question marks of SQL for some values."""
    return ", ".join("?" * len(values))
