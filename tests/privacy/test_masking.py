"""Masking of single values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.privacy.rules.masking import mask_value


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("13800000001", "138****0001"),
        ("+86 138-0000-0001", "138****0001"),
        ("wang@example.com", "w***@example.com"),
        ("021-55550108", "021****0108"),
        ("5555 0108", "****08"),
        ("1990-03-08", "***"),
        ("花生", "***"),
        ("", "***"),
        ("上海市徐汇区1号", "***"),
    ],
)
def test_masked_forms(value, masked):
    """Phones keep three and four digits, addresses of mail their first letter and domain, all else nothing."""
    assert mask_value(value) == masked


@given(st.text(max_size=40))
def test_masking_never_fails_nor_tells(value):
    """Whatever the value, the mask holds stars, and never the whole value."""
    assert "***" in mask_value(value)
    assert len(value) < 4 or "*" in value or value not in mask_value(value)
