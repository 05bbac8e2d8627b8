"""The rows an import did not take, in the file's own format, so that they can be mended and imported again."""

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from commlog.errors import ConflictError
from commlog.exchange.import_map import LINE_COLUMN, OWN_COLUMNS, REASON_COLUMN
from commlog.exchange.incoming import Rejected
from commlog.exchange.jsonl_file import format_object
from commlog.log.files import write_new
from commlog.log.log import not_writable
from commlog.messages import mark
from commlog.output.listing import format_rows


def refuse_existing(name: str) -> None:
    """Refuse a name somebody gave for a file that exists already.

    Raises:
        ConflictError: it does.
    """
    if Path(name).exists():
        raise ConflictError(
            mark("already exists"), file=name, remedy=mark("choose another name, or move the file away")
        )


def write_rejects(text: str, source: str, named: str) -> str:
    """Write rejected rows to the file named, else to one called after the source in the current folder; give its name.

    No file is replaced: the next free number is taken, unless a file of an earlier run holds the same already.

    Raises:
        ConflictError: the file named exists.
        NotWritableError: the folder does not take it.
    """
    data = text.encode("utf-8", "surrogatepass")
    number = 0
    while True:
        number += 1
        name = named or rejects_name(source, number)
        try:
            write_new(Path(name), data)
        except FileExistsError:
            if named:
                refuse_existing(name)
            elif Path(name).is_file() and Path(name).read_bytes() == data:
                return name
        except OSError as fault:
            raise not_writable(name, fault) from None
        else:
            return name


def rejects_name(name: str, number: int = 1) -> str:
    """The usual name for the rejects of a file: `rows.csv` gives `rows.rejects.csv`, then `rows.rejects-2.csv`."""
    path = PurePath(name)
    return f"{path.stem}.rejects{f'-{number}' if number > 1 else ''}{path.suffix or '.csv'}"


def format_rejects(rejected: Iterable[Rejected], columns: tuple[str, ...]) -> str:
    """Rejected rows of a sheet as CSV: the line and the reason before the row as it was."""
    header = [LINE_COLUMN, REASON_COLUMN, *_without_own(columns, columns)]
    rows = ([str(item.row.line), item.reason, *_without_own(item.row.original, columns)] for item in rejected)
    return "".join(format_rows([header, *rows]))


def format_rejected_objects(rejected: Iterable[Rejected]) -> str:
    """Rejected rows of JSON Lines, each with its line and reason; a line that is no object under `commlog_text`."""
    lines = []
    for item in rejected:
        original = item.row.original if isinstance(item.row.original, dict) else {"commlog_text": item.row.original}
        own = {LINE_COLUMN: item.row.line, REASON_COLUMN: item.reason}
        lines.append(format_object({**original, **own}) + "\n")
    return "".join(lines)


def _without_own(cells: Sequence[str], columns: tuple[str, ...]) -> list[str]:
    """The cells as they stood in the file; of a file of rejects, without what commlog put there."""
    return [cell for place, cell in enumerate(cells) if place >= len(columns) or columns[place] not in OWN_COLUMNS]
