"""Rules on names: an id is one record's, and a customer who is named has a file."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from commlog.check.cycles import find_cycles
from commlog.check.inspection import Suspicion
from commlog.records.find import nearest_customers
from commlog.values import ANONYMOUS
from commlog.workspace import Workspace

# Looking for a near name reads all names; when more are wrong than this, something else is.
_SUGGESTIONS: Final = 50


def find_duplicate_ids(workspace: Workspace) -> Iterator[Suspicion]:
    """Ids that several files claim."""
    rows = workspace.index.rows(
        "SELECT id, path FROM records WHERE id IN (SELECT id FROM records GROUP BY id HAVING count(*) > 1) ORDER BY path"
    )
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for record_id, path in rows:
        claims[record_id].append(path)
    for record_id, paths in claims.items():
        for path in paths:
            others = ", ".join(other for other in paths if other != path)
            yield Suspicion("duplicate-id", path, ("id",), {"value": record_id, "other": others})


def find_unknown_customers(workspace: Workspace) -> Iterator[Suspicion]:
    """Customers that a record or a merged customer names and that have no file."""
    rows = workspace.index.rows(
        "SELECT path, 'customer', customer FROM records WHERE kind <> 'customer' AND customer <> ? "
        "AND customer NOT IN (SELECT id FROM customers) "
        "UNION ALL SELECT r.path, 'merged_into', c.merged_into FROM customers c JOIN records r USING (record) "
        "WHERE c.merged_into NOT IN (SELECT id FROM customers) ORDER BY 1",
        (ANONYMOUS,),
    )
    unreadable = unreadable_ids(workspace)
    near: dict[str, str] = {}
    for path, field, name in rows:
        if name in unreadable:
            continue
        if name not in near:
            near[name] = nearest_customers(workspace, name) if len(near) < _SUGGESTIONS else ""
        facts = {"value": name} | ({"suggestion": near[name]} if near[name] else {})
        yield Suspicion("unknown-customer", path, (field,), facts)


def find_unknown_members(workspace: Workspace) -> Iterator[Suspicion]:
    """Agents who are not in the log's list of members, each told once: at the first of their records."""
    settings = workspace.log.settings
    if not settings.members:
        return
    rows = workspace.index.rows(
        "SELECT agent, min(path), count(*) FROM records WHERE agent IS NOT NULL GROUP BY agent ORDER BY 2"
    )
    for agent, path, count in rows:
        if settings.find_member(agent) is None:
            yield Suspicion("unknown-member", path, ("agent",), {"value": agent, "count": str(count)})


def find_merge_circles(workspace: Workspace) -> Iterator[Suspicion]:
    """Customers merged into each other."""
    rows = workspace.index.rows(
        "SELECT c.id, c.merged_into, r.path FROM customers c JOIN records r USING (record) WHERE c.merged_into IS NOT NULL"
    )
    paths = {row[0]: row[2] for row in rows}
    cycles = find_cycles((row[0], row[1]) for row in rows)
    cycles += [[row[0]] for row in rows if row[0] == row[1]]
    for cycle in cycles:
        shown = " → ".join((*cycle, cycle[0]))
        for customer in cycle:
            yield Suspicion("merge-cycle", paths[customer], ("merged_into",), {"value": shown})


def unreadable_ids(workspace: Workspace) -> set[str]:
    """The ids of records that are there but cannot be read."""
    return {PurePosixPath(path).stem for path in workspace.unreadable_files()}
