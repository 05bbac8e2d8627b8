"""The rules a merged file must keep: what neither side broke, the merge must not break either."""

import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from commlog.errors import CommlogError, InvalidError
from commlog.forms.catalog import Catalog, Template, shipped_folder
from commlog.forms.validation import Validator
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE, read_settings
from commlog.problems import Problem
from commlog.records.rules.consistency import find_inconsistencies
from commlog.team.rules.merge import Merged, differing_keys, hold_apart
from commlog.values import Fields, ValuePath
from commlog.yamltext.format import format_document

# A problem by its code and the keys of its path; places in lists change in a merge.
_Broken = Counter[tuple[str, ValuePath]]


class Rules:
    """What is known of a file by its path and its fields: its template, and which rules hold.

    The log's own templates are used where they are readable, else those that are shipped.
    """

    def __init__(self, path: PurePosixPath, top: Path, fields: Fields) -> None:
        self._name = path.name if path.name in (SETTINGS_FILE, CALENDAR_FILE) and RECORDS not in path.parts else ""
        self._catalog = Catalog(_schema_folders(path, top))
        self._template = self._find_template(fields)

    @property
    def order(self) -> tuple[str, ...]:
        """The top-level keys in the order of the form; none when the form is not known."""
        return self._template.order if self._template else ()

    def broken(self, fields: Fields) -> _Broken:
        """Every rule the fields break."""
        if self._name:
            return _count((problem.code, (problem.field,)) for problem in _faults_of(self._name, fields))
        found = [(item.code, item.path) for item in find_inconsistencies(fields)]
        if self._template is not None:
            validator = Validator(self._catalog)
            if not validator.is_valid(self._template.name, fields):
                found += [(item.code, item.path) for item in validator.explain(self._template.name, fields)]
        return _count(found)

    def _find_template(self, fields: Fields) -> Template | None:
        try:
            if self._name:
                return self._catalog.get_settings(PurePosixPath(self._name).stem)
            return self._catalog.find(str(fields.get("template")))
        except CommlogError:
            if self._catalog.folders == (shipped_folder(),):
                return None
            self._catalog = Catalog()
            return self._find_template(fields)


def keep_rules(rules: Rules, merged: Merged, ours: Fields, theirs: Fields) -> Merged:
    """The merge, with what breaks a rule that neither side broke left open as a conflict.

    That is the field the rule names, or, where this is not enough, every field in which the sides differ.
    """
    broken = rules.broken(merged.ours)
    if not broken or merged.conflicts:
        return merged
    known = rules.broken(ours) + rules.broken(theirs)
    new = broken - known
    if not new:
        return merged
    differing = differing_keys(ours, theirs)
    named = frozenset(str(path[0]) for _, path in new if path) & differing
    apart = hold_apart(merged, ours, theirs, named)
    if named and not (rules.broken(apart.ours) - known or rules.broken(apart.theirs) - known):
        return apart
    return hold_apart(merged, ours, theirs, differing)


def _count(problems: Iterable[tuple[str, ValuePath]]) -> _Broken:
    return Counter((code, tuple(step for step in path if isinstance(step, str))) for code, path in problems)


def _schema_folders(path: PurePosixPath, top: Path) -> tuple[Path, ...]:
    parts = path.parts[:-1]
    if RECORDS in parts:
        parts = parts[: len(parts) - 1 - parts[::-1].index(RECORDS)]
    own = top.joinpath(*parts, SCHEMAS_FOLDER)
    return (own, shipped_folder()) if own.is_dir() else (shipped_folder(),)


def _faults_of(name: str, fields: Fields) -> tuple[Problem, ...]:
    """What is wrong with settings, by the one that reads them."""
    with tempfile.TemporaryDirectory(prefix="commlog-") as folder:
        (Path(folder) / name).write_text(format_document(fields), encoding="utf-8")
        try:
            read_settings(Path(folder))
        except InvalidError as fault:
            return tuple(problem for problem in fault.problems if isinstance(problem, Problem))
    return ()
