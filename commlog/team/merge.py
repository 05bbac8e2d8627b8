"""Merging a file of the log: its data, the rules that the merge must not break, its sealed values and its layout."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from commlog.errors import CommlogError, UnreadableError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.schemas import shipped_folder
from commlog.forms.validation import Validator
from commlog.git.hooks import merge_texts
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.log.settings_faults import find_faults
from commlog.messages import mark
from commlog.privacy.cipher import Sealer
from commlog.privacy.rules.sealing import HEADER, OPEN, find_stored
from commlog.privacy.seal_keys import KeySource
from commlog.records.rules.consistency import find_inconsistencies
from commlog.team.rules.merge import MergedFields, differing_keys, keep_conflicting, merge_fields
from commlog.team.rules.merge_history import Renumbering
from commlog.values import Fields, ValuePath, show_path
from commlog.yamltext.merge_layout import VersionTexts, merge_layout
from commlog.yamltext.parse import decode, parse_yaml
from commlog.yamltext.scalars import YamlError

# A problem by its code and the keys of its path; places in lists change in a merge.
_Broken = Counter[tuple[str, ValuePath]]


class MergeRules:
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
            return _count((one.code, one.path) for one in find_faults(self._name, fields))
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


def keep_rules(rules: MergeRules, merged: MergedFields, ours: Fields, theirs: Fields) -> MergedFields:
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
    apart = keep_conflicting(merged, ours, theirs, named)
    if named and not (rules.broken(apart.ours) - known or rules.broken(apart.theirs) - known):
        return apart
    return keep_conflicting(merged, ours, theirs, differing)


def _count(problems: Iterable[tuple[str, ValuePath]]) -> _Broken:
    return Counter((code, tuple(step for step in path if isinstance(step, str))) for code, path in problems)


def _schema_folders(path: PurePosixPath, top: Path) -> tuple[Path, ...]:
    parts = path.parts[:-1]
    if RECORDS in parts:
        parts = parts[: len(parts) - 1 - parts[::-1].index(RECORDS)]
    own = top.joinpath(*parts, SCHEMAS_FOLDER)
    return (own, shipped_folder()) if own.is_dir() else (shipped_folder(),)


class ThreeFiles(NamedTuple):
    """A file in the common base (empty when both sides added it) and on both sides."""

    base: bytes
    ours: bytes
    theirs: bytes


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The bytes of a merge, the fields in conflict, follow-ups with a new number.

    `reason` is the code of the problem for which the file was merged as mere text, with its facts; empty when it was not.
    """

    data: bytes
    has_conflicts: bool = False
    conflicts: tuple[str, ...] = ()
    renumbered: tuple[Renumbering, ...] = ()
    reason: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def merge_file(versions: ThreeFiles, path: PurePosixPath, top: Path, keys: KeySource | None = None) -> MergedFile:
    """The merge of a record, of commlog.yaml or calendar.yaml; `path` is where it lies below `top`, the work tree.

    Where a version is not readable, git's own text merge takes its place. With `keys` a sealed value is what it says, so
    that sealing it again is no change.

    Raises:
        UnreadableError: it is no text that git could merge either.
    """
    base, ours, theirs = versions
    if theirs in (base, ours):
        return MergedFile(ours)
    if ours == base:
        return MergedFile(theirs)
    try:
        texts = VersionTexts(decode(base) if base.strip() else "", decode(ours), decode(theirs))
        sealed = SealedMerge(texts, keys, path, top) if keys else None
        texts = sealed.texts if sealed else texts
        fields = [_fields_in(text) for text in texts]
        rules = MergeRules(path, top, fields[1])
        merged = keep_rules(rules, merge_fields(*fields), fields[1], fields[2])
        text = merge_layout(texts, merged.ours, merged.theirs, rules.order)
        data = (sealed.restored(text) if sealed else text).encode("utf-8")
    except YamlError as fault:
        return _merge_as_text(versions, path, fault)
    return MergedFile(data, bool(merged.conflicts), tuple(map(show_path, merged.conflicts)), merged.renumbered)


def _fields_in(text: str) -> Fields:
    data = parse_yaml(text) if text else {}
    if not isinstance(data, dict):
        raise YamlError("not-a-mapping")
    return data


def _merge_as_text(versions: ThreeFiles, path: PurePosixPath, fault: YamlError) -> MergedFile:
    merged = merge_texts(*versions)
    if merged is None:
        raise UnreadableError(mark("cannot be merged, not even as text"), file=str(path))
    return MergedFile(merged.data, merged.has_conflicts, reason=fault.code, facts=tuple(fault.facts.items()))


class SealedMerge:
    """Three versions of a file in which every value has one ciphertext, wherever it can be opened.

    What one side merely sealed again is then no change; `restored` puts it back into what was merged.
    """

    def __init__(self, texts: VersionTexts, keys: KeySource, path: PurePosixPath, top: Path) -> None:
        self._vault = Sealer(_root_of(path, top), None, keys)
        self._anew: dict[str, str] = {}
        # The base's ciphertext is used for a value, else that of our side; our new ciphertext comes before theirs.
        known: dict[str, str] = {}
        swapped = []
        for text in texts:
            for stored, value in self._opened(text):
                first = known.setdefault(value, stored)
                if first != stored:
                    self._anew.setdefault(first, stored)
                    text = text.replace(stored, first)  # noqa: PLW2901 - the text with one ciphertext fewer
            swapped.append(text)
        self.texts = VersionTexts(*swapped)

    def restored(self, text: str) -> str:
        """The merged text with every value as it was sealed last."""
        for first, stored in self._anew.items():
            text = text.replace(first, stored)
        return text

    def _opened(self, text: str) -> Iterator[tuple[str, str]]:
        for stored in dict.fromkeys(find_stored(text)) if HEADER in text else ():
            try:
                state, value = self._vault.open(stored)
            except CommlogError:
                # A key that is of no use is as none: git's merge must not fail for it.
                return
            if state == OPEN:
                yield stored, json.dumps(value, ensure_ascii=False, sort_keys=True)


def _root_of(path: PurePosixPath, top: Path) -> Path:
    """The log's folder: the nearest above the file that has settings, else the top of the work tree."""
    return next((folder for folder in (top / path).parents if (folder / SETTINGS_FILE).is_file()), top)
