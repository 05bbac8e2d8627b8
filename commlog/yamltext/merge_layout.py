"""The text of merged data: the layout and comments of both sides, and conflict markers around what is open."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from commlog.team.rules.merge_sequence import CONFLICT, THEIRS, MergeRegion, find_regions
from commlog.values import Fields
from commlog.yamltext.comments import bring_comments, merge_comments, place_lines, split_lines
from commlog.yamltext.edit import edit
from commlog.yamltext.flow import is_same_value
from commlog.yamltext.scalars import YamlError

OURS_MARKER: Final = "<<<<<<< ours\n"
MIDDLE_MARKER: Final = "=======\n"
THEIRS_MARKER: Final = ">>>>>>> theirs\n"

# Lines are compared only up to here: beyond, the layout is that of ours.
_MAX_LINES: Final = 20_000


class VersionTexts(NamedTuple):
    """The texts of the common base and of both sides."""

    base: str
    ours: str
    theirs: str


def merge_layout(texts: VersionTexts, ours: Fields, theirs: Fields, order: Sequence[str]) -> str:
    """The text of merged data: of `ours` when both are the same, else with markers around what differs.

    Lines that only one side changed are that side's; comments either side added are there. `order` is that of the form.

    Raises:
        YamlError: no edit of the texts gives the data.
    """
    text = _lay_out(texts, ours, order)
    other = text if is_same_value(ours, theirs) else edit(text, theirs, order=order)
    if other == text:
        return text
    # What one side took away with its comments the other still has, between the markers.
    of_ours, of_theirs = _differing_lines(text, other)
    first = bring_comments(text, texts.ours, of_ours)
    return mark_conflicts(first, bring_comments(other, texts.theirs, of_theirs))


def _lay_out(texts: VersionTexts, fields: Fields, order: Sequence[str]) -> str:
    for start in _starts(texts):
        try:
            return merge_comments(edit(start, fields, order=order), *texts)
        except YamlError:
            continue
    raise YamlError("cannot-edit")


def _starts(texts: VersionTexts) -> Iterator[str]:
    """Texts to start from, the one nearest to both sides first."""
    whole = VersionTexts(*(text if text.endswith("\n") or not text else text + "\n" for text in texts))
    lines = [*map(split_lines, whole)]
    if all(len(one) <= _MAX_LINES for one in lines):
        regions = find_regions(*map(place_lines, lines))
        yield from (_weave(lines, regions, with_both=with_both) for with_both in (True, False))
    yield whole.ours


def _weave(lines: list[list[str]], regions: list[MergeRegion], *, with_both: bool) -> str:
    """The lines of both sides; where both changed some, ours, and with `with_both` what both inserted there."""
    woven: list[str] = []
    for region in regions:
        ours, theirs = lines[1][region.ours], lines[2][region.theirs]
        if region.winner == CONFLICT and with_both and region.base.start == region.base.stop:
            woven += [*ours, *theirs]
        else:
            woven += theirs if region.winner == THEIRS else ours
    return "".join(woven)


def mark_conflicts(ours: str, theirs: str) -> str:
    """Two texts as one: where their lines differ, both between conflict markers."""
    first, second = split_lines(ours), split_lines(theirs)
    marked: list[str] = []
    for is_equal, of_ours, of_theirs in _compare(first, second):
        if is_equal:
            marked += first[of_ours]
        else:
            marked += [OURS_MARKER, *first[of_ours], MIDDLE_MARKER, *second[of_theirs], THEIRS_MARKER]
    return "".join(marked)


def _differing_lines(ours: str, theirs: str) -> tuple[set[int], set[int]]:
    """The numbers of the lines of each text, from 0, that will stand between markers."""
    found: tuple[set[int], set[int]] = (set(), set())
    for is_equal, *slices in _compare(split_lines(ours), split_lines(theirs)):
        if not is_equal:
            for numbers, part in zip(found, slices, strict=True):
                numbers.update(range(part.start, part.stop))
    return found


def _compare(ours: list[str], theirs: list[str]) -> Iterator[tuple[bool, slice, slice]]:
    # Imported here: most merges have no conflict.
    from difflib import SequenceMatcher

    for tag, start, end, since, to in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        yield tag == "equal", slice(start, end), slice(since, to)
