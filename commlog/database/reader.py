"""Reading files of the log: each one's record when it is one, its rows for the index, and everything that is wrong with it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from commlog.database.content import choice_keys
from commlog.errors import CommlogError, NotFoundError, UnreadableError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Finding
from commlog.log.inside import OutsideLinkError
from commlog.log.log import Log
from commlog.log.names import record_path
from commlog.messages import translate
from commlog.problems import Problem
from commlog.records.rules.consistency import find_inconsistencies, near_names
from commlog.values import Fields, Record, SealedPlace, show_path, text_of
from commlog.yamltext.parse import decode, parse_located, parse_yaml
from commlog.yamltext.scalars import YamlError

if TYPE_CHECKING:
    # Loaded with the first record that is checked, and with the first value that is sealed.
    from commlog.database.rows import Rows
    from commlog.forms.validation import Validator
    from commlog.privacy.rules.sealing import Cipher, MakeCipher, Plan

# No column takes a larger number; a follow-up so numbered is wrong, and listed all the same.
_LARGEST: Final = 2**63 - 1
# In every sealed value that is whole; a log that seals nothing is asked for no more.
_SEALED: Final = ":YWdlLWVuY3J5cHRpb24ub3JnL3Yx"


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file that was read: the record, or nothing when it cannot be one, and every problem found."""

    record: Record | None
    problems: tuple[Problem, ...]
    raw: bytes = b""
    text: str = ""


@dataclass(slots=True)
class RecordReader:
    """Reads files of one log into records, checked against their templates; `choices` are the enums it met, by template.

    `make_cipher` makes what opens sealed values, none when nothing can; `plans` is what is sealed, by template.
    """

    log: Log
    catalog: Catalog
    _validator: "Validator | None" = None
    choices: dict[str, frozenset[str]] = field(default_factory=dict)
    make_cipher: "MakeCipher | None" = None
    plans: "dict[str, Plan]" = field(default_factory=dict)
    _cipher: "Cipher | None" = None

    @property
    def is_sealing(self) -> bool:
        """Whether the log's settings have values sealed."""
        return self.log.settings.seal is not None

    @property
    def cipher(self) -> "Cipher":
        """What seals and opens values; made when the first one is met."""
        if self._cipher is None:
            from commlog.privacy.rules.sealing import NoKeys

            make = self.make_cipher
            self._cipher = make(self.log.root, self.log.settings.seal) if make else NoKeys()
        return self._cipher

    @property
    def validator(self) -> "Validator":
        """What checks records; made when the first one is checked."""
        if self._validator is None:
            from commlog.forms.validation import Validator

            self._validator = Validator(self.catalog)
        return self._validator

    def read(self, path: str) -> ParsedFile:
        """The record in a file and all of its problems; never raises for what the file holds."""
        try:
            raw = self.log.read_bytes(path)
        except OutsideLinkError:
            return ParsedFile(None, (Problem("outside-link", path),))
        except (NotFoundError, UnreadableError) as fault:
            if "\\" in path:
                return ParsedFile(None, (Problem("file-name-not-utf8", path),))
            reason = str(fault.facts.get("reason") or translate("there is no such file"))
            return ParsedFile(None, (Problem("unreadable-file", path, facts=(("reason", reason),)),))
        return self.read_raw(path, raw)

    def read_raw(self, path: str, raw: bytes) -> ParsedFile:
        """The record in the bytes of a file, and all of its problems."""
        try:
            text = decode(raw)
            data = parse_yaml(text)
        except YamlError as fault:
            facts = tuple(fault.facts.items())
            return ParsedFile(None, (Problem(fault.code, path, fault.line, fault.column, "", facts),), raw)
        if not isinstance(data, dict):
            return ParsedFile(None, (Problem("not-a-mapping", path, 1, 1),), raw, text)
        template = _template_of(self, data, path, text)
        if isinstance(template, Problem):
            return ParsedFile(None, (template,), raw, text)
        sealed: tuple[SealedPlace, ...] = ()
        if _SEALED in text or (self.is_sealing and "age" in text):
            from commlog.database.sealed import open_fields

            data, sealed = open_fields(self.cipher, data)
        record_id = text_of(data, "id") or PurePosixPath(path).stem
        record = Record(path, record_id, template.kind, template.name, data, sealed)
        try:
            return ParsedFile(record, _problems_of(self, record, text), raw, text)
        except CommlogError as fault:
            return ParsedFile(None, (_broken_template(path, text, template.name, fault),), raw, text)

    def rows(self, record: Record) -> "Rows":
        """The rows of a record for the index."""
        choices = self.choices.get(record.template)
        if choices is None:
            choices = self.choices[record.template] = choice_keys(self.catalog.get(record.template).fields)
        calendar = self.log.settings.calendar
        if record.sealed:
            from commlog.database.sealed import sealed_rows

            rows = sealed_rows(self.cipher, record, calendar, choices)
        else:
            from commlog.database.rows import rows_of

            rows = rows_of(record, calendar, choices)
        if any(abs(row[0]) > _LARGEST for row in rows["follow_ups"]):
            rows["follow_ups"] = [(max(-_LARGEST, min(_LARGEST, row[0])), *row[1:]) for row in rows["follow_ups"]]
        return rows


