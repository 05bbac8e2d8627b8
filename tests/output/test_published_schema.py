"""What scripts read is what docs/listings.schema.json says."""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from commlog.answers import list as list_answers
from commlog.calendar import manage as manage_calendar
from commlog.calendar import moved_follow_ups
from commlog.cli.app import run
from commlog.customers import care as list_care
from commlog.customers import list as list_customers
from commlog.followups import pending as list_follow_ups
from commlog.issues import list as list_issues
from commlog.records import list as list_records
from commlog.records import search as search_records
from commlog.setup import templates as list_templates
from commlog.surveys import trend as survey_trend
from tests.build import NOW, ROOT

SCHEMA = json.loads((ROOT / "docs/listings.schema.json").read_text(encoding="utf-8"))
LISTINGS = {
    "follow_up": ["pending", "status:open,in_progress,awaiting_customer,done,closed"],
    "record": ["list", "kind:interaction,issue,survey,customer,answer"],
    "found": ["search", "空调"],
    "customer": ["customer", "list"],
    "issue": ["issue", "list", "--all"],
    "survey": ["survey", "list"],
    "answer": ["answer", "list"],
    "care": ["care", "--within", "1y"],
    "day": ["calendar", "show", "2026-02", "--all"],
    "template": ["template", "list"],
}
COLUMNS = {
    "follow_up": list_follow_ups.COLUMN_NAMES,
    "record": list_records.COLUMN_NAMES,
    "found": search_records.COLUMN_NAMES,
    "customer": list_customers.COLUMN_NAMES,
    "duplicate": list_customers.PAIR_COLUMNS,
    "issue": list_issues.COLUMN_NAMES,
    "survey": survey_trend.COLUMN_NAMES,
    "answer": list_answers.COLUMN_NAMES,
    "care": list_care.COLUMN_NAMES,
    "day": manage_calendar.COLUMN_NAMES,
    "moved": moved_follow_ups.COLUMN_NAMES,
    "template": list_templates.COLUMN_NAMES,
}


# What the example log has no rows for.
MADE = {"duplicate": ["customer", "duplicates"], "moved": ["calendar", "diff"]}


def answer(*words: str, log: Path = ROOT) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run([*words, "--log", str(log), "--now", NOW, "--language", "en"])
    return out.getvalue()


def check(name: str, rows: list[Any]) -> None:
    jsonschema.validate(
        rows, {"type": "array", "minItems": 1, "items": {"$ref": f"#/$defs/{name}"}, "$defs": SCHEMA["$defs"]}
    )


@pytest.mark.parametrize("name", LISTINGS)
def test_json_answers_fit_the_published_schema(name: str) -> None:
    """Every row of a listing has the fields the schema names, with values of the types it names."""
    check(name, json.loads(answer(*LISTINGS[name], "--format", "json")))


@pytest.mark.parametrize("name", LISTINGS)
def test_json_lines_are_the_same_rows(name: str) -> None:
    """Jsonl holds the objects of json, one a line."""
    lines = answer(*LISTINGS[name], "--format", "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == json.loads(answer(*LISTINGS[name], "--format", "json"))


@pytest.mark.parametrize("name", LISTINGS)
def test_tsv_has_the_same_columns(name: str) -> None:
    """The head of a TSV answer is the schema's fields in their order."""
    assert answer(*LISTINGS[name], "--format", "tsv").splitlines()[0].split("\t") == SCHEMA["$defs"][name]["required"]


@pytest.fixture
def changed_log(tmp_path: Path) -> Path:
    """A copy of the example log with a customer written down twice, and a day off that moves follow-ups."""
    for name in ("records", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "commlog.yaml", tmp_path)
    calendar = (ROOT / "calendar.yaml").read_text(encoding="utf-8")
    (tmp_path / "calendar.yaml").write_text(
        calendar.replace("\nwork:", "\n  2026-03-18: 公司年会\nwork:"), encoding="utf-8"
    )
    answer("customer", "create", "李女士", "-s", "contacts+={name: 李娜, phone: '13800000001'}", log=tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", MADE)
def test_rows_that_are_rare_fit_the_published_schema(name: str, changed_log: Path) -> None:
    """What the example log has nothing of is published as it answers when there is something."""
    found = json.loads(answer(*MADE[name], "--format", "json", log=changed_log))
    check(name, found)
    assert [list(row) for row in found] == [SCHEMA["$defs"][name]["required"]] * len(found)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_is_published(name: str) -> None:
    """No listing has a column that the schema does not know, and none that it knows is gone."""
    assert list(COLUMNS[name]) == list(SCHEMA["$defs"][name]["properties"])


def test_problems_fit_the_published_schema(tmp_path: Path) -> None:
    """What check answers in JSON has the fields the schema names."""
    shutil.copytree(ROOT / "records", tmp_path / "records")
    shutil.copy(ROOT / "commlog.yaml", tmp_path)
    (tmp_path / "records/surveys/2026/20260101-aaaaaa.yaml").write_text("id: [\n", encoding="utf-8")
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        code = run(["check", "--log", str(tmp_path), "--now", NOW, "--language", "en", "--format", "json"])
    assert code == 3
    check("problem", json.loads(out.getvalue()))
