"""Listings with people's words masked."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from commlog.output.listing import Listing, mask_listing
from commlog.privacy.rules.masking import MaskRules, find_personal, mask_text, splice

COLUMNS = ("id", "customer", "customer_name", "subject", "due")
ROW = ("20260310-138000", "张三", "张三", "张三回电13800000001", "2026-03-10")


def masked(rules, row=ROW):
    """One row under the rules."""
    return mask_listing(Listing(COLUMNS, (row,), COLUMNS, "id"), rules).rows[0]


def test_words_are_masked_and_ids_and_dates_stay():
    """Numbers in a subject are hidden; the id, the customer and the due day are as they were."""
    assert masked(MaskRules()) == ("20260310-138000", "张三", "张三", "张三回电138****0001", "2026-03-10")


def test_names_are_masked_when_the_rules_say_so():
    """The name is hidden in its column, in an id that is one, and where the subject repeats it."""
    assert masked(MaskRules(names=True)) == ("20260310-138000", "张*", "张*", "张*回电138****0001", "2026-03-10")
    assert masked(MaskRules(names=True), ("1", "acme", None, None, None)) == ("1", "acme", None, None, None)


def test_without_rules_nothing_is_masked():
    """A listing stays as it is when neither names nor text are hidden."""
    assert masked(MaskRules(text=False)) == ROW
    assert masked(MaskRules(names=True, text=False))[3] == "张*回电13800000001"


def test_full_width_signs_around_a_number_stay():
    """Only the number itself is replaced: years and signs in full width are as they were written."""
    assert mask_text("２０２６年＋回电１３８００００００１１！") == "２０２６年＋回电138****0011！"


def test_a_date_after_the_word_for_a_call_is_no_number():
    """A day on which somebody was called stays readable."""
    assert mask_text("电话回访 2026-03-10 完成") == "电话回访 2026-03-10 完成"


@given(st.text("138-0 @a.b电话+()０１", max_size=40))
def test_the_stretches_found_are_in_order_and_apart(text):
    """Whatever the text, no two stretches overlap, and splicing them is masking."""
    spans = find_personal(text)
    assert all(one.end <= other.start for one, other in itertools.pairwise(spans))
    assert splice(text, spans) == mask_text(text)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("回电她，好的 ", max_size=10))
def test_no_mobile_number_survives(number, words):
    """Wherever a mobile number stands among words, it is not in what is shown."""
    assert number not in mask_text(f"{words}{number}{words}")
