"""Rules on links: where they lead, in which direction of time, and that they never go round."""

import difflib
from collections.abc import Iterator
from typing import Final

from commlog.check.cycles import find_cycles
from commlog.check.inspection import Suspicion
from commlog.check.names import unreadable_ids
from commlog.log.names import RANDOM_LENGTH
from commlog.workspace import Workspace

OUTSIDE: Final = "ref:"
_LINKS: Final = ("links",)


def find_dangling(workspace: Workspace) -> Iterator[Suspicion]:
    """Links to records that are not there; one that is there but cannot be read has its own problem."""
    rows = workspace.index.rows(
        "SELECT r.path, l.target FROM links l JOIN records r USING (record) "
        "WHERE substr(l.target, 1, 4) <> ? AND NOT EXISTS (SELECT 1 FROM records t WHERE t.id = l.target)",
        (OUTSIDE,),
    )
    unreadable = unreadable_ids(workspace)
    for path, target in rows:
        if target not in unreadable:
            near = _nearest_record(workspace, target)
            yield Suspicion(
                "dangling-link", path, _LINKS, {"value": target} | ({"suggestion": near} if near else {}), target
            )


def find_later(workspace: Workspace) -> Iterator[Suspicion]:
    """Links to records that began after the one that points to them."""
    rows = workspace.index.rows(
        "SELECT r.path, l.target FROM links l JOIN records r USING (record) JOIN records t ON t.id = l.target "
        "WHERE CASE WHEN r.started_at IS NULL OR t.started_at IS NULL THEN t.day > r.day ELSE t.started_at > r.started_at END"
    )
    for path, target in rows:
        yield Suspicion("link-to-later", path, _LINKS, {"value": target}, target)


def find_circles(workspace: Workspace) -> Iterator[Suspicion]:
    """Records that follow each other in a circle; each of them is told."""
    rows = workspace.index.rows(
        "SELECT r.id, l.target, r.path FROM links l JOIN records r USING (record) WHERE l.type = 'follows'"
    )
    paths = {row[0]: row[2] for row in rows}
    for cycle in find_cycles((row[0], row[1]) for row in rows):
        shown = " → ".join((*cycle, cycle[0]))
        for source, target in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            yield Suspicion("link-cycle", paths[source], _LINKS, {"value": shown}, target)


def _nearest_record(workspace: Workspace, target: str) -> str:
    """The id people may have meant: of the same day, or with the same random part."""
    rows = workspace.index.rows(
        "SELECT id FROM records WHERE (id >= ? AND id < ?) OR substr(id, 10) = ?",
        (target[:9], target[:9] + "~", target[-RANDOM_LENGTH:]),
    )
    return "".join(difflib.get_close_matches(target, [row[0] for row in rows], 1, 0.75))
