"""What the tests of queries share: a moment, a vocabulary, and a small copy filled with rows."""

import sqlite3
from datetime import datetime

import pytest

from commlog.database.connection import Index
from commlog.database.content import content_of
from commlog.database.query.filter import ValueType
from commlog.database.query.select import ListedRows, select
from commlog.database.query.values import QueryContext
from commlog.database.query.vocabulary import People, VocabularyEntry, vocabulary_of
from commlog.database.tables import TABLES
from commlog.records.rules.consistency import fold_text
from commlog.worktime.calendar import WorkCalendar, parse_hours
from tests.build import SHANGHAI

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=SHANGHAI)  # a Wednesday
CHOICES = frozenset({"scenario", "channel"})

_SOURCES = {
    ListedRows.RECORDS: "SELECT r.id FROM records r",
    ListedRows.FOLLOW_UPS: "SELECT f.address FROM follow_ups f JOIN records r USING (record)",
}


class Copy:
    """A copy in memory."""

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(TABLES)
        Index(self.connection)

    def insert(self, table, **columns):
        names = ", ".join(columns)
        marks = ", ".join("?" * len(columns))
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(columns.values()))

    def add(self, record_id, *, follow_ups=(), tags=(), links=(), content=None, **columns):
        number = self.connection.execute("SELECT count(*) + 1 FROM records").fetchone()[0]
        path = f"records/{number}.yaml"
        self.insert(
            "records",
            **{
                "record": number,
                "id": record_id,
                "path": path,
                "kind": "interaction",
                "template": "service",
                **columns,
            },
        )
        for n, follow_up in enumerate(follow_ups, 1):
            status = follow_up.get("status", "open")
            self.insert(
                "follow_ups",
                **{
                    "record": number,
                    "n": n,
                    "address": f"{record_id}/{n}",
                    "action": "call back",
                    "status": status,
                    "is_cancelled": 0,
                    "is_pending": int(status in {"open", "in_progress", "awaiting_customer"}),
                    **follow_up,
                },
            )
        for tag in tags:
            self.insert("tags", record=number, tag=tag)
        for target in links:
            self.insert("links", record=number, target=target, type="follows")
        self.insert("contents", record=number, **content_of(content or {}, CHOICES)._asdict())

    def add_customer(self, customer, *, names=(), **columns):
        number = self.connection.execute("SELECT count(*) + 1000 FROM customers").fetchone()[0]
        self.insert("customers", record=number, id=customer, **columns)
        for name in names:
            self.insert("customer_names", record=number, customer=customer, name=fold_text(name))

    def answers(self, question, domain, frame):
        condition = select(question, domain, frame)
        sql = f"{_SOURCES[domain]} WHERE {condition.sql}"
        return sorted(row[0] for row in self.connection.execute(sql, condition.parameters))

    def plan(self, question, domain, frame):
        condition = select(question, domain, frame)
        sql = f"EXPLAIN QUERY PLAN {_SOURCES[domain]} WHERE {condition.sql}"
        return " / ".join(row[3] for row in self.connection.execute(sql, condition.parameters))


@pytest.fixture
def frame():
    """Ask on a Wednesday in Shanghai."""
    return QueryContext(NOW, SHANGHAI, WorkCalendar(SHANGHAI, parse_hours()))


@pytest.fixture
def copy():
    """Make an empty copy."""
    made = Copy()
    yield made
    made.connection.close()


@pytest.fixture
def one_record(copy):
    """A copy with one record that has something of everything."""
    copy.add(
        "1",
        subject="ab",
        day="2026-03-10",
        tags=["投"],
        links=["2"],
        follow_ups=[{"due_at": 1}],
        content={"problem": "ab1", "scores": {"overall": 1}, "background": {"purchased_on": "2026-03-01"}},
    )
    return copy


@pytest.fixture
def make_copy():
    """Copies for tests that need a new one for each example."""
    made = []

    def make():
        made.append(Copy())
        return made[-1]

    yield make
    for one in made:
        one.connection.close()


@pytest.fixture
def vocabulary():
    """Know some fields of some templates, and some people."""

    def words(**labels):
        return {slug: {"zh": zh, "en": slug.replace("_", " ").title()} for slug, zh in labels.items()}

    def entry(key, *labels, value_type=ValueType.TEXT, values=None):
        return VocabularyEntry(key, tuple({"zh": zh, "en": en} for zh, en in labels), value_type, values or {})

    background = ("背景信息", "Background")
    entries = [
        entry(
            "scenario",
            ("场景", "Scenario"),
            value_type=ValueType.CHOICE,
            values=words(complaint="投诉", after_sales="售后"),
        ),
        entry("mood", ("客户情绪", "Mood"), value_type=ValueType.CHOICE, values=words(angry="愤怒", calm="平静")),
        entry(
            "channel",
            ("沟通渠道", "Channel"),
            value_type=ValueType.CHOICE,
            values=words(phone="电话", wecom="企业微信"),
        ),
        entry(
            "followups.status",
            ("后续跟进", "Follow-ups"),
            ("状态", "Status"),
            value_type=ValueType.CHOICE,
            values=words(
                open="待处理", in_progress="进行中", awaiting_customer="待客户确认", done="已完成", closed="已关闭"
            ),
        ),
        entry(
            "status", ("处理进度", "Status"), value_type=ValueType.CHOICE, values=words(open="待处理", fixed="已解决")
        ),
        entry(
            "followups.priority",
            ("后续跟进", "Follow-ups"),
            ("优先级", "Priority"),
            values=words(urgent="紧急", important="重要"),
        ),
        entry("followups.method", ("后续跟进", "Follow-ups"), ("方式", "Method")),
        entry("background.order_no", background, ("订单编号", "Order number")),
        entry("background.purchased_on", background, ("购买日期", "Purchased on"), value_type=ValueType.MOMENT),
        entry("order_no", ("关联订单编号", "Related order")),
        entry("problem", ("问题描述", "Problem")),
        entry("scores.overall", ("评分", "Scores"), ("总体", "Overall"), value_type=ValueType.NUMBER),
        entry("do_not_contact", ("请勿联系", "Do not contact"), value_type=ValueType.FLAG),
        entry("level", ("客户等级", "Level"), value_type=ValueType.CHOICE, values=words(vip="贵宾", key="重点")),
    ]
    customers = {"acme": ("acme",), "王力": ("wang-li",), "张三": ("zhang-san", "zhang-san-2")}
    people = People(
        members={"wang": "wang", "小王": "wang"},
        customers=lambda name: customers.get(fold_text(name), ()),
        records=lambda name: ("20260310-7f3kq2",) if name == "7f3" else (),
    )
    return vocabulary_of(
        entries,
        people,
        {"template": {"service": "service", "客户交流记录表": "service", "issue": "issue", "answer": "answer"}},
    )
