"""SQL answers against the filter applied, in plain Python, to the records themselves."""

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.database.query.fields import BUILT_IN
from commlog.database.query.filter import All, And, Not, Or, QueryField, Term, TextTerm, ValueType
from commlog.database.query.select import ListedRows
from tests.build import SHANGHAI

NOW = datetime(2026, 3, 18, 10, 0, tzinfo=SHANGHAI)
IDS = [f"2026031{n}-aaaaa{n}" for n in range(12)]

# What each text for dates means: the first day, and the day after the last.
DATES = {
    "2026-03": ("2026-03-01", "2026-04-01"),
    "2026-03-17": ("2026-03-17", "2026-03-18"),
    "today": ("2026-03-18", "2026-03-19"),
    "2026-Q2": ("2026-04-01", "2026-07-01"),
    "明天": ("2026-03-19", "2026-03-20"),
    "last-week": ("2026-03-09", "2026-03-16"),
}
DAYS = [
    "2026-02-28",
    "2026-03-01",
    "2026-03-09",
    "2026-03-15",
    "2026-03-17",
    "2026-03-18",
    "2026-03-19",
    "2026-03-31",
    "2026-04-01",
]
DUES = [
    *(f"{day} 18:00" for day in DAYS),
    "2026-03-18 09:00",
    "2026-03-18 10:00",
    "2026-03-19 00:00",
    "2026-03-17 23:59",
]
PEOPLE = ["wang", "Wang", "技术部", "技术", "li_na"]
TEXTS = ["空调不制冷", "Ａc 100%", "a_b 'x'", "ac"]
STATUSES = ["open", "in_progress", "awaiting_customer", "done", "closed"]
BOUGHT = [*DAYS, "2026-03-18T00:00:00+08:00", "2026-03-17T20:00:00Z"]
PENDING = {"open", "in_progress", "awaiting_customer"}


def maybe(values):
    """Give one of the values, or none."""
    return st.sampled_from([None, *values])


follow_up = st.fixed_dictionaries(
    {
        "owner": maybe(PEOPLE),
        "priority": maybe(["urgent", "加急"]),
        "status": st.sampled_from(STATUSES),
        "due": maybe(DUES),
        "action": st.sampled_from(TEXTS),
        "result": maybe(["ok"]),
    }
)
record = st.fixed_dictionaries(
    {
        "customer": maybe(["acme", "ac", "anonymous"]),
        "owner": maybe(PEOPLE),
        "agent": maybe(PEOPLE),
        "priority": maybe(["urgent"]),
        "status": maybe(["open", "fixed"]),
        "mood": maybe(["angry", "calm"]),
        "subject": maybe(TEXTS),
        "day": maybe(DAYS),
        "reached": maybe([0, 1]),
        "tags": st.lists(st.sampled_from(["投诉-安装", "投诉", "VIP"]), max_size=2, unique=True),
        "links": st.lists(st.sampled_from([*IDS, "ref:1"]), max_size=2, unique=True),
        "follow_ups": st.lists(follow_up, max_size=2),
        "scenario": maybe(["complaint", "after_sales"]),
        "problem": maybe(TEXTS),
        "order_no": maybe(["2026030800123", "b-1"]),
        "score": maybe([1, 3, 4.5]),
        "bought": maybe(BOUGHT),
    }
)
records = st.lists(record, min_size=2, max_size=len(IDS))


def content(key, value_type):
    """Name a template's field."""
    return QueryField(key, value_type, is_content=True)


