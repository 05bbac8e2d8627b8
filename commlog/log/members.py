"""A member: a person of the team."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple


class Absence(NamedTuple):
    """Days away, first and last included, and why."""

    start: date
    end: date
    note: str = ""


def find_absence(absences: Iterable[Absence], day: date) -> Absence | None:
    """The absence that `day` falls in; None when there is none."""
    return next((absence for absence in absences if absence.start <= day <= absence.end), None)


Role = Literal["agent", "lead"]


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the team, by id.

    `aliases` are other names people type, `email` is the address git knows, `notify` are the addresses reminders go to,
    `deputy` is the id of the member who takes over on the days of `away`.
    """

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    email: str = ""
    notify: tuple[str, ...] = ()
    deputy: str | None = None
    role: Role = "agent"
    away: tuple[Absence, ...] = ()

    def absence_on(self, day: date) -> Absence | None:
        """The absence that `day` falls in; None when the member is there."""
        return find_absence(self.away, day)


def find_member(members: Iterable[Member], name: str) -> Member | None:
    """The member with this id, name, alias or address, whatever its capitals; None when there is none.

    Nobody is called nothing: a member without an address is not meant by an empty name.
    """
    wanted = name.casefold()
    for member in members if wanted.strip() else ():
        names = (member.id, member.name, member.email, *member.aliases)
        if wanted in {known.casefold() for known in names}:
            return member
    return None
