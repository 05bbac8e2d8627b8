"""The query string: every construct, and every mistake with its place."""

import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.database.query.fields import BUILT_IN
from commlog.database.query.filter import All, And, Not, Or, QueryField, Term, TextTerm, ValueType
from commlog.database.query.parse import MAX_DEPTH, MAX_VALUES, parse_query, term
from commlog.database.query.select import ListedRows, select
from commlog.database.query.vocabulary import Vocabulary
from commlog.errors import UsageError


def built_in(name, *values, operator="="):
    """Make a term of a built-in field."""
    return Term(BUILT_IN[name], operator, values)


def content(key, value_type, *values, operator="="):
    """Make a term of a template's field."""
    return Term(QueryField(key, value_type, is_content=True), operator, values)


A, B, C = TextTerm("a"), TextTerm("b"), TextTerm("c")

EXAMPLES = {
    "": All(),
    "  　 ": All(),
    "a": A,
    "a b": And((A, B)),
    "a and b": And((A, B)),
    "a or b": Or((A, B)),
    "a OR b": Or((A, B)),
    "a b or c": Or((And((A, B)), C)),
    "a (b or c)": And((A, Or((B, C)))),
    "（a or b） c": And((Or((A, B)), C)),
    "a (b c)": And((A, B, C)),
    "-a": Not(A),
    "－a": Not(A),
    "not a": Not(A),
    "not -a": A,
    "-(a or b)": Not(Or((A, B))),
    "a -b": And((A, Not(B))),
    "a - b": And((A, TextTerm("-"), B)),
    "a-b": TextTerm("a-b"),
    "空调 不制冷": And((TextTerm("空调"), TextTerm("不制冷"))),
    '"a b"': TextTerm("a b"),
    "“空调 不制冷”": TextTerm("空调 不制冷"),
    "“空调 不制冷“": TextTerm("空调 不制冷"),
    r'"say \"yes\" \\"': TextTerm(r'say "yes" \ '.strip()),
    '"or"': TextTerm("or"),
    "14:30": TextTerm("14:30"),
    ":x": TextTerm(":x"),
    "it's 5\"": And((TextTerm("it's"), TextTerm('5"'))),
    "customer:acme": built_in("customer", "acme"),
    "客户：王力": built_in("customer", "wang-li"),
    "customer:张三": built_in("customer", "zhang-san", "zhang-san-2"),
    "customer:nobody": built_in("customer", "nobody"),
    "customer:王*": built_in("customer", "王", operator="prefix"),
    "priority:urgent,important": built_in("priority", "urgent", "important"),
    "优先级：紧急、重要，加急": built_in("priority", "urgent", "important", "加急"),
    "PRIORITY:Urgent": built_in("priority", "urgent"),
    "owner:小王": built_in("owner", "wang"),
    "owner:技术部": built_in("owner", "技术部"),
    "mood:愤怒": built_in("mood", "angry"),
    "客户情绪:Angry": built_in("mood", "angry"),
    "channel:wecom,wecom": built_in("channel", "wecom"),
    "kind:问题": built_in("kind", "issue"),
    "template:客户交流记录表": built_in("template", "service"),
    "status:pending": built_in("status", "pending"),
    "状态:待客户确认": built_in("status", "awaiting_customer"),
    "status:fixed": built_in("status", "fixed"),
    "reached:否": built_in("reached", "false"),
    "tag:投诉*": built_in("tag", "投诉", operator="prefix"),
    'tag:"投诉*"': built_in("tag", "投诉*"),
    "tag:a,b*": Or((built_in("tag", "a"), built_in("tag", "b", operator="prefix"))),
    'subject:"a b"': built_in("subject", "a b"),
    "主题：“a b”": built_in("subject", "a b"),
    "subject:wait...": built_in("subject", "wait..."),
    "subject:<3": built_in("subject", "<3"),
    "date:2026-03": built_in("date", "2026-03"),
    "date:2026-03..2026-05": built_in("date", "2026-03", "2026-05", operator=".."),
    "date:2026-03..": built_in("date", "2026-03", "", operator=".."),
    "date:..2026-05": built_in("date", "", "2026-05", operator=".."),
    'due:"2026-03-10 17:00".."2026-03-11 9:00"': built_in("due", "2026-03-10 17:00", "2026-03-11 9:00", operator=".."),
    "due:2026-03-10T17:00": built_in("due", "2026-03-10T17:00"),
    "due:<2026-04-01": built_in("due", "2026-04-01", operator="<"),
    "due:<=明天": built_in("due", "明天", operator="<="),
    "due:≤明天": built_in("due", "明天", operator="<="),
    "截止：＞＝2026-04-01": built_in("due", "2026-04-01", operator=">="),
    'due:>"2026-04-01 12:00"': built_in("due", "2026-04-01 12:00", operator=">"),
    "due:overdue": built_in("due", "overdue"),
    "due:逾期,无": Or((built_in("due", "overdue"), built_in("due", "none"))),
    "recorded:today": built_in("recorded", "today"),
    "n:>=２": built_in("n", "2", operator=">="),
    "n:1..3": built_in("n", "1", "3", operator=".."),
    "thread:7f3": built_in("thread", "20260310-7f3kq2"),
    "link:ref:JS-118": built_in("link", "ref:JS-118"),
    "has:link": built_in("has", "link"),
    "has:附件": built_in("has", "attachments"),
    "has:background": built_in("has", "background.order_no", "background.purchased_on"),
    "has:mood": built_in("has", "mood"),
    "level:贵宾": built_in("level", "vip"),
    "scenario:complaint": content("scenario", ValueType.CHOICE, "complaint"),
    "场景：投诉": content("scenario", ValueType.CHOICE, "complaint"),
    "scenario:after-sales": content("scenario", ValueType.CHOICE, "after_sales"),
    "category:投诉": built_in("category", "complaint"),
    "problem:冷": content("problem", ValueType.TEXT, "冷"),
    "background.order_no:2026": content("background.order_no", ValueType.TEXT, "2026"),
    "背景信息.订单编号:2026": content("background.order_no", ValueType.TEXT, "2026"),
    "order_no:2026*": Or(
        (
            content("background.order_no", ValueType.TEXT, "2026", operator="prefix"),
            content("order_no", ValueType.TEXT, "2026", operator="prefix"),
        )
    ),
    '"order number":2026': content("background.order_no", ValueType.TEXT, "2026"),
    "order-number:2026": content("background.order_no", ValueType.TEXT, "2026"),
    "background:x": Or(
        (content("background.order_no", ValueType.TEXT, "x"), content("background.purchased_on", ValueType.MOMENT, "x"))
    ),
    "purchased_on:>2026-01": content("background.purchased_on", ValueType.MOMENT, "2026-01", operator=">"),
    "overall:>=4": content("scores.overall", ValueType.NUMBER, "4", operator=">="),
    "请勿联系:是": content("do_not_contact", ValueType.FLAG, "true"),
    "extra.会员卡:9": content("extra.会员卡", ValueType.TEXT, "9"),
    "-customer:acme due:overdue": And((Not(built_in("customer", "acme")), built_in("due", "overdue"))),
    "(owner:wang)": built_in("owner", "wang"),
}


