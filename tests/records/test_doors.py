"""Same fields, same record, same refusal by every door a record comes in by."""

import ast
import csv
import io
import json
import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from commlog.cli.app import run
from commlog.customers.book import CustomerBook
from commlog.errors import CommlogError
from commlog.exchange.import_records import ImportOptions, import_records
from commlog.exchange.import_surveys import import_surveys, survey_map
from commlog.exchange.map_reader import MapContext, read_map
from commlog.exchange.source import SourceFile, iter_items, open_sheet
from commlog.output.listing import Page
from commlog.records.draft import assign_all, converter_of, parse_input
from commlog.records.list import list_records
from commlog.records.write import RecordRequest, create_record
from commlog.surveys.record import record_answers
from commlog.yamltext.format import format_document

PACKAGE = Path(__file__).parents[2] / "commlog"
PHONE = "13912345678"
# What stands where a file of rows has a cell; lists and mappings are constants of the map.
SCALAR = (str, int, float, bool)


class RefusedError(Exception):
    """What a door says in words alone."""

    problems = ()

    def __init__(self, message):
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Door:
    """A way in: the modules that are it, how fields go through it, and which it can carry."""

    modules: tuple[str, ...]
    feed: Callable[..., None]
    takes: Callable[[str, dict], bool] = lambda template, fields: True


def ground_of(workspace):
    return MapContext(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)


def refuse_rejected(result):
    """An import's refusal as an error, as the other doors tell it."""
    assert result.rows == result.created + result.present + len(result.rejected) == 1
    for item in result.rejected:
        raise RefusedError(item.reason)


def by_assignments(log, template, fields):
    """`--set key=value` for every field."""
    workspace = log.workspace()
    texts = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in fields.items()]
    given_fields = assign_all(workspace, workspace.catalog.get(template), {}, texts)
    create_record(workspace, RecordRequest(template, given_fields))


def by_text(log, template, fields):
    """`--from FILE`, stdin, and what an editor gives back: YAML."""
    workspace = log.workspace()
    data = parse_input(format_document(fields).encode(), "x.yaml")
    translated = converter_of(workspace).translate_data(workspace.catalog.get(template), data)
    create_record(workspace, RecordRequest(template, translated))


def by_editor(log, template, fields):
    """The form filled in in an editor."""
    (log.root / "filled.yaml").write_text(format_document(fields), encoding="utf-8")
    by_command(log, ["create", template, "--edit"], EDITOR=f"cp {log.root / 'filled.yaml'}")


def by_noun(log, template, fields):
    """`issue create`, `customer create`, `answer create`."""
    texts = [f"{key}={value if isinstance(value, str) else json.dumps(value)}" for key, value in fields.items()]
    by_command(log, [template, "create", *(word for text in texts for word in ("--set", text))])


def by_command(log, words, **variables):
    """The program itself, in this process."""
    with pytest.MonkeyPatch.context() as patch, io.StringIO() as err:
        for name, value in {"COMMLOG_MEMBER": log.member or "", "COMMLOG_LANGUAGE": "en", **variables}.items():
            patch.setenv(name, value)
        patch.setattr("sys.stderr", err)
        patch.setattr("sys.stdin", io.StringIO(""))
        code = run([*words, "--log", str(log.root), "--now", log.now])
        lines = err.getvalue().splitlines()
    if code:
        found = [text for line in lines if (text := re.sub(r"^(commlog: |\S+:\d+:\d+: )?error: ", "", line)) != line]
        raise RefusedError("; ".join(found[1:] or found[:1]))