# What each field is asked for; the fields of MATCHED also by their beginnings.
MATCHED = [
    (BUILT_IN["customer"], ["acme", "ac", "a", "nobody"]),
    (BUILT_IN["owner"], [*PEOPLE, "WANG", "技", "nobody"]),
    (BUILT_IN["agent"], PEOPLE),
    (BUILT_IN["priority"], ["urgent", "加急", "u"]),
    (BUILT_IN["mood"], ["angry", "calm", "c"]),
    (BUILT_IN["subject"], ["AC", "空调", "冷", "%", "_"]),
    (BUILT_IN["action"], ["ac", "制冷", "%", "_"]),
    (BUILT_IN["tag"], ["投诉", "投诉-", "vip"]),
    (BUILT_IN["id"], [*IDS, "20260310", "2026"]),
    (content("scenario", ValueType.CHOICE), ["complaint", "after_sales", "after"]),
    (content("problem", ValueType.TEXT), ["AC", "冷", "空", "%", "_"]),
    (content("background.order_no", ValueType.TEXT), ["2026", "b-1", "123"]),
]
EQUAL = [
    (BUILT_IN["status"], [*STATUSES, "fixed", "pending"]),
    (BUILT_IN["reached"], ["true", "false"]),
    (BUILT_IN["link"], [*IDS, "ref:1"]),
    (BUILT_IN["thread"], IDS),
    (BUILT_IN["due"], ["overdue", "none"]),
    (BUILT_IN["level"], ["vip", "key"]),
    (
        BUILT_IN["has"],
        ["link", "tag", "followup", "customer", "due", "result", "owner", "mood", "scenario", "background", "level"],
    ),
]
COMPARED = [
    *((BUILT_IN[name], list(DATES)) for name in ("date", "due")),
    (content("bought", ValueType.MOMENT), list(DATES)),
    (BUILT_IN["n"], ["1", "2", "3"]),
    (content("scores.overall", ValueType.NUMBER), ["1", "3", "4.5", "5"]),
]


def every_term():
    """Give every term of one value, and every range."""
    for field, values in (*MATCHED, *EQUAL):
        yield from (Term(field, "=", (value,)) for value in values)
    for field, values in MATCHED:
        yield from (Term(field, "prefix", (value,)) for value in values)
    for field, values in COMPARED:
        yield from (Term(field, operator, (value,)) for value in values for operator in ("=", "<", "<=", ">", ">="))
        ordered = sorted(values, key=lambda value: DATES.get(value, (value,))[0])
        sides = [(low, high) for place, low in enumerate(ordered) for high in ordered[place:]]
        sides += [*(("", value) for value in values), *((value, "") for value in values)]
        yield from (Term(field, "..", pair) for pair in sides)


WORDS = [TextTerm(text) for text in ("空调", "ac", "AC 100%", "a_b", "'x'", "冷", "complaint", "ok", "2026030800123")]
TERMS = [All(), *WORDS, *every_term()]
several = st.sampled_from([*MATCHED, *EQUAL]).flatmap(
    lambda known: st.builds(
        lambda values: Term(known[0], "=", tuple(values)),
        st.lists(st.sampled_from(known[1]), min_size=2, max_size=3, unique=True),
    )
)
filters = st.recursive(
    st.one_of(st.sampled_from(TERMS), several),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(lambda parts: And(tuple(parts)), st.lists(inner, max_size=3)),
        st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, max_size=3)),
    ),
    max_leaves=6,
)

LEVELS = {"acme": "vip", "ac": None}


def seconds(text):
    """Give the seconds of an instant written without an offset."""
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp())


def folded(text):
    """Fold the letters used here."""
    return text.replace("Ａ", "a").lower()


