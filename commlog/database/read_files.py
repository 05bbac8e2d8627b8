"""Reading one file of the log: its record when it is one, its rows, and everything that is wrong with it."""

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from commlog.database.content import choice_keys
from commlog.database.reader import ParsedFile, RecordReader
from commlog.database.rows import Rows, rows_of
from commlog.errors import CommlogError, NotFoundError, UnreadableError
from commlog.forms.catalog import Template
from commlog.log.inside import OutsideLinkError
from commlog.log.names import record_path
from commlog.messages import translate
from commlog.problems import Problem
from commlog.records.rules.consistency import find_inconsistencies, near_names
from commlog.values import Data, Fields, Record, ValuePath, show_path, text_of
from commlog.yamltext.parse import decode, parse_located, parse_yaml
from commlog.yamltext.scalars import YamlError

if TYPE_CHECKING:
    from commlog.privacy.rules.sealing import SealedPlace

# No column takes a larger number; a follow-up so numbered is wrong, and listed all the same.
_LARGEST: Final = 2**63 - 1
# In every sealed value that is whole; a log that seals nothing is asked for no more.
_SEALED: Final = ":YWdlLWVuY3J5cHRpb24ub3JnL3Yx"


def read_file(reader: RecordReader, path: str) -> ParsedFile:
    """The record in a file and all of its problems; never raises for what the file holds."""
    try:
        raw = reader.log.read_bytes(path)
    except OutsideLinkError:
        return ParsedFile(None, (Problem("outside-link", path),))
    except (NotFoundError, UnreadableError) as fault:
        if "\\" in path:
            return ParsedFile(None, (Problem("file-name-not-utf8", path),))
        reason = str(fault.facts.get("reason") or translate("there is no such file"))
        return ParsedFile(None, (Problem("unreadable-file", path, facts=(("reason", reason),)),))
    return read_raw(reader, path, raw)


def read_raw(reader: RecordReader, path: str, raw: bytes) -> ParsedFile:
    """The record in the bytes of a file, and all of its problems."""
    try:
        text = decode(raw)
        data = parse_yaml(text)
    except YamlError as fault:
        return ParsedFile(
            None, (Problem(fault.code, path, fault.line, fault.column, "", tuple(fault.facts.items())),), raw
        )
    if not isinstance(data, dict):
        return ParsedFile(None, (Problem("not-a-mapping", path, 1, 1),), raw, text)
    template, problems = _template_of(reader, data, path, text)
    if template is None:
        return ParsedFile(None, problems, raw, text)
    sealed: tuple[SealedPlace, ...] = ()
    if _SEALED in text or (reader.is_sealing and "age" in text):
        from commlog.database.sealed import open_fields

        data, sealed = open_fields(reader, data)
    stem = PurePosixPath(path).stem
    record = Record(path, text_of(data, "id") or stem, template.kind, template.name, data, sealed)
    try:
        return ParsedFile(record, _problems_of(reader, record, text), raw, text)
    except CommlogError as fault:
        return ParsedFile(None, (_broken_template(path, text, template.name, fault),), raw, text)


def make_rows(reader: RecordReader, record: Record) -> Rows:
    """The rows of a record for the index."""
    choices = reader.choices.get(record.template)
    if choices is None:
        choices = reader.choices[record.template] = choice_keys(reader.catalog.get(record.template).fields)
    if record.sealed:
        from commlog.database.sealed import sealed_rows

        rows = sealed_rows(reader, record, choices)
    else:
        rows = rows_of(record, reader.log.settings.calendar, choices)
    if any(abs(row[0]) > _LARGEST for row in rows["follow_ups"]):
        rows["follow_ups"] = [(max(-_LARGEST, min(_LARGEST, row[0])), *row[1:]) for row in rows["follow_ups"]]
    return rows


def _template_of(
    reader: RecordReader, data: Fields, path: str, text: str
) -> tuple[Template | None, tuple[Problem, ...]]:
    name = data.get("template")
    if not isinstance(name, str):
        return None, (Problem("no-template", path, 1, 1, "template", (("expected", _known_templates(reader)),)),)
    try:
        template = reader.catalog.find(name)
    except CommlogError as fault:
        return None, (_broken_template(path, text, name, fault),)
    if template is not None:
        return template, ()
    near = near_names(name, reader.catalog.names(), 1)
    facts = [("value", name), ("expected", _known_templates(reader)), *(("suggestion", other) for other in near)]
    line, column = parse_located(text).position(("template",))
    return None, (Problem("unknown-template", path, line, column, "template", tuple(facts)),)


def _known_templates(reader: RecordReader) -> str:
    return ", ".join(reader.catalog.names())


def _problems_of(reader: RecordReader, record: Record, text: str) -> tuple[Problem, ...]:
    found: list[tuple[str, ValuePath, dict[str, str]]] = []
    if record.sealed:
        from commlog.database.sealed import find_problems

        found += find_problems(reader, record)
    elif not reader.validator.is_valid(record.template, record.fields):
        found += [
            (item.code, item.path, dict(item.facts))
            for item in reader.validator.explain(record.template, record.fields)
        ]
    found += find_inconsistencies(record.fields)
    found += _settings_broken(reader, record)
    if PurePosixPath(record.path).stem != record.id:
        found.append(("id-differs", ("id",), {"value": record.id}))
    elif record.path != record_path(record.kind, record.id):
        found.append(
            ("misplaced-file", (), {"value": record.template, "expected": record_path(record.kind, record.id)})
        )
    if not found:
        return ()
    located = parse_located(text)
    return tuple(
        Problem(code, record.path, *located.position(path), show_path(path), tuple(facts.items()))
        for code, path, facts in found
    )


def _settings_broken(reader: RecordReader, record: Record) -> list[tuple[str, ValuePath, dict[str, str]]]:
    """Names that only this log's settings know: priorities."""
    settings = reader.log.settings
    found: list[tuple[str, ValuePath, dict[str, str]]] = []
    items: list[tuple[ValuePath, Data]] = [(("priority",), record.fields.get("priority"))]
    follow_ups = record.fields.get("followups")
    for place, item in enumerate(follow_ups if isinstance(follow_ups, list) else ()):
        if isinstance(item, dict):
            items.append((("followups", place, "priority"), item.get("priority")))
    for path, name in items:
        if isinstance(name, str) and name not in settings.priorities:
            found.append(("unknown-priority", path, {"value": name, "expected": ", ".join(settings.priorities)}))
    return found


def _broken_template(path: str, text: str, name: str, fault: CommlogError) -> Problem:
    line, column = parse_located(text).position(("template",))
    return Problem("broken-template", path, line, column, "template", (("value", name), ("reason", fault.message)))
