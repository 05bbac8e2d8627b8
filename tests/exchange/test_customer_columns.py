"""The headings of customers' lists, and the fields they fill."""

import pytest

from commlog.exchange.sketch import count_customer_columns, customer_field
from commlog.forms.catalog import Catalog
from commlog.forms.fields import find_field
from commlog.forms.schemas import shipped_folder


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("姓名", "name"),
        ("手机号", "contacts.0.phone"),
        ("联系电话：", "contacts.0.phone"),
        ("Phone Number", "contacts.0.phone"),
        ("E-mail", "contacts.0.email"),
        (" 邮箱* ", "contacts.0.email"),
        ("公司名称", "company"),
        ("客户等级", "level"),
        ("处理结果", None),
        ("", None),
    ],
)
def test_a_heading_names_a_field_of_the_form(heading, field):
    """Headings in use, in either language and with the marks lists put around them, lead to a field the form has."""
    assert customer_field(heading) == field
    assert field is None or find_field(Catalog((shipped_folder(),)).get("customer"), field) is not None


@pytest.mark.parametrize(
    ("columns", "count"),
    [
        (["姓名", "电话", "邮箱", "公司"], 4),
        (["Name", "Mobile", "Phone", "x"], 2),
        (["姓名", "主题", "沟通时间"], 0),
        (["电话", "邮箱"], 0),
        ([], 0),
    ],
)
def test_a_list_of_customers_has_names_and_ways_to_reach_them(columns, count):
    """Columns are counted once a field; a file without names, or without a way to reach anybody, is no such list."""
    assert count_customer_columns(columns) == count
