"""Filters as SQL: what each field finds, on real tables."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from commlog.database.query.fields import BUILT_IN
from commlog.database.query.filter import All, QueryField, Term, TextTerm, ValueType
from commlog.database.query.parse import MAX_DEPTH, MAX_VALUES, parse_query
from commlog.database.query.select import ListedRows, select
from commlog.errors import UsageError

RECORDS, FOLLOW_UPS = ListedRows.RECORDS, ListedRows.FOLLOW_UPS


def epoch(text):
    """Seconds of an instant written without an offset, in Shanghai."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp())


@pytest.fixture
def log(copy):
    """Six records with follow-ups, links and tags; it is 2026-03-18 10:00 in Shanghai."""
    copy.add_customer("acme", names=["Acme Co", "爱可美"], level="vip", stage="active")
    copy.add_customer("li-na", names=["李娜"], level="key")
    copy.add(
        "20260210-aaaaaa",
        customer="acme",
        agent="wang",
        branch="东门店",
        direction="inbound",
        reached=1,
        channel="phone",
        subject="ＡＣ 不制冷",
        party="李小姐",
        day="2026-02-10",
        recorded_at=epoch("2026-02-10 12:00"),
        mood="angry",
        outcome="follow_up",
        satisfaction="fair",
        category="complaint",
        tags=["投诉-安装", "VIP"],
        content={
            "scenario": "complaint",
            "problem": "空调不制冷，Ｐ1故障",
            "background": {"order_no": "2026030800123"},
            "scores": {"overall": 4},
            "tags": ["投诉-安装"],
        },
        follow_ups=[
            {
                "action": "Call BACK",
                "owner": "技术部",
                "priority": "urgent",
                "status": "open",
                "due_at": epoch("2026-03-17 18:00"),
            },
            {
                "action": "退款",
                "owner": "wang",
                "priority": "routine",
                "status": "done",
                "result": "ok",
                "due_at": epoch("2026-03-01 18:00"),
            },
        ],
    )
    copy.add(
        "20260310-bbbbbb",
        customer="li-na",
        agent="zhao",
        channel="wecom",
        subject="催单",
        day="2026-03-10",
        mood="calm",
        reached=0,
        links=["20260210-aaaaaa"],
        tags=["投诉-物流"],
        content={"scenario": "after_sales", "attachments": [{"kind": "photo"}]},
        follow_ups=[
            {"action": "等客户", "owner": "zhao", "status": "awaiting_customer", "due_at": epoch("2026-03-01 18:00")}
        ],
    )
    copy.add(
        "20260311-cccccc",
        customer="anonymous",
        day="2026-03-11",
        links=["20260310-bbbbbb", "ref:JS-1"],
        content={"links": [{"to": "ref:JS-1"}], "background": {"purchased_on": "2026-03-08"}},
    )
    copy.add(
        "20260318-dddddd",
        customer="acme",
        day="2026-03-18",
        links=["ref:JS-1"],
        follow_ups=[{"owner": "WANG", "status": "in_progress", "due_at": epoch("2026-03-18 18:00")}],
        content={"background": {"purchased_on": "2026-03-09T00:30:00+08:00"}},
    )
    copy.add(
        "20260401-eeeeee",
        kind="issue",
        template="issue",
        customer="acme",
        day="2026-04-01",
        owner="wang",
        priority="urgent",
        status="fixed",
        follow_ups=[{"owner": "li", "status": "open"}],
    )
    copy.add("x", kind="answer", template="answer")
    return copy


