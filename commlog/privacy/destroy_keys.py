"""Destroying, on this machine, the keys of customers who were forgotten on another: what they sealed stays shut for good."""

from collections.abc import Iterator

from commlog.errors import UnreadableError
from commlog.messages import mark
from commlog.privacy.cipher import vault_of
from commlog.privacy.queries import customers_in_use, profiles_starting
from commlog.privacy.rules.forgetting import PSEUDONYM, destroyed_keys
from commlog.privacy.seal_state import iter_files
from commlog.workspace import Workspace


def keys_to_destroy(workspace: Workspace) -> tuple[str, ...]:
    """The hints of keys that lie here although the customer they are of was forgotten.

    With one that a profile names go all of the same customer. A file from elsewhere must not cost anybody else's records:
    no key goes whose customer is in the log, or that any file still needs.

    Raises:
        UnreadableError: a file cannot be read that may need a key, or say which is needed no more.
    """
    keys = vault_of(workspace).customer_keys
    named = destroyed_hints(workspace) & keys.hints if keys.hints else set()
    if not named:
        return ()
    unreadable = workspace.unreadable_files()
    if unreadable:
        raise UnreadableError(
            mark("cannot be read, and may need a key; nothing was destroyed"),
            file=unreadable[0],
            remedy=mark("see what is wrong with it: commlog check"),
        )
    gone = {keys.customer_of(hint) for hint in named} - customers_in_use(workspace.index)
    needed = {place.hint for *_, places in iter_files(workspace) for place in places}
    return tuple(hint for hint in keys.of(gone) if hint not in needed)


def destroy_keys(workspace: Workspace) -> tuple[str, ...]:
    """The hints of the keys that are no more.

    Raises:
        UnreadableError: a forgotten customer's profile cannot be read.
        NotWritableError: the key folder does not let go of one.
    """
    return vault_of(workspace).customer_keys.destroy(keys_to_destroy(workspace))


def destroyed_hints(workspace: Workspace) -> frozenset[str]:
    """The hints of every key that was destroyed with somebody, as the profiles of the forgotten say."""
    return frozenset(_named(workspace))


def _named(workspace: Workspace) -> Iterator[str]:
    for place in profiles_starting(workspace.index, PSEUDONYM):
        record = workspace.reader.read(place.path).record
        if record is not None:
            yield from destroyed_keys(place.id, record.fields)
