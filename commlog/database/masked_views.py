"""The tables of the index as SQL may show them: views of the same names in which personal data is masked."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from commlog.database.connection import READING, Index, QueryError, SqlAnswer
from commlog.database.content import SEPARATOR, Leaf, leaves_of, map_leaves
from commlog.forms.personal import is_number_of_ours
from commlog.messages import translate
from commlog.output.listing import mask_listing_words
from commlog.privacy.rules.masking import HIDDEN, MaskRules, mask_name, mask_text, mask_value
from commlog.records.rules.consistency import SHORTEST_PHONE, fold_text, unfolded

# Whose words they are: the customer of a row's record, and what stands for one without a file.
_OWNER: Final = (
    "(SELECT r.customer FROM main.records r WHERE r.record = t.{0}), "
    "(SELECT r.party FROM main.records r WHERE r.record = t.{0})"
)
_CONTENT: Final = (
    f"(SELECT r.template FROM main.records r WHERE r.record = t.record), t.content, {_OWNER.format('record')}"
)
# What stands for a column of a table in its view, where it is not the column itself.
_MASKED: Final[Mapping[str, Mapping[str, str]]] = {
    "records": {
        "customer": "shown_id(t.customer)",
        "party": "shown_name(t.party)",
        "subject": "shown_words(t.subject, t.customer, t.party)",
        "closed_reason": "shown_words(t.closed_reason, t.customer, t.party)",
    },
    "follow_ups": {
        name: f"shown_words(t.{name}, {_OWNER.format('record')})" for name in ("action", "method", "result")
    },
    "links": {"note": f"shown_words(t.note, {_OWNER.format('record')})"},
    "tags": {"tag": "shown_text(t.tag)"},
    "customers": {"name": "shown_name(t.name)", "company": "shown_text(t.company)"},
    "customer_dates": {
        "date": f"CASE WHEN t.kind = 'birthday' THEN '{HIDDEN}' ELSE t.date END",
        "name": "shown_text(t.name)",
    },
    "customer_names": {"name": "shown_other_name(t.name)"},
    "contents": {"content": f"shown_content({_CONTENT})", "folded": f"shown_folded({_CONTENT})"},
    "problems": {
        "facts": "shown_facts((SELECT r.template FROM main.records r WHERE r.record = t.file), t.field, t.facts)"
    },
}
PersonalKeys = Callable[[str], frozenset[str]]
"""Gives the dotted keys of a template's personal fields."""


def masked_columns_and_rows(index: Index, sql: str, rules: MaskRules, personal: PersonalKeys) -> SqlAnswer:
    """The column names and all rows of a query that reads, personal data masked.

    Raises:
        QueryError: the SQL is wrong, would write, or goes past the views.
    """
    connection = index.connection
    _add_functions(index, rules, personal)
    for table in _MASKED:
        connection.execute(f"CREATE TEMP VIEW {table} AS {_select(connection, table)}")
    try:
        return index.columns_and_rows(sql, _allow_views)
    except QueryError as fault:
        if "prohibited" not in str(fault):
            raise
        told = translate("write the names of tables without `main.`, or add --reveal")
        raise QueryError(f"{fault}; {told}") from None
    finally:
        for table in _MASKED:
            connection.execute(f"DROP VIEW temp.{table}")


def _allow_views(action: int, table: str | None, column: str | None, schema: str | None, view: str | None) -> int:
    """Let a query read; the tables that hold personal data through their views only."""
    if action not in READING:
        return sqlite3.SQLITE_DENY
    is_past = action == sqlite3.SQLITE_READ and schema == "main" and column and table in _MASKED and view not in _MASKED
    return sqlite3.SQLITE_DENY if is_past else sqlite3.SQLITE_OK


