"""JSON Lines: one object a line, to rows and from records."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from commlog.exchange.incoming import Row, Sheet
from commlog.messages import translate
from commlog.output.listing import cell_of
from commlog.values import Data, Fields
from commlog.yamltext.scalars import MAX_DEPTH


def read_objects(text: str) -> Iterator[Row]:
    """One row a line that is not blank; what is no object is a row with a fault."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _row_of(line, number)


def sheet_of(rows: Iterable[Row]) -> Sheet:
    """The rows under the names of all keys that any of them has, in order of appearance."""
    kept = list(rows)
    return Sheet(tuple(dict.fromkeys(column for row in kept for column in row.cells)), kept)


def format_object(fields: Mapping[str, Data]) -> str:
    """One line of JSON, Chinese unescaped, without its line end."""
    return json.dumps(fields, ensure_ascii=False)


def _row_of(line: str, number: int) -> Row:
    try:
        data = json.loads(line, object_pairs_hook=_object, parse_constant=_refuse)
        is_deep = _depth_of(data) > MAX_DEPTH
    except RecursionError:
        is_deep = True
    except ValueError as fault:
        return Row(number, {}, line.strip(), translate("is not JSON: {reason}").format(reason=fault))
    if is_deep:
        return Row(number, {}, line.strip(), translate("is nested too deeply"))
    if not isinstance(data, dict):
        return Row(number, {}, line.strip(), translate("is not an object in braces"))
    return Row(number, dict(_iter_cells(data, "")), data)


def _object(pairs: list[tuple[str, Data]]) -> Fields:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError(translate("a key occurs twice"))
    return data


def _refuse(word: str) -> NoReturn:
    raise ValueError(word)


def _depth_of(value: Data) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth_of(item) for item in inner if isinstance(item, (dict, list))), default=0)


def _iter_cells(data: Mapping[str, Data], above: str) -> Iterator[tuple[str, str]]:
    for key, value in data.items():
        if isinstance(value, dict) and value:
            yield from _iter_cells(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", cell_of(value)