def by_csv(log, template, fields):
    """A row of a CSV file under a map."""
    workspace = log.workspace()
    form = workspace.catalog.get(template)
    scalar = {key: value for key, value in fields.items() if isinstance(value, SCALAR)}
    columns = [item.key for item in form.fields if item.type not in {"list", "mapping"} and item.key != "template"]
    columns = [key for key in columns if key in scalar or (key != "id" and form.kind != "customer") or key == "name"]
    columns += ["duration"] if "duration" in scalar else []
    constants = {key: value for key, value in fields.items() if key not in scalar and key != "followups"}
    follow_ups = [{key: str(value) for key, value in item.items()} for item in fields.get("followups", [])]
    text = {
        "template": template,
        "others": "ignore",
        "fields": {key: key for key in columns if key != "id" or template == "customer"},
        **({"constants": constants} if constants else {}),
        **({"followups": follow_ups} if follow_ups else {}),
    }
    with io.StringIO() as file:
        csv.writer(file).writerows([columns, [scalar.get(key, "") for key in columns]])
        raw = file.getvalue().encode()
    import_map = read_map(format_document(text).encode(), "m.yaml", ground_of(workspace))
    sheet = open_sheet(SourceFile("rows.csv", "csv", raw), "", import_map)
    refuse_rejected(import_records(workspace, iter_items(sheet, import_map, ground_of(workspace)), ImportOptions()))


def by_jsonl(log, template, fields):
    """An object of a JSON Lines file."""
    workspace = log.workspace()
    raw = json.dumps({"template": template, **fields}).encode()
    sheet = open_sheet(SourceFile("rows.jsonl", "jsonl", raw), "", None)
    refuse_rejected(import_records(workspace, iter_items(sheet, None, ground_of(workspace)), ImportOptions()))


def by_survey_record(log, template, fields):
    """`survey record` of answers nobody asked for."""
    workspace = log.workspace()
    data = converter_of(workspace).translate_data(workspace.catalog.get(template), fields)
    record_answers(workspace, None, data, lambda choices: choices[0])


def by_survey_file(log, template, fields):
    """A row of `survey import`."""
    workspace = log.workspace()
    flat = {key: value for key, value in fields.items() if key != "scores"}
    flat |= {f"scores.{key}": value for key, value in fields["scores"].items()}
    with io.StringIO() as file:
        csv.writer(file).writerows([list(flat), list(flat.values())])
        raw = file.getvalue().encode()
    source = SourceFile("rows.csv", "csv", raw)
    import_map = survey_map(open_sheet(source, "", None), ground_of(workspace), {})
    items = iter_items(open_sheet(source, "", None), import_map, ground_of(workspace))
    refuse_rejected(import_surveys(workspace, items, ImportOptions())[0])


def by_new_customer(log, template, fields):
    """`--new-customer NAME` beside a conversation."""
    log.create("member", new_customer=fields["name"])


def by_import_of_newcomer(log, template, fields):
    """A customer that an import makes for a conversation."""
    workspace = log.workspace()
    more = {key: value for key, value in fields.items() if key != "name"}
    text = {"template": "member", "others": "ignore", "fields": {"customer": "c", "started_at": "s"}}
    text["customers"] = {"unknown": "create", **({"fields": more} if more else {})}
    text["constants"] = {"channel": "phone", "subject": "s", "summary": "s", "core_request": "c"}
    import_map = read_map(format_document(text).encode(), "m.yaml", ground_of(workspace))
    with io.StringIO() as file:
        csv.writer(file).writerows([["c", "s"], [fields["name"], "2026-03-02 09:00"]])
        raw = file.getvalue().encode()
    sheet = open_sheet(SourceFile("rows.csv", "csv", raw), "", import_map)
    choices = ImportOptions(creates_customers=True)
    refuse_rejected(import_records(workspace, iter_items(sheet, import_map, ground_of(workspace)), choices))


def is_answer(template, fields):
    """Whether fields are a survey with its answers."""
    return template == "survey" and {"scores", "assessed_on", "entered_by", "period"} <= fields.keys()


