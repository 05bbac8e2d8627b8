"""The rules over a whole log: one function each, and the table of all; their messages are those of the kinds of problems."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from commlog.check import queries
from commlog.check.context import CheckContext, PossibleProblem, Rule, own_templates
from commlog.check.policies import find_backdated, find_breaking, find_late, find_wrong_policies
from commlog.errors import CommlogError
from commlog.followups.dropped import find_dropped_balls
from commlog.forms.schemas import SUFFIX as SCHEMA_SUFFIX
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RANDOM_LENGTH, RECORDS, SUFFIX
from commlog.problems import Problem
from commlog.records.find import nearest_customers
from commlog.records.rules.consistency import near_names
from commlog.workspace import Workspace

_LINKS: Final = ("links",)
# Looking for a near name reads all names; when more are wrong than this, something else is.
_SUGGESTIONS: Final = 50
_LIKE_A_RECORD: Final = (".yml", SUFFIX)


def find_duplicate_ids(context: CheckContext) -> Iterator[PossibleProblem]:
    """Ids that several files claim."""
    claims: defaultdict[str, list[str]] = defaultdict(list)
    for place in queries.places_of_shared_ids(context.workspace.index):
        claims[place.id].append(place.path)
    for record_id, paths in claims.items():
        for path in paths:
            others = ", ".join(other for other in paths if other != path)
            yield PossibleProblem("duplicate-id", path, ("id",), {"value": record_id, "other": others})


def find_unknown_customers(context: CheckContext) -> Iterator[PossibleProblem]:
    """Customers that a record or a merged customer names and that have no file."""
    unreadable = context.unreadable_ids()
    near: dict[str, str] = {}
    for path, field, name in queries.customers_without_file(context.workspace.index):
        if name in unreadable:
            continue
        if name not in near:
            near[name] = nearest_customers(context.workspace, name) if len(near) < _SUGGESTIONS else ""
        facts = {"value": name} | ({"suggestion": near[name]} if near[name] else {})
        yield PossibleProblem("unknown-customer", path, (field,), facts)


def find_unknown_members(context: CheckContext) -> Iterator[PossibleProblem]:
    """Agents who are not in the log's list of members, each reported once, at the first of their records."""
    settings = context.workspace.log.settings
    if not settings.members:
        return
    for agent, path, count in queries.agents_in_use(context.workspace.index):
        if settings.find_member(agent) is None:
            yield PossibleProblem("unknown-member", path, ("agent",), {"value": agent, "count": str(count)})


def find_merge_circles(context: CheckContext) -> Iterator[PossibleProblem]:
    """Customers merged into each other, or into themselves."""
    pointers = queries.merged_customers(context.workspace.index)
    paths = {one.source: one.path for one in pointers}
    itself = [[one.source] for one in pointers if one.source == one.target]
    for cycle in (*find_cycles((one.source, one.target) for one in pointers), *itself):
        for customer in cycle:
            yield PossibleProblem("merge-cycle", paths[customer], ("merged_into",), {"value": _circle(cycle)})


def find_dangling(context: CheckContext) -> Iterator[PossibleProblem]:
    """Links to records that are not there; one that is there but cannot be read has its own problem."""
    unreadable = context.unreadable_ids()
    for _, target, path in queries.dangling_links(context.workspace.index):
        if target not in unreadable:
            near = _nearest_record(context.workspace, target)
            yield PossibleProblem(
                "dangling-link", path, _LINKS, {"value": target} | ({"suggestion": near} if near else {}), target
            )


def find_later(context: CheckContext) -> Iterator[PossibleProblem]:
    """Links to records that began after the one that points to them."""
    for _, target, path in queries.links_to_later(context.workspace.index):
        yield PossibleProblem("link-to-later", path, _LINKS, {"value": target}, target)


def find_circles(context: CheckContext) -> Iterator[PossibleProblem]:
    """Records that follow each other in a circle; each of them is reported."""
    links = queries.links_that_follow(context.workspace.index)
    paths = {one.source: one.path for one in links}
    for cycle in find_cycles((one.source, one.target) for one in links):
        for source, target in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            yield PossibleProblem("link-cycle", paths[source], _LINKS, {"value": _circle(cycle)}, target)


def _circle(cycle: list[str]) -> str:
    return " → ".join((*cycle, cycle[0]))


def _nearest_record(workspace: Workspace, target: str) -> str:
    """The id people may have meant: of the same day, or with the same random part."""
    ids = queries.ids_like(workspace.index, target[:9], target[-RANDOM_LENGTH:])
    return "".join(near_names(target, ids, 1, 0.75))


def find_cycles(edges: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Circles among the edges, each as the names on it; every name on any circle's way back is looked at once."""
    targets: dict[str, list[str]] = {}
    for source, target in sorted(set(edges)):
        if source != target:
            targets.setdefault(source, []).append(target)
    cycles: list[list[str]] = []
    finished: set[str] = set()
    for start in targets:
        if start not in finished:
            _walk(start, targets, finished, cycles)
    return cycles


def _walk(start: str, targets: dict[str, list[str]], finished: set[str], cycles: list[list[str]]) -> None:
    """Go deep from one name without recursion: a chain may be as long as the log."""
    trail = {start: iter(targets.get(start, ()))}
    while trail:
        name, left = next(reversed(trail.items()))
        target = next(left, None)
        if target is None:
            del trail[name]
            finished.add(name)
        elif target in trail:
            names = list(trail)
            cycles.append(names[names.index(target) :])
        elif target not in finished:
            trail[target] = iter(targets.get(target, ()))


def find_expired_answers(context: CheckContext) -> Iterator[PossibleProblem]:
    """Standard answers whose last day is over."""
    for path, last_day in queries.answers_valid_before(
        context.workspace.index, context.workspace.now.date().isoformat()
    ):
        yield PossibleProblem("expired-answer", path, ("valid_until",), {"value": last_day})


def find_forgotten(context: CheckContext) -> Iterator[PossibleProblem]:
    """Customers who wait for something that nobody is going to do."""
    for ball in find_dropped_balls(context.workspace):
        yield PossibleProblem(ball.rule, ball.path, ball.place, {"value": ball.record_id, **dict(ball.facts)})


def find_broken_templates(context: CheckContext) -> Iterator[Problem]:
    """Templates in the log's own folder that cannot be used."""
    workspace = context.workspace
    for name in own_templates(workspace):
        try:
            workspace.reader.validator.is_valid(name, {})
        except CommlogError as fault:
            file = Path(fault.file or f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}")
            path = file.relative_to(workspace.log.root) if file.is_relative_to(workspace.log.root) else file
            yield Problem(
                "template-file-broken", path.as_posix(), fault.line, fault.column, "", (("reason", fault.message),)
            )


def find_stray_files(context: CheckContext) -> Iterator[Problem]:
    """Files that look like records and are none for their name."""
    root = context.workspace.log.root
    for folder, _, names in os.walk(root / RECORDS):
        for name in names:
            if name.lower().endswith(_LIKE_A_RECORD) and not name.endswith(SUFFIX) and not name.startswith("."):
                yield Problem("stray-file", (Path(folder) / name).relative_to(root).as_posix())


# Those on one record and its template are checked when it is indexed.
RULES: Final[tuple[Rule, ...]] = (
    find_duplicate_ids,
    find_unknown_customers,
    find_unknown_members,
    find_merge_circles,
    find_dangling,
    find_later,
    find_circles,
    find_expired_answers,
    find_forgotten,
    find_breaking,
    find_late,
    find_backdated,
    find_wrong_policies,
    find_broken_templates,
    find_stray_files,
)
