"""CSV text to rows and back, and what is said of files that are not quite CSV."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import InvalidError, UnreadableError, UsageError
from commlog.exchange.csv_file import read_sheet
from commlog.exchange.source import decode_text, read_bytes
from commlog.output.listing import format_rows, harmless_cell

CELL = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t"), max_size=20)


def rows_of(text, **more):
    """The rows of a text, as a list."""
    return list(read_sheet(text, "rows.csv", **more).rows)


@settings(max_examples=60)
@given(st.lists(st.tuples(CELL, CELL, CELL), max_size=6))
def test_rows_come_back(rows):
    """Any rows written as CSV are read back the same."""
    text = "".join(format_rows([("a", "b", "c"), *rows]))
    assert [tuple(row.cells.values()) for row in rows_of(text)] == rows


def test_bom_is_tolerated():
    """A byte order mark before the header is no part of the first column's name."""
    text = decode_text("\ufeff客户,渠道\n张三,电话\n".encode(), "utf-8", "rows.csv")
    assert read_sheet(text, "rows.csv").columns == ("客户", "渠道")


def test_gbk_is_named():
    """A GBK file is refused with its line, the byte, and the option that reads it."""
    raw = "name\n张三\n".encode("gb18030")
    with pytest.raises(UnreadableError) as caught:
        decode_text(raw, "utf-8", "rows.csv")
    assert caught.value.line == 2
    assert caught.value.remedy == "give its encoding: --encoding gb18030"
    assert decode_text(raw, "gb18030", "rows.csv") == "name\n张三\n"


@pytest.mark.parametrize(
    ("raw", "guess"),
    [
        ("a,b\n".encode("utf-16"), "utf-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "utf-16-le"),
        (b"caf\xe9,\x81\xff\n", "latin-1"),
    ],
)
def test_other_encodings_are_guessed(raw, guess):
    """What is neither UTF-8 nor GBK gets a remedy of its own."""
    with pytest.raises(UnreadableError) as caught:
        decode_text(raw, "utf-8", "rows.csv")
    assert guess in caught.value.remedy


def test_no_such_encoding_and_no_file(tmp_path):
    """A misspelt encoding, an empty file and a folder are each an error of their own class."""
    with pytest.raises(UsageError):
        decode_text(b"a", "utf-88", "rows.csv")
    with pytest.raises(UnreadableError):
        decode_text(b" \n", "utf-8", "rows.csv")
    with pytest.raises(UnreadableError):
        read_bytes(tmp_path)


def test_ragged_rows_and_nul_are_faults_of_their_rows():
    """A row with too few or too many values, or a NUL, has a fault; the rows around it are read."""
    rows = rows_of("a,b\n1\n1,2\n1,2,3\n\n1,\0\n3,4\n")
    assert [bool(row.fault) for row in rows] == [True, False, True, True, False]
    assert [row.line for row in rows] == [2, 3, 4, 6, 7]
    assert rows[0].fault == "has 1 values, the header has 2"


def test_open_quote_is_told():
    """A quote that is never closed is told by the lines it swallowed."""
    rows = rows_of('a,b\n1,2\n"3,4\n5,6\n')
    assert "lines 3 to 4" in rows[1].fault


def test_quoted_lines_keep_their_places():
    """A cell of several lines counts as one row, its line ends become LF, and the next row knows its line."""
    rows = rows_of('a,b\r\n"x\r\ny",2\r\n3,4\r\n')
    assert rows[0].cells["a"] == "x\ny"
    assert [row.line for row in rows] == [2, 4]


def test_huge_cell_is_read():
    """A cell longer than the csv module's usual limit is read, so that the row can be rejected by name."""
    assert len(rows_of(f"a,b\n{'x' * 300_000},2\n")[0].cells["a"]) == 300_000


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_delimiter_is_told_by_the_header(delimiter):
    """A file separated by semicolons or tabs is read without being told."""
    assert rows_of(f"a{delimiter}b\n1{delimiter}2\n")[0].cells == {"a": "1", "b": "2"}


def test_header_names_are_unique():
    """Two columns of one name are refused; columns without a name are numbered."""
    with pytest.raises(InvalidError, match="same name: a"):
        read_sheet("a,b,a\n", "rows.csv")
    assert read_sheet("a,,b,\n1,2,3,4\n", "rows.csv").columns == ("a", "column 2", "b", "column 4")


@pytest.mark.parametrize("cell", ["=1+1", "+86 138", "-1", "@x", "\tx"])
def test_formulas_are_disarmed(cell):
    """A cell that a spreadsheet would run is written with an apostrophe before it."""
    assert harmless_cell(cell) == "'" + cell
    assert harmless_cell("plain = text") == "plain = text"