def _select(connection: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
    shown = _MASKED[table]
    listed = ", ".join(
        f"{shown[name] if name in shown else f't.{_quoted(name)}'} AS {_quoted(name)}" for name in columns
    )
    return f"SELECT {listed} FROM main.{table} t"


def _quoted(name: str) -> str:
    return f'"{name}"'


class _Cover:
    """The functions the views call: each hides what the settings want hidden."""

    def __init__(self, index: Index, rules: MaskRules, personal: PersonalKeys) -> None:
        self._rules = rules
        self._personal = personal
        self._called: dict[object, str] = (
            dict(index.rows("SELECT id, name FROM main.customers WHERE name > ''")) if rules.names else {}
        )

    def words(self, text: object) -> object:
        """Words of nobody in particular."""
        return mask_text(text) if self._rules.text and isinstance(text, str) else text

    def words_with(self, text: object, customer: object, party: object) -> object:
        """Words of a record, with whose it is."""
        if not self._rules.names:
            return self.words(text)
        return self._names_in(customer, party)(text) if isinstance(text, str) else text

    def name(self, text: object) -> object:
        """A customer's name."""
        return mask_name(text) if self._rules.names and isinstance(text, str) else self.words(text)

    def customer_id(self, text: object) -> object:
        """A customer's id: one that is no ASCII is a name."""
        return mask_name(text) if self._rules.names and isinstance(text, str) and not text.isascii() else text

    def other_name(self, text: object) -> object:
        """Whatever a customer is called by: a name, a number or an address."""
        if not isinstance(text, str):
            return text
        is_way = "@" in text or (text.isdecimal() and len(text) >= SHORTEST_PHONE)
        return mask_value(text) if is_way else self.name(text)

    def content(self, template: object, text: object, customer: object, party: object) -> object:
        """A record's fields."""
        cover, personal = self._content_cover(customer, party), self._keys_of(template)

        def shown(leaf: Leaf) -> str:
            if leaf.key in personal:
                return mask_value(leaf.text)
            return leaf.text if is_number_of_ours(leaf.key) else cover(leaf.text)

        return map_leaves(str(text), shown)

    def folded(self, template: object, text: object, customer: object, party: object) -> object:
        """The folded text of a record's fields."""
        cover = self._content_cover(customer, party)
        shown = self.content(template, text, customer, party)
        return SEPARATOR.join(cover(fold_text(leaf.text)) for leaf in leaves_of(str(shown)))

    def _content_cover(self, customer: object, party: object) -> Callable[[str], str]:
        """What covers the words of a record: a name also where it is written in another case or width."""
        if not self._rules.names:
            return mask_text if self._rules.text else str
        cover, names = self._names_in(customer, party), self._told(customer, party)
        return lambda text: _without_names(cover(text), names)

    def facts(self, template: object, field: object, text: object) -> object:
        """What a problem names; of one in a personal field, nothing of the value that is wrong."""
        key = re.sub(r"\[[0-9]+\]", "", str(field))
        return json.dumps({"value": HIDDEN}) if key in self._keys_of(template) else mask_text(str(text))

    def _keys_of(self, template: object) -> frozenset[str]:
        """The personal fields of a template."""
        return self._personal(template) if isinstance(template, str) else frozenset()

    def _names_in(self, customer: object, party: object) -> Callable[[str], str]:
        told = self._told(customer, party)
        return mask_listing_words([*told, *map(fold_text, told)], self._rules)

    def _told(self, customer: object, party: object) -> list[str]:
        return [str(one) for one in (self._called.get(customer), party) if one]


def _without_names(text: str, names: Iterable[str]) -> str:
    """The text with names masked whatever their case or width."""
    for name in map(fold_text, names):
        place = fold_text(text).find(name) if len(name) > 1 else -1
        while place >= 0:
            start, stop = unfolded(text, place, place + len(name))
            text = f"{text[:start]}{mask_name(text[start:stop])}{text[stop:]}"
            place = fold_text(text).find(name, place + 1)
    return text


def _add_functions(index: Index, rules: MaskRules, personal: PersonalKeys) -> None:
    cover = _Cover(index, rules, personal)
    functions: dict[str, tuple[int, Callable[..., Any]]] = {
        "shown_text": (1, cover.words),
        "shown_name": (1, cover.name),
        "shown_id": (1, cover.customer_id),
        "shown_other_name": (1, cover.other_name),
        "shown_words": (3, cover.words_with),
        "shown_content": (4, cover.content),
        "shown_folded": (4, cover.folded),
        "shown_facts": (3, cover.facts),
    }
    for called, (count, function) in functions.items():
        index.connection.create_function(called, count, function, deterministic=True)
