"""A thread: every record that links join, across channels, in time order, with what is still open."""

from commlog.followups.rules.follow_up import read_follow_ups
from commlog.records.find import read_record
from commlog.records.mask import mask_name_of, mask_record
from commlog.records.queries import places_of_thread
from commlog.records.rules.consistency import ThreadEntry
from commlog.values import DEFAULT_LINK_TYPE
from commlog.workspace import Workspace


def read_thread(workspace: Workspace, text: str, *, reveal: bool = False) -> tuple[ThreadEntry, ...]:
    """The thread a record belongs to, the oldest first; personal data masked unless revealed.

    Raises:
        NotFoundError, AmbiguousError, UnreadableError: the record is not there or cannot be read.
    """
    asked = read_record(workspace, text)
    entries = []
    for place in places_of_thread(workspace.index, asked.id):
        record, name = workspace.reader.read(place.path).record, place.customer_name or ""
        if record is not None:
            links = tuple(
                (str(link.get("to")), str(link.get("type", DEFAULT_LINK_TYPE)))
                for link in record.fields.get("links") or ()
                if isinstance(link, dict)
            )
            shown = record if reveal else mask_record(workspace, record, name)
            hidden = name if reveal else mask_name_of(workspace, name)
            entries.append(ThreadEntry(shown, hidden, read_follow_ups(shown.fields), links, record.id == asked.id))
    return tuple(entries)
