"""The one record of a kind that people mean: an issue where an issue is asked for."""

from collections.abc import Mapping
from typing import Final

from commlog.errors import UsageError
from commlog.messages import mark
from commlog.records.find import read_record
from commlog.values import ANSWER, ISSUE, SURVEY, Record
from commlog.workspace import Workspace

_REFUSALS: Final[Mapping[str, str]] = {
    ISSUE: mark("{id} is not an issue but a record of the template '{template}'"),
    SURVEY: mark("{id} is not a survey but a record of the template '{template}'"),
    ANSWER: mark("{id} is not an answer but a record of the template '{template}'"),
}


def read_of_kind(workspace: Workspace, text: str, kind: str) -> Record:
    """The record of a kind that people mean by an id or prefix.

    Raises:
        UsageError: it is of another kind.
        NotFoundError, AmbiguousError, UnreadableError, ConflictError: as for finding and reading.
    """
    record = read_record(workspace, text)
    if record.kind != kind:
        raise UsageError(
            _REFUSALS[kind], id=record.id, template=record.template, noun=kind, remedy=mark("see commlog {noun} list")
        )
    return record
