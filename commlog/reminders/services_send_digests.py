"""Digests delivered: to each address what it was not told before, remembered once it has arrived."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from commlog.errors import CommlogError
from commlog.reminders.rules.digest import Digest, Key, Line, digest_of
from commlog.reminders.rules.model_reminder import LEAD
from commlog.reminders.send import Parcel


class Told(Protocol):
    """What was told before."""

    def has(self, key: Key, to: str) -> bool:
        """Whether a recipient was told."""


class Ledger(Told, Protocol):
    """What was told before, and what is told now."""

    def add(self, keys: Collection[Key], to: str, at: datetime) -> None:
        """Remember for good that a recipient was told."""


Deliver = Callable[[str, Digest], None]
"""Brings a digest to an address; raises an error of this program when it did not arrive."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A digest for an address, and why it did not arrive; None when it did."""

    address: str
    digest: Digest
    fault: CommlogError | None = None


def untold(lines: Iterable[Line], ledger: Told, to: str) -> tuple[Line, ...]:
    """The lines of which at least one stage was not told to a recipient yet."""
    return tuple(line for line in lines if not all(ledger.has(key, to) for key in line.keys))


def new_keys(digest: Digest, ledger: Told, to: str) -> tuple[Key, ...]:
    """What is to be remembered of a digest that arrived: all of it that was not told before."""
    # Two files may carry the same id after a bad merge.
    return tuple(key for key in dict.fromkeys(digest.keys) if not ledger.has(key, to))


def plan_deliveries(
    parcels: Sequence[Parcel], ledger: Told, at: datetime, unreadable: tuple[str, ...] = ()
) -> tuple[Delivery, ...]:
    """What is to be delivered now, one digest an address; the files that cannot be read are told to the leads.

    Where no lead is told anything, the first recipient is told of the files.
    """
    found = [(parcel, untold(parcel.lines, ledger, parcel.address)) for parcel in parcels]
    found = [(parcel, lines) for parcel, lines in found if lines]
    informed = {parcel.address for parcel, _ in found if any(reader.role == LEAD for reader in parcel.members)}
    informed = informed or {parcel.address for parcel, _ in found[:1]}
    return tuple(
        Delivery(parcel.address, digest_of(at, lines, unreadable if parcel.address in informed else ()))
        for parcel, lines in found
    )


def send_digests(planned: Iterable[Delivery], ledger: Ledger, deliver: Deliver) -> Iterator[Delivery]:
    """Each delivery as it went, one after the other; a recipient who got nothing is asked again by the next run."""
    for delivery in planned:
        try:
            deliver(delivery.address, delivery.digest)
        except CommlogError as fault:
            yield Delivery(delivery.address, delivery.digest, fault)
            continue
        ledger.add(new_keys(delivery.digest, ledger, delivery.address), delivery.address, delivery.digest.at)
        yield delivery
