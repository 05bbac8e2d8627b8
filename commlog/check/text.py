"""Errors and problems as text: `file:line:column: what is wrong`, the line itself with a caret, the remedy."""

import json
from typing import Final

from commlog.check.context import Inspection
from commlog.errors import CommlogError, ProblemLike
from commlog.messages import translate, translate_plural
from commlog.output.text import harmless, shorten, width_of
from commlog.problems import ERROR, Problem

_INDENT: Final = "    "
# Columns of a line that are shown, and how many of them may stand before the place meant.
_LONGEST_LINE: Final = 120
_MOST_BEFORE: Final = 80
_KEYS: Final = ("path", "line", "column", "field", "code", "severity", "message", "remedy")


def format_error(fault: CommlogError) -> str:
    """A fault as stderr shows it, all of its problems included."""
    place = _place(fault.file, fault.line, fault.column)
    lines = [harmless(translate("commlog: error:") + f" {place}{fault.message}")]
    sources = fault.source.split("\n") if fault.problems else []
    for problem in fault.problems:
        if isinstance(problem, Problem):
            lines += format_problem(problem, sources[problem.line - 1] if 0 < problem.line <= len(sources) else "")
        else:
            lines += _format_message(translate("error"), problem)
    if fault.source and not sources:
        lines += [f"{_INDENT}{line}" for line in harmless(fault.source, keep_lines=True).split("\n")]
    if fault.remedy:
        lines.append(harmless(f"  {fault.remedy}"))
    return "\n".join(lines)


def format_problem(problem: Problem, source: str = "") -> list[str]:
    """One problem as lines; `source` is the text of the line it is on, when it is at hand."""
    severity = translate("error") if problem.severity == ERROR else translate("warning")
    head, *remedy = _format_message(_place(problem.path, problem.line, problem.column) + severity, problem)
    return [head, *(format_source(source, problem.column) if source.strip() else ()), *remedy]


def _format_message(head: str, problem: ProblemLike) -> list[str]:
    """A message after its head, and its remedy if it has one."""
    lines = [harmless(f"{head}: {problem.message}")]
    return [*lines, harmless(f"{_INDENT}→ {problem.remedy}")] if problem.remedy else lines


def format_source(source: str, column: int) -> list[str]:
    """A line of a file, and a caret below the column (counted from 1; 0 for none) as a terminal shows it."""
    before, after = source[: max(column - 1, 0)], source[max(column - 1, 0) :]
    shown = harmless(before)
    if width_of(shown) > _MOST_BEFORE:
        # The place meant stays in view: the beginning of the line gives way.
        shown = "…" + shorten(shown[::-1], _MOST_BEFORE)[:-1][::-1]
    line = shorten(shown + harmless(after), _LONGEST_LINE)
    return [_INDENT + line, f"{_INDENT}{' ' * width_of(shown)}^"] if column else [_INDENT + line]


def format_inspection_text(inspection: Inspection) -> str:
    """Every problem with the line it is on."""
    lines: list[str] = []
    for problem in inspection.problems:
        lines += format_problem(problem, inspection.lines.get((problem.path, problem.line), ""))
    return "\n".join(lines)


def format_counts(inspection: Inspection) -> str:
    """How many files were checked and what came of it, in one line."""
    errors, warnings = inspection.errors, len(inspection.problems) - inspection.errors
    files = _count_files(inspection.files)
    if not inspection.problems:
        return translate("{files}, no problems").format(files=files)
    counts = [
        *([translate_plural("{count} error", "{count} errors", errors).format(count=errors)] if errors else []),
        *(
            [translate_plural("{count} warning", "{count} warnings", warnings).format(count=warnings)]
            if warnings
            else []
        ),
    ]
    bad = _count_files(inspection.bad_files)
    return translate("{files}: {counts} in {bad}").format(files=files, counts=translate(", ").join(counts), bad=bad)


def _count_files(number: int) -> str:
    return translate_plural("{count} file", "{count} files", number).format(count=number)


def format_inspection_json(inspection: Inspection) -> str:
    """Every problem as a JSON array with stable keys."""
    items = [{key: getattr(item, key) for key in _KEYS} | {"facts": dict(item.facts)} for item in inspection.problems]
    return json.dumps(items, ensure_ascii=False, indent=2)


def format_inspection_github(inspection: Inspection) -> str:
    """Every problem as an annotation that GitHub shows beside the line."""
    lines = []
    for item in inspection.problems:
        message = harmless(f"{item.message} → {item.remedy}" if item.remedy else item.message)
        path = _escape(harmless(item.path)).replace(":", "%3A").replace(",", "%2C")
        place = f",line={item.line},col={max(item.column, 1)}" if item.line else ""
        lines.append(f"::{item.severity} file={path}{place},title={item.code}::{_escape(message)}")
    return "\n".join(lines)


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _place(path: str, line: int, column: int) -> str:
    if not path:
        return ""
    return ":".join(str(part) for part in (path, line, column) if part) + ": "
