"""Who gets which reminder: the owner, the deputy of one who is away, or the leads; and the digest for each address."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final, NamedTuple

from commlog.errors import CommlogError
from commlog.log.members import Member, find_member
from commlog.messages import mark
from commlog.reminders.ledger import ReminderLedger
from commlog.reminders.rules.digest import Digest, DigestLine, Item, NoticeKey, Reason, digest_of
from commlog.reminders.rules.stages import LEAD

_AWAY: Final = mark("away until {day}")
_AWAY_FOR: Final = mark("away until {day}: {note}")
_STANDS_IN: Final = mark("deputy: {name}")
_STANDS_IN_FOR: Final = mark("{name} is the deputy of {other}")
_NO_DEPUTY: Final = mark("no deputy")
_NO_MEMBER: Final = mark("{name} is not a member")
_NO_OWNER: Final = mark("no owner is set")
_NO_ADDRESS: Final = mark("{name} has no address for reminders")
_NO_LEAD: Final = mark("the team has no lead")
ESCALATION: Final = Reason(mark("overdue so long that you are informed as well"))


class ReminderRoute(NamedTuple):
    """The members who get a reminder instead of its owner, or besides, and why; nobody when no lead has an address."""

    members: tuple[Member, ...]
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class AddressedLines:
    """The lines for one address, and the members who read it."""

    address: str
    members: tuple[Member, ...]
    lines: tuple[DigestLine, ...]


class UndeliverableItems(NamedTuple):
    """The items of one owner that reach nobody, and why."""

    owner: str
    reasons: tuple[Reason, ...]
    number: int


def route_owner(owner: str, team: Sequence[Member], today: date) -> ReminderRoute:
    """The recipients of reminders about an owner: a member's id, or any other text in a record."""
    member = find_member(team, owner) if owner.strip() else None
    if member is None:
        return _route_leads(team, today, (_reason(_NO_MEMBER, name=owner) if owner.strip() else Reason(_NO_OWNER),))
    there = _who_is_there(member, team, today)
    reasons = () if there is member else absence_of(owner, team, today)
    if there is None:
        return _route_leads(team, today, reasons)
    if not there.notify:
        return _route_leads(team, today, (*reasons, _reason(_NO_ADDRESS, name=there.name)))
    return ReminderRoute((there,), reasons)


def route_escalation(to: str, team: Sequence[Member], today: date) -> ReminderRoute:
    """The recipients of a step of the escalation: the leads, or the member it names."""
    if to == LEAD:
        return _route_leads(team, today, ())
    route = route_owner(to, team, today)
    named = next((member for member in team if member.id == to), None)
    if named is None or named in route.members:
        return route
    # The section is another owner's: the reasons must name whom they are about.
    return route._replace(reasons=tuple(_reason(_STANDS_IN_FOR, name=m.name, other=named.name) for m in route.members))


def absence_of(owner: str, team: Sequence[Member], today: date) -> tuple[Reason, ...]:
    """That a member is away today and who stands in; nothing for one who is there, and for others."""
    member = find_member(team, owner) if owner.strip() else None
    absence = member.absence_on(today) if member else None
    if member is None or absence is None:
        return ()
    there = _who_is_there(member, team, today)
    day = absence.end.isoformat()
    away = _reason(_AWAY_FOR, day=day, note=absence.note) if absence.note else _reason(_AWAY, day=day)
    return away, _reason(_STANDS_IN, name=there.name) if there else Reason(_NO_DEPUTY)


def lines_by_address(
    items: Iterable[Item], team: Sequence[Member], today: date
) -> tuple[tuple[AddressedLines, ...], tuple[UndeliverableItems, ...]]:
    """The items to send to each address, in the team's order, and the items that reach nobody.

    Whoever is told of an item as its owner, or in the owner's place, is not told of it by the ladder as well.
    """
    route = cache(lambda owner: route_owner(owner, team, today))
    route_up = cache(lambda to: route_escalation(to, team, today))
    boxes: dict[str, dict[int, DigestLine]] = {}
    lost: Counter[tuple[str, tuple[Reason, ...]]] = Counter()
    # A team may do without a lead; one whose lead cannot be reached is told so.
    has_lead = any(member.role == LEAD for member in team)
    for number, item in enumerate(items):
        own = route(item.owner)
        addresses = _addresses(own)
        lost.update([] if addresses else [(item.owner, own.reasons)])
        for address in addresses:
            boxes.setdefault(address, {})[number] = DigestLine(item, item.stages, own.reasons)
        for stage, to in item.escalations:
            above = route_up(to)
            lost.update([(to, above.reasons)] if addresses and has_lead and not above.members else [])
            for address in set(_addresses(above)).difference(addresses):
                known = boxes.setdefault(address, {}).get(number)
                stages = (*known.stages, stage) if known else (stage,)
                boxes[address][number] = DigestLine(item, stages, (ESCALATION, *above.reasons))
    readers = {address: tuple(m for m in team if address in m.notify) for member in team for address in member.notify}
    parcels = (
        AddressedLines(address, members, tuple(boxes[address].values()))
        for address, members in readers.items()
        if address in boxes
    )
    return tuple(parcels), tuple(UndeliverableItems(owner, why, count) for (owner, why), count in lost.items())


