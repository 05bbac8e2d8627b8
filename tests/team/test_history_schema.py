"""What `history` and `audit` answer in JSON is what docs/history.schema.json says."""

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from commlog.cli.app import run
from commlog.team import history
from tests.recorded_log import LATER, LI, NOW, PATH, VISIT, RecordedLog, start_log

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/history.schema.json").read_text(encoding="utf-8"))
ENTRY = "      - {at: 2026-03-03T10:00:00+08:00, by: li, status: in_progress, note: 客户催}\n"
BROKEN = VISIT.replace("summary: s\n", "summary: [\n")
ACME = "records/customers/acme.yaml"
# What a revision, a field and a row of the audit can be: each is met in the log below.
REVISIONS = {"created", "changed", "moved", "deleted", "unreadable", "cut"}
FIELDS = {"changed", "added", "removed"}
ROWS = (REVISIONS | FIELDS) - {"cut"}


def answer(root: Path, *words: str) -> list[dict[str, Any]]:
    """What a command answers in JSON; it must be the same rows in JSON Lines."""
    told = []
    for output_format in ("json", "jsonl"):
        out = io.StringIO()
        with redirect_stdout(out), redirect_stderr(io.StringIO()):
            code = run([*words, "--format", output_format, "--log", str(root), "--now", NOW, "--language", "en"])
        assert code == 0
        told.append(out.getvalue())
    rows: list[dict[str, Any]] = json.loads(told[0])
    assert [json.loads(line) for line in told[1].splitlines()] == rows
    return rows


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> RecordedLog:
    """A log in which everything happened that a history can tell: changes, items added and removed, a file moved, deleted, unreadable."""
    log = start_log(tmp_path_factory.mktemp("told") / "log")
    log.change(PATH, LATER, ("    status: open\n", "    status: in_progress\n"))
    log.write(PATH, (log.root / PATH).read_text(encoding="utf-8") + ENTRY)
    log.commit("2026-03-12T10:00:00+08:00", LI, "call 13800000001")
    log.change(PATH, ("subject: 回访\n", "subject: 回访\ntags: [a, b]\nextra: {次数: 3, 已付: true, 人: [甲, 乙]}\n"))
    log.commit("2026-03-12T11:00:00+08:00", "Nobody <x@example.org>")
    log.write(PATH, BROKEN)
    log.commit("2026-03-12T12:00:00+08:00")
    log.write(PATH, VISIT)
    log.commit("2026-03-12T13:00:00+08:00")
    log.change(ACME, ('  - {name: 陈经理, phone: "13800000001"}\n', ""), ("contacts:\n", "notes: n\n"))
    log.commit("2026-03-12T14:00:00+08:00")
    log.git("mv", ACME, "records/customers/acme-2.yaml")
    log.change("records/customers/acme-2.yaml", ("id: acme\n", "id: acme-2\n"))
    log.commit("2026-03-12T15:00:00+08:00")
    log.write("records/customers/gone.yaml", "id: gone\ntemplate: customer\nname: n\ntype: company\nstage: active\n")
    log.commit("2026-03-12T16:00:00+08:00")
    (log.root / "records/customers/gone.yaml").unlink()
    log.commit("2026-03-12T17:00:00+08:00")
    log.change(PATH, LATER)
    return log


def histories(log: RecordedLog, folder: Path) -> Iterator[dict[str, Any]]:
    """The revisions of every record, and those of a clone that does not hold all of the past."""
    for record in (Path(PATH).stem, "acme-2", "gone"):
        yield from answer(log.root, "history", record)
        yield from answer(log.root, "history", record, "--reveal")
    yield from answer(log.root, "history", Path(PATH).stem, "--field", "due,status,extra.次数")
    shallow = log.clone(folder, "--depth", "2")
    yield from answer(shallow.root, "history", Path(PATH).stem)


def check(name: str, rows: list[Any]) -> None:
    jsonschema.validate(rows, {"type": "array", "items": {"$ref": f"#/$defs/{name}"}, "$defs": SCHEMA["$defs"]})


def test_every_revision_fits_the_published_schema(log: RecordedLog, tmp_path: Path) -> None:
    """Whatever became of a record is answered as the schema says, and no kind of revision or change is missing here."""
    revisions = list(histories(log, tmp_path / "shallow"))
    check("revision", revisions)
    assert {one["change"] for one in revisions} == REVISIONS
    assert {field["change"] for one in revisions for field in one["fields"]} == FIELDS
    assert any(one["commit"] is None for one in revisions)
    assert any(one["by"] is None and one["author"] for one in revisions)


def test_every_row_of_the_audit_fits_the_published_schema(log: RecordedLog) -> None:
    """Rows of records and of fields are as the schema says, masked, in full, or by chosen fields."""
    rows = [
        *answer(log.root, "audit"),
        *answer(log.root, "audit", "--reveal"),
        *answer(log.root, "audit", "--field", "due"),
    ]
    check("audit_row", rows)
    assert {row["change"] for row in rows} == ROWS
    assert list(rows[0]) == list(SCHEMA["$defs"]["audit_row"]["properties"]) == list(history.COLUMN_NAMES)


@pytest.mark.parametrize(("name", "words"), [("revision", ("history", "acme-2")), ("audit_row", ("audit",))])
def test_a_key_that_is_not_published_is_refused(log: RecordedLog, name: str, words: tuple[str, ...]) -> None:
    """An answer with one more key, or one less, at any level is not the published one."""
    rows = answer(log.root, *words)
    assert rows
    for row in ({**rows[0], "color": "red"}, dict(list(rows[0].items())[1:])):
        with pytest.raises(jsonschema.ValidationError):
            check(name, [row])
    if name == "revision":
        told = next(row for row in rows if row["fields"])
        with pytest.raises(jsonschema.ValidationError):
            check(name, [{**told, "fields": [{**told["fields"][0], "color": "red"}]}])
