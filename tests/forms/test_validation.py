"""Both validators: the same verdict, every problem at once, and nothing fetched from elsewhere."""

import copy
import dataclasses
import json
import re
import socket
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import InvalidError
from commlog.forms.catalog import Catalog
from commlog.forms.explanation import Explainer
from commlog.forms.keywords import matches
from commlog.forms.schemas import shipped_folder
from commlog.forms.validation import BASE, Validator, build_accepting, check_template, refuse
from commlog.messages import current_language, use_language
from commlog.problems import KINDS
from commlog.yamltext.parse import decode, parse_yaml

CATALOG = Catalog()
VALIDATOR = Validator(CATALOG)
EXAMPLES = [
    (path.parent.name, parse_yaml(decode(path.read_bytes())))
    for path in sorted((Path(__file__).parents[1] / "examples").glob("valid/*/*.yaml"))
]
SERVICE = next(data for name, data in EXAMPLES if name == "service" and data["outcome"] == "transferred")

WORDS = st.sampled_from(
    [
        "",
        " ",
        "\n",
        "\u3000",
        "a",
        "a\n",
        "\na",
        "a\r",
        "a\u2028",
        "张三",
        "张三\n",
        "é",
        "अ",
        "٣",
        "𝟗",
        "a.b",
        ".a",
        "a.",
        "a/b",
        "a b",
        "a_b-c",
        "anonymous",
        "other",
        "done",
        "closed",
        "open",
        "follow_up",
        "transferred",
        "phone",
        "电话",
        "2026-03-10",
        "2026-03-10\n",
        "2026-02-30",
        "２０２６-03-10",
        "2026-03-10T14:30:00+08:00",
        "2026-03-10T14:30:00Z",
        "2026-03-10T24:00:00Z",
        "2026-03-10T14:30:60Z",
        "2026-03-10t14:30:00z",
        "2026-03-10T14:30:00+25:00",
        "2026-03-10T14:30:00.5Z",
        "0000-01-01",
        "02-29",
        "02-30",
        "none",
        "3wd",
        "30d",
        "1y\n",
        "ref:",
        "ref: 1",
        "ref:1\n",
        "20260310-7f3kq2",
        "20260310-7f3kq2\n",
        "20260310-7f3kqu",
        "x" * 65,
        "x" * 301,
        "a@b",
        "a@b\n",
        "·",
        "a·b",
    ]
)
VALUES = st.one_of(
    WORDS,
    st.text(max_size=4),
    st.none(),
    st.booleans(),
    st.integers(-2, 6),
    st.integers(),
    st.sampled_from([1.0, 1.5, 1e30, -0.0]),
    st.lists(WORDS, max_size=2),
    st.just({}),
    st.dictionaries(st.sampled_from(["name", "result", "lunar", "x"]), WORDS, max_size=2),
)


def places(node, path=()):
    """The path of every value in the data."""
    steps = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


@st.composite
def mutated(draw):
    """An example with one to three values replaced, removed, or added."""
    name, data = draw(st.sampled_from(EXAMPLES))
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        found = list(places(data))
        *steps, last = draw(st.sampled_from(found))
        owner = data
        for step in steps:
            owner = owner[step]
        action = draw(st.sampled_from(["replace", "replace", "remove", "add"]))
        if action == "replace":
            owner[last] = draw(VALUES)
        elif action == "remove":
            del owner[last]
        elif isinstance(owner, dict):
            owner[draw(st.sampled_from(["colour", "owner", "note", "status"]))] = draw(VALUES)
        else:
            owner.append(draw(VALUES))
        if not data:
            break
    return name, data


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(mutated())
def test_both_validators_agree(case):
    """On any damaged record the two validators give the same verdict, and the explanation is usable."""
    name, data = case
    findings = VALIDATOR.explain(name, data)
    assert VALIDATOR.is_valid(name, data) == (not findings)
    for finding in findings:
        assert finding.code in KINDS
        assert finding.code != "schema-violation"
        KINDS[finding.code].message.format(**{"field": "", **finding.facts})


