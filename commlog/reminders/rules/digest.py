"""A digest: what one recipient is reminded of at once, by owner, the most urgent first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import NamedTuple

from commlog.messages import translate

NoticeKey = tuple[str, str, str, str]
"""A notice: the item's address, when it was opened, its due time, the stage; what is opened again or moved is a new notice."""


class Urgency(IntEnum):
    """How much something presses, the most first."""

    PROMISE_BROKEN = 0
    OVERDUE = 1
    TODAY = 2
    SOON = 3
    DROPPED = 4
    CARE = 5


class Reason(NamedTuple):
    """Why a recipient gets a reminder: a marked text with its values."""

    text: str
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """The reason, in the language in use."""
        return translate(self.text).format(**dict(self.facts))


@dataclass(frozen=True, slots=True)
class Item:
    """Something to be told of: a pending follow-up with a due time, what was dropped, or a day on which a customer wants care.

    `address` is `ID/n`, `ID` or `customer:ID`; `kind` is `follow_up`, `dropped`, or the kind of care. `opened_at` and `due`
    are texts, empty when unknown; of what was dropped `opened_at` is the rule, and `suggestion` the record it probably
    belongs to. `due_at` is in the log's zone, `day` that of the care, or since when it is dropped. `text` is the action, or
    what the day is, or what is dropped. `escalations` are, for each step of the ladder that has passed, its stage and whom
    it names. `late` is in working days, `left` in seconds of working time.
    """

    address: str
    kind: str
    opened_at: str
    due: str
    owner: str
    text: str
    customer: str
    customer_name: str
    is_company: bool
    stages: tuple[str, ...]
    escalations: tuple[tuple[str, str], ...] = ()
    due_at: datetime | None = None
    day: date | None = None
    is_agreed: bool = False
    urgency: Urgency = Urgency.CARE
    late: int = 0
    left: int = 0
    suggestion: str = ""

    @property
    def is_care(self) -> bool:
        """Whether it is a day of care, not a follow-up."""
        return self.urgency is Urgency.CARE

    @property
    def is_late(self) -> bool:
        """Whether its due time has passed."""
        return self.urgency <= Urgency.OVERDUE

    @property
    def is_dropped(self) -> bool:
        """Whether a customer waits for it and nobody plans to do it."""
        return self.urgency is Urgency.DROPPED

    @property
    def all_stages(self) -> tuple[str, ...]:
        """The stages for the owner, then those of the ladder."""
        return (*self.stages, *(stage for stage, _ in self.escalations))

    @property
    def rank(self) -> tuple[int, str]:
        """What an order by urgency and lateness goes by."""
        when = self.due_at.timestamp() if self.due_at else 0
        return self.urgency, f"{when:020.0f}{self.day or ''}"

    def key(self, stage: str) -> NoticeKey:
        """The notice of one stage, as the ledger records it."""
        return self.address, self.opened_at, self.due, stage


class DigestLine(NamedTuple):
    """An item in one recipient's digest: the stages it has reached for them, and why they get it."""

    item: Item
    stages: tuple[str, ...]
    reasons: tuple[Reason, ...] = ()

    @property
    def keys(self) -> tuple[NoticeKey, ...]:
        """What is remembered once this line was told."""
        return tuple(self.item.key(stage) for stage in self.stages)


class DigestSection(NamedTuple):
    """The lines of one owner that reach a reader for the same reasons."""

    owner: str
    reasons: tuple[Reason, ...]
    lines: tuple[DigestLine, ...]


@dataclass(frozen=True, slots=True)
class Digest:
    """Everything one reader is told at an instant in the log's zone; `unreadable` are files that are in no answer."""

    at: datetime
    sections: tuple[DigestSection, ...]
    unreadable: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[DigestLine, ...]:
        """All lines, section by section."""
        return tuple(line for section in self.sections for line in section.lines)

    @property
    def keys(self) -> tuple[NoticeKey, ...]:
        """What is remembered once the digest was told, those included that a message only counts."""
        return tuple(key for line in self.lines for key in line.keys)


def digest_of(at: datetime, lines: Iterable[DigestLine], unreadable: tuple[str, ...] = ()) -> Digest:
    """The digest of some lines: sections by owner and reasons, the one with the most urgent line first."""
    groups: dict[tuple[str, tuple[Reason, ...]], list[DigestLine]] = {}
    for line in sorted(lines, key=lambda line: line.item.rank):
        groups.setdefault((line.item.owner, line.reasons), []).append(line)
    sections = (DigestSection(owner, reasons, tuple(group)) for (owner, reasons), group in groups.items())
    return Digest(at, tuple(sections), unreadable)
