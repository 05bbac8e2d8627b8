"""Generated logs are what the benchmarks take them for."""

import importlib
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.build import ROOT

SCHEMAS = ROOT / "schemas"
RECORDS = 400


def _module(name: str) -> Any:
    folder = str(ROOT / "benchmarks")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a log of RECORDS conversations."""
    folder = tmp_path_factory.mktemp("generated") / "log"
    _module("generate").write_log(folder, RECORDS)
    return folder


@pytest.fixture(scope="module")
def records(log: Path) -> dict[str, dict[str, Any]]:
    """All record files by their path in the log, read with dates left as text."""
    loader = _module("plain_loop").TextDates
    return {
        path.relative_to(log).as_posix(): yaml.load(path.read_bytes(), Loader=loader)
        for path in sorted((log / "records").rglob("*.yaml"))
    }


@pytest.fixture(scope="module")
def conversations(records: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give only the interaction records."""
    return {path: record for path, record in records.items() if "/interactions/" in path}


def test_same_seed_same_bytes(log: Path, tmp_path: Path) -> None:
    """The same seed and size give the same files, in another process too."""
    script = ROOT / "benchmarks/generate.py"
    other = tmp_path / "log"
    command = [sys.executable, script, other, "--records", str(RECORDS), "--no-schemas"]
    subprocess.run(command, check=True, capture_output=True)

    def contents(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    assert contents(other) == contents(log)


def test_other_seed_other_records() -> None:
    """Another seed gives other record ids."""
    plan = _module("plan")
    first = {conversation.id for conversation in plan.iter_conversations(50, 1)}
    assert first.isdisjoint(conversation.id for conversation in plan.iter_conversations(50, 2))


def test_size_of_a_record(log: Path) -> None:
    """A conversation takes about 1.3 KB."""
    sizes = [path.stat().st_size for path in (log / "records/interactions").rglob("*.yaml")]
    assert len(sizes) == RECORDS
    assert 1200 < sum(sizes) / RECORDS < 1500


def test_ids_and_places(conversations: dict[str, dict[str, Any]]) -> None:
    """Every id is unique in its random part too, well-formed, of the day it started, and names its file."""
    ids = [record["id"] for record in conversations.values()]
    assert len({record_id[9:] for record_id in ids}) == RECORDS
    for path, record in conversations.items():
        record_id = record["id"]
        assert re.fullmatch(r"[0-9]{8}-[0-9a-hjkmnp-tv-z]{6}", record_id)
        assert record["started_at"][:10].replace("-", "") == record_id[:8]
        assert path == f"records/interactions/{record_id[:4]}/{record_id[4:6]}/{record_id}.yaml"


def test_form_of_the_text(log: Path) -> None:
    """Files have LF, a final newline, no blank at a line's end and the line that names their template."""
    for path in (log / "records").rglob("*.yaml"):
        text = path.read_bytes().decode()
        assert text.endswith("\n")
        assert not re.search(r"[ \t\r]\n|\n\n", text)
        named = re.match(r"# yaml-language-server: \$schema=((?:\.\./)+)schemas/(\w+)\.schema\.json\n", text)
        assert named
        assert (path.parent / named[1]).resolve() == log.resolve()
        assert f"\ntemplate: {named[2]}\n" in text


def test_plain_loader_reads_all(log: Path) -> None:
    """PyYAML's stock safe loader reads every file, settings included."""
    for path in log.rglob("*.yaml"):
        assert isinstance(yaml.safe_load(path.read_bytes()), dict)


def test_templates_and_follow_ups(conversations: dict[str, dict[str, Any]]) -> None:
    """All four templates occur, with two follow-ups each whose last step is their state."""
    assert {record["template"] for record in conversations.values()} == {"service", "member", "relationship", "visit"}
    for record in conversations.values():
        assert [followup["n"] for followup in record["followups"]] == [1, 2]
        for followup in record["followups"]:
            history = followup["history"]
            assert history[0]["status"] == "open"
            assert history[-1]["status"] == followup["status"]
            assert [step["at"] for step in history] == sorted(step["at"] for step in history)


def test_states_and_overdue_share() -> None:
    """At 5,000 records all states occur and one to two follow-ups in a hundred are overdue."""
    plan = _module("plan")
    followups = [followup for record in plan.iter_conversations(5000) for followup in record.followups]
    states = Counter(followup.status for followup in followups)
    assert set(states) == {"open", "in_progress", "awaiting_customer", "done", "closed"}
    assert 0.01 < sum(followup.is_overdue for followup in followups) / len(followups) < 0.02


def test_nothing_is_later_than_now() -> None:
    """No conversation and no step of a follow-up is later than the fixed instant."""
    plan = _module("plan")
    for record in plan.iter_conversations(3000):
        assert record.started_at < record.ended_at < record.recorded_at < plan.NOW
        assert all(step.at < plan.NOW for followup in record.followups for step in followup.history)


def test_links_point_back(conversations: dict[str, dict[str, Any]]) -> None:
    """Links name an earlier conversation of the same customer, and many records have one."""
    by_id = {record["id"]: record for record in conversations.values()}
    linked = 0
    for record in conversations.values():
        for link in record.get("links", ()):
            prior = by_id[link["to"]]
            assert prior["started_at"] < record["started_at"]
            assert prior["customer"] == record["customer"]
            linked += 1
    assert linked > RECORDS / 5


def test_customers_exist(records: dict[str, dict[str, Any]]) -> None:
    """Every customer that is named has a file."""
    known = {record["id"] for record in records.values() if record["template"] == "customer"}
    assert {record["customer"] for record in records.values() if "customer" in record} <= known


@pytest.mark.parametrize("name", ["service", "member", "relationship", "visit", "customer"])
def test_keys_in_template_order(name: str, records: dict[str, dict[str, Any]]) -> None:
    """Keys stand in the order of their template."""
    order = json.loads((SCHEMAS / f"{name}.schema.json").read_bytes())["x-order"]
    for record in records.values():
        if record["template"] == name:
            assert list(record) == sorted(record, key=order.index)


def test_every_record_is_valid(records: dict[str, dict[str, Any]]) -> None:
    """Every generated record keeps to its template."""
    validators = _module("plain_loop").read_validators(SCHEMAS)
    for path, record in records.items():
        problems = [error.message for error in validators[record["template"]].iter_errors(record)]
        assert not problems, path


@pytest.mark.parametrize(("name", "schema"), [("commlog.yaml", "commlog"), ("calendar.yaml", "calendar")])
def test_settings_are_valid(name: str, schema: str, log: Path) -> None:
    """The settings and the calendar keep to their schemas."""
    path = SCHEMAS / f"settings/{schema}.json"
    plain_loop = _module("plain_loop")
    settings = yaml.load((log / name).read_bytes(), Loader=plain_loop.TextDates)
    assert not [error.message for error in plain_loop.read_validator(SCHEMAS, path).iter_errors(settings)]


def test_due_times_by_hand() -> None:
    """Due times agree with a few worked out by hand."""
    deadlines = _module("deadlines")
    datetime = deadlines.datetime
    cases = {
        ("24h", "2026-03-13T17:00"): "2026-03-14T17:00",
        ("3wd", "2026-03-10T14:45"): "2026-03-13T18:00",
        ("3wd", "2026-03-13T18:30"): "2026-03-19T18:00",
        ("1wd", "2026-02-13T10:00"): "2026-02-14T18:00",
        ("7wd", "2025-04-30T10:00"): "2025-05-12T18:00",
        ("eom", "2026-01-05T10:00"): "2026-01-30T18:00",
        ("eom", "2026-01-31T10:00"): "2026-02-28T18:00",
        ("3d", "2026-03-12T10:00"): "2026-03-16T18:00",
    }
    for (rule, start), due in cases.items():
        begun = datetime.fromisoformat(f"{start}:00+08:00")
        assert deadlines.due_after(rule, begun) == datetime.fromisoformat(f"{due}:00+08:00"), (rule, start)
    assert deadlines.due_after("none", begun) is None


def test_commlog_accepts_every_record(records: dict[str, dict[str, Any]]) -> None:
    """The validator that commlog uses finds every generated record valid."""
    catalog = importlib.import_module("commlog.forms.catalog").Catalog((SCHEMAS,))
    validator = importlib.import_module("commlog.forms.validation").Validator(catalog)
    for path, record in records.items():
        assert validator.is_valid(record["template"], record), path