RECORD_ANSWERS = {
    "": "abcdex",
    "id:20260210-aaaaaa": "a",
    "id:202603*": "bcd",
    "template:issue": "e",
    "kind:answer,issue": "ex",
    "customer:acme": "ade",
    "-customer:acme": "bcx",
    "customer:爱*": "ade",
    "customer:ACM*": "ade",
    "party:小姐": "a",
    "agent:WANG": "a",
    "branch:东*": "a",
    "direction:inbound": "a",
    "reached:yes": "a",
    "-reached:no": "acdex",
    "channel:电话,企业微信": "ab",
    "subject:ac": "a",
    "subject:AC*": "a",
    "subject:制": "a",
    "date:2026-03": "bcd",
    "date:2026-03-10..2026-03-11": "bc",
    "date:..2026-03-10": "ab",
    "date:>2026-03-11": "de",
    "date:>=2026-03-11": "cde",
    "date:<2026-03": "a",
    "date:<=2026-03": "abcd",
    "date:today": "d",
    "date:昨天": "",
    "date:last-month,2026-04": "ae",
    "recorded:2026-02-10": "a",
    "recorded:>2026-02-10": "",
    'recorded:<"2026-02-10 12:00"': "",
    'recorded:<="2026-02-10 12:00"': "a",
    "mood:angry,calm": "ab",
    "-mood:angry": "bcdex",
    "outcome:follow_up": "a",
    "satisfaction:fair": "a",
    "category:complaint": "a",
    "tag:投诉-安装": "a",
    "tag:投诉*": "ab",
    "tag:vip": "a",
    "-tag:投诉*": "cdex",
    "owner:wang": "ade",
    "owner:技术部": "a",
    "priority:urgent": "ae",
    "status:fixed": "e",
    "status:done": "a",
    "status:pending": "abde",
    "-status:pending": "cx",
    "due:overdue": "a",
    "due:today": "d",
    "due:none": "e",
    "due:overdue,none": "ae",
    "due:<2026-03-10": "ab",
    "due:+1d": "",
    "due:<=+1d": "abd",
    "action:call back": "",
    'action:"call back"': "ade",
    "action:退": "a",
    "n:2": "a",
    "n:>1": "a",
    "n:1..1": "abde",
    "level:贵宾": "ade",
    "level:key": "b",
    "stage:active": "ade",
    "-level:vip": "bcx",
    "thread:20260210-aaaaaa": "abc",
    "thread:20260318-dddddd": "d",
    "-thread:20260210-aaaaaa": "dex",
    "link:20260310-bbbbbb": "ac",
    "link:ref:JS-1": "cd",
    "has:link": "bcd",
    "has:tag": "ab",
    "has:followup": "abde",
    "has:customer": "abde",
    "has:due": "abd",
    "has:result": "a",
    "has:attachment": "b",
    "has:background": "acd",
    "has:owner": "abde",
    "has:level": "abde",
    "has:mood": "ab",
    "-has:link": "aex",
    "scenario:complaint": "a",
    "scenario:投*": "",
    "scenario:comp*": "a",
    "-scenario:complaint": "bcdex",
    "problem:p1": "a",
    "problem:空调*": "a",
    "problem:制冷*": "",
    "problem:催单": "",
    "order_no:2026*": "a",
    "order_no:0800": "a",
    "purchased_on:2026-03-08": "c",
    "purchased_on:2026-03-09": "d",
    "purchased_on:<2026-03-09": "c",
    "purchased_on:>=2026-03-09": "d",
    "overall:4": "a",
    "overall:>4": "",
    "overall:3..5": "a",
    "overall:<=4": "a",
    "不制冷": "a",
    "冷": "a",
    "p1": "a",
    '"不制冷，p1"': "a",
    "complaint": "",
    "problem": "",
    "-冷": "bcdex",
    "customer:acme owner:wang or mood:calm": "abde",
    "customer:acme (owner:li or mood:angry)": "ae",
    "-(customer:acme or mood:calm)": "cx",
}


@pytest.mark.parametrize("query", RECORD_ANSWERS)
def test_records_that_match(query, log, vocabulary, frame):
    """Each term finds the records it describes; its negation all the others."""
    expected = sorted(
        letter
        if letter == "x"
        else next(
            found
            for found in ("20260210-aaaaaa", "20260310-bbbbbb", "20260311-cccccc", "20260318-dddddd", "20260401-eeeeee")
            if found.endswith(letter)
        )
        for letter in RECORD_ANSWERS[query]
    )
    assert log.answers(parse_query(query, vocabulary), RECORDS, frame) == expected


FOLLOW_UP_ANSWERS = {
    "": ["a/1", "a/2", "b/1", "d/1", "e/1"],
    "owner:wang": ["a/2", "d/1"],
    "-owner:wang": ["a/1", "b/1", "e/1"],
    "priority:urgent": ["a/1"],
    "-priority:urgent": ["a/2", "b/1", "d/1", "e/1"],
    "status:pending": ["a/1", "b/1", "d/1", "e/1"],
    "status:done,pending": ["a/1", "a/2", "b/1", "d/1", "e/1"],
    "status:fixed": [],
    "due:overdue": ["a/1"],
    "due:none": ["e/1"],
    "-due:overdue": ["a/2", "b/1", "d/1", "e/1"],
    "due:today": ["d/1"],
    "due:..2026-03-01": ["a/2", "b/1"],
    "action:CALL": ["a/1", "d/1", "e/1"],
    "n:2": ["a/2"],
    "has:result": ["a/2"],
    "has:due": ["a/1", "a/2", "b/1", "d/1"],
    "customer:acme status:open": ["a/1", "e/1"],
    "level:vip due:overdue": ["a/1"],
    "冷": ["a/1", "a/2"],
    "scenario:after_sales": ["b/1"],
    "thread:20260310-bbbbbb": ["a/1", "a/2", "b/1"],
}


