"""Entries written into the tables of the copy."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from commlog.index.database import Index, Row
from commlog.index.parallel import Entry
from commlog.index.scan import Stamp
from commlog.messages import current_language
from commlog.model.problem import Problem

_CHUNK: Final = 500
# The name under which a stored problem keeps the language its facts are worded in.
LANGUAGE_FACT: Final = "language"


@dataclass(frozen=True, slots=True)
class Placed:
    """One file's entry with the folder it is in and its stamp."""

    directory: str
    stamp: Stamp
    entry: Entry


def write_entries(index: Index, entries: Iterable[Placed]) -> None:
    """Add entries to the tables, inside the caller's transaction; the rows must not be there yet."""
    number = int(index.rows("SELECT coalesce(max(file), 0) FROM files")[0][0])
    for chunk in _chunks(entries):
        tables: dict[str, list[Row]] = {"files": [], "problems": []}
        for placed in chunk:
            number += 1
            path, rows, problems = placed.entry
            tables["files"].append((number, path, placed.directory, *placed.stamp, int(bool(rows))))
            tables["problems"] += [_problem_row(number, problem) for problem in problems]
            for table, items in rows.items():
                tables.setdefault(table, []).extend((number, *item) for item in items)
        for table, table_rows in tables.items():
            index.insert(table, table_rows)


def _problem_row(number: int, problem: Problem) -> Row:
    facts = [*problem.facts, (LANGUAGE_FACT, current_language())]
    return (number, problem.code, problem.line, problem.column, problem.field, json.dumps(facts, ensure_ascii=False))


def _chunks(entries: Iterable[Placed]) -> Iterator[list[Placed]]:
    chunk = []
    for entry in entries:
        chunk.append(entry)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
