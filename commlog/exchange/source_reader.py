"""The parts of a map that say where a value comes from: sources, conditions, constants."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from commlog.exchange.import_map import RowCondition, TextPart, ValueSource, fold_cell
from commlog.exchange.map_section import SettingsSection
from commlog.forms.conversion import ConversionError, Converter
from commlog.forms.fields import Field
from commlog.messages import mark
from commlog.output.listing import cell_of
from commlog.values import Data, ValuePath

SOURCE_KEYS: Final = ("column", "columns", "text", "join", "values", "default", "when", "unless", "split", "longest")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]+)\}")
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class _One:
    """A form of one field, so that a value is translated as a record's would be."""

    fields: tuple[Field, ...]


class SourceReader:
    """Reads sources of one map; `references` are the columns they name, each with its place in the map."""

    def __init__(self, section: SettingsSection, converter: Converter) -> None:
        self.section = section
        self.converter = converter
        self.references: list[tuple[str, ValuePath]] = []

    def refer(self, columns: Iterable[tuple[str, ValuePath]]) -> None:
        """Note columns that the map names."""
        self.references += columns

    def read(self, field: Field, given: Data, where: ValuePath, *, is_text: bool) -> ValueSource | None:
        """The source that a value of the map describes: a bare word is a column, or a text when `is_text`."""
        if isinstance(given, dict):
            return self._read_mapping(field, given, where)
        if not isinstance(given, str):
            if is_text and given is not None and not isinstance(given, list):
                return ValueSource((self._pieces(cell_of(given), where),))
            self.section.report(
                "bad-setting",
                where,
                value=str(given),
                expected=mark("the name of a column, or a mapping with `column:` or `text:`"),
            )
            return None
        return ValueSource((self._pieces(given, where) if is_text else self._column(given, where),))

    def read_condition(self, given: Data, where: ValuePath) -> RowCondition | None:
        """The condition in `when:` or `unless:`; None when there is none."""
        if given is None:
            return None
        alternatives = given if isinstance(given, list) else [given]
        found = []
        for alternative in alternatives:
            if not isinstance(alternative, dict) or not alternative:
                self.section.report(
                    "bad-setting",
                    where,
                    value=str(alternative),
                    expected=mark("columns with the texts they must have, e.g. {Status: [open, waiting]}"),
                )
                continue
            self.refer((column, where) for column in alternative)
            found.append(
                {
                    column: frozenset(
                        fold_cell(cell_of(text)) for text in (wanted if isinstance(wanted, list) else [wanted])
                    )
                    for column, wanted in alternative.items()
                }
            )
        return RowCondition(tuple(found))

    def convert_constant(self, field: Field, value: Data, where: ValuePath) -> Data:
        """A value the map itself gives for a field: choices by slug or label, dates as people type them."""
        if not isinstance(value, str):
            return self.converter.translate_data(_One((field,)), {field.key: value})[field.key]
        try:
            return value if field.free else self.converter.convert(field, value)
        except ConversionError as fault:
            facts = {key: text for key, text in fault.facts.items() if key != "field"}
            self.section.report(fault.code, where, **facts)
            return value

    def _read_mapping(self, field: Field, given: Mapping[str, Data], where: ValuePath) -> ValueSource | None:
        section = self.section
        section.refuse_unknown(where, dict(given), SOURCE_KEYS)
        texts = self._texts(given, where)
        values = given.get("values")
        if values is not None and not isinstance(values, dict):
            section.report(
                "bad-setting",
                (*where, "values"),
                value=str(values),
                expected=mark("a mapping from the file's words to the values of this log"),
            )
        longest = given.get("longest", 0)
        if not isinstance(longest, int) or not 0 <= longest <= _LONGEST:
            section.report(
                "bad-setting", (*where, "longest"), value=str(longest), expected=mark("a number of characters")
            )
        item = field.item if given.get("split") and field.item is not None else field
        default = given.get("default")
        return (
            None
            if texts is None
            else ValueSource(
                texts,
                str(given.get("join", "\n")),
                {
                    fold_cell(cell_of(key)): None
                    if value is None
                    else self.convert_constant(item, value, (*where, "values", key))
                    for key, value in (values if isinstance(values, dict) else {}).items()
                },
                None if default is None else self.convert_constant(field, default, (*where, "default")),
                self.read_condition(given.get("when"), (*where, "when")),
                self.read_condition(given.get("unless"), (*where, "unless")),
                str(given.get("split") or ""),
                longest if isinstance(longest, int) else 0,
            )
        )

    def _texts(self, given: Mapping[str, Data], where: ValuePath) -> tuple[tuple[TextPart, ...], ...] | None:
        named = [key for key in ("column", "columns", "text") if key in given]
        if len(named) != 1:
            self.section.report(
                "bad-setting",
                where,
                value=", ".join(given),
                expected=mark("a mapping with one of `column:`, `columns:` and `text:`"),
            )
            return None
        value = given[named[0]]
        items = value if isinstance(value, list) else [value]
        read = self._pieces if named[0] == "text" else self._column
        return tuple(read(cell_of(item), (*where, named[0])) for item in items)

    def _column(self, name: str, where: ValuePath) -> tuple[TextPart, ...]:
        self.refer([(name, where)])
        return (TextPart(name, is_column=True),)

    def _pieces(self, text: str, where: ValuePath) -> tuple[TextPart, ...]:
        """A text cut at its `{Column}`s."""
        parts = _PLACEHOLDER.split(text)
        pieces = [TextPart(part, is_column=place % 2 == 1) for place, part in enumerate(parts) if part]
        self.refer((piece.text, where) for piece in pieces if piece.is_column)
        return tuple(pieces)