def _addresses(route: ReminderRoute) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for member in route.members for address in member.notify))


def _who_is_there(member: Member, team: Sequence[Member], today: date) -> Member | None:
    """The member, or the first deputy in the chain who is there; None when it ends nowhere or in a circle."""
    seen: set[str] = set()
    at_hand: Member | None = member
    while at_hand is not None and at_hand.id not in seen:
        if at_hand.absence_on(today) is None:
            return at_hand
        seen.add(at_hand.id)
        deputy = at_hand.deputy
        at_hand = next((other for other in team if other.id == deputy), None) if deputy else None
    return None


def _route_leads(team: Sequence[Member], today: date, reasons: tuple[Reason, ...]) -> ReminderRoute:
    """The leads who are there and have an address, deputies in their place; leads who are away rather than nobody."""
    leads = [member for member in team if member.role == LEAD]
    found: dict[str, Member] = {}
    why = list(reasons)
    for lead in leads:
        there = _who_is_there(lead, team, today)
        if there is not None and there.notify:
            found.setdefault(there.id, there)
            why += [] if there is lead else [_reason(_STANDS_IN_FOR, name=there.name, other=lead.name)]
    members = tuple(found.values()) or tuple(lead for lead in leads if lead.notify)
    if not members:
        why += [_reason(_NO_ADDRESS, name=lead.name) for lead in leads] or [Reason(_NO_LEAD)]
    return ReminderRoute(members, tuple(dict.fromkeys(why)))


def _reason(text: str, **facts: str) -> Reason:
    return Reason(text, tuple(facts.items()))


Deliver = Callable[[str, Digest], None]
"""Brings a digest to an address; raises an error of this program when it did not arrive."""


@dataclass(frozen=True, slots=True)
class DigestDelivery:
    """A digest for an address, and why it did not arrive; None when it did."""

    address: str
    digest: Digest
    fault: CommlogError | None = None


def unsent_lines(lines: Iterable[DigestLine], ledger: ReminderLedger, to: str) -> tuple[DigestLine, ...]:
    """The lines with at least one stage that was not sent to a recipient yet."""
    return tuple(line for line in lines if not all(ledger.has(key, to) for key in line.keys))


def new_keys(digest: Digest, ledger: ReminderLedger, to: str) -> tuple[NoticeKey, ...]:
    """What is to be remembered of a digest that arrived: all of it that was not told before."""
    # Two files may carry the same id after a bad merge.
    return tuple(key for key in dict.fromkeys(digest.keys) if not ledger.has(key, to))


def plan_deliveries(
    parcels: Sequence[AddressedLines], ledger: ReminderLedger, at: datetime, unreadable: tuple[str, ...] = ()
) -> tuple[DigestDelivery, ...]:
    """What is to be delivered now, one digest an address; the leads are told of the files that cannot be read.

    Where no lead is told anything, the first recipient is told of the files.
    """
    found = [(parcel, unsent_lines(parcel.lines, ledger, parcel.address)) for parcel in parcels]
    found = [(parcel, lines) for parcel, lines in found if lines]
    informed = {parcel.address for parcel, _ in found if any(reader.role == LEAD for reader in parcel.members)}
    informed = informed or {parcel.address for parcel, _ in found[:1]}
    return tuple(
        DigestDelivery(parcel.address, digest_of(at, lines, unreadable if parcel.address in informed else ()))
        for parcel, lines in found
    )


def send_digests(
    planned: Iterable[DigestDelivery], ledger: ReminderLedger, deliver: Deliver
) -> Iterator[DigestDelivery]:
    """Each delivery as it went, one after the other; a recipient who got nothing is asked again by the next run."""
    for delivery in planned:
        try:
            deliver(delivery.address, delivery.digest)
        except CommlogError as fault:
            yield DigestDelivery(delivery.address, delivery.digest, fault)
            continue
        ledger.add(new_keys(delivery.digest, ledger, delivery.address), delivery.address, delivery.digest.at)
        yield delivery
