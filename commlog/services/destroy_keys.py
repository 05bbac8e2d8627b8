"""Destroying, on this machine, the keys of customers who were forgotten on another: what they sealed stays shut for good."""

from collections.abc import Iterator

from commlog.model.forgetting import PSEUDONYM, destroyed_keys
from commlog.services.workspace import Workspace


def keys_to_destroy(workspace: Workspace) -> tuple[str, ...]:
    """The hints of keys that lie here although the customer they are of was forgotten.

    A profile can only name keys of somebody who is no customer any more: a file from elsewhere must not cost anybody
    else's records.

    Raises:
        UnreadableError: a forgotten customer's profile cannot be read.
    """
    keys = workspace.reader.vault.customer_keys
    if not keys.hints:
        return ()
    living = {
        row[0] for row in workspace.index.rows("SELECT DISTINCT customer FROM records WHERE customer IS NOT NULL")
    }
    named = set(_named(workspace)) & keys.hints
    return tuple(sorted(hint for hint in named if keys.customer_of(hint) not in living))


def destroy_keys(workspace: Workspace) -> tuple[str, ...]:
    """The hints of the keys that are no more.

    Raises:
        UnreadableError: a forgotten customer's profile cannot be read.
        NotWritableError: the key folder does not let go of one.
    """
    return workspace.reader.vault.customer_keys.destroy(keys_to_destroy(workspace))


def _named(workspace: Workspace) -> Iterator[str]:
    rows = workspace.index.rows(
        "SELECT path, id FROM records WHERE kind = 'customer' AND id GLOB ?", (f"{PSEUDONYM}*",)
    )
    for path, customer in rows:
        record = workspace.reader.read(path).record
        if record is not None:
            yield from destroyed_keys(customer, record.fields)
