"""Merging three versions of a file of the log, for git: bytes to data, the data merged, and back to bytes."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from commlog.errors import UnreadableError
from commlog.git.hooks import merge_texts
from commlog.messages import mark
from commlog.privacy.seal_keys import KeySource
from commlog.team.merge import Rules, keep_rules
from commlog.team.rules.merge import Merged, merge_fields
from commlog.team.rules.model_merge_follow_ups import Renumbering
from commlog.team.services_merge_sealed import SealedMerge
from commlog.values import Fields, show_path
from commlog.yamltext.merge_layout import Texts, merge_layout
from commlog.yamltext.parse import YamlError, decode, parse


class Versions(NamedTuple):
    """A file in the common base (empty when both sides added it) and on both sides."""

    base: bytes
    ours: bytes
    theirs: bytes


@dataclass(frozen=True, slots=True)
class MergedFile:
    """The bytes of a merge, the fields in conflict, follow-ups numbered anew.

    `reason` is the code of the problem for which the file was merged as mere text, with its facts; empty when it was not.
    """

    data: bytes
    has_conflicts: bool = False
    conflicts: tuple[str, ...] = ()
    renumbered: tuple[Renumbering, ...] = ()
    reason: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def merge_file(versions: Versions, path: PurePosixPath, top: Path, keys: KeySource | None = None) -> MergedFile:
    """The merge of a record, of commlog.yaml or calendar.yaml; `path` is where it lies below `top`, the work tree.

    Where a version is not readable, git's own text merge takes its place. With `keys` a sealed value is what it says, so
    that sealing it anew is no change.

    Raises:
        UnreadableError: it is no text that git could merge either.
    """
    base, ours, theirs = versions
    if theirs in (base, ours):
        return MergedFile(ours)
    if ours == base:
        return MergedFile(theirs)
    try:
        texts = Texts(decode(base) if base.strip() else "", decode(ours), decode(theirs))
        sealed = SealedMerge(texts, keys, path, top) if keys else None
        texts = sealed.texts if sealed else texts
        fields = [_fields_in(text) for text in texts]
        rules = Rules(path, top, fields[1])
        merged = keep_rules(rules, merge_fields(*fields), fields[1], fields[2])
        text = merge_layout(texts, merged.ours, merged.theirs, rules.order)
        data = (sealed.restored(text) if sealed else text).encode("utf-8")
    except YamlError as fault:
        return _merge_as_text(versions, path, fault)
    return _told(merged, data)


def _told(merged: Merged, data: bytes) -> MergedFile:
    return MergedFile(data, bool(merged.conflicts), tuple(map(show_path, merged.conflicts)), merged.renumbered)


def _fields_in(text: str) -> Fields:
    data = parse(text) if text else {}
    if not isinstance(data, dict):
        raise YamlError("not-a-mapping")
    return data


def _merge_as_text(versions: Versions, path: PurePosixPath, fault: YamlError) -> MergedFile:
    merged = merge_texts(*versions)
    if merged is None:
        raise UnreadableError(mark("cannot be merged, not even as text"), file=str(path))
    return MergedFile(merged.data, merged.has_conflicts, reason=fault.code, facts=tuple(fault.facts.items()))