@settings(max_examples=300, deadline=None)
@given(
    pattern=st.sampled_from(
        sorted(
            {
                node
                for file in shipped_folder().rglob("*.json")
                for node in re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', file.read_text("utf-8"))
            }
        )
    ),
    text=WORDS | st.text(max_size=6),
)
def test_every_pattern_means_the_same(pattern, text):
    """Each shipped pattern takes the same texts in Python, in our reading of it, and in the fast validator."""
    import jsonschema_rs

    plain = json.loads(pattern)
    verdicts = {
        re.search(plain, text) is not None,
        matches(plain, text),
        jsonschema_rs.Draft202012Validator({"pattern": plain}).is_valid(text),
    }
    assert len(verdicts) == 1


@pytest.mark.parametrize(
    ("good", "name"),
    [
        *(
            (True, name)
            for name in ("acme", "wang-li", "张三", "a.b", "a_b", "Ünï", "نور", "हिन्दी", "9", "a--b", "李々")
        ),
        *(
            (False, name)
            for name in (
                "",
                ".a",
                "a.",
                "-a",
                "a-",
                "_a",
                "a/b",
                "a\\b",
                "a b",
                "a\u3000b",
                "a:b",
                "a*",
                "a?b",
                "“a”",
                "a，b",
                "a\n",
                "a\x00",
                "a\u202eb",
                "\ufeffa",
                "a·b",
                "..",
                "x" * 65,
            )
        ),
    ],
)
def test_customer_ids_are_safe_file_names(good, name):
    """A customer's id is letters and digits of any language with . _ - inside, nothing else."""
    record = {**SERVICE, "customer": name}
    assert VALIDATOR.is_valid("service", record) is good
    assert (VALIDATOR.explain("service", record) == ()) is good


def test_every_problem_is_told_at_once_in_the_forms_order():
    """Several faults give one finding each, in the order of the form, none of them a mere consequence."""
    record = {
        **SERVICE,
        "channel": "fone",
        "shop": 1,
        "summary": None,
        "outcome": "resolved",
        "background": {"order_no": 12},
    }
    del record["agent"]
    found = [(f.code, f.path) for f in VALIDATOR.explain("service", record)]
    assert found == [
        ("missing-field", ("agent",)),
        ("not-in-list", ("channel",)),
        ("wrong-type", ("background", "order_no")),
        ("wrong-type", ("summary",)),
        ("unknown-field", ("shop",)),
    ]


@pytest.mark.parametrize(
    ("change", "fact", "value"),
    [
        ({"channel": "电话"}, "suggestion", "phone"),
        ({"channel": "Social media"}, "suggestion", "social_media"),
        ({"满意度": "x"}, "suggestion", "satisfaction"),
        ({"chanel": "x"}, "suggestion", "channel"),
        ({"zzz": "x"}, "suggestion", None),
        ({"started_at": "昨天"}, "expected", "a moment with its offset, e.g. 2026-03-10T14:30:00+08:00"),
        ({"subject": "两\n行"}, "value", "两↵行"),
        ({"contact": 138}, "expected", "text (put it in quotes)"),
    ],
)
def test_facts_help(change, fact, value):
    """A finding carries what the remedy needs: the nearest choice, the expected form, the value seen."""
    (finding,) = VALIDATOR.explain("service", {**SERVICE, **change})
    assert finding.facts.get(fact) == value


def test_words_follow_the_language():
    """A rule's own words and expected forms come in the language in use."""
    before = current_language()
    use_language("en")
    try:
        english = VALIDATOR.explain("service", {**SERVICE, "channel": "other", "channel_detail": None})
        record = {key: value for key, value in SERVICE.items() if key != "followups"}
        reason = VALIDATOR.explain("service", record)[0].facts["reason"]
    finally:
        use_language(before)
    assert english[0].facts["expected"] == "text"
    assert "at least one follow-up" in reason


def template_of(schema, **documents):
    """A template of hand-made documents, past the check of the catalog."""
    return dataclasses.replace(
        CATALOG.get("answer"), name="x", root="x.schema.json", documents={"x.schema.json": schema, **documents}
    )


