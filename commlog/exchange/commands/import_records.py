"""The commands `commlog import` and `commlog survey import`."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from commlog.cli import options
from commlog.cli.terminal import command, progress, read_stdin, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.exchange import source as sources
from commlog.exchange.import_map import ImportMap
from commlog.exchange.import_records import ImportOptions, import_records
from commlog.exchange.import_surveys import columns_like_scores, import_surveys, survey_map
from commlog.exchange.incoming import ImportResult, Sheet
from commlog.exchange.map_reader import MapContext, read_map
from commlog.exchange.mapping import iter_incoming, other_columns
from commlog.exchange.sketch import sketch_map, template_for
from commlog.exchange.text import format_import_json, format_import_text, format_left_out
from commlog.forms.fields import label
from commlog.messages import current_language, mark, translate, translate_plural
from commlog.records.draft import converter_of
from commlog.surveys.record import entered_by_of
from commlog.surveys.rules import quarter_of
from commlog.values import Fields
from commlog.workspace import Workspace

rejects_option: Any = options.text_option(
    "--rejects", "FILE", mark("The file for rejected rows (default: FILE.rejects.csv in the current folder).")
)
result_format_option: Any = options.format_choice(
    "text", "json", help_text=mark("json prints the counts and reasons on stdout."), metavar="text|json"
)


@dataclass(frozen=True, slots=True)
class _Import:
    """An import that ran, or was tried: the file, its columns, what became of its rows, and how to report it."""

    source: sources.SourceFile
    columns: tuple[str, ...]
    result: ImportResult
    rejects: str
    is_dry: bool
    output_format: str

    def report(self, left_out: Mapping[tuple[str, str], int] | None = None) -> ExitCode:
        """Write the rejected rows to a file, and print the counts; the exit code says whether every row was taken.

        `left_out` counts the values that no row kept, by field and word.
        """
        result, written = self.result, ""
        if result.rejected and not self.is_dry:
            written = sources.write_rejects(result.rejected, self.columns, self.source, self.rejects)
        if self.output_format == "json":
            say(format_import_json(result, written, left_out, is_dry=self.is_dry))
        counts, *details = format_import_text(result, written, is_dry=self.is_dry).split("\n")
        warn(counts)
        for line in details:
            typer.echo(line, err=True)
        if left_out:
            warn(format_left_out(left_out))
        return ExitCode.INVALID if result.rejected else ExitCode.DONE


def _read_source(name: str, file_format: str) -> sources.SourceFile:
    if name == "-":
        return sources.SourceFile(f"stdin.{file_format}", file_format, read_stdin())
    return sources.SourceFile(name, file_format, sources.read_bytes(Path(name)))


def _context_of(workspace: Workspace) -> MapContext:
    return MapContext(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)


words_argument: Any = options.argument(
    "[csv|jsonl] FILE", mark("The format, if the file's name does not show it, and the file; - is stdin.")
)
map_file_option: Any = options.text_option(
    "--map", "MAP", mark("The map from columns to fields; JSON Lines of whole records need none."), "-m"
)
sketch_option: Any = options.flag("--sketch-map", mark("Print a draft of a map made from the file's header, and exit."))
template_option: Any = options.text_option(
    "--template", "NAME", mark("The template of the draft map (default: the one that matches the header best).")
)
encoding_option: Any = options.text_option(
    "--encoding", "NAME", mark("The file's encoding, e.g. gb18030 (default: the map's, else utf-8).")
)


@command(mark("Import records from a CSV or JSON Lines file. Running it again adds nothing."))
def import_command(
    context: typer.Context,
    words: list[str] = words_argument,
    map_file: str = map_file_option,
    sketch: bool = sketch_option,
    template: str = template_option,
    encoding: str = encoding_option,
    rejects: str = rejects_option,
    dry_run: bool = options.dry_run_option,
    output_format: str = result_format_option,
) -> int:
    workspace = session_of(context).workspace
    if len(words) > 2:
        raise UsageError(mark("too many arguments: {words}"), words=" ".join(words[2:]))
    *named, name = words
    source = _read_source(name, sources.format_of(name, "".join(named)))
    ground = _context_of(workspace)
    if sketch:
        sheet = sources.open_sheet(source, encoding, None)
        say(sketch_map(sheet, template_for(sheet, workspace.catalog, template), current_language()))
        return ExitCode.DONE
    if rejects:
        sources.refuse_existing(rejects)
    import_map = _read_map(source, map_file, ground)
    sheet = sources.open_sheet(source, encoding, import_map)
    left_out: Counter[tuple[str, str]] = Counter()
    items = sources.iter_items(sheet, import_map, ground, lambda field, word: left_out.update([(field, word)]))
    creates = import_map is not None and import_map.creates_customers
    with progress(translate("Importing"), source.lines) as tell:
        result = import_records(workspace, items, ImportOptions(creates, dry_run, tell))
    return _Import(source, sheet.columns, result, rejects, dry_run, output_format).report(left_out)


def _read_map(source: sources.SourceFile, map_file: str, ground: MapContext) -> ImportMap | None:
    if map_file:
        return read_map(sources.read_bytes(Path(map_file)), map_file, ground)
    if source.format != "csv":
        return None
    raise UsageError(
        mark("{file_name}: a CSV file needs a map"),
        file_name=source.name,
        stem=Path(source.name).stem,
        remedy=mark(
            "create a draft: commlog import --sketch-map {file_name} > {stem}.map.yaml; then add --map {stem}.map.yaml"
        ),
    )


file_argument: Any = options.argument(
    "FILE.csv", mark("The file, its columns named like the form's fields and dimensions, by label or key; - is stdin.")
)
period_option: Any = options.text_option(
    "--period", "PERIOD", mark("The period for rows without one (default: this quarter).")
)
entered_by_option: Any = options.text_option(
    "--entered-by", "customer|staff", mark("Who gave the scores, if no column gives it."), default="customer"
)
csv_encoding_option: Any = options.text_option(
    "--encoding", "NAME", mark("The file's encoding, e.g. gb18030 (default: utf-8).")
)


@command(mark("Import survey answers from a CSV file. Running it again adds nothing."))
def survey_import_command(
    context: typer.Context,
    file: str = file_argument,
    period: str = period_option,
    entered_by: str = entered_by_option,
    encoding: str = csv_encoding_option,
    rejects: str = rejects_option,
    dry_run: bool = options.dry_run_option,
    output_format: str = result_format_option,
) -> int:
    workspace = session_of(context).workspace
    if rejects:
        sources.refuse_existing(rejects)
    source = _read_source(file, "csv")
    sheet = sources.open_sheet(source, encoding, None)
    import_map = survey_map(sheet, _context_of(workspace), _constants(workspace, period, entered_by))
    if left := other_columns(import_map, sheet.columns):
        _report_columns(workspace, left, sources.open_sheet(source, encoding, None))
    with progress(translate("Importing"), source.lines) as tell:
        items = iter_incoming(sheet, import_map)
        result, opened = import_surveys(workspace, items, ImportOptions(is_dry=dry_run, on_row=tell))
    code = _Import(source, sheet.columns, result, rejects, dry_run, output_format).report()
    if opened and not dry_run:
        text = translate_plural(
            "low scores opened {count} follow-up; see commlog pending",
            "low scores opened {count} follow-ups; see commlog pending",
            opened,
        )
        warn(text.format(count=opened))
    return code


def _report_columns(workspace: Workspace, columns: tuple[str, ...], sheet: Sheet) -> None:
    """Say which columns are kept beside the form, and which of them may have been meant as scores."""
    warn(translate("no field has this name, kept under extra: {columns}").format(columns=", ".join(columns)))
    unknown = translate(
        "column '{column}' contains numbers from 1 to 5, like scores, but is not a dimension of the form"
    )
    similar = translate(
        "column '{column}' is not a dimension of the form; if it means {dimension} ({label}), give it that name"
    )
    for column, near in columns_like_scores(workspace, columns, sheet.rows).items():
        facts = {"dimension": near.key, "label": label(near, current_language())} if near else {}
        warn((similar if near else unknown).format(column=column, **facts))


def _constants(workspace: Workspace, period: str, entered_by: str) -> Fields:
    """The values of rows that give none themselves."""
    today = workspace.now.date()
    known: Fields = {"period": period.strip() or quarter_of(today), "assessed_on": today.isoformat()}
    known["entered_by"] = entered_by_of(workspace, entered_by)
    return known | ({"agent": workspace.require_member(None)} if workspace.member else {})
