"""Naming fields and choices by key or label, in either language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commlog.forms.catalog import Catalog
from commlog.forms.fields import canonical_path, find_field, find_value, hint, label, nearest, value_label
from commlog.values import show_path

SERVICE = Catalog().get("service")
CUSTOMER = Catalog().get("customer")


@pytest.mark.parametrize(
    ("dotted", "path"),
    [
        ("channel", ("channel",)),
        ("沟通渠道", ("channel",)),
        ("Channel", ("channel",)),
        (" channel ", ("channel",)),
        ("followups.0.due", ("followups", 0, "due")),
        ("followups[0].due", ("followups", 0, "due")),
        ("后续跟进.0.完成期限", ("followups", 0, "due")),
        ("Follow-ups.1.Agreed with customer", ("followups", 1, "agreed_with_customer")),
        ("客户(本次填写).姓名/名称", ("party", "name")),
        ("party.行业", ("party", "industry")),
        ("extra.车牌.颜色", ("extra", "车牌", "颜色")),
        ("tags.0", ("tags", 0)),
        ("满意度", ("satisfaction",)),
        ("时间", None),
        ("channel.x", None),
        ("", None),
        ("followups.action", None),
        ("a..b", None),
        ("extra.", None),
    ],
)
def test_a_field_is_found_by_key_or_label(dotted, path):
    """Every step of a dotted name may be a key or a label of either language."""
    if path is None:
        assert find_field(SERVICE, dotted) is None
        with pytest.raises(KeyError):
            canonical_path(SERVICE, dotted)
    else:
        assert find_field(SERVICE, dotted) is not None
        assert canonical_path(SERVICE, dotted) == path


@pytest.mark.parametrize(
    ("words", "slug"),
    [
        ("电话", "phone"),
        ("phone", "phone"),
        ("PHONE", "phone"),
        ("在线聊天", "online_chat"),
        ("online chat", "online_chat"),
        ("飞鸽", None),
        ("", None),
    ],
)
def test_a_choice_is_found_by_slug_or_label(words, slug):
    """A choice may be written as its slug or as its label in either language."""
    assert find_value(find_field(SERVICE, "channel"), words) == slug


def test_words_people_see():
    """Labels, hints and choices are shown in the language asked for, the key when there is none."""
    field = find_field(SERVICE, "channel_detail")
    assert (label(field, "zh"), label(field, "en"), label(field, "fr")) == (
        "渠道说明",
        "Channel detail",
        "channel_detail",
    )
    assert "400" in hint(field, "zh")
    assert value_label(find_field(SERVICE, "channel"), "wecom", "zh") == "企业微信"
    assert value_label(find_field(SERVICE, "followups.0.priority"), "加急", "zh") == "加急"


def test_fields_carry_what_forms_need():
    """A field knows its type, whether it is required, personal, long, assigned by the tool, and its default."""
    get = lambda dotted: find_field(SERVICE, dotted)  # noqa: E731
    assert get("summary").multiline
    assert get("summary").required
    assert (get("id").read_only, get("recorded_at").read_only, get("followups.0.history").read_only) == (
        True,
        True,
        True,
    )
    assert (get("direction").default, get("reached").default, get("followups.0.status").default) == (
        "inbound",
        True,
        "open",
    )
    assert [get(d).type for d in ("reached", "tags", "party", "followups.0.n", "subject")] == [
        "boolean",
        "list",
        "mapping",
        "integer",
        "text",
    ]
    assert (get("extra").free, get("party").free) == (True, False)
    assert (get("due") or get("followups.0.due")).format == "date-or-date-time"
    assert find_field(CUSTOMER, "contacts.0.phone").personal
    assert not find_field(CUSTOMER, "contacts.0.name").personal


def test_the_nearest_field():
    """A misspelt key, or part of a label, leads to the field meant; nonsense leads nowhere."""
    assert (
        nearest("sumary", SERVICE),
        nearest("渠道说", SERVICE),
        nearest("解决", SERVICE),
        nearest("qqqq", SERVICE),
    ) == ("summary", "channel_detail", "solution", "")


@given(st.lists(st.sampled_from(["a", "客户"]) | st.integers(0, 99), max_size=4))
def test_a_shown_path_can_be_typed_again(steps):
    """A path as shown splits into the same steps."""
    from commlog.forms.fields import split_dotted

    path = ("x", *steps)
    assert split_dotted(show_path(path)) == [str(step) for step in path]