DOORS = {
    "create --set": Door(("records.commands.create", "cli.prompts"), by_assignments),
    "create --from": Door(("records.commands.create",), by_text),
    "create --edit": Door(("cli.editor",), by_editor),
    "NOUN create": Door(
        ("issues.commands", "customers.commands.customer", "answers.commands"),
        by_noun,
        lambda template, _: template in {"issue", "customer", "answer"},
    ),
    "create --new-customer": Door(
        ("records.commands.create",),
        by_new_customer,
        lambda template, fields: template == "customer" and set(fields) == {"name"},
    ),
    "import csv": Door(("exchange.import_records",), by_csv),
    "import jsonl": Door(("exchange.import_records",), by_jsonl),
    "import, a new customer": Door(
        ("exchange.import_records", "customers.book"),
        by_import_of_newcomer,
        lambda template, fields: (
            template == "customer"
            and bool(fields.get("name"))
            and all(isinstance(value, str) for value in fields.values())
        ),
    ),
    "survey record": Door(("surveys.record",), by_survey_record, is_answer),
    "survey import": Door(
        ("exchange.import_records",),
        by_survey_file,
        lambda template, fields: (
            is_answer(template, fields)
            and fields.get("customer") == "acme"
            and all(isinstance(value, SCALAR) or key == "scores" for key, value in fields.items())
        ),
    ),
}


def outcome_of(log, door, template, fields):
    """What a door makes of fields in a fresh copy of a log: the record, or the fields a refusal speaks of."""
    with tempfile.TemporaryDirectory() as folder:
        copy = type(log)(Path(folder) / "log", log.now, log.member)
        shutil.copytree(log.root, copy.root)
        before = set(copy.files())
        try:
            DOORS[door].feed(copy, template, fields)
        except (CommlogError, RefusedError) as fault:
            assert set(copy.files()) == before, door
            texts = [problem.message for problem in fault.problems] or fault.message.split("; ")
            return "refused", frozenset(map(spoken_of, texts))
        kind = copy.workspace().catalog.get(template).kind
        (path,) = [path for path in set(copy.files()) - before if (kind == "customer") == ("customers" in path)]
        record = copy.workspace().reader.read(path).record
        extra = {key: value for key, value in record.fields.get("extra", {}).items() if key != "import_key"}
        kept = {key: value for key, value in record.fields.items() if key not in {"id", "extra"}}
        return "written", kept | ({"extra": extra} if extra else {})


def spoken_of(text):
    """The field a message speaks of; the message without its advice when it speaks of none."""
    found = re.match(r"([a-z_]+)[.\[:]", text)
    return found[1] if found else text.partition(" (")[0]


# Fields without anything wrong, by template: what people fill in beside what the tool does.
TALK = {"customer": "acme", "channel": "phone", "subject": "s", "summary": "s", "started_at": "2026-03-02 09:00"}
VALID = {
    "member": {**TALK, "core_request": "c"},
    "service": {**TALK, "scenario": "complaint", "problem": "p", "request": "r", "outcome": "resolved"},
    "relationship": {**TALK, "need_type": "other"},
    "visit": {**TALK, "visit_kind": "regular"},
    "issue": {
        "customer": "acme", "title": "t", "description": "d", "category": "product", "owner": "li", "status": "open",
        "reported_on": "2026-03-01",
    },
    "survey": {
        "customer": "acme", "period": "2026-Q1", "entered_by": "staff", "assessed_on": "2026-03-10", "scores": {"overall": 4}
    },
    "customer": {"name": "新客户"},
    "answer": {"question": "q", "answer": "a"},
}  # fmt: skip
# More of them, for the forms that have the field.
MORE = [
    {"agent": "李静"}, {"owner": "小王"}, {"customer": "Acme Ltd"}, {"customer": "13800000001"}, {"tags": ["a", "b"]},
    {"company": "某公司"}, {"company": "新客户"}, {"industry": "零售"}, {"contacts": [{"phone": "13900000001"}]},
    {"duration": 25}, {"ended_at": "2026-03-02 09:30"}, {"reached": False}, {"received_at": "2026-03-01 20:00"},
    {"scores": {"overall": 1, "communication": 2}}, {"channel": "电话"}, {"priority": "urgent"}, {"urgency": "high"},
    {"followups": [{"action": "a"}]}, {"followups": [{"action": "a", "due": "3wd", "owner": "小王"}]},
    {"followups": [{"action": "a", "priority": "important"}, {"action": "b", "due": "none"}]},
]  # fmt: skip
# Wrong in one thing.
WRONG = [
    {"summary": f"call {PHONE}"}, {"description": f"call {PHONE}"}, {"answer": f"call {PHONE}"}, {"notes": PHONE},
    {"comment": f"call {PHONE}"}, {"channel": "pigeon"}, {"category": "weather"}, {"customer": "nobody"},
    {"ended_at": "2026-03-02 08:00"}, {"started_at": "2027-01-01 08:00"}, {"reported_on": "2026-02-30"},
    {"outcome": "follow_up"}, {"scores": {"overall": 7}}, {"followups": [{"action": "a", "due": "one day"}]},
    {"followups": [{"action": "a", "priority": "whenever"}]}, {"contacts": [{"name": "n", "email": "no address"}]},
    {"followups": [{"action": "a", "status": "done", "result": "r"}]}, {"duration": -5}, {"stage": "gone"},
]  # fmt: skip
POLICIES = [
    "",
    "no_personal_numbers: error",
    "no_personal_numbers: warning",
    "outcome_requires: {resolved: [tags]}",
    "closing_requires: [customer_satisfaction]",
]


