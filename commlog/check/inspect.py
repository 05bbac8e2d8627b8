"""The check itself: what the index knows of each file, every rule over the whole log, and the lines meant."""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from commlog.check.context import CheckContext, FileSelection, Inspection, PossibleProblem
from commlog.check.own_files import list_own_files
from commlog.check.queries import stored_problems
from commlog.check.rules import RULES
from commlog.database.queries import file_paths
from commlog.database.refresh import LANGUAGE_FACT
from commlog.messages import current_language
from commlog.privacy.rules.masking import mask_text
from commlog.problems import Problem
from commlog.workspace import Workspace

# What a file that is gone leaves behind in others.
_LEFT_BEHIND: Final = frozenset({"dangling-link", "unknown-customer"})
# The problem whose line must not be repeated as it is.
_PERSONAL: Final = "personal-number"


def inspect_log(
    workspace: Workspace, selection: FileSelection, contents: Mapping[str, bytes] | None = None
) -> Inspection:
    """Everything that is wrong with the chosen files, by path, line and column.

    `contents` are bytes that stand for what is on disk, by path.
    """
    context = CheckContext(workspace, selection, contents or {})
    problems = {*_stored_problems(context), *_problems_by_rules(context)}
    ordered = tuple(sorted(problems, key=lambda one: (one.path, one.line, one.column, one.code, one.facts)))
    paths = file_paths(workspace.index)
    count = sum(selection.has(path) for path in (*paths, *list_own_files(workspace)))
    lines = {(one.path, one.line): context.line(one.path, one.line) for one in ordered if one.line}
    for one in ordered:
        if one.code == _PERSONAL and one.line:
            lines[one.path, one.line] = mask_text(lines[one.path, one.line])
    return Inspection(count, ordered, lines)


def _problems_by_rules(context: CheckContext) -> Iterator[Problem]:
    for found in (found for rule in RULES for found in rule(context)):
        if isinstance(found, Problem):
            if context.selection.has(found.path):
                yield found
        elif _is_asked(found, context.selection):
            yield found.as_problem(context.locate(found.path))


def _is_asked(found: PossibleProblem, selection: FileSelection) -> bool:
    return selection.has(found.path) or (found.code in _LEFT_BEHIND and found.facts["value"] in selection.removed)


def _stored_problems(context: CheckContext) -> Iterator[Problem]:
    """What the index knows; a file described in another language than is spoken now is read again."""
    to_read: set[str] = set()
    for path, code, line, column, field, stored in stored_problems(context.workspace.index):
        if not context.selection.has(path):
            continue
        facts = dict(json.loads(stored))
        if facts.pop(LANGUAGE_FACT) == current_language():
            yield Problem(code, path, line, column, field, tuple(facts.items()))
        else:
            to_read.add(path)
    for path in sorted(to_read):
        raw, reader = context.replaced.get(path), context.workspace.reader
        yield from (reader.read(path) if raw is None else reader.read_raw(path, raw)).problems
