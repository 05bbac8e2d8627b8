"""The lines of the table: what is run, against which peer, and what must be reached."""

import shutil
from collections.abc import Callable
from pathlib import Path

import peers
from data import CACHE, SCHEMAS, LogData
from measure import Command, Row, Side
from plan import NOW, plan_customers

_COMMLOG = peers.HERE.parent / ".venv/bin/commlog"
_WORD = "滤芯"


def commlog_command(data: LogData, *words: str) -> Command:
    """Build a call of the installed commlog on a log, at the fixed instant."""
    return (str(_COMMLOG), *words, "--log", str(data.log), "--now", NOW.isoformat())


def plan_rows(empty: LogData, sizes: list[LogData], sample: int) -> list[Row]:
    """List all rows for logs from small to large; slow peers get `sample` files."""
    small, large = sizes[0], sizes[-1]
    rows = [Row("`--version`", Side("commlog", (str(_COMMLOG), "--version")), _floor(), 1.3)]
    for data in sizes:
        rows += _pending_rows(data)
    rows += _check_rows(small, sample)
    rows += [
        Row(
            f"`create`, {large.records:,} records against none",
            _side(large, *_create_words(large)),
            _side(empty, *_create_words(empty)),
            1.3,
        ),
        Row(f"`remind`, {small.records:,} records, against `pending`", _side(small, "remind"), _pending(small), 1.5),
        Row("`brief CUSTOMER`, against `pending`", _side(large, "brief", _customer(large)), _pending(large), 1.0),
        Row("`summarize 2025`, against `pending`", _side(large, "summarize", "2025"), _pending(large), 3.0),
    ]
    for data in sizes:
        rows += [
            Row(f"`list --limit 20`, {data.records:,} records", _side(data, "list", "--limit", "20")),
            Row(f"`search`, {data.records:,} records", _side(data, "search", _WORD), _grep(data)),
        ]
    rows += [
        Row(f"index from nothing, a file, {small.records:,} → {data.records:,}", _rebuild(data), _rebuild(small), 1.3)
        for data in sizes[1:]
    ]
    return rows


def _side(data: LogData, *words: str) -> Side:
    return Side(f"commlog at {data.records:,}", commlog_command(data, *words))


def _pending(data: LogData) -> Side:
    return _side(data, "pending")


def _floor() -> Side:
    return Side("Typer app of one command", peers.floor_command())


def _grep(data: LogData) -> Side:
    return Side("grep -rlF", peers.grep_command(data.log, _WORD))


def _pending_rows(data: LogData) -> list[Row]:
    tasks = Side("Taskwarrior", peers.taskwarrior_command(data.tasks, "overdue"))
    status = Side("git status", peers.git_status_command(data.log))
    is_large = data.records >= 100_000
    # Below these sizes nothing is asked: start-up alone decides there.
    required = 0.5 if is_large else 1.0 if data.records >= 10_000 else None
    size = f"{data.records:,} records warm"
    return [
        Row(f"`pending --overdue`, {size}", _side(data, "pending", "--overdue"), tasks, required),
        Row(f"whole `pending` (freshness), {size}", _pending(data), status, 2.0 if is_large else None),
    ]


def _check_rows(data: LogData, sample: int) -> list[Row]:
    """Cold checks a record; the peers' start-up, which commlog keeps, is taken off theirs."""
    paths = _sample_paths(data, sample)
    schema = SCHEMAS / "service.schema.json"
    listed = _write_list("sample", paths)
    first = _write_list("first", paths[:1])
    program = Side(
        "check-jsonschema",
        peers.check_jsonschema_command(schema, paths),
        share=len(paths) - 1,
        startup=peers.check_jsonschema_command(schema, paths[:1]),
    )
    loop = Side(
        "PyYAML's C loader + jsonschema",
        peers.plain_loop_command(SCHEMAS, listed),
        share=len(paths) - 1,
        startup=peers.plain_loop_command(SCHEMAS, first),
    )
    cold = Side("commlog", commlog_command(data, "check"), share=data.files, before=_forgetter(data))
    work = f"`check` cold, a record ({data.files:,} files; peer: {len(paths):,})"
    return [Row(work, cold, program, 20.0, "faster"), Row(work, cold, loop, 3.0, "faster")]


def _sample_paths(data: LogData, sample: int) -> list[Path]:
    """Take service records evenly from the whole log, as one schema serves one call of check-jsonschema."""
    every = sorted((data.log / "records/interactions").rglob("*.yaml"))
    tried = every[:: max(1, len(every) // (sample * 5))]
    chosen = [path for path in tried if "\ntemplate: service\n" in path.read_text(encoding="utf-8")]
    return chosen[:sample]


def _write_list(name: str, paths: list[Path]) -> Path:
    listed = CACHE / f"{name}.list"
    listed.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return listed


def _rebuild(data: LogData) -> Side:
    return Side(
        f"commlog at {data.records:,}",
        commlog_command(data, "index", "rebuild"),
        share=data.files,
        before=_forgetter(data),
    )


def _forgetter(data: LogData) -> Callable[[], None]:
    return lambda: shutil.rmtree(data.log / ".commlog", ignore_errors=True)


def _customer(data: LogData) -> str:
    return plan_customers(data.records)[0].id


def _create_words(data: LogData) -> tuple[str, ...]:
    values = {
        "customer": _customer(data),
        "agent": "wang",
        "channel": "phone",
        "started_at": "2026-03-16T08:30:00+08:00",
        "ended_at": "2026-03-16T08:40:00+08:00",
        "subject": "净水器滤芯漏水",
        "scenario": "after_sales",
        "problem": "更换滤芯后接口处漏水",
        "request": "今天上门处理",
        "summary": "客户来电，答应今天安排上门。",
        "outcome": "follow_up",
    }
    words = [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
    return ("create", "service", *words, "--follow-up", "action=安排上门; owner=wang; priority=urgent")