def _template_of(reader: RecordReader, data: Fields, path: str, text: str) -> Template | Problem:
    """The template a record names, or what is wrong with the name."""
    name = data.get("template")
    try:
        template = reader.catalog.find(name) if isinstance(name, str) else None
    except CommlogError as fault:
        return _broken_template(path, text, str(name), fault)
    if template is not None:
        return template
    known = reader.catalog.names()
    expected = ("expected", ", ".join(known))
    if not isinstance(name, str):
        return Problem("no-template", path, 1, 1, "template", (expected,))
    facts = (("value", name), expected, *(("suggestion", other) for other in near_names(name, known, 1)))
    return Problem("unknown-template", path, *parse_located(text).position(("template",)), "template", facts)


def _problems_of(reader: RecordReader, record: Record, text: str) -> tuple[Problem, ...]:
    found = list(_find_faults(reader, record))
    if not found:
        return ()
    located = parse_located(text)
    return tuple(
        Problem(one.code, record.path, *located.position(one.path), show_path(one.path), tuple(one.facts.items()))
        for one in found
    )


def _find_faults(reader: RecordReader, record: Record) -> Iterator[Finding]:
    if record.sealed:
        from commlog.database.sealed import explain_sealed

        yield from explain_sealed(reader.validator, record)
    elif not reader.validator.is_valid(record.template, record.fields):
        yield from reader.validator.explain(record.template, record.fields)
    yield from (Finding(*one) for one in find_inconsistencies(record.fields))
    yield from _unknown_priorities(reader, record)
    place = record_path(record.kind, record.id)
    if PurePosixPath(record.path).stem != record.id:
        yield Finding("id-differs", ("id",), {"value": record.id})
    elif record.path != place:
        yield Finding("misplaced-file", (), {"value": record.template, "expected": place})


def _unknown_priorities(reader: RecordReader, record: Record) -> Iterator[Finding]:
    """Priorities that this log's settings do not know."""
    known = reader.log.settings.priorities
    follow_ups = record.fields.get("followups")
    for path, holder in (
        ((), record.fields),
        *(
            (("followups", place), item)
            for place, item in enumerate(follow_ups if isinstance(follow_ups, list) else ())
        ),
    ):
        name = holder.get("priority") if isinstance(holder, dict) else None
        if isinstance(name, str) and name not in known:
            yield Finding("unknown-priority", (*path, "priority"), {"value": name, "expected": ", ".join(known)})


def _broken_template(path: str, text: str, name: str, fault: CommlogError) -> Problem:
    line, column = parse_located(text).position(("template",))
    return Problem("broken-template", path, line, column, "template", (("value", name), ("reason", fault.message)))
