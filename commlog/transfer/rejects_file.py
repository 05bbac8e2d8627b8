"""The rows an import did not take, in the file's own format, so that they can be mended and imported again."""

from collections.abc import Iterable
from pathlib import PurePath

from commlog.model.incoming import Rejected
from commlog.transfer.csv_file import format_rows
from commlog.transfer.import_map import LINE_COLUMN, REASON_COLUMN
from commlog.transfer.jsonl_file import format_object


def rejects_name(name: str, number: int = 1) -> str:
    """The usual name for the rejects of a file: `rows.csv` gives `rows.rejects.csv`, then `rows.rejects-2.csv`."""
    path = PurePath(name)
    return f"{path.stem}.rejects{f'-{number}' if number > 1 else ''}{path.suffix or '.csv'}"


def format_rejects(rejected: Iterable[Rejected], columns: tuple[str, ...]) -> str:
    """Rejected rows of a sheet as CSV: the line and the reason before the row as it was."""
    columns = tuple(column for column in columns if column not in {LINE_COLUMN, REASON_COLUMN})
    header = [LINE_COLUMN, REASON_COLUMN, *columns]
    return "".join(format_rows([header, *([str(item.row.line), item.reason, *_own_cells(item, columns)] for item in rejected)]))


def format_rejected_objects(rejected: Iterable[Rejected]) -> str:
    """Rejected rows of JSON Lines, each with its line and reason; a line that is no object under `commlog_text`."""
    lines = []
    for item in rejected:
        original = item.row.original if isinstance(item.row.original, dict) else {"commlog_text": item.row.original}
        own = {LINE_COLUMN: item.row.line, REASON_COLUMN: item.reason}
        lines.append(format_object({**original, **own}) + "\n")
    return "".join(lines)


def _own_cells(item: Rejected, columns: tuple[str, ...]) -> list[str]:
    """The row as it stood in the file; of one that comes from a rejects file, without what commlog added."""
    if LINE_COLUMN in item.row.cells:
        return [item.row.cells.get(column, "") for column in columns]
    return list(item.row.original)