# What the tool fills in or looks up, and what the lists above draw by themselves.
LOOKED_UP = {"id", "template", "customer", "agent", "owner", "links", "followups", "history", "merged_into"}


# Texts of a shape of their own.
SHAPED = {"visit_every": ("3m", "soon")}


def values_of(field):
    """What may stand in a field of a form and what may not: a valid value, and a wrong one when its type can be missed."""
    if field.key in SHAPED:
        return SHAPED[field.key]
    if field.enum:
        return field.enum[-1], "pigeon"
    if field.type == "boolean":
        return True, "maybe"
    if field.type == "integer":
        return 3, "many"
    if field.format:
        return {"date": ("2026-03-01", "2026-02-30")}.get(field.format)
    if field.type == "list":
        return (["甲", "b c"], None) if field.item.type == "text" and not field.item.enum else None
    return ("文字 and more", None) if field.type == "text" else None


def any_fields(form):
    """One field of a form with a value, for every field that people fill in: right ones, and wrong ones."""
    known = {field.key: values_of(field) for field in form.fields if not field.read_only and field.key not in LOOKED_UP}
    right = [{key: values[0]} for key, values in known.items() if values]
    return right, [{key: values[1]} for key, values in known.items() if values and values[1]]


@st.composite
def fields_of(draw, form, keys):
    """Fields of a form: what is needed, perhaps any others, perhaps one thing wrong or missing."""
    template = form.name
    fields = dict(VALID[template])
    right, wrong_ones = any_fields(form)
    for more in draw(st.lists(st.sampled_from([one for one in MORE if set(one) <= keys]), max_size=2)):
        fields |= more
    for more in draw(st.lists(st.sampled_from(right), max_size=3)):
        fields |= {key: value for key, value in more.items() if key not in fields}
    wrong = draw(st.none() | st.sampled_from([{}, *wrong_ones, *(one for one in WRONG if set(one) <= keys)]))
    if wrong == {}:
        # A day that is missing is today's where somebody writes a record down, and nobody's in a file of rows.
        droppable = sorted(VALID[template].keys() - {"started_at", "reported_on", "assessed_on", "entered_by"})
        del fields[draw(st.sampled_from(droppable))]
    return fields | (wrong or {})


