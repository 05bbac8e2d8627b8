"""Errors and problems as text: `file:line:column: what is wrong`, the line itself, the remedy."""

import json
from collections.abc import Sequence
from pathlib import Path

from commlog.errors import CommlogError
from commlog.messages import translate
from commlog.model.problem import Problem
from commlog.render.text import harmless, shorten

_LONGEST_LINE = 160


def format_error(fault: CommlogError) -> str:
    """A fault as stderr shows it, all of its problems included."""
    place = _place(fault.file, fault.line, fault.column)
    lines = [harmless(f"{translate('commlog: error:')} {place}{fault.message}")]
    sources = fault.source.split("\n") if fault.problems else []
    for problem in fault.problems:
        if isinstance(problem, Problem):
            lines += format_problem(problem, sources)
    if fault.source and not sources:
        lines += [f"    {line}" for line in harmless(fault.source, keep_lines=True).split("\n")]
    if fault.remedy:
        lines.append(harmless(f"  {fault.remedy}"))
    return "\n".join(lines)


def format_problem(problem: Problem, sources: Sequence[str] = ()) -> list[str]:
    """One problem as lines; `sources` are the lines of its file, when they are at hand."""
    severity = translate("error") if problem.severity == "error" else translate("warning")
    lines = [harmless(f"{_place(problem.path, problem.line, problem.column)}{severity}: {problem.message}")]
    if 0 < problem.line <= len(sources):
        source = sources[problem.line - 1]
        if source.strip():
            lines.append(f"    {harmless(shorten(source, _LONGEST_LINE))}")
    if problem.remedy:
        lines.append(harmless(f"    → {problem.remedy}"))
    return lines


def format_problems_text(problems: Sequence[Problem], root: Path) -> str:
    """Every problem with the line it is on, grouped by file in the order given."""
    lines: list[str] = []
    sources: dict[str, list[str]] = {}
    for problem in problems:
        if problem.path not in sources:
            sources = {problem.path: _read_lines(root / problem.path)}
        lines += format_problem(problem, sources[problem.path])
    return "\n".join(lines)


def format_problems_json(problems: Sequence[Problem]) -> str:
    """Every problem as a JSON array with stable keys."""
    items = [
        {
            "path": item.path, "line": item.line, "column": item.column, "field": item.field, "code": item.code,
            "severity": item.severity, "message": item.message, "remedy": item.remedy, "facts": dict(item.facts),
        }
        for item in problems
    ]
    return json.dumps(items, ensure_ascii=False, indent=2)


def format_problems_github(problems: Sequence[Problem]) -> str:
    """Every problem as an annotation that GitHub shows beside the line."""
    lines = []
    for item in problems:
        message = f"{item.message} — {item.remedy}" if item.remedy else item.message
        escaped = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
        path = item.path.replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
        lines.append(f"::{item.severity} file={path},line={max(item.line, 1)},col={max(item.column, 1)},title={item.code}::{escaped}")
    return "\n".join(lines)


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []


def _place(path: str, line: int, column: int) -> str:
    if not path:
        return ""
    return f"{path}:{line}:{column}: " if line else f"{path}: "
