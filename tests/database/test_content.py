"""What the index keeps of a record's fields says what the file says, and is found as people search."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from commlog.database.connection import Index, connect, empty
from commlog.database.content import SEPARATOR, content_of, leaves_of, map_leaves
from commlog.database.masked_views import masked_columns_and_rows
from commlog.privacy.rules.masking import MaskRules
from commlog.records.rules.consistency import fold_text, unfolded

ROOT = Path(__file__).resolve().parents[2]
TEXT = st.text("ab.㎡，Ａß\x1f 李", max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """A connection that knows the functions of queries."""
    connection = sqlite3.connect(":memory:")
    Index(connection)
    yield connection
    connection.close()


def plain_leaves(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """The values of plain data by dotted key in lower case, worked out without the index."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from plain_leaves(item, f"{key}.{name.lower()}" if key else name.lower())
    elif isinstance(value, list):
        for item in value:
            yield from plain_leaves(item, key)
    elif value is not None:
        yield key, value if isinstance(value, str) else str(value).lower()


@given(st.dictionaries(TEXT.filter(bool), VALUES, max_size=4))
def test_the_json_and_the_folded_text_hold_every_value(fields: dict[str, Any]) -> None:
    """Both list the same values as the fields, in one order, and SQLite can read the JSON."""
    kept = content_of(fields, frozenset())
    assert sorted(leaves_of(kept.content)) == sorted(plain_leaves(fields))
    texts = [fold_text(leaf.text).replace(SEPARATOR, " ") for leaf in leaves_of(kept.content)]
    assert kept.folded == SEPARATOR.join(texts)
    assert json.loads(map_leaves(kept.content, lambda leaf: leaf.text)) == json.loads(kept.content)
    connection = sqlite3.connect(":memory:")
    assert connection.execute("SELECT json_valid(?)", (kept.content,)).fetchone() == (1,)
    connection.close()


@pytest.mark.parametrize("path", sorted(ROOT.glob("records/**/*.yaml")), ids=lambda path: path.stem)
def test_fields_of_the_example_are_answered_as_the_file_has_them(path: Path, database: sqlite3.Connection) -> None:
    """`field` gives the first value of every key, and `field_has` finds every value, of each record of the example log."""
    fields = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
    content = content_of(fields, frozenset()).content
    known = {
        key: text
        for key, text in reversed(list(plain_leaves(fields)))
        if key not in {"id", "template", "followups.n"} and "history" not in key
    }
    assert known
    for key, text in known.items():
        row = database.execute(
            "SELECT field(:c, :k), field_has(:c, :k, fold(:t)), has_field(:c, :k)",
            {"c": content, "k": key.upper(), "t": text},
        ).fetchone()
        assert row == (text, 1, 1)


def test_bookkeeping_is_not_kept() -> None:
    """A record's id, its form and its history are in neither text."""
    fields = {"id": "a", "template": "b", "history": [{"at": "c"}], "followups": [{"history": ["d"], "action": "e"}]}
    assert content_of(fields, frozenset()) == ('{"followups":[{"action":"e"}]}', "e")


def test_words_do_not_find_slugs_and_keys() -> None:
    """The folded text has slugs in upper case, and no names of fields."""
    kept = content_of({"channel": "phone", "subject": "Ａ Phone"}, frozenset({"channel"}))
    assert kept == ('{"channel":"phone","subject":"Ａ Phone"}', f"PHONE{SEPARATOR}a phone")


def test_keys_that_differ_in_case_alone_are_one(database: sqlite3.Connection) -> None:
    """Neither value of two such keys is lost."""
    content = content_of({"extra": {"Agency": "A", "agency": "b", "x.y": "c"}}, frozenset()).content
    asked = (
        "SELECT field(:c, 'EXTRA.agency'), field_has(:c, 'extra.Agency', 'b'), field(:c, 'extra.x.y'), field(:c, 'x')"
    )
    assert database.execute(asked, {"c": content}).fetchone() == ("A", 1, "c", None)


@given(TEXT, TEXT, TEXT)
def test_a_found_place_is_shown_where_it_stands(before: str, word: str, after: str) -> None:
    """The stretch of a text in which a folded word is found holds the word, whatever folding does to the signs before it."""
    text = f"{before}{word}{after}"
    place = fold_text(text).find(fold_text(word))
    start, stop = unfolded(text, place, place + len(fold_text(word)))
    assert fold_text(word) in fold_text(text[start:stop])


def test_a_name_is_masked_whatever_its_case_and_width() -> None:
    """Where names are masked, neither text of a record shows its customer's name in another spelling, or a number in odd digits."""
    index = connect(None)
    empty(index, "")
    index.connection.execute(
        "INSERT INTO records (record, id, path, kind, template, customer) VALUES (1, 'a', '', '', 'member', 'emma')"
    )
    index.connection.execute("INSERT INTO customers (record, id, name) VALUES (2, 'emma', 'Emma Hart')")
    kept = content_of({"summary": "EMMA HART，Ｅｍｍａ Hart, 𝟏𝟑𝟖𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟏"}, frozenset())
    index.insert("contents", [(1, *kept)])
    rules = MaskRules(text=True, names=True)
    _, ((content, folded),) = masked_columns_and_rows(
        index, "SELECT content, folded FROM contents", rules, lambda _: frozenset()
    )
    index.close()
    assert "emma hart" not in fold_text(content)
    assert "emma hart" not in folded
    assert "13800000001" not in folded
