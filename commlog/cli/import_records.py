"""The command `commlog import`."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import typer

from commlog.cli.progress import progress
from commlog.cli.session import Session, language_in_use, read_stdin, say, session_of, warn
from commlog.errors import ConflictError, ExitCode, UsageError
from commlog.messages import mark, translate
from commlog.model.incoming import ImportResult, Incoming
from commlog.render.import_result import format_import_json, format_import_text
from commlog.services.draft import converter_of
from commlog.services.import_records import Choices, import_records
from commlog.services.workspace import Workspace
from commlog.store.files import write_new
from commlog.store.log import not_writable
from commlog.transfer.csv_file import Sheet, read_sheet
from commlog.transfer.import_map import ImportMap, require_columns
from commlog.transfer.jsonl_file import read_objects, sheet_of
from commlog.transfer.map_reader import Ground, read_map
from commlog.transfer.mapping import iter_incoming
from commlog.transfer.rejects_file import format_rejected_objects, format_rejects, rejects_name
from commlog.transfer.sketch import best_template, sketch_map
from commlog.transfer.text_file import DEFAULT_ENCODING, decode_text, read_bytes
from commlog.transfer.whole_records import iter_records

HELP = mark("Records from the rows of a CSV or JSON Lines file; a second run adds nothing.")

FORMATS = ("csv", "jsonl")


@dataclass(frozen=True, slots=True)
class _Input:
    """The file to import: its name, its format and its bytes."""

    name: str
    format: str
    raw: bytes


def command(
    context: typer.Context,
    words: list[str] = typer.Argument(..., metavar="[csv|jsonl] FILE", show_default=False, help=mark("The format, where the file's name does not tell it, and the file; - is stdin.")),
    map_file: str = typer.Option("", "--map", "-m", metavar="MAP", show_default=False, help=mark("How columns become fields; JSON Lines of whole records need none.")),
    sketch: bool = typer.Option(False, "--sketch-map", help=mark("Print a first map made from the file's header, and stop.")),
    template: str = typer.Option("", "--template", metavar="NAME", show_default=False, help=mark("The template of a sketched map (default: the one that fits the header best).")),
    encoding: str = typer.Option("", "--encoding", metavar="NAME", show_default=False, help=mark("The file's encoding, e.g. gb18030 (default: the map's, else utf-8).")),
    rejects: str = typer.Option("", "--rejects", metavar="FILE", show_default=False, help=mark("Where rejected rows go (default: FILE.rejects.csv in the current folder).")),
    dry_run: bool = typer.Option(False, "--dry-run", help=mark("Say what would happen, and write nothing.")),
    output_format: str = typer.Option("text", "--format", metavar="text|json", help=mark("json prints the counts and reasons on stdout.")),
) -> int:
    """Import."""
    session = session_of(context)
    workspace = session.workspace
    if output_format not in {"text", "json"}:
        raise UsageError(mark("there is no format '{value}'"), value=output_format, remedy=mark("use one of: {formats}"), formats="text, json")
    source = _read_input(words)
    if sketch:
        say(_sketch(workspace, source, template, encoding))
        return ExitCode.DONE
    if rejects and Path(rejects).exists():
        raise ConflictError(mark("exists already"), file=rejects, remedy=mark("choose another name, or move the file away"))
    import_map = _read_map(workspace, map_file) if map_file else None
    if import_map is None and source.format == "csv":
        raise UsageError(
            mark("a CSV file needs a map"), file=source.name,
            remedy=mark("make a first one: commlog import --sketch-map {file} > {stem}.map.yaml; then add --map {stem}.map.yaml"), stem=Path(source.name).stem,
        )
    sheet = _read_sheet(source, encoding, import_map)
    choices = Choices(creates_customers=import_map is not None and import_map.creates_customers, is_dry=dry_run)
    result = _import(session, _incoming(workspace, sheet, import_map), choices, sheet_total(source))
    written = _write_rejects(result, sheet, source, rejects) if result.rejected and not dry_run else ""
    if output_format == "json":
        say(format_import_json(result, written, is_dry=dry_run))
    warn(format_import_text(result, written, is_dry=dry_run))
    return ExitCode.INVALID if result.rejected else ExitCode.DONE


def _read_input(words: list[str]) -> _Input:
    named, name = ("", words[0]) if len(words) == 1 else (words[0], words[1])
    if len(words) > 2:
        raise UsageError(mark("too many words: {words}"), words=" ".join(words[2:]))
    file_format = named.lower() or Path(name).suffix.lower().removeprefix(".").replace("ndjson", "jsonl")
    if file_format not in FORMATS:
        near = difflib.get_close_matches(file_format, FORMATS, 1)
        raise UsageError(
            mark("there is no format '{value}'"), value=named or file_format or name, formats=" | ".join(near or FORMATS),
            remedy=mark("write: commlog import {formats} FILE"),
        )
    return _Input(name, file_format, read_stdin() if name == "-" else read_bytes(Path(name)))


def _read_map(workspace: Workspace, map_file: str) -> ImportMap:
    ground = Ground(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)
    return read_map(read_bytes(Path(map_file)), map_file, ground)


def _read_sheet(source: _Input, encoding: str, import_map: ImportMap | None) -> Sheet:
    chosen = encoding or (import_map.encoding if import_map else "") or DEFAULT_ENCODING
    text = decode_text(source.raw, chosen, source.name)
    if source.format == "csv":
        sheet = read_sheet(text, source.name, import_map.delimiter if import_map else "")
    else:
        sheet = sheet_of(read_objects(text))
    if import_map is not None:
        require_columns(import_map, sheet.columns)
    return sheet


def _sketch(workspace: Workspace, source: _Input, template: str, encoding: str) -> str:
    sheet = _read_sheet(source, encoding, None)
    catalog = workspace.catalog
    # The customer-service form is what most files of contacts hold.
    names = ["service", *(name for name in catalog.names() if name != "service")]
    templates = {name: found for name in names if (found := catalog.find(name)) is not None}
    chosen = catalog.get(template) if template else best_template(templates, sheet.columns)
    return sketch_map(sheet, chosen, language_in_use())


def _incoming(workspace: Workspace, sheet: Sheet, import_map: ImportMap | None) -> Iterable[Incoming]:
    if import_map is not None:
        return iter_incoming(sheet, import_map)
    return iter_records(sheet.rows, workspace.catalog, converter_of(workspace))


def sheet_total(source: _Input) -> int:
    """About how many rows there are: what a progress bar needs to know."""
    return max(1, source.raw.count(b"\n") - (source.format == "csv"))


def _import(session: Session, items: Iterable[Incoming], choices: Choices, total: int) -> ImportResult:
    with progress(translate("Importing"), total) as tell:
        return import_records(session.workspace, items, Choices(choices.creates_customers, choices.is_dry, tell))


def _write_rejects(result: ImportResult, sheet: Sheet, source: _Input, named: str) -> str:
    """Write the rejected rows to a file that does not exist yet; the same file of an earlier run is left as it is."""
    is_csv = source.format == "csv"
    text = format_rejects(result.rejected, sheet.columns) if is_csv else format_rejected_objects(result.rejected)
    data = text.encode("utf-8", "surrogatepass")
    base = "stdin." + source.format if source.name == "-" else source.name
    number = 0
    while True:
        number += 1
        name = named or rejects_name(base, number)
        try:
            write_new(Path(name), data)
        except FileExistsError:
            if named:
                raise ConflictError(mark("exists already"), file=name, remedy=mark("choose another name, or move the file away")) from None
            if Path(name).is_file() and Path(name).read_bytes() == data:
                return name
        except OSError as fault:
            raise not_writable(name, fault) from None
        else:
            return name
