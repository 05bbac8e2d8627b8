"""The state of sealing in a log: how many values are sealed, with which keys, and who can read them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from commlog.database.queries import file_paths
from commlog.database.seal_fields import customer_of, plan_of
from commlog.database.sealed import open_fields
from commlog.privacy.cipher import vault_of
from commlog.privacy.queries import profiles_starting
from commlog.privacy.rules.forgetting import PSEUDONYM, destroyed_keys
from commlog.privacy.rules.sealing import BROKEN, CLOSED, OPEN, find_plain, find_sealed, is_sealed
from commlog.privacy.seal_keys import read_trusted
from commlog.values import Fields, SealedPlace, show_path
from commlog.workspace import Workspace
from commlog.yamltext.parse import decode, parse_yaml

ROTATION_FILE: Final = "seal-rotation"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key values are sealed for: whether it was confirmed on this machine, and whether its key is at hand."""

    key: str
    is_trusted: bool
    is_own: bool


@dataclass(frozen=True, slots=True)
class DamagedValue:
    """A sealed value that no key opens: its file, line and field."""

    file: str
    line: int
    field: str


@dataclass(slots=True)
class SealState:
    """How many values are sealed (and open, closed or damaged to this call) or plain, and for whom they are sealed.

    `for_the_team` counts values that are to be sealed with a customer's key and are not yet; `missing_keys` are the hints
    of customers' keys that are not in the key folder.
    """

    recipients: tuple[Recipient, ...] = ()
    fields: tuple[str, ...] | None = None
    is_on: bool = False
    has_key: bool = False
    is_rotating: bool = False
    per_customer: bool = False
    key_folder: str = ""
    customer_keys: int = 0
    files: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {OPEN: 0, CLOSED: 0, BROKEN: 0})
    plain: int = 0
    for_the_team: int = 0
    missing_keys: set[str] = field(default_factory=set)
    damaged: list[DamagedValue] = field(default_factory=list)

    @property
    def sealed(self) -> int:
        """The number of sealed values."""
        return sum(self.counts.values())


def seal_state(workspace: Workspace) -> SealState:
    """The state of sealing; reads every record's file.

    Raises:
        NotFoundError, InvalidError, UnreadableError: a key is named, but of no use.
    """
    rules, reader = workspace.log.settings.seal, workspace.reader
    state = SealState(has_key=bool(reader.cipher.identities), is_rotating=rotation_file(workspace).exists())
    own = frozenset(vault_of(workspace).own_recipients()) if state.has_key else frozenset()
    if rules is not None:
        trusted = read_trusted(workspace.log.root)
        state.is_on, state.fields, state.per_customer = True, rules.fields, rules.per_customer
        state.recipients = tuple(Recipient(one, one in trusted | own, one in own) for one in rules.recipients)
    keys = vault_of(workspace).customer_keys
    state.key_folder, state.customer_keys = str(keys.folder), len(keys.hints)
    for path, text, data, places in iter_files(workspace):
        state.for_the_team += len(for_the_team(workspace, data, places))
        for place in places:
            state.counts[place.state] += 1
            state.missing_keys |= {place.hint} - keys.hints - {""}
            if place.state == BROKEN:
                state.damaged.append(DamagedValue(path, line_of(text, place.stored), show_path(place.path)))
        plain = count_plain(workspace, data)
        state.plain += plain
        state.files += bool(places or plain)
    return state


def for_the_team(workspace: Workspace, data: Fields, places: tuple[SealedPlace, ...]) -> list[SealedPlace]:
    """The sealed values of a file that are sealed with another key than they are to be: the team's, or another customer's."""
    rules = workspace.log.settings.seal
    if rules is None or not rules.per_customer:
        return []
    customer, vault = customer_of(workspace.reader, str(data["template"]), data), vault_of(workspace)
    return [place for place in places if (customer and not place.hint) or not vault.is_kept_for(place.stored, customer)]


def iter_files(workspace: Workspace) -> Iterator[tuple[str, str, Fields, tuple[SealedPlace, ...]]]:
    """Each record's file that can be read: its path, text, data as stored, and its sealed values."""
    for path in file_paths(workspace.index, is_readable=True):
        text = decode(workspace.log.read_bytes(path))
        data = parse_yaml(text)
        has_sealed = "age" in text and any(True for _ in find_sealed(data))
        yield path, text, data, open_fields(workspace.reader.cipher, data)[1] if has_sealed else ()


def count_plain(workspace: Workspace, data: Fields) -> int:
    """How many values of a file are to be sealed, and are not."""
    plan = plan_of(workspace.reader, str(data.get("template")))
    return sum(1 for _, value in find_plain(data, plan) if not is_sealed(value))


def destroyed_hints(workspace: Workspace) -> frozenset[str]:
    """The hints of every key that was destroyed with somebody, as the profiles of the forgotten say."""
    places = profiles_starting(workspace.index, PSEUDONYM)
    records = ((place.id, workspace.reader.read(place.path).record) for place in places)
    return frozenset(hint for customer, record in records if record for hint in destroyed_keys(customer, record.fields))


def line_of(text: str, stored: str) -> int:
    """The line of a file, from 1, of a sealed value."""
    return text.count("\n", 0, max(text.find(stored), 0)) + 1


def rotation_file(workspace: Workspace) -> Path:
    """Where a rotation notes what it has finished."""
    return workspace.log.state_folder / ROTATION_FILE
