"""What scripts read is what docs/listings.schema.json says."""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from commlog.cli.app import run
from commlog.services import list_customers, list_follow_ups, list_records, list_templates, search_records

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs/listings.schema.json").read_text(encoding="utf-8"))
NOW = "2026-03-16T10:00:00+08:00"
LISTINGS = {
    "follow_up": ["pending", "status:open,in_progress,awaiting_customer,done,closed"],
    "record": ["list", "kind:interaction,issue,survey,customer,answer"],
    "found": ["search", "空调"],
    "customer": ["customer", "list"],
    "template": ["template", "list"],
}
COLUMNS = {
    "follow_up": list_follow_ups.COLUMN_NAMES,
    "record": list_records.COLUMN_NAMES,
    "found": search_records.COLUMN_NAMES,
    "customer": list_customers.COLUMN_NAMES,
    "template": list_templates.COLUMN_NAMES,
}


def answer(*words: str) -> str:
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        run([*words, "--log", str(ROOT), "--now", NOW, "--language", "en"])
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