def explain(schema, data):
    """What the explaining validator finds against a bare schema."""
    template = template_of(schema)
    root = {BASE + name: document for name, document in template.documents.items()}
    return Explainer(template, root, root=BASE + template.root, retrieve=refuse).explain(data)


@pytest.mark.parametrize(
    ("schema", "data", "expected"),
    [
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, [], ("wrong-type", "text or a whole number")),
        ({"oneOf": [{"type": "string", "maxLength": 2}, {"type": "integer"}]}, "abc", ("too-long", "2 characters")),
        ({"anyOf": [{"const": "a"}, {"const": "b"}]}, "c", ("const-differs", "a")),
        ({"minimum": 3}, 2, ("out-of-range", "≥ 3")),
        ({"minItems": 2}, [1], ("too-short", "2 entries")),
        ({"maxProperties": 1}, {"a": 1, "b": 2}, ("too-long", "1 field")),
        ({"format": "time"}, "9点", ("wrong-format", "a time of day, e.g. 09:30")),
        ({"multipleOf": 2}, 3, ("schema-violation", None)),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, ("schema-violation", None)),
    ],
)
def test_keywords_of_a_teams_template(schema, data, expected):
    """Keywords the shipped templates do not use are explained too, never by "none of the schemas"."""
    (finding,) = explain(schema, data)
    assert (finding.code, finding.facts.get("expected")) == expected
    assert "under any of" not in str(finding.facts)
    assert not build_accepting(template_of(schema)).is_valid(data)


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}, "a, b"),
        ({"oneOf": [{"required": ["a", "b"]}, {"required": ["c"]}]}, "a + b, c"),
    ],
)
def test_of_keys_that_will_do_every_one_is_named(schema, told):
    """Where one of several keys is required, not only the first of them is asked for."""
    (finding,) = explain(schema, {})
    assert (finding.code, finding.path, finding.facts["choices"]) == ("missing-choice", ("a",), told)
    (deep,) = explain({"properties": {"x": schema}}, {"x": {}})
    assert (deep.path, deep.facts["field"]) == (("x", "a"), "x.a")
    assert explain(schema, {"a": 1, "b": 1} if "oneOf" in schema else {"b": 1}) == ()


def test_a_rule_without_words_is_told_by_its_parts():
    """An if/then that has no message of its own is explained by what fails in it."""
    schema = {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}
    assert [f.path for f in explain(schema, {"a": 1})] == [("b",)]
    assert [f.path for f in explain(schema, {})] == [("c",)]


@pytest.mark.parametrize("data", [None, [], "x", 3, True, {}, {1: 2}, {"id": b"x"}, {"id": {1, 2}}])
def test_anything_can_be_checked(data):
    """Whatever is handed in, both answer and neither accepts it."""
    assert not VALIDATOR.is_valid("service", data)
    assert VALIDATOR.explain("service", data)


def test_unknown_formats_of_the_validators_do_not_differ():
    """Formats no template needs are accepted by both, so their verdicts cannot differ."""
    for name in ("uri", "ipv4", "uuid", "duration", "hostname", "regex"):
        schema = {"format": name}
        assert explain(schema, "(") == ()
        assert build_accepting(template_of(schema)).is_valid("(")