@pytest.mark.parametrize("template", sorted(VALID))
def test_every_door_gives_the_same(log, template):
    """Fields drawn from a form, right or wrong, under every policy, become one record or are refused for one reason."""
    form = log.workspace().catalog.get(template)
    keys = {field.key for field in form.fields} | ({"duration"} if "ended_at" in form.order else set())
    plain = (log.root / "commlog.yaml").read_text(encoding="utf-8")

    # Without shrinking: each example opens a log at every door.
    @settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(fields_of(form, keys), st.sampled_from(POLICIES))
    def hold(fields, policy):
        log.write("commlog.yaml", plain + (f"policies:\n  {policy}\n" if policy else ""))
        outcomes = {
            name: outcome_of(log, name, template, fields)
            for name, door in DOORS.items()
            if door.takes(template, fields)
        }
        first = outcomes["create --from"]
        assert outcomes == dict.fromkeys(outcomes, first)

    hold()


def test_no_door_is_left_out():
    """Every module of the package that asks for a new record belongs to a door of the table."""
    found = set()
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if create_record.__module__ in text else ():
            if isinstance(node, ast.ImportFrom) and node.module == create_record.__module__:
                found.add(".".join(file.relative_to(PACKAGE).with_suffix("").parts))
    assert found == {module for door in DOORS.values() for module in door.modules}


@pytest.mark.parametrize("door", ["create --from", "import csv", "import jsonl", "survey record", "survey import"])
def test_a_number_in_a_text_is_refused_by_every_door(log, door):
    """What the team's policy calls an error is refused before it is written, and names the field."""
    log.write(
        "commlog.yaml", (log.root / "commlog.yaml").read_text("utf-8") + "policies:\n  no_personal_numbers: error\n"
    )
    fields = {**VALID["survey"], "comment": f"ring {PHONE}"}
    assert outcome_of(log, door, "survey", fields) == ("refused", {"comment"})


@pytest.mark.parametrize("door", ["create --set", "create --from", "NOUN create", "import csv", "import jsonl"])
@pytest.mark.parametrize(
    ("more", "kind"),
    [({"company": "某公司"}, "individual"), ({"company": "李娜"}, "company"), ({"industry": "零售"}, "company"), ({}, "individual")],
)  # fmt: skip
def test_who_works_for_a_company_is_a_person(log, door, more, kind):
    """A customer is a company when called like it or of a trade; else the company is where a person works."""
    told, record = outcome_of(log, door, "customer", {"name": "李娜", **more})
    assert (told, record["type"]) == ("written", kind)


def test_an_entry_past_the_end_of_a_list_is_refused_by_a_map(log):
    """As `--set` refuses it; a place that a cell leaves empty is closed up, not filled with nothing."""
    text = "template: customer\nothers: ignore\nfields: {name: n, contacts.0.phone: a, contacts.%s.phone: b}\n"
    with pytest.raises(CommlogError) as caught:
        read_map((text % 2).encode(), "m.yaml", ground_of(log.workspace()))
    assert [(one.code, one.line) for one in caught.value.problems] == [("out-of-range", 3)]
    with pytest.raises(CommlogError):
        log.create("customer", "contacts.1.phone=1")
    workspace = log.workspace()
    import_map = read_map((text % 1).encode(), "m.yaml", ground_of(workspace))
    sheet = open_sheet(SourceFile("rows.csv", "csv", "n,a,b\n李娜,,13900000009\n".encode()), "", import_map)
    refuse_rejected(import_records(workspace, iter_items(sheet, import_map, ground_of(workspace)), ImportOptions()))
    assert log.read("李娜").fields["contacts"] == [{"name": "李娜", "phone": "13900000009"}]


