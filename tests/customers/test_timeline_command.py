"""`commlog timeline` in the shell."""

import json
from pathlib import Path
from typing import Any

RECORD = """\
id: {id}
template: visit
customer: acme
agent: wang
direction: {direction}
channel: phone
started_at: 2026-03-{day}T09:00:00+08:00
recorded_at: 2026-03-{day}T09:30:00+08:00
subject: {subject}
summary: s
visit_kind: regular
{more}"""


def fill(folder: Path) -> None:
    """Two conversations, the later one linked to the earlier."""
    place = folder / "records/interactions/2026/03"
    place.mkdir(parents=True)
    first = RECORD.format(id="20260302-aaaaaa", direction="outbound", day="02", subject="先", more="")
    more = "links:\n  - {to: 20260302-aaaaaa, type: follows}\n"
    second = RECORD.format(id="20260303-bbbbbb", direction="inbound", day="03", subject="后", more=more)
    (place / "20260302-aaaaaa.yaml").write_text(first, encoding="utf-8")
    (place / "20260303-bbbbbb.yaml").write_text(second, encoding="utf-8")


def test_the_newest_is_on_top_with_its_conversation(program: Any, folder: Path) -> None:
    """Each record has two lines: what happened, then its id and what it follows."""
    fill(folder)
    lines = program("timeline", "acme").stdout.decode().splitlines()
    assert lines[0] == "艾克米公司  acme"
    assert lines[1] == "2026-03-03 09:00  A  ← Phone  王芳  后"
    assert lines[2].strip() == "20260303-bbbbbb · ↳ Follows 20260302-aaaaaa"
    assert lines[3] == "2026-03-02 09:00  A  → Phone  王芳  先"


def test_the_formats_for_scripts_agree(program: Any, folder: Path) -> None:
    """JSON, JSON Lines, TSV and ids name the same records in the same order."""
    fill(folder)
    ids = program("timeline", "acme", "--format", "ids").stdout.decode().split()
    told = json.loads(program("timeline", "acme", "--format", "json").stdout)
    lines = program("timeline", "acme", "--format", "jsonl").stdout.decode().splitlines()
    head, *rows = program("timeline", "acme", "--format", "tsv").stdout.decode().splitlines()
    place = head.split("\t").index("id")
    assert ids == ["20260303-bbbbbb", "20260302-aaaaaa"]
    assert [event["id"] for event in told] == ids
    assert [json.loads(line) for line in lines] == told
    assert [row.split("\t")[place] for row in rows] == ids
    assert told[0]["links"] == [{"to": "20260302-aaaaaa", "type": "follows"}]


def test_since_and_limit_bound_it(program: Any, folder: Path) -> None:
    """Only what the period and the number allow is there, and what a limit cut is counted."""
    fill(folder)
    assert program("timeline", "acme", "--since", "2026-03-03", "--format", "ids").stdout == b"20260303-bbbbbb\n"
    assert "… 1 more" in program("timeline", "acme", "--limit", "1").stdout.decode()
    assert program("timeline", "acme", "--since", "someday").returncode == 2


def test_nobody_is_not_found(program: Any, folder: Path) -> None:
    """An unknown customer ends with 4."""
    assert program("timeline", "nobody").returncode == 4
