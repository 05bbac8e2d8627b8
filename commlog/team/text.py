"""Revisions as text with the labels of the log: what changed in which field, from what to what; or as data."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from commlog.errors import CommlogError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Field, HasFields, label
from commlog.messages import current_language, mark, translate
from commlog.output.labels import Labels
from commlog.output.listing import Listing
from commlog.output.text import harmless, shorten, width_of
from commlog.records.text import kept_in_words, shown_value
from commlog.team.rules import field_change as field_changes
from commlog.values import Data, ValuePath
from commlog.worktime.moment import format_instant

_WIDTH: Final = 100
_CELL: Final = 40
_SHORT_HASH: Final = 10
_BETWEEN: Final = " · "
_NOTHING: Final = "–"
_KINDS: Final = {
    field_changes.CREATED: mark("created"),
    field_changes.CHANGED: mark("changed"),
    field_changes.MOVED: mark("moved"),
    field_changes.DELETED: mark("deleted"),
    field_changes.UNREADABLE: mark("cannot be read"),
    field_changes.CUT: mark("the history is cut off here"),
    "added": mark("added"),
    "removed": mark("removed"),
}
# Fields that hold a member's id.
_PEOPLE: Final = frozenset({"owner", "agent", "by"})


@dataclass(frozen=True, slots=True)
class FieldWords:
    """The words of a log for fields and values: labels of its templates, names of its people."""

    catalog: Catalog
    labels: Labels

    def place(self, template: str, path: ValuePath) -> str:
        """A field by its labels: `Follow-up 2 · Due`, each step under its label."""
        form = self._template(template)
        words: list[str] = []
        for end, step in enumerate(path, 1):
            if isinstance(step, int):
                continue
            found = self._field(form, path[:end])
            word = label(found, current_language()) if found is not None else str(step)
            number = path[end] if end < len(path) else None
            if step == "followups" and end == 1 and isinstance(number, int):
                words.append(translate("Follow-up {n}").format(n=number))
            else:
                words.append(f"{harmless(word)} {number}" if isinstance(number, int) else harmless(word))
        return _BETWEEN.join(words)

    def value(self, template: str, path: ValuePath, value: Data) -> str:
        """A value in words, on one line; a dash where there is none."""
        if value is None or value in ("", [], {}):
            return _NOTHING
        if isinstance(value, list):
            return translate(", ").join(self.value(template, path, item) for item in value)
        if isinstance(value, dict):
            parts = (self.value(template, (*path, key), item) for key, item in value.items() if key not in _LEFT_OUT)
            return "  ".join(parts)
        if path and path[-1] in _PEOPLE and isinstance(value, str):
            return harmless(self.labels.value("owner", value))
        form = self._template(template)
        if form is not None and path[:1] == ("history",) and path[-1] == "note" and isinstance(value, str):
            value = kept_in_words(form, value)
        found = self._field(form, path)
        if found is not None and found.type == "list":
            found = found.item or found
        text = shown_value(found or _PLAIN, value)
        return harmless(" ".join(text.split()))

    def _template(self, name: str) -> Template | None:
        try:
            return self.catalog.find(name)
        except CommlogError:
            return None

    def _field(self, form: Template | None, path: ValuePath) -> Field | None:
        owner: HasFields | None = form
        found: Field | None = None
        for step in path:
            if isinstance(step, str):
                found = next((child for child in owner.fields if child.key == step), None) if owner else None
                owner = found.item or found if found is not None else None
        return found


_PLAIN: Final = Field("", "text", {}, {}, {})
# Of a follow-up or an entry of its history, what is shown elsewhere already.
_LEFT_OUT: Final = frozenset({"n", "due_rule", "history"})


def format_history(
    history: field_changes.History, output_format: str, words: FieldWords, width: int | None = None
) -> str:
    """The history as text, json or jsonl, in the order it comes; text for a terminal of `width` columns, 100 unless known."""
    if output_format == "text":
        return "\n".join(_text(history, words, width or _WIDTH))
    objects = [_object(revision, words) for revision in history.revisions]
    if output_format == "json":
        return json.dumps(objects, ensure_ascii=False, indent=2)
    return "\n".join(json.dumps(item, ensure_ascii=False) for item in objects)


def words_of_listing(listing: Listing, words: FieldWords) -> Listing:
    """A listing of field changes with labels, names and short values."""
    place = {name: number for number, name in enumerate(listing.columns)}

    def in_words(row: tuple[Data, ...]) -> tuple[Data, ...]:
        value = {name: row[number] for name, number in place.items()}
        template, path = str(value["template"] or ""), tuple((value["field"] or "").split("."))
        if value["n"] is not None:
            path = (path[0], value["n"], *path[1:])
        kind = _KINDS[value["change"]]
        if value["field"]:
            for name in ("before", "after"):
                value[name] = shorten(words.value(template, path, value[name]), _CELL)
            value["field"] = words.place(template, path)
        else:
            value["field"] = translate(kind)
            value["after"] = value["after"] and shorten(harmless(str(value["after"])), _CELL)
        if value["n"] is not None:
            value["record"] = f"{value['record']}/{value['n']}"
        value["by"] = words.labels.value("owner", value["by"]) if value["by"] else value["author"]
        value["commit"] = value["commit"][:_SHORT_HASH]
        value["change"] = translate(kind)
        value["claimed_at"] = value["claimed_at"] if value["claim_differs"] else None
        return tuple(value[name] for name in listing.columns)

    return replace(listing, rows=tuple(map(in_words, listing.rows)))


def flat_listing(listing: Listing) -> Listing:
    """A listing whose lists and mappings are JSON text, for formats that know no such values."""
    rows = tuple(
        tuple(json.dumps(cell, ensure_ascii=False) if isinstance(cell, dict | list) else cell for cell in row)
        for row in listing.rows
    )
    return replace(listing, rows=rows)


def _object(revision: field_changes.Revision, words: FieldWords) -> dict[str, Data]:
    return {
        "at": revision.at and format_instant(revision.at),
        "committed_at": revision.committed_at and format_instant(revision.committed_at),
        "commit": revision.commit or None,
        "by": revision.by,
        "author": revision.author or None,
        "subject": revision.subject or None,
        "change": revision.kind,
        "record": revision.record,
        "path": revision.path,
        "former_path": revision.former or None,
        "problem": revision.problem or None,
        "claimed_at": revision.claimed_at,
        "claim_differs": field_changes.is_far(revision.claimed_at, revision.committed_at),
        "fields": [
            {
                "field": change.field,
                "n": change.follow_up,
                "label": words.place(revision.template, change.path),
                "change": change.kind,
                "before": change.before,
                "after": change.after,
                "claimed_at": change.claimed_at,
                "claim_differs": field_changes.is_far(change.claimed_at, revision.committed_at),
            }
            for change in revision.changes
        ],
    }


def _text(history: field_changes.History, words: FieldWords, width: int) -> Iterator[str]:
    yield f"{harmless(history.record)}  {harmless(history.path)}"
    for revision in history.revisions:
        yield ""
        yield _heading(revision, words)
        for line in _body(revision, words, width - 2):
            yield f"  {line}"


def _heading(revision: field_changes.Revision, words: FieldWords) -> str:
    what = "" if revision.kind == field_changes.CHANGED else translate(_KINDS[revision.kind])
    if not revision.commit:
        return "  ".join(filter(None, (translate("not committed yet"), what)))
    at = revision.at.strftime("%Y-%m-%d %H:%M") if revision.at else "?"
    who = words.labels.value("owner", revision.by) if revision.by else revision.author
    return "  ".join(filter(None, (at, harmless(who), revision.commit[:_SHORT_HASH], what)))


def _body(revision: field_changes.Revision, words: FieldWords, width: int) -> Iterator[str]:
    if revision.former:
        yield harmless(f"{revision.former} → {revision.path}")
    if revision.problem:
        yield harmless(revision.problem)
    if revision.kind == field_changes.CUT:
        yield translate("this clone is shallow: it lacks what was before")
    if revision.kind == field_changes.CHANGED and not revision.changes:
        yield translate("no field changed: comments, order or spacing only")
    for change in revision.changes:
        if revision.is_note(change):
            yield from _note(change, words, revision)
        else:
            yield from _change(revision, change, words, width)
    yield from _claims(revision)


def _change(
    revision: field_changes.Revision, change: field_changes.FieldChange, words: FieldWords, width: int
) -> Iterator[str]:
    place = words.place(revision.template, change.path)
    before, after = (words.value(revision.template, change.path, value) for value in (change.before, change.after))
    before, after = _without_year(before, after, revision.at)
    if change.kind == "added":
        line = f"{place}: + {after}"
    elif change.kind == "removed":
        line = f"{place}: − {before}"
    else:
        line = f"{place}: {before} → {after}"
        if width_of(line) > width:
            yield f"{place}:"
            before, after = _from_difference(before, after)
            yield shorten(f"  − {before}", width)
            line = f"  + {after}"
    yield shorten(line, width)


def _note(change: field_changes.FieldChange, words: FieldWords, revision: field_changes.Revision) -> Iterator[str]:
    """What an entry of a diary adds to the changes it is about: a note."""
    note = change.after.get("note") or change.after.get("reason") if isinstance(change.after, dict) else None
    if note:
        yield f"  ↳ {words.value(revision.template, (*change.path, 'note'), note)}"


def _claims(revision: field_changes.Revision) -> Iterator[str]:
    """Each time a record claims that is far from its commit's."""
    claims: Iterable[str | None] = (revision.claimed_at, *(change.claimed_at for change in revision.changes))
    for claim in dict.fromkeys(claim for claim in claims if field_changes.is_far(claim, revision.committed_at)):
        claimed, committed = str(claim)[:10], f"{revision.committed_at:%Y-%m-%d}"
        if claimed[:4] == committed[:4]:
            claimed, committed = claimed[5:], committed[5:]
        yield "! " + translate("claimed {claimed}, committed {committed}").format(claimed=claimed, committed=committed)


def _without_year(before: str, after: str, at: datetime | None) -> tuple[str, str]:
    """Two times without their year when both are in the year of the commit."""
    times = [text for text in (before, after) if text != _NOTHING]
    year = f"{at:%Y}-" if at else times[0][:5] if times else ""
    if not times or not all(text.startswith(year) and _is_time(text) for text in times):
        return before, after
    return before.removeprefix(year), after.removeprefix(year)


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _from_difference(before: str, after: str) -> tuple[str, str]:
    """Two long texts from shortly before where they part."""
    same = next((place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), 0)
    start = max(0, same - 20)
    return (before, after) if start == 0 else ("…" + before[start:], "…" + after[start:])
