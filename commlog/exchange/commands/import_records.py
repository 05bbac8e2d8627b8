"""The command `commlog import`."""

from collections import Counter
from pathlib import Path
from typing import Any

import typer

from commlog.cli.cli_progress import progress
from commlog.cli.terminal import command, read_stdin, say, session_of
from commlog.errors import ExitCode, UsageError
from commlog.exchange.commands.cli_import_answer import (
    RESULT_FORMATS,
    answer_import,
    dry_run_option,
    rejects_option,
    result_format_option,
)
from commlog.exchange.csv_file import Sheet
from commlog.exchange.import_map import ImportMap
from commlog.exchange.import_records import Choices, import_records
from commlog.exchange.incoming import ImportResult
from commlog.exchange.map_reader import Ground, read_map
from commlog.exchange.rejects import format_rejected_objects, format_rejects, refuse_existing, write_rejects
from commlog.exchange.sketch import sketch_map
from commlog.exchange.source import SourceFile, format_of, iter_items, open_sheet, template_for
from commlog.exchange.transfer_text_file import read_bytes
from commlog.messages import current_language, mark, translate
from commlog.output.formats import require_format
from commlog.records.draft import converter_of

words_argument: Any = typer.Argument(
    ...,
    metavar="[csv|jsonl] FILE",
    show_default=False,
    help=mark("The format, where the file's name does not tell it, and the file; - is stdin."),
)
map_file_option: Any = typer.Option(
    "",
    "--map",
    "-m",
    metavar="MAP",
    show_default=False,
    help=mark("How columns become fields; JSON Lines of whole records need none."),
)
sketch_option: Any = typer.Option(
    False, "--sketch-map", help=mark("Print a first map made from the file's header, and stop.")
)
template_option: Any = typer.Option(
    "",
    "--template",
    metavar="NAME",
    show_default=False,
    help=mark("The template of a sketched map (default: the one that fits the header best)."),
)
encoding_option: Any = typer.Option(
    "",
    "--encoding",
    metavar="NAME",
    show_default=False,
    help=mark("The file's encoding, e.g. gb18030 (default: the map's, else utf-8)."),
)


@command(mark("Records from the rows of a CSV or JSON Lines file; a second run adds nothing."))
def import_command(
    context: typer.Context,
    words: list[str] = words_argument,
    map_file: str = map_file_option,
    sketch: bool = sketch_option,
    template: str = template_option,
    encoding: str = encoding_option,
    rejects: str = rejects_option,
    dry_run: bool = dry_run_option,
    output_format: str = result_format_option,
) -> int:
    require_format(output_format, RESULT_FORMATS)
    workspace = session_of(context).workspace
    source = _read_source(words)
    ground = Ground(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)
    if sketch:
        sheet = open_sheet(source, encoding, None)
        say(sketch_map(sheet, template_for(sheet, ground, template), current_language()))
        return ExitCode.DONE
    if rejects:
        refuse_existing(rejects)
    import_map = _read_map(source, map_file, ground)
    sheet = open_sheet(source, encoding, import_map)
    left_out: Counter[tuple[str, str]] = Counter()
    items = iter_items(sheet, import_map, ground, lambda field, word: left_out.update([(field, word)]))
    creates = import_map is not None and import_map.creates_customers
    with progress(translate("Importing"), source.lines) as tell:
        result = import_records(workspace, items, Choices(creates, dry_run, tell))
    written = _write_rejects(result, sheet, source, rejects) if result.rejected and not dry_run else ""
    return answer_import(result, written, output_format, is_dry=dry_run, left_out=left_out)


def _read_source(words: list[str]) -> SourceFile:
    if len(words) > 2:
        raise UsageError(mark("too many words: {words}"), words=" ".join(words[2:]))
    named, name = ("", words[0]) if len(words) == 1 else words
    file_format = format_of(name, named)
    return (
        SourceFile(f"stdin.{file_format}", file_format, read_stdin())
        if name == "-"
        else SourceFile(name, file_format, read_bytes(Path(name)))
    )


def _read_map(source: SourceFile, map_file: str, ground: Ground) -> ImportMap | None:
    if map_file:
        return read_map(read_bytes(Path(map_file)), map_file, ground)
    if source.format != "csv":
        return None
    raise UsageError(
        mark("{file_name}: a CSV file needs a map"),
        file_name=source.name,
        stem=Path(source.name).stem,
        remedy=mark(
            "make a first one: commlog import --sketch-map {file_name} > {stem}.map.yaml; then add --map {stem}.map.yaml"
        ),
    )


def _write_rejects(result: ImportResult, sheet: Sheet, source: SourceFile, named: str) -> str:
    is_csv = source.format == "csv"
    text = format_rejects(result.rejected, sheet.columns) if is_csv else format_rejected_objects(result.rejected)
    return write_rejects(text, source.name, named)