@pytest.mark.parametrize("query", EXAMPLES)
def test_construct_gives_its_filter(query, vocabulary):
    """Each construct of the query string gives the filter it stands for."""
    assert parse_query(query, vocabulary) == EXAMPLES[query]


MISTAKES = {
    "owner:wang (a or": 17,
    "(a or b": 1,
    "a)": 2,
    "()": 2,
    "or a": 1,
    "a or": 5,
    "a and or b": 7,
    "a -": 0,
    "not": 4,
    '"open': 1,
    'subject:"open': 9,
    '""': 1,
    "owner:": 7,
    "owner: wang": 7,
    "priority:a,": 12,
    "foo:x": 1,
    "a 情绪不好:x": 3,
    "mood:xyz": 6,
    "mood:calm,xyz": 11,
    "kind:xyz": 6,
    "has:xyz": 5,
    "reached:maybe": 9,
    "n:many": 3,
    "n:1_000": 3,
    "n:nan": 3,
    "n:" + "9" * 400: 3,
    "date:..": 6,
    "due:<": 5,
    "due:<2026..2027": 5,
    "\ud800": 1,
}


@pytest.mark.parametrize("query", MISTAKES)
def test_mistake_is_shown_at_its_column(query, vocabulary):
    """A mistake is a usage error with the column where it is, and a caret under it."""
    column = MISTAKES[query]
    if not column:
        assert parse_query(query, vocabulary) == And((A, TextTerm("-")))
        return
    with pytest.raises(UsageError) as caught:
        parse_query(query, vocabulary)
    assert caught.value.column == column
    assert caught.value.message
    assert caught.value.remedy or query == '""'
    assert caught.value.source.endswith("^")


def test_caret_stands_under_wide_letters():
    """The caret counts Chinese letters as two columns."""
    with pytest.raises(UsageError) as caught:
        parse_query("空调 foo:x", Vocabulary())
    assert caught.value.source == "空调 foo:x\n     ^"


