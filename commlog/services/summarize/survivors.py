"""Customers who were merged into others: under which id the records of each count."""

from collections.abc import Mapping
from typing import Final

from commlog.services.summarize.scope import Scope

_MERGED: Final = "SELECT id, merged_into FROM customers WHERE merged_into IS NOT NULL"


def survivors_of(scope: Scope) -> Mapping[str, str]:
    """Who each merged customer is now, read once for both periods; others are not in it. A circle ends where it closes."""
    return scope.once("survivors", lambda: _read_survivors(scope))


def _read_survivors(scope: Scope) -> dict[str, str]:
    merged: dict[str, str] = dict(scope.workspace.index.rows(_MERGED))
    survivors = {}
    for customer in merged:
        survivor, seen = customer, {customer}
        while (into := merged.get(survivor)) is not None and into not in seen:
            survivor = into
            seen.add(into)
        survivors[customer] = survivor
    return survivors
