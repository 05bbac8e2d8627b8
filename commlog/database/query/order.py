"""The order of a listing: `--sort due,-priority` → ORDER BY, the same every time."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commlog.database.query.fields import find_built_in, plain_name
from commlog.database.query.filter import Spot, fault, shown
from commlog.database.query.select import Domain
from commlog.messages import mark

_RECORD_COLUMNS: Final = {
    **{
        name: (f"r.{name}",)
        for name in (
            "id",
            "template",
            "kind",
            "customer",
            "party",
            "agent",
            "branch",
            "direction",
            "reached",
            "channel",
            "subject",
            "mood",
            "outcome",
            "satisfaction",
            "category",
            "owner",
            "priority",
            "status",
        )
    },
    "date": ("r.day", "r.started_at"),
    "recorded": ("r.recorded_at",),
}
_FOLLOW_UP_COLUMNS: Final = {
    **_RECORD_COLUMNS,
    "owner": ("f.owner",),
    "priority": ("f.priority",),
    "status": ("f.status",),
    "due": ("f.due_at",),
    "action": ("f.action",),
    "n": ("f.n",),
}

Columns = Mapping[str, tuple[str, ...]]

# The SQL each listing can be sorted by; a caller may replace some, e.g. rank priorities by their limits.
COLUMNS: Final[Mapping[Domain, Columns]] = MappingProxyType(
    {Domain.RECORDS: MappingProxyType(_RECORD_COLUMNS), Domain.FOLLOW_UPS: MappingProxyType(_FOLLOW_UP_COLUMNS)}
)

# Two files may carry the same id after a bad merge; the path decides then.
_TIES: Final = {Domain.RECORDS: ("r.id", "r.path"), Domain.FOLLOW_UPS: ("r.id", "f.n", "r.path")}


def order_by(sort: str, columns: Columns, domain: Domain) -> str:
    """Give the text after ORDER BY: named columns (`-` reverses one), missing values last, then id and n.

    Raises:
        UsageError: a column is unknown or named without a name.

    """
    terms: list[str] = []
    place = 0
    for part in sort.replace("，", ",").split(",") if sort.strip() else ():
        name = part.strip().lstrip("-－")
        found = _find(name, columns)
        if found is None:
            spot = Spot(sort, place + 1 + len(part) - len(part.lstrip()))
            raise fault(
                mark("'{column_name}' is not a column to sort by"),
                spot,
                mark("use some of: {known}"),
                column_name=shown(part.strip()),
                known=", ".join(columns),
            )
        way = "DESC" if part.strip() != name else "ASC"
        terms.extend(f"{column} {way} NULLS LAST" for column in found)
        place += len(part) + 1
    return ", ".join((*terms, *_TIES[domain]))


def _find(name: str, columns: Columns) -> tuple[str, ...] | None:
    built_in = find_built_in(name)
    return columns.get(plain_name(name)) or (columns.get(built_in.name) if built_in else None)