def test_caret_of_a_long_query_stays_in_sight():
    """A long query is cut so that the place of the mistake is shown."""
    with pytest.raises(UsageError) as caught:
        parse_query("a " * 500 + "foo:x", Vocabulary())
    line, caret = caught.value.source.split("\n")
    assert line[len(caret) - 1 :].startswith("foo:x")
    assert len(line) <= 120


def test_control_characters_are_not_shown():
    """Nothing in an error's picture or words can steer a terminal."""
    with pytest.raises(UsageError) as caught:
        parse_query("a\x1b[2J fo\x1bo:x", Vocabulary())
    assert "\x1b" not in caught.value.source + caught.value.message + caught.value.remedy


def test_unknown_field_suggests_near_names(vocabulary):
    """An unknown field is answered with the names most like it, in either language."""
    with pytest.raises(UsageError) as caught:
        parse_query("custmer:acme", vocabulary)
    assert "customer" in caught.value.remedy
    with pytest.raises(UsageError) as caught:
        parse_query("背景:x", vocabulary)
    assert "背景信息" in caught.value.remedy


def test_unknown_field_without_likeness_lists_the_fields(vocabulary):
    """An unknown field like no other is answered with the built-in fields."""
    with pytest.raises(UsageError) as caught:
        parse_query("qqqq:acme", vocabulary)
    assert "customer, " in caught.value.remedy


def test_unknown_choice_lists_the_choices(vocabulary):
    """An unknown choice is answered with the slugs there are."""
    with pytest.raises(UsageError) as caught:
        parse_query("scenario:complain", vocabulary)
    assert caught.value.remedy == "use one of: after_sales, complaint"


def test_braces_in_a_query_stay_braces(vocabulary):
    """Braces in what was typed are no part of a message's pattern."""
    with pytest.raises(UsageError) as caught:
        parse_query("mood:{0}{x}", vocabulary)
    assert "{0}{x}" in caught.value.message


def test_without_templates_the_built_in_fields_are_known():
    """An empty vocabulary reads every built-in field; choices take any slug then."""
    assert parse_query("情绪:calm 渠道:phone", Vocabulary()) == And(
        (built_in("mood", "calm"), built_in("channel", "phone"))
    )


def test_depth_and_size_are_bounded(vocabulary):
    """A query that no database could take is a usage error."""
    parse_query("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, vocabulary)
    for query in (
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "(" * 5000,
        "a " * (MAX_VALUES + 1),
        "tag:" + ",".join(map(str, range(MAX_VALUES + 1))),
        "x" * 20_000,
    ):
        with pytest.raises(UsageError):
            parse_query(query, vocabulary)
    assert parse_query("-" * 5001 + "a", vocabulary) == Not(A)


def test_option_values_are_taken_literally(vocabulary):
    """A value given by an option is data: commas, stars and quotes in it have no meaning."""
    assert term("owner", ["小王", 'a,b*"'], vocabulary) == built_in("owner", "wang", 'a,b*"')
    with pytest.raises(UsageError):
        term("mood", ["xyz"], vocabulary)


def test_spot_is_no_part_of_a_filter(vocabulary):
    """Equal questions are equal wherever they stand in the query."""
    assert parse_query("owner:a", vocabulary) == parse_query("  owner:a", vocabulary)
    assert hash(parse_query("owner:a", vocabulary)) == hash(parse_query(" owner:a", vocabulary))


ODD = st.lists(
    st.sampled_from(
        [
            *"ab :：()（）\"“”,，、.*<>=＜≤-－\\'\x00;%_1２\x1e\x1f\ud800投",
            "due:",
            "date:",
            "tag:",
            "n:",
            " or ",
            " not ",
            "..",
            "has:",
            "problem:",
            "order_no:",
            "overall:",
            "purchased_on:",
            "2026-03",
            "+3d",
            "extra.x:",
            "link:",
            "thread:",
        ]
    ),
    max_size=12,
).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=30), ODD))
def test_random_text_is_a_query_or_a_usage_error(vocabulary, frame, one_record, query):
    """Any text at all either is a query the database answers in both domains, or a usage error."""
    for domain in ListedRows:
        try:
            question = parse_query(query, vocabulary)
            select(question, domain, frame)
        except UsageError as error:
            assert error.message
        else:
            assert one_record.answers(question, domain, frame) in ([], ["1"], ["1/1"])


def test_import_is_light():
    """Reading a query loads nothing heavy."""
    code = (
        "import sys, commlog.database.query.parse, commlog.database.query.select, commlog.database.query.order\n"
        "heavy = {'difflib', 'sqlite3', 'yaml', 'jsonschema', 'jsonschema_rs'}\n"
        "raise SystemExit(bool(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