class Oracle:
    """The meaning of a filter, said once more: about records as dictionaries."""

    def __init__(self, log):
        self.log = log

    def matches(self, question, item, follow_up):
        """Whether the record, or one follow-up of it, matches."""
        match question:
            case All():
                return True
            case Not(part):
                return not self.matches(part, item, follow_up)
            case And(parts):
                return all(self.matches(part, item, follow_up) for part in parts)
            case Or(parts):
                return any(self.matches(part, item, follow_up) for part in parts)
            case TextTerm(text):
                values = [
                    item["problem"],
                    item["order_no"],
                    item["subject"],
                    *(one["action"] for one in item["follow_ups"]),
                ]
                return any(value and folded(text) in folded(value) for value in values)
        if question.operator == "..":
            return self.term(question, question.values, item, follow_up)
        return any(self.term(question, value, item, follow_up) for value in question.values)

    def term(self, term, value, item, follow_up):
        name = term.field.name
        if name in {"owner", "priority", "status", "due", "action", "n"}:
            own = name in {"owner", "priority", "status"} and not follow_up and self.column(term, value, item[name])
            among = [follow_up] if follow_up else item["follow_ups"]
            if name == "status" and not follow_up and item["status"] is not None and "pending" not in term.values:
                return own
            return own or any(self.of_follow_up(term, value, one) for one in among)
        if name == "has":
            return self.has(value, item, follow_up)
        if name == "thread":
            return item["id"] in self.thread(value)
        if name == "link":
            return value in item["links"] or any(item["id"] in one["links"] for one in self.log if one["id"] == value)
        if name == "tag":
            return any(self.column(term, value, tag) for tag in item["tags"])
        if name == "level":
            return LEVELS.get(item["customer"]) == value
        if name == "reached":
            return item["reached"] == int(value == "true")
        keys = {"date": "day", "scores.overall": "score", "background.order_no": "order_no"}
        return self.column(term, value, item[keys.get(name, name)])

    def of_follow_up(self, term, value, one):
        name = term.field.name
        if (name, value) == ("status", "pending"):
            return one["status"] in PENDING
        if (name, value) == ("due", "overdue"):
            return (
                one["status"] in {"open", "in_progress"}
                and one["due"] is not None
                and seconds(one["due"]) < NOW.timestamp()
            )
        if (name, value) == ("due", "none"):
            return one["due"] is None
        return self.column(term, value, one[name])

    def column(self, term, value, stored):
        """Whether one stored value matches one value of the term."""
        if stored is None:
            return False
        if term.field.type in {ValueType.MOMENT, ValueType.NUMBER}:
            return self.ordered(term, value, stored)
        if term.field.type is ValueType.TEXT:
            stored, value = folded(stored), folded(value)
            return stored.startswith(value) if term.operator == "prefix" else value in stored
        if term.operator == "prefix":
            return stored.lower().startswith(value.lower())
        return stored.lower() == value.lower()

    def ordered(self, term, value, stored):
        if term.field.type is ValueType.NUMBER:
            bounds, place = (lambda text: (float(text), float(text))), float(stored)
            last = bounds
        else:
            day = datetime.fromisoformat(stored)
            place = (day.astimezone(SHANGHAI) if day.tzinfo else day).date().isoformat()
            bounds = DATES.get

            def last(text):
                first, after = DATES[text]
                return first, (datetime.fromisoformat(after) - timedelta(days=1)).date().isoformat()

        if term.operator == "..":
            low, high = value
            return (not low or place >= bounds(low)[0]) and (not high or place <= last(high)[1])
        first, final = last(value)
        return {
            "=": first <= place <= final,
            "<": place < first,
            "<=": place <= final,
            ">": place > final,
            ">=": place >= first,
        }[term.operator]

    def has(self, name, item, follow_up):
        among = [follow_up] if follow_up else item["follow_ups"]
        return {
            "link": bool(item["links"]),
            "tag": bool(item["tags"]),
            "followup": bool(item["follow_ups"]),
            "customer": item["customer"] not in {None, "anonymous"},
            "due": any(one["due"] for one in among),
            "result": any(one["result"] for one in among),
            "owner": any(one["owner"] for one in among) or bool(not follow_up and item["owner"]),
            "mood": bool(item["mood"]),
            "scenario": bool(item["scenario"]),
            "background": bool(item["order_no"]),
            "level": LEVELS.get(item["customer"]) is not None,
        }[name]

    def thread(self, start):
        """All ids reached over links, grown until nothing is added."""
        found = {start}
        while True:
            grown = set(found)
            for one in self.log:
                ends = {target for target in one["links"] if not target.startswith("ref:")}
                if one["id"] in found:
                    grown |= ends
                if ends & found:
                    grown.add(one["id"])
            if grown == found:
                return found
            found = grown


