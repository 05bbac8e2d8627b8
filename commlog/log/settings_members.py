"""The members of a log as its settings name them: read and checked."""

import re
from datetime import date
from functools import partial
from typing import Final

from commlog.log.members import Absence, Member
from commlog.log.settings_file import Section, text_of, texts_of
from commlog.messages import mark
from commlog.values import Data, Fields, ValuePath

# What delivery takes: a mailbox, or a service with variables of the environment; secrets never stand in the file.
ADDRESS: Final = (
    r"mailto:[^@\s/]+@[^@\s/]+|(wecom|slack|webhook|apprise):\$[A-Z_][A-Z0-9_]*"
    r"|(dingtalk|feishu):\$[A-Z_][A-Z0-9_]*(/\$[A-Z_][A-Z0-9_]*)?"
)
MEMBER_KEYS: Final = ("id", "name", "aliases", "email", "role", "notify", "deputy", "away")


def read_members(chosen: Section) -> tuple[Member, ...]:
    """The members in the order of the file; mistakes are reported to the section."""
    members: list[Member] = []
    taken: set[str] = set()
    for number, item in enumerate(chosen.items("members")):
        path: ValuePath = ("members", number)
        if not isinstance(item, dict):
            chosen.report("bad-setting", path, value=str(item), expected=mark("a mapping with `id:` and `name:`"))
            continue
        member = _read_member(chosen, path, item)
        for name in {member.id, *member.aliases}:
            if name.casefold() in taken:
                chosen.report("duplicate-member", path, value=name)
            taken.add(name.casefold())
        members.append(member)
    return tuple(members)


def _read_member(chosen: Section, path: ValuePath, item: Fields) -> Member:
    chosen.refuse_unknown(path, item, MEMBER_KEYS)
    chosen.require((*path, "id"))
    member_id = chosen.convert((*path, "id"), text_of, "", mark("a short name"))
    return Member(
        member_id,
        str(item.get("name") or member_id),
        texts_of(item.get("aliases")),
        str(item.get("email") or ""),
        _read_addresses(chosen, (*path, "notify"), item.get("notify")),
        chosen.convert((*path, "deputy"), text_of, "", mark("a member's id")) or None,
        "lead" if chosen.choice((*path, "role"), ("agent", "lead"), "agent") == "lead" else "agent",
        _read_absences(chosen, path, item.get("away")),
    )


def _read_addresses(chosen: Section, path: ValuePath, value: Data) -> tuple[str, ...]:
    """The addresses of a member; a bare mail address is one for mail."""
    addresses = []
    for number, text in enumerate(texts_of(value)):
        address = f"mailto:{text}" if "@" in text and ":" not in text else text
        if not re.fullmatch(ADDRESS, address):
            # What stands there may be a secret: it is not repeated.
            expected = mark("an address such as mailto:NAME@HOST, or wecom:$KEY with the name of a variable")
            place = (*path, number) if isinstance(value, list) else path
            chosen.report("bad-setting", place, value=address.partition(":")[0], expected=expected)
        addresses.append(address)
    return tuple(addresses)


def _read_absences(chosen: Section, member: ValuePath, entries: Data) -> tuple[Absence, ...]:
    if entries is None:
        return ()
    if not isinstance(entries, list):
        chosen.report("bad-setting", (*member, "away"), value=str(entries), expected=mark("a list"))
        return ()
    absences = []
    for number, entry in enumerate(entries):
        path: ValuePath = (*member, "away", number)
        fields = entry if isinstance(entry, dict) else {}
        chosen.refuse_unknown(path, fields, ("from", "to", "note"))
        bounds = [
            chosen.attempt((*path, key), partial(_day, fields.get(key)), date.min, mark("a date such as 2026-10-01"))
            for key in ("from", "to")
        ]
        if bounds[1] < bounds[0]:
            chosen.report(
                "bad-setting", (*path, "to"), value=str(fields.get("to")), expected=mark("a day not before `from`")
            )
        absences.append(Absence(bounds[0], bounds[1], str(fields.get("note") or "")))
    return tuple(absences)


def _day(value: Data) -> date:
    return date.fromisoformat(text_of(value))