@pytest.fixture
def listener():
    """A local port that notices every attempt to connect."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_a_remote_reference_is_refused_without_a_request(listener, tmp_path):
    """No schema is fetched: not by the catalog, nor by either validator when the catalog is passed by."""
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.json"
    schema = {"x-kind": "interaction", "properties": {"a": {"$ref": address}}}
    (tmp_path / "repair.schema.json").write_text(json.dumps(schema), "utf-8")
    with pytest.raises(InvalidError, match=r"127\.0\.0\.1"):
        Catalog((tmp_path,)).get("repair")
    with pytest.raises(InvalidError):
        build_accepting(template_of(schema))
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        explain(schema, {"a": 1})
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_file_reference_is_refused_unread(tmp_path):
    """A schema outside the folders is not read, even when it is there and would accept anything."""
    outside = tmp_path / "outside.json"
    outside.write_text("{}", "utf-8")
    schema = {"x-kind": "interaction", "properties": {"a": {"$ref": outside.as_uri()}}}
    (tmp_path / "log").mkdir()
    for reference in (outside.as_uri(), "../outside.json", str(outside)):
        schema["properties"]["a"]["$ref"] = reference
        (tmp_path / "log/repair.schema.json").write_text(json.dumps(schema), "utf-8")
        with pytest.raises(InvalidError):
            Catalog((tmp_path / "log",)).get("repair")
        with pytest.raises(InvalidError):
            build_accepting(template_of(schema))
        with pytest.raises(Exception, match="outside"):
            explain(schema, {"a": 1})


@pytest.mark.parametrize("schema", [{"type": "strng"}, {"properties": {"a": {"$ref": "#/none"}}}, {"pattern": "("}])
def test_what_is_not_a_schema_is_an_error_of_the_template(schema):
    """A file that is JSON but no schema is reported as a broken template, not as a broken record."""
    with pytest.raises(InvalidError):
        build_accepting(template_of(schema))
    with pytest.raises(InvalidError):
        check_template(template_of(schema))


SETTINGS = {
    "timezone": "Asia/Shanghai",
    "language": "zh",
    "default_priority": "routine",
    "branches": ["静安店"],
    "members": [
        {
            "id": "wang",
            "name": "王芳",
            "aliases": ["老王"],
            "notify": "mailto:wang@example.com",
            "deputy": "zhao",
            "away": [{"from": "2026-05-01", "to": "2026-05-05"}],
        },
        {"id": "zhao", "role": "lead", "notify": ["webhook:$HOOK"]},
    ],
    "calendar": {"hours": {"mon-fri": ["09:00-12:00", "13:30-24:00"], "sat": []}, "after_hours": "next_day"},
    "priorities": {"urgent": "24h", "加急": {"limit": "4wh", "label": {"zh": "加急", "en": "Rush"}}, "low": "none"},
    "record_within": {"service": "30m"},
    "visit_every": {"vip": "30d"},
    "dormant_after": {"regular": "6m"},
    "response_within": [{"channel": "phone", "scenario": "complaint", "limit": "2h"}, {"limit": "1wd"}],
    "remind": {"before": "4wh"},
    "mask": {"names": True},
    "notify": {},
    "care": {"leap_day": "mar_1"},
}


def test_settings_are_checked_with_the_same_care():
    """Good settings pass; an unknown key, a bad limit and a bad span are each named."""
    assert VALIDATOR.explain_settings("commlog", SETTINGS) == ()
    assert VALIDATOR.explain_settings("commlog", {**SETTINGS, "response_within": {"phone": "2h"}}) == ()
    bad = {
        "calender": {},
        "calendar": {"hours": {"monday": ["9-10"]}},
        "priorities": {"x": "3 days"},
        "members": [{"name": "a"}],
    }
    assert [(f.code, f.path) for f in VALIDATOR.explain_settings("commlog", bad)] == [
        ("missing-field", ("timezone",)),
        ("missing-field", ("members", 0, "id")),
        ("wrong-pattern", ("calendar", "hours", "monday")),
        ("wrong-pattern", ("calendar", "hours", "monday", 0)),
        ("wrong-pattern", ("priorities", "x")),
        ("unknown-field", ("calender",)),
    ]


def test_calendar_dates_are_lists_or_names():
    """Days off and working days are dates, named or not, with hours of their own or not."""
    good = {
        "off": {"2026-10-01": "国庆节", "2026-10-02": None},
        "work": ["2026-10-10", {"date": "2026-09-27", "name": "调休", "hours": ["09:00-12:00"]}],
    }
    assert VALIDATOR.explain_settings("calendar", good) == ()
    bad = {"off": {"2026-13-01": "x"}, "work": ["10月10日"], "holidays": []}
    assert [(f.code, f.path) for f in VALIDATOR.explain_settings("calendar", bad)] == [
        ("wrong-format", ("off", "2026-13-01")),
        ("wrong-format", ("work", 0)),
        ("unknown-field", ("holidays",)),
    ]