def fill(copy, log):
    """Write the records into a copy."""
    copy.add_customer("acme", level="vip")
    copy.add_customer("ac", level=None)
    for one in log:
        columns = {
            name: one[name]
            for name in ("customer", "owner", "agent", "priority", "status", "mood", "subject", "day", "reached")
        }
        fields = {
            "subject": one["subject"],
            "scenario": one["scenario"],
            "problem": one["problem"],
            "bought": one["bought"],
            "followups": [{"action": item["action"]} for item in one["follow_ups"]],
            "scores": {"overall": one["score"]},
            "background": {"order_no": one["order_no"]},
        }
        rows = [
            {
                **{name: item[name] for name in ("owner", "priority", "status", "action", "result")},
                "due_at": None if item["due"] is None else seconds(item["due"]),
            }
            for item in one["follow_ups"]
        ]
        copy.add(one["id"], follow_ups=rows, tags=one["tags"], links=one["links"], content=fields, **columns)


def check(copy, frame, log, questions):
    """Compare both listings with the oracle, for each question."""
    log = [
        {**one, "id": record_id, "follow_ups": [{**item, "n": n} for n, item in enumerate(one["follow_ups"], 1)]}
        for record_id, one in zip(IDS, log, strict=False)
    ]
    oracle = Oracle(log)
    fill(copy, log)
    for question in questions:
        expected = [one["id"] for one in log if oracle.matches(question, one, None)]
        assert copy.answers(question, ListedRows.RECORDS, frame) == sorted(expected), question
        expected = [
            f"{one['id']}/{item['n']}"
            for one in log
            for item in one["follow_ups"]
            if oracle.matches(question, one, item)
        ]
        assert copy.answers(question, ListedRows.FOLLOW_UPS, frame) == sorted(expected), question


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(log=records, questions=st.lists(filters, min_size=5, max_size=12))
def test_sql_answers_equal_the_filter_applied_to_records(log, questions, make_copy, frame):
    """For any records and any filters, both listings give exactly what the filter matches."""
    copy = make_copy()
    check(copy, frame, log, questions)
    copy.connection.close()


def drawn(chance):
    """Draw one record evenly, where hypothesis prefers simple ones."""

    def some(values, most=2):
        return chance.sample(values, chance.randint(0, most))

    def one(values):
        return chance.choice([None, *values])

    follow_ups = [
        {
            "owner": one(PEOPLE),
            "priority": one(["urgent", "加急"]),
            "status": chance.choice(STATUSES),
            "due": one(DUES),
            "action": chance.choice(TEXTS),
            "result": one(["ok"]),
        }
        for _ in range(chance.randint(0, 2))
    ]
    return {
        "customer": one(["acme", "ac", "anonymous"]),
        "owner": one(PEOPLE),
        "agent": one(PEOPLE),
        "priority": one(["urgent"]),
        "status": one(["open", "fixed"]),
        "mood": one(["angry", "calm"]),
        "subject": one(TEXTS),
        "day": one(DAYS),
        "reached": one([0, 1]),
        "tags": some(["投诉-安装", "投诉", "VIP"]),
        "links": some([*IDS, "ref:1", "ref:1x"], 1),
        "follow_ups": follow_ups,
        "scenario": one(["complaint", "after_sales"]),
        "problem": one(TEXTS),
        "order_no": one(["2026030800123", "b-1"]),
        "score": one([1, 3, 4.5]),
        "bought": one(BOUGHT),
    }


@pytest.mark.parametrize("seed", range(10))
def test_every_term_means_the_same_in_sql(seed, copy, frame):
    """Every single term, and its negation, gives exactly what it matches in a mixed log."""
    chance = Random(seed)
    check(copy, frame, [drawn(chance) for _ in IDS], [*TERMS, *map(Not, TERMS)])
