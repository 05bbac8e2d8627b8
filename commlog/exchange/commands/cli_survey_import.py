"""The command `commlog survey import`."""

from pathlib import Path
from typing import Any, Final

import typer

from commlog.cli.cli_progress import progress
from commlog.cli.terminal import command, read_stdin, session_of, warn
from commlog.errors import UsageError
from commlog.exchange.commands.cli_import_answer import (
    RESULT_FORMATS,
    answer_import,
    dry_run_option,
    rejects_option,
    result_format_option,
)
from commlog.exchange.csv_file import Sheet
from commlog.exchange.import_map import OWN_COLUMNS, ImportMap
from commlog.exchange.import_records import Choices
from commlog.exchange.import_surveys import columns_like_scores, import_surveys
from commlog.exchange.incoming import IMPORT_KEY
from commlog.exchange.map_reader import Ground
from commlog.exchange.mapping import iter_incoming
from commlog.exchange.rejects import format_rejects, refuse_existing, write_rejects
from commlog.exchange.source import SourceFile, open_sheet
from commlog.exchange.survey_map import survey_map
from commlog.exchange.transfer_text_file import read_bytes
from commlog.forms.fields import find_field, find_value, label
from commlog.messages import current_language, mark, translate
from commlog.output.formats import require_format
from commlog.records.draft import converter_of
from commlog.surveys.record import quarter_of
from commlog.values import SURVEY, Fields
from commlog.workspace import Workspace

_STDIN: Final = "-"

file_argument: Any = typer.Argument(
    ...,
    metavar="FILE.csv",
    help=mark("Columns are named like the form's fields and dimensions, by label or key; - is stdin."),
)
period_option: Any = typer.Option(
    "",
    "--period",
    metavar="PERIOD",
    show_default=False,
    help=mark("The period of rows that name none (default: this quarter)."),
)
entered_by_option: Any = typer.Option(
    "customer", "--entered-by", metavar="customer|staff", help=mark("Who gave the scores, where no column says so.")
)
csv_encoding_option: Any = typer.Option(
    "",
    "--encoding",
    metavar="NAME",
    show_default=False,
    help=mark("The file's encoding, e.g. gb18030 (default: utf-8)."),
)


@command(mark("Answers from the rows of a CSV file; a second run adds nothing."))
def survey_import_command(
    context: typer.Context,
    file: str = file_argument,
    period: str = period_option,
    entered_by: str = entered_by_option,
    encoding: str = csv_encoding_option,
    rejects: str = rejects_option,
    dry_run: bool = dry_run_option,
    output_format: str = result_format_option,
) -> int:
    require_format(output_format, RESULT_FORMATS)
    workspace = session_of(context).workspace
    if rejects:
        refuse_existing(rejects)
    raw = read_stdin() if file == _STDIN else read_bytes(Path(file))
    source = SourceFile("stdin.csv" if file == _STDIN else file, "csv", raw)
    sheet = open_sheet(source, encoding, None)
    ground = Ground(workspace.catalog, converter_of(workspace), workspace.log.settings.zone)
    import_map = survey_map(sheet, ground, _constants(workspace, period, entered_by))
    if left := _columns_left(sheet, import_map):
        _tell_of_columns(workspace, left, open_sheet(source, encoding, None))
    with progress(translate("Importing"), source.lines) as tell:
        items = iter_incoming(sheet, import_map)
        result, opened = import_surveys(workspace, items, Choices(is_dry=dry_run, on_row=tell))
    written = ""
    if result.rejected and not dry_run:
        written = write_rejects(format_rejects(result.rejected, sheet.columns), source.name, rejects)
    code = answer_import(result, written, output_format, is_dry=dry_run)
    if opened and not dry_run:
        _tell_of_follow_ups(opened)
    return code


def _columns_left(sheet: Sheet, import_map: ImportMap) -> tuple[str, ...]:
    """The columns that no field takes."""
    pieces = (piece for target in import_map.targets for text in target.source.texts for piece in text)
    used = {piece.text for piece in pieces if piece.is_column}
    return tuple(column for column in sheet.columns if column not in used | OWN_COLUMNS | {IMPORT_KEY})


def _tell_of_columns(workspace: Workspace, columns: tuple[str, ...], sheet: Sheet) -> None:
    """Say which columns are kept beside the form, and which of them may have been meant as scores."""
    warn(translate("no field is called so, kept under extra: {columns}").format(columns=", ".join(columns)))
    for column, near in columns_like_scores(workspace, columns, sheet.rows).items():
        if near is None:
            warn(
                translate("column '{column}' holds numbers from 1 to 5 as scores do, but is no dimension").format(
                    column=column
                )
            )
            continue
        words = translate("column '{column}' is no dimension; if {dimension} ({label}) is meant, call it so")
        warn(words.format(column=column, dimension=near.key, label=label(near, current_language())))


def _tell_of_follow_ups(count: int) -> None:
    words = (
        translate("a low score opened 1 follow-up: see commlog pending")
        if count == 1
        else translate("low scores opened {count} follow-ups: see commlog pending")
    )
    warn(words.format(count=count))


def _constants(workspace: Workspace, period: str, entered_by: str) -> Fields:
    """What holds for rows that do not say otherwise."""
    today = workspace.now.date()
    known: Fields = {"period": period.strip() or quarter_of(today), "assessed_on": today.isoformat()}
    known["entered_by"] = entered_by_of(workspace, entered_by)
    return known | ({"agent": workspace.require_member(None)} if workspace.member else {})


def entered_by_of(workspace: Workspace, words: str) -> str:
    """Who gave the scores: customer or staff, by slug or label.

    Raises:
        UsageError: it is neither.
    """
    field = find_field(workspace.catalog.get(SURVEY), "entered_by")
    found = find_value(field, words) if field else None
    if found is None:
        raise UsageError(
            mark("--entered-by: '{value}' is not customer or staff"),
            value=words,
            remedy=mark("use one of: {known}"),
            known="customer, staff",
        )
    return found
