"""Why a follow-up is due when it is."""

from dataclasses import replace

from commlog.followups.rules.explanation import DueAnswer, due_explanation
from commlog.followups.rules.follow_up import get_follow_up
from commlog.output.listing import mask_listing_words
from commlog.records.find import find_address, get_record
from commlog.records.mask import names_in
from commlog.values import text_of
from commlog.workspace import Workspace


def explain_due(workspace: Workspace, address_text: str, *, reveal: bool = False) -> DueAnswer:
    """Why the follow-up `ID/n` is due when it is, as of the workspace's instant.

    Numbers, addresses and, where the settings say so, the customer's name are masked unless revealed.

    Raises:
        UsageError, NotFoundError, AmbiguousError: it is not clear, or not there.
        UnreadableError, ConflictError: its record cannot be read.
        CalendarError: the calendar has no working time where the limit needs some.
    """
    address = find_address(workspace, address_text)
    record = get_record(workspace.reader.read(address.path))
    follow_up = get_follow_up(record.fields, address.n)
    explanation = due_explanation(follow_up, record.fields, workspace.log.settings.calendar, workspace.now)
    if not reveal:
        rules = workspace.log.settings.mask
        cover = mask_listing_words(names_in(workspace, record) if rules.names else (), rules)
        follow_up = replace(follow_up, action=cover(follow_up.action))
        changes = tuple(replace(change, note=cover(change.note)) for change in explanation.changes)
        explanation = replace(explanation, changes=changes)
    return DueAnswer(str(address), follow_up, text_of(record.fields, "customer"), explanation)
