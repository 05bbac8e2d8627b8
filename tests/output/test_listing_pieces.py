"""A listing in pieces: the same text as the whole, and JSON that is JSON."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.output.formats import LISTING_FORMATS, format_listing, iter_listing
from commlog.output.labels import Labels
from commlog.output.listing import Listing

VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
ROWS = st.lists(st.tuples(st.text(min_size=1), VALUES, VALUES), max_size=6)
LABELS = Labels(lambda column: {})


@settings(deadline=None)
@given(ROWS)
def test_json_says_what_the_rows_say(rows: list[tuple[object, ...]]) -> None:
    """Whatever stands in the rows, the JSON of a listing is one array with an object a row, every key in its order."""
    listing = Listing(("id", "a", "b"), tuple(rows), ("id",), "id")
    told = json.loads(format_listing(listing, "json", LABELS))
    assert [list(item.items()) for item in told] == [list(zip(listing.columns, row, strict=True)) for row in rows]


@pytest.mark.parametrize("output_format", LISTING_FORMATS)
def test_pieces_make_the_whole(output_format: str) -> None:
    """Each format gives a long listing row by row, and the pieces make the text that is given at once."""
    rows = tuple((f"id{number}", '李娜, "x"\n', number) for number in range(300))
    listing = Listing(("id", "subject", "n"), rows, ("id", "subject"), "id")
    pieces = list(iter_listing(listing, output_format, LABELS))
    assert "".join(pieces) == format_listing(listing, output_format, LABELS)
    assert len(pieces) > len(rows) - 1 or output_format == "markdown"
