"""The check itself: what the copy knows of each file, every rule over the whole log, and the lines meant."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from commlog.check.inspection import Inspection, Rule, Selection, Suspicion
from commlog.check.links import find_circles, find_dangling, find_later
from commlog.check.names import find_duplicate_ids, find_merge_circles, find_unknown_customers, find_unknown_members
from commlog.check.own_files import find_broken_templates, find_stray_files, find_wrong_settings, list_own_files
from commlog.check.promises import find_expired_answers, find_forgotten
from commlog.database.refresh import LANGUAGE_FACT
from commlog.errors import CommlogError
from commlog.messages import current_language
from commlog.problems import Problem
from commlog.records.policies import PERSONAL, check_policies, hide_numbers
from commlog.workspace import Workspace
from commlog.yamltext.parse import Located, YamlError, decode, parse_located

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
)
OWN_FILE_RULES: Final[tuple[Callable[[Workspace], Iterator[Problem]], ...]] = (
    find_wrong_settings,
    find_broken_templates,
    find_stray_files,
)
# What a file that is gone leaves behind in others.
_LEFT_BEHIND: Final = frozenset({"dangling-link", "unknown-customer"})


def inspect_log(workspace: Workspace, selection: Selection, contents: Mapping[str, bytes] | None = None) -> Inspection:
    """Everything that is wrong with the chosen files, by path, line and column.

    `contents` are bytes that stand for what is on disk, by path.
    """
    sources = _Sources(workspace, contents or {})
    suspicions = [found for rule in RULES for found in rule(workspace) if _is_asked(found, selection)]
    problems = {
        *_stored_problems(workspace, selection, sources),
        *(found.as_problem(sources.locate(found.path)) for found in suspicions),
        *check_policies(workspace, selection, sources.locate),
        *(problem for rule in OWN_FILE_RULES for problem in rule(workspace) if selection.has(problem.path)),
    }
    ordered = tuple(
        sorted(problems, key=lambda problem: (problem.path, problem.line, problem.column, problem.code, problem.facts))
    )
    paths = [row[0] for row in workspace.index.rows("SELECT path FROM files")]
    count = sum(selection.has(path) for path in (*paths, *list_own_files(workspace)))
    places = {(problem.path, problem.line) for problem in ordered if problem.line}
    hidden = {(problem.path, problem.line) for problem in ordered if problem.code == PERSONAL}
    lines = {place: sources.line(*place) for place in places}
    return Inspection(count, ordered, {at: hide_numbers(text) if at in hidden else text for at, text in lines.items()})


def _is_asked(found: Suspicion, selection: Selection) -> bool:
    return selection.has(found.path) or (found.code in _LEFT_BEHIND and found.facts["value"] in selection.removed)


def _stored_problems(workspace: Workspace, selection: Selection, sources: "_Sources") -> Iterator[Problem]:
    """What the copy knows; a file described in another language than is spoken now is read again."""
    rows = workspace.index.rows(
        'SELECT f.path, p.code, p.line, p."column", p.field, p.facts FROM problems p JOIN files f USING (file)'
    )
    to_read: set[str] = set()
    for path, code, line, column, field, stored in rows:
        if not selection.has(path):
            continue
        facts = dict(json.loads(stored))
        if facts.pop(LANGUAGE_FACT) == current_language():
            yield Problem(code, path, line, column, field, tuple(facts.items()))
        else:
            to_read.add(path)
    for path in sorted(to_read):
        raw = sources.replaced.get(path)
        yield from (workspace.reader.read(path) if raw is None else workspace.reader.read_raw(path, raw)).problems


class _Sources:
    """The text of files with problems; one at a time is kept."""

    def __init__(self, workspace: Workspace, replaced: Mapping[str, bytes]) -> None:
        self._workspace = workspace
        self.replaced = replaced
        self._located: dict[str, Located] = {}
        self._lines: tuple[str, list[str]] = ("", [])

    def locate(self, path: str) -> Located:
        """The file with the place of each value; without places when it cannot be read any more."""
        if path not in self._located:
            try:
                self._located[path] = parse_located(decode(self._read(path)))
            except YamlError:
                self._located[path] = Located(None, {}, {})
        return self._located[path]

    def line(self, path: str, number: int) -> str:
        """The text of one line, counted from 1; empty when there is none."""
        if self._lines[0] != path:
            self._lines = (path, self._read(path).decode(errors="replace").split("\n"))
        lines = self._lines[1]
        return lines[number - 1] if number <= len(lines) else ""

    def _read(self, path: str) -> bytes:
        if path in self.replaced:
            return self.replaced[path]
        try:
            return self._workspace.log.read_bytes(path)
        except CommlogError:
            return b""
