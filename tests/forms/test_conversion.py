"""Typed words to values, with the readers of YAML and of times handed in."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from commlog.forms.catalog import Catalog
from commlog.forms.conversion import ConversionError, Converter, unknown_field
from commlog.forms.fields import find_field
from commlog.yamltext.parse import parse_yaml

CATALOG = Catalog()
MOMENTS = {"明天": date(2026, 3, 11), "明天17点": datetime(2026, 3, 11, 17, tzinfo=ZoneInfo("Asia/Shanghai"))}


def parse_moment(text):
    """A stand-in that knows two phrases."""
    if text not in MOMENTS:
        raise ValueError(text)
    return MOMENTS[text]


def parse_flow(text):
    """The store's reader, its error as the converter expects it."""
    try:
        return parse_yaml(text)
    except Exception as error:
        raise ValueError(str(error)) from error


CONVERTER = Converter(parse_flow=parse_flow, parse_moment=parse_moment)


def convert(template, dotted, text):
    """What a text becomes in a field."""
    return CONVERTER.convert(find_field(CATALOG.get(template), dotted), text)


@pytest.mark.parametrize(
    ("template", "dotted", "text", "value"),
    [
        ("service", "channel", "电话", "phone"),
        ("service", "channel", " Phone ", "phone"),
        ("service", "followups.0.priority", "重要", "important"),
        ("service", "followups.0.priority", "加急", "加急"),
        ("service", "reached", "否", False),
        ("service", "reached", "Yes", True),
        ("issue", "score", "４", 4),
        ("customer", "membership.points", "-0", 0),
        ("service", "tags", "a, b，c、d", ["a", "b", "c", "d"]),
        ("service", "tags", "[a, 'b, c']", ["a", "b, c"]),
        ("service", "tags", "", []),
        ("service", "outline", "一、问价格，再问时间", ["一、问价格，再问时间"]),
        ("service", "identity_check.by", "手机号, order_no, 指纹", ["phone", "order_no", "指纹"]),
        ("customer", "consent.purposes", "服务, survey", ["service", "survey"]),
        ("service", "dialogue", "{speaker: 我方, words: 您好}", [{"speaker": "us", "words": "您好"}]),
        ("service", "dialogue", "[{说话人: 客户, 原话: 好}]", [{"speaker": "customer", "words": "好"}]),
        ("service", "party", "{姓名/名称: 李, type: 企业}", {"name": "李", "type": "company"}),
        ("service", "extra", "{a: 1}", {"a": 1}),
        ("service", "extra.x", "007", "007"),
        ("service", "subject", " 一行 ", "一行"),
        ("service", "summary", " 多行\n", " 多行\n"),
        ("service", "started_at", "明天17点", "2026-03-11T17:00:00+08:00"),
        ("service", "started_at", "2026-03-10T14:30:00Z", "2026-03-10T14:30:00Z"),
        ("service", "background.purchased_on", "明天17点", "2026-03-11"),
        ("service", "followups.0.due", "明天", "2026-03-11"),
        (
            "relationship",
            "agreements",
            "{by: 我方, what: 给方案, due: 明天}",
            [{"by": "us", "what": "给方案", "due": "2026-03-11"}],
        ),
        ("customer", "birthday", "03-08", "03-08"),
        ("customer", "birthday", "{lunar: 08-15}", {"lunar": "08-15"}),
    ],
)
def test_typed_text_becomes_the_value(template, dotted, text, value):
    """A field takes labels, yes and no, numbers, lists, flow text and phrases for times."""
    assert convert(template, dotted, text) == value


@pytest.mark.parametrize(
    ("template", "dotted", "text", "code"),
    [
        ("service", "channel", "飞鸽", "not-in-list"),
        ("service", "reached", "maybe", "wrong-type"),
        ("issue", "score", "4.5", "wrong-type"),
        ("issue", "score", "9" * 30, "wrong-type"),
        ("service", "started_at", "明天", "wrong-format"),
        ("service", "started_at", "昨儿", "wrong-format"),
        ("service", "party", "李", "wrong-type"),
        ("service", "party", "{", "wrong-type"),
        ("service", "dialogue", "[{", "wrong-type"),
        ("customer", "consent.purposes", "服务, 骚扰", "not-in-list"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_facts(template, dotted, text, code):
    """Words that do not fit give a finding that names the field, the value and what is expected."""
    with pytest.raises(ConversionError) as caught:
        convert(template, dotted, text)
    assert caught.value.code == code
    assert {"field", "value", "expected"} <= set(caught.value.facts)


def test_a_misspelt_choice_suggests_the_nearest():
    """The nearest choice is offered, by slug or label."""
    with pytest.raises(ConversionError) as caught:
        convert("service", "channel", "在线聊聊")
    assert caught.value.facts["suggestion"] == "online_chat"


def test_the_beginning_of_one_choice_is_enough():
    """The beginning of a label means the choice when no other begins so; of several it means none."""
    assert convert("service", "scenario", "售后") == "after_sales"
    with pytest.raises(ConversionError):
        convert("service", "channel", "o")


def test_one_entry_keeps_its_commas():
    """An entry added to a list is taken whole."""
    service = CATALOG.get("service")
    assert CONVERTER.convert_entry(find_field(service, "tags"), "红, 蓝") == "红, 蓝"
    assert CONVERTER.convert_entry(find_field(service, "dialogue"), "{speaker: us, words: a}") == {
        "speaker": "us",
        "words": "a",
    }


def test_nested_data_in_labels():
    """Whole data written in labels comes out in keys and slugs; what is not known stays for validation."""
    data = {
        "沟通渠道": "电话",
        "后续跟进": [{"跟进事项": "回电", "状态": "待处理", "完成期限": "明天"}],
        "奇怪": 1,
        "情绪": "x",
        "客户情绪": "愤怒",
        "标签": ["a"],
        "extra": {"沟通渠道": "电话"},
    }
    assert CONVERTER.translate_data(CATALOG.get("service"), data) == {
        "channel": "phone",
        "followups": [{"action": "回电", "status": "open", "due": "2026-03-11"}],
        "奇怪": 1,
        "情绪": "x",
        "mood": "angry",
        "tags": ["a"],
        "extra": {"沟通渠道": "电话"},
    }


def test_two_names_of_one_field_lose_neither():
    """A field given by key and by label keeps both values, so that validation can name the second."""
    assert CONVERTER.translate_data(CATALOG.get("service"), {"channel": "phone", "沟通渠道": "邮件"}) == {
        "channel": "phone",
        "沟通渠道": "email",
    }
    assert CONVERTER.translate_data(CATALOG.get("service"), {"沟通渠道": "邮件", "Channel": "电话"}) == {
        "channel": "email",
        "Channel": "phone",
    }


def test_translating_is_idempotent():
    """Data already in keys and slugs is left as it is."""
    data = {
        "channel": "phone",
        "followups": [{"n": 1, "action": "a", "due": "2026-03-11"}],
        "started_at": "2026-03-10T14:30:00+08:00",
    }
    assert CONVERTER.translate_data(CATALOG.get("service"), data) == data


def test_an_unknown_name_becomes_a_finding():
    """A name no form knows gives the nearest key, when one is near."""
    assert unknown_field(CATALOG.get("service"), "chanel").facts["suggestion"] == "channel"
    assert "suggestion" not in unknown_field(CATALOG.get("service"), "qqqq").facts
