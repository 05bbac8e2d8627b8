"""Names and free text with personal data masked."""

import pytest

from commlog.privacy.rules.masking import mask_name, mask_text


@pytest.mark.parametrize(
    ("name", "is_company", "masked"),
    [
        ("李娜", False, "李*"),
        ("欧阳娜娜", False, "欧*"),
        ("Emma Hart", False, "E*"),
        ("上海海悦健身管理有限公司", True, "上海**"),
        ("华为", True, "华**"),
        ("王", False, "*"),
        ("", False, "*"),
        ("匿名客户", False, "匿名客户"),
    ],
)
def test_a_name_keeps_its_beginning_and_never_all_of_it(name, is_company, masked):
    """A person keeps one character and a company two, unless that would be the whole name."""
    assert mask_name(name, is_company=is_company) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("回电13800000001确认", "回电138****0001确认"),
        ("回电 +86 138-0000-0001", "回电 138****0001"),
        ("回电１３８００００００１１", "回电138****0011"),
        ("座机021-62345678转3", "座机021****5678转3"),
        ("电话62345678", "电话***"),
        ("call +44 20 7946 0958 today", "call 442****0958 today"),
        ("身份证11010519491231002X已核对", "身份证***已核对"),
        ("卡号6222 0212 3456 7890 123", "卡号***"),
        ("发到li.na@example.com，再回电", "发到l***@example.com，再回电"),
    ],
)
def test_numbers_and_addresses_in_text_are_masked(text, masked):
    """Phones, cards and mail addresses are hidden wherever they stand, in full width too."""
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    ["2026-03-14 17:00 前回电", "订单 20260312-001，28台，共 128000 元", "20260312-vjwrjj/1", "六台RW-5，3月12日9:30"],
)
def test_dates_orders_and_amounts_stay_readable(text):
    """What only looks like a number is left as it is."""
    assert mask_text(text) == text


def test_the_customers_name_is_masked_inside_the_text():
    """A name that the action repeats is hidden there as well."""
    assert mask_text("请李娜确认，李娜在家", "李娜") == "请李*确认，李*在家"
