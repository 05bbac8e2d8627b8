"""Every field of every form can be set from the command line by key and by label, is kept, and is found."""

import pytest

from commlog.forms.catalog import Catalog
from commlog.output.listing import Page
from commlog.records.list import list_records
from commlog.records.search import search_records

CATALOG = Catalog()
# Set by the tool, or with options and verbs of their own.
NOT_SET = {"id", "template", "followups", "history", "recorded_at", "last_contact_at"}
# Values a rule asks for, or that must name something the log has.
GIVEN = {
    "customer": "acme",
    "agent": "li",
    "merged_into": "acme",
    "to": "ref:X-1",
    "by": "us",
    "started_at": "2026-03-02 09:00",
    "ended_at": "2026-03-02 09:30",
    "received_at": "2026-03-01 20:00",
    "visit_every": "3m",
    "priority": "urgent",
    "email": "someone@mail.example",
    "phone": "13900000009",
}
STORED = {
    "started_at": "2026-03-02T09:00:00+08:00",
    "ended_at": "2026-03-02T09:30:00+08:00",
    "received_at": "2026-03-01T20:00:00+08:00",
}


def leaves(field, before=()):
    """Every value a field can hold: the fields on the way to it, and itself."""
    if field.read_only or (not before and field.key in NOT_SET):
        return
    inner = field.item or field
    if inner.fields and inner.type == "mapping":
        for child in inner.fields:
            yield from leaves(child, (*before, field))
    elif field.free:
        return
    else:
        yield (*before, field)


def path_of(way, *, by_label):
    """The dotted path that reaches a value, through the first entry of each list of mappings."""
    steps = []
    for field in way:
        steps.append(field.labels["zh"] if by_label else field.key)
        if field.item is not None and field.item.fields:
            steps.append("0")
    return ".".join(steps)


def sample(way, number):
    """A value to type by key, the same by label, and what is stored."""
    field = way[-1]
    value = field.item or field
    known = GIVEN.get(field.key)
    if value.enum:
        slug = known if known in value.enum else value.enum[-1]
        stored = [slug] if field.item else slug
        return slug, value.enum_labels[slug]["zh"], stored
    if known is not None and value.type == "text" and not value.format and field.item is None:
        return known, known, known
    if field.key in STORED:
        return known, known, STORED[field.key]
    if value.format == "date-time" or (value.format == "date-or-date-time" and number % 2):
        return (
            f"2026-02-{number % 28 + 1:02} 08:15",
            f"2026年2月{number % 28 + 1}日 8点15分",
            f"2026-02-{number % 28 + 1:02}T08:15:00+08:00",
        )
    if value.format == "date-or-month-day":
        return "03-08", "03-08", "03-08"
    if value.format.startswith("date"):
        return f"2026-01-{number % 28 + 1:02}", f"2026年1月{number % 28 + 1}日", f"2026-01-{number % 28 + 1:02}"
    if value.type == "integer":
        return "4", "４", 4
    if value.type == "boolean":
        return "no", "否", False
    if field.item is not None and field.key == "by":
        return "order_no", "order_no", ["order_no"]
    if field.item is not None:
        return f"词{number}x", f"词{number}x", [f"词{number}x"]
    return f"字{number}值，and Text", f"字{number}值，and Text", f"字{number}值，and Text"


def samples_of(template):
    ways = [way for field in template.fields for way in leaves(field)]
    return [(way, *sample(way, number)) for number, way in enumerate(ways, start=1)]


def value_at(fields, way):
    value = fields
    for field in way:
        value = value[field.key]
        if field.item is not None and field.item.fields:
            value = value[0]
    return value


@pytest.fixture(params=CATALOG.names())
def form(request):
    return CATALOG.get(request.param)


def test_every_field_can_be_set_by_key_and_by_label(log, form):
    """A record with every field filled in by key equals one filled in by Chinese label, and both hold what was typed."""
    samples = samples_of(form)
    by_key = log.create(form.name, *(f"{path_of(way, by_label=False)}={typed}" for way, typed, _, _ in samples))
    if form.kind == "customer":
        (log.root / by_key.path).unlink()
    by_label = log.create(form.name, *(f"{path_of(way, by_label=True)}={typed}" for way, _, typed, _ in samples))
    wrong = [
        (path_of(way, by_label=False), value_at(record.fields, way), stored)
        for record in (by_key, by_label)
        for way, _, _, stored in samples
        if value_at(record.fields, way) != stored and way[-1].key not in {"agent", "id"}
    ]
    assert wrong == []
    assert {**by_key.fields, "id": ""} == {**by_label.fields, "id": ""}
    assert log.read(by_label.id).fields == by_label.fields


def test_every_field_is_found(log, form):
    """A query by key and by Chinese label, and full text for words, find a record by every one of its fields."""
    samples = samples_of(form)
    record = log.create(form.name, *(f"{path_of(way, by_label=False)}={typed}" for way, typed, _, _ in samples))
    log.create("member", "subject=another")
    workspace = log.workspace()
    by_key, by_label, words = [], [], []
    for way, _, label, stored in samples:
        wanted = stored[0] if isinstance(stored, list) else stored
        text = {True: "yes", False: "no"}[wanted] if isinstance(wanted, bool) else str(wanted)
        text = text[:10] if way[-1].format else text
        if way[-1].key in {"agent", "id"}:
            continue
        by_key.append(f'{".".join(field.key for field in way)}:"{text}"')
        by_label.append(
            f'"{".".join(field.labels["zh"] for field in way)}":"{label if (way[-1].item or way[-1]).enum else text}"'
        )
        words += [f'"{text}"'] if text.startswith(("字", "词")) else []

    def missed_of(find, terms):
        """The terms that do not find the record; all of them at once is the quick answer."""

        def finds(question):
            return record.id in [row[0] for row in find(question).rows]

        return [] if finds(" ".join(terms)) else [term for term in terms if not finds(term)] or ["all at once"]

    def find_records(question):
        return list_records(workspace, f"template:{form.name} {question}", (), Page())

    assert missed_of(find_records, by_key) == []
    assert missed_of(find_records, by_label) == []
    assert missed_of(lambda question: search_records(workspace, question, "", -1), words) == []


def test_what_no_form_foresees_goes_under_extra(log, form):
    """`extra` takes any key, keeps numbers and yes or no, and is found by its key."""
    record = log.create(form.name, "extra.牌号=沪A12345", "其他.floor=3", "extra.lift=true", "extra.code=0012")
    assert record.fields["extra"] == {"牌号": "沪A12345", "floor": 3, "lift": True, "code": "0012"}
    for query in ("extra.牌号:沪A12345", "extra.floor:3", "extra.code:0012"):
        assert [row[0] for row in list_records(log.workspace(), f"{query} template:{form.name}", (), Page()).rows] == [
            record.id
        ], query
