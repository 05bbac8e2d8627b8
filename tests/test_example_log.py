"""The example log of this repository: it is valid, complete, and shows every state a reader may want to see."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "schemas"
# The instant `make demo` runs at: a Monday morning.
NOW = datetime.fromisoformat("2026-03-16T10:00:00+08:00")
CLOSING = "T18:00:00+08:00"
PENDING = {"open", "in_progress", "awaiting_customer"}

Fields = dict[str, Any]


class TextOnlyDates(SafeConstructor):
    """Reads dates as the text they are written in."""


TextOnlyDates.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def read(path: Path) -> Any:
    """What a YAML 1.2 reader finds in the file, dates as text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = TextOnlyDates
    return yaml.load(path.read_text(encoding="utf-8"))


@cache
def records() -> dict[str, Fields]:
    """Every record of the example by its id."""
    return {path.stem: read(path) for path in sorted((ROOT / "records").rglob("*.yaml"))}


def interactions() -> Iterator[Fields]:
    """Every conversation of the example."""
    return (record for record in records().values() if "started_at" in record)


def follow_ups() -> dict[str, Fields]:
    """Every follow-up by its address."""
    return {
        f"{identity}/{item['n']}": item
        for identity, record in records().items()
        for item in record.get("followups", [])
    }


def due_at(follow_up: Fields) -> datetime:
    """The instant it is due; a date alone means the closing time of that day."""
    due = follow_up["due"]
    return datetime.fromisoformat(due if "T" in due else due + CLOSING)


def links() -> list[tuple[str, str]]:
    """Every link inside the log: from, to."""
    return [
        (identity, link["to"])
        for identity, record in records().items()
        for link in record.get("links", [])
        if not link["to"].startswith("ref:")
    ]


def threads() -> list[list[Fields]]:
    """The interactions joined by links, thread by thread."""
    near: defaultdict[str, set[str]] = defaultdict(set)
    known = {record["id"]: record for record in interactions()}
    for source, target in links():
        if source in known and target in known:
            near[source].add(target)
            near[target].add(source)
    found: list[list[Fields]] = []
    left = set(known)
    while left:
        waiting, thread = [left.pop()], []
        while waiting:
            identity = waiting.pop()
            thread.append(known[identity])
            fresh = near[identity] & left
            left -= fresh
            waiting.extend(fresh)
        found.append(thread)
    return found


@cache
def registry() -> Registry[Any]:
    """All shipped schemas under their file's address, so that relative references resolve."""
    return Registry().with_resources(
        (path.as_uri(), DRAFT202012.create_resource(json.loads(path.read_text(encoding="utf-8"))))
        for path in SCHEMAS.rglob("*.json")
    )


def faults(schema: str, data: Any) -> list[str]:
    """What the schema says against the data."""
    validator = Draft202012Validator({"$ref": (SCHEMAS / schema).as_uri()}, registry=registry())
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


TEMPLATES = ("member", "service", "relationship", "visit", "issue", "survey", "customer", "answer")


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_record_fits_its_template(template: str) -> None:
    """Each template is used, and every record that names it is valid against its schema."""
    named = [record for record in records().values() if record["template"] == template]
    assert named
    wrong = {record["id"]: faults(f"{template}.schema.json", record) for record in named}
    assert not {identity: found for identity, found in wrong.items() if found}


@pytest.mark.parametrize(("file", "schema"), [("commlog.yaml", "commlog"), ("calendar.yaml", "calendar")])
def test_the_settings_fit_their_schema(file: str, schema: str) -> None:
    """commlog.yaml and calendar.yaml are valid against the shipped schemas."""
    assert faults(f"settings/{schema}.json", read(ROOT / file)) == []


def test_the_first_line_names_the_schema() -> None:
    """An editor that opens a record finds the schema of the record's template."""
    for path in (ROOT / "records").rglob("*.yaml"):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        named = path.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert named.resolve() == (SCHEMAS / f"{read(path)['template']}.schema.json").resolve()


def test_a_file_is_named_and_placed_by_its_id() -> None:
    """Each record's file has the name of its id, and lies in the folder of its day."""
    for path in (ROOT / "records").rglob("*.yaml"):
        record = read(path)
        identity, kind = record["id"], path.relative_to(ROOT / "records").parts[0]
        depth = {"interactions": (identity[:4], identity[4:6]), "customers": ()}.get(kind, (identity[:4],))
        assert path == (ROOT / "records" / kind).joinpath(*depth, f"{identity}.yaml")