@pytest.mark.parametrize("query", FOLLOW_UP_ANSWERS)
def test_follow_ups_that_match(query, log, vocabulary, frame):
    """In a listing of follow-ups the follow-up's own values count, with its record's."""
    found = log.answers(parse_query(query, vocabulary), FOLLOW_UPS, frame)
    assert [f"{address[9]}{address[15:]}" for address in found] == FOLLOW_UP_ANSWERS[query]


@pytest.mark.parametrize(
    "query", ["due:someday", "date:2026-13", "a date:2026-05..2026-03", "due:<none", "due:9999999999d"]
)
def test_bad_date_is_a_usage_error_at_its_place(query, vocabulary, frame):
    """A value that is no date, or a range turned round, is shown where it stands."""
    with pytest.raises(UsageError) as caught:
        select(parse_query(query, vocabulary), RECORDS, frame)
    assert caught.value.column == query.index(":") + 2
    assert caught.value.remedy


ATTEMPTS = [
    "'",
    "''",
    '"',
    ";",
    "'; DROP TABLE records; --",
    "%",
    "_",
    "a\x00b",
    "\\",
    "?",
    "*",
    ")",
    "--",
    "1 OR 1=1",
    "\x1e",
    "\x1f",
    "\x1eSCENARIO\x1f",
]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_values_stay_data(attempt, log, frame):
    """Whatever is typed as a value is compared, never executed, and no sign of SQL's patterns has a meaning."""
    fields = [
        field
        for field in BUILT_IN.values()
        if field.type in {ValueType.TEXT, ValueType.NAME, ValueType.CHOICE, ValueType.RECORD}
    ]
    fields += [
        QueryField(key, value_type, is_content=True)
        for key in ("problem", attempt)
        for value_type in (ValueType.TEXT, ValueType.CHOICE)
    ]
    for domain in ListedRows:
        for field in fields:
            for operator in ("=", "prefix"):
                assert log.answers(Term(field, operator, (attempt,)), domain, frame) == []
        # The index writes `_` into keys and slugs, so a lone one is found there.
        assert attempt == "_" or log.answers(TextTerm(attempt), domain, frame) == []
    assert len(log.answers(All(), RECORDS, frame)) == 6


def test_signs_are_found_as_themselves(copy, frame, vocabulary):
    """Quotes, per cent signs and underscores are found where they stand, and only there."""
    copy.add("a", subject="100% 'ok'; a_b", content={"problem": "it's 50%"})
    copy.add("b", subject="1000 axb", content={"problem": "its 50"})
    for query in ("subject:100%", "subject:'ok'", "subject:a_b", "it's", "50%", "problem:50%"):
        assert copy.answers(parse_query(query, vocabulary), RECORDS, frame) == ["a"], query


def test_overdue_uses_the_index_of_pending_follow_ups(log, vocabulary, frame):
    """Overdue follow-ups are read from their index by due time, alone or with other terms, in both domains."""
    for query in ("due:overdue", "due:overdue owner:wang", "due:overdue mood:calm 冷"):
        plan = log.plan(parse_query(query, vocabulary), FOLLOW_UPS, frame)
        assert "SEARCH f USING INDEX follow_ups_pending (due_at<?)" in plan, plan
        assert "SCAN r" not in plan
    assert "follow_ups_pending (due_at<?)" in log.plan(parse_query("due:overdue", vocabulary), RECORDS, frame)


def test_customer_day_and_tag_use_their_indexes(log, vocabulary, frame):
    """A customer's records, the records of some days and of a tag are not found by reading all."""
    assert "records_by_customer" in log.plan(parse_query("customer:acme date:2026-03", vocabulary), RECORDS, frame)
    assert "records_by_day (day>? AND day<?)" in log.plan(parse_query("date:2026-03", vocabulary), RECORDS, frame)
    assert "tags_by_tag" in log.plan(parse_query("tag:投诉-安装", vocabulary), RECORDS, frame)
    plan = log.plan(parse_query("thread:20260210-aaaaaa", vocabulary), RECORDS, frame)
    assert "links_by_record" in plan
    assert "links_by_target" in plan
    assert "SCAN r" not in plan


def test_deepest_query_is_taken_by_the_database(log, vocabulary, frame):
    """The deepest and the longest query allowed are answered."""
    query = "a"
    for level in range(MAX_DEPTH):
        query = f"-(thread:x -has:owner {query})" if level % 2 else f"(owner:x or due:overdue -thread:z or {query})"
    for domain in ListedRows:
        log.answers(parse_query(query, vocabulary), domain, frame)
        log.answers(
            parse_query("-has:owner " * (MAX_VALUES // 2) + "or -x -overall:3 " * (MAX_VALUES // 8), vocabulary),
            domain,
            frame,
        )
        log.answers(parse_query("tag:a* or -owner:b* or " * (MAX_VALUES // 2 - 1) + "a", vocabulary), domain, frame)