def test_a_visit_knows_the_contact_of_an_earlier_row(log):
    """The last contact is that of the log, or of a conversation the same import has written."""
    log.create("member", "started_at=2026-03-01 09:00")
    workspace = log.workspace()
    rows = [{"template": "visit", **VALID["visit"], "started_at": f"2026-03-0{day} 09:00"} for day in (3, 5)]
    sheet = open_sheet(SourceFile("r.jsonl", "jsonl", "\n".join(map(json.dumps, rows)).encode()), "", None)
    import_records(workspace, iter_items(sheet, None, ground_of(workspace)), ImportOptions())
    found = log.workspace().index.rows("SELECT path FROM records WHERE template = 'visit' ORDER BY started_at")
    last = [log.workspace().reader.read(path).record.fields["last_contact_at"][:10] for (path,) in found]
    assert last == ["2026-03-01", "2026-03-03"]


def test_a_row_without_a_day_is_not_dated_today(log):
    """What somebody writes down happened now; a row of a file that does not say when is refused."""
    fields = {key: value for key, value in VALID["member"].items() if key != "started_at"}
    assert outcome_of(log, "create --from", "member", fields)[0] == "written"
    assert outcome_of(log, "import csv", "member", fields) == ("refused", {"started_at"})


@pytest.mark.parametrize("duration", ["soon", True, 10**15, [5]])
def test_a_duration_that_is_none_is_not_passed_over(log, duration):
    """However it comes in, minutes that are no minutes are refused."""
    fields = {**VALID["member"], "duration": duration}
    for door in ("create --from", "import jsonl"):
        assert outcome_of(log, door, "member", fields) == ("refused", {"duration"})


@pytest.mark.parametrize("door", ["create --set", "create --from", "create --edit", "import jsonl"])
def test_a_link_among_the_fields_is_looked_up(log, door):
    """As by `--link`: a prefix becomes the record's id, a number from outside stays, and what is not there is refused."""
    prior = log.create("member").id
    fields = {
        **VALID["member"],
        "links": [{"to": prior[9:], "type": "follows"}, {"to": "ref:JS-203", "type": "relates"}],
    }
    told, record = outcome_of(log, door, "member", fields)
    assert told == "written"
    assert [link["to"] for link in record["links"]] == [prior, "ref:JS-203"]
    nowhere = {**fields, "links": [{"to": "20200101-aaaaaa", "type": "follows"}]}
    assert outcome_of(log, door, "member", nowhere) == ("refused", {"there is no record '20200101-aaaaaa'"})


def test_a_change_looks_up_the_links_it_adds(log):
    """A link that stood there stays as it is, wherever it leads."""
    prior, record = log.create("member").id, log.create("member")
    path = log.root / record.path
    path.write_text(path.read_text("utf-8") + "links: [{to: 20200101-aaaaaa, type: follows}]\n", encoding="utf-8")
    changed = log.edit(record.id, f"links+={{to: {prior[9:]}, type: relates}}")
    assert [link["to"] for link in changed.fields["links"]] == ["20200101-aaaaaa", prior]


@pytest.mark.parametrize(
    ("text", "customer"), [("a-b", "a-b"), ("A-B", "a-b-2"), ("a & b", "a-b"), ("A-B-2", "a-b-2"), ("A B", "a-b-2")]
)
def test_a_name_means_the_same_customer_at_every_door(log, text, customer):
    """An id to the letter comes first, then a name, then an id in another case or an alias."""
    for record_id, name in (("a-b", "A & B"), ("a-b-2", "A-B")):
        log.create("customer", f"id={record_id}", f"name={name}", *(["aliases=[A B]"] if name == "A-B" else []))
    for door in ("create --set", "create --from", "import csv", "import jsonl"):
        assert (
            outcome_of(log, door, "member", {**TALK, "core_request": "c", "customer": text})[1]["customer"] == customer
        )
    assert [row[0] for row in list_records(log.workspace(), "kind:customer", [("customer", [text])], Page()).rows] == [
        customer
    ]


def test_an_import_names_customers_as_create_does(log):
    """Id, name, alias, phone and address mean the same customer in the book of an import."""
    book = CustomerBook(log.workspace())
    for name in ("acme", "艾克米公司", "acme ltd", "+86 138 0000 0001", "chen@acme.example"):
        assert book.customer_of(name) == "acme"