def test_links_resolve_to_earlier_records() -> None:
    """Every link inside the log points to a record that exists and is not of a later day."""
    assert [(source, target) for source, target in links() if target not in records()] == []
    assert [(source, target) for source, target in links() if target[:8] > source[:8]] == []


def test_customers_and_members_resolve() -> None:
    """Every customer has a file, every agent is a member, every owner a member or a department."""
    members = {member["id"] for member in read(ROOT / "commlog.yaml")["members"]}
    owners = {follow_up["owner"] for follow_up in follow_ups().values()}
    assert {record["agent"] for record in records().values() if "agent" in record} <= members
    assert owners - members == {"技术部", "物流部"}
    for record in records().values():
        customer = record.get("customer", "anonymous")
        assert customer == "anonymous" or records()[customer]["template"] == "customer"


def test_three_conversations_cross_channels() -> None:
    """At least three threads hold three or more interactions over two or more channels."""
    crossing = [
        thread for thread in threads() if len(thread) >= 3 and len({record["channel"] for record in thread}) >= 2
    ]
    assert len(crossing) >= 3


STATES: dict[str, Callable[[list[str]], bool]] = {
    "open": lambda told: told[-1] == "open",
    "in_progress": lambda told: told[-1] == "in_progress",
    "awaiting_customer": lambda told: told[-1] == "awaiting_customer",
    "done": lambda told: told[-1] == "done",
    "closed after done": lambda told: told[-2:] == ["done", "closed"],
    "cancelled": lambda told: told[-1] == "closed" and "done" not in told,
    "reopened": lambda told: told[-1] in PENDING and "done" in told,
    "resumed": lambda told: "awaiting_customer" in told[:-1],
}


@pytest.mark.parametrize("state", STATES)
def test_every_state_of_a_follow_up_is_there(state: str) -> None:
    """Each state and each turn a follow-up's life can take is found in the example."""
    told = [[entry["status"] for entry in item["history"]] for item in follow_ups().values()]
    assert any(STATES[state](history) for history in told)


def test_histories_begin_open_and_end_where_the_follow_up_stands() -> None:
    """Each history starts with its opening, runs forward in time, and ends with the current status."""
    for address, follow_up in follow_ups().items():
        history = follow_up["history"]
        times = [entry["at"] for entry in history]
        assert history[0]["status"] == "open", address
        assert history[-1]["status"] == follow_up["status"], address
        assert times == sorted(times), address


def test_cancelled_and_reopened_say_why() -> None:
    """A follow-up closed without being done, or opened again, has a note with the reason."""
    for address, follow_up in follow_ups().items():
        history = follow_up["history"]
        told = [entry["status"] for entry in history]
        if told[-1] == "closed" and "done" not in told:
            assert history[-1].get("note"), address
        for before, entry in zip(told, history[1:], strict=False):
            if before in {"done", "closed"} and entry["status"] == "open":
                assert entry.get("note"), address


def test_what_is_late_and_what_is_due_on_the_demo_day() -> None:
    """At the demo instant five follow-ups are overdue and two are due before the day's end."""
    running = {
        address: due_at(item)
        for address, item in follow_ups().items()
        if item["status"] in PENDING - {"awaiting_customer"}
    }
    overdue = {address for address, due in running.items() if due < NOW}
    today = {address for address, due in running.items() if due >= NOW and due.date() == NOW.date()}
    assert overdue == {
        "20260226-1ag0mv/1",
        "20260306-2dasyd/1",
        "20260309-phyx7b/1",
        "20260311-zb37p2/1",
        "20260312-vjwrjj/1",
    }
    assert today == {"20260311-zb37p2/2", "20260312-vjwrjj/2"}


def test_one_customer_grows_worse() -> None:
    """One customer's last three moods fall from satisfied to angry."""
    own = sorted(
        (record for record in interactions() if record["customer"] == "wu-gang"),
        key=lambda record: str(record["started_at"]),
    )
    assert [record["mood"] for record in own[-3:]] == ["satisfied", "dissatisfied", "angry"]


def test_nothing_in_the_example_lies_after_the_demo() -> None:
    """No conversation, record or transition is later than the demo instant."""
    told = [entry["at"] for item in follow_ups().values() for entry in item["history"]]
    written = [record["recorded_at"] for record in records().values()]
    assert max(datetime.fromisoformat(text) for text in [*told, *written]) < NOW
