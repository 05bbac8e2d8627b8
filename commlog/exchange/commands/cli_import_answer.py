"""What every import answers with, and the options that all of them take."""

from collections.abc import Mapping
from typing import Any, Final

import typer

from commlog.cli.terminal import say, warn
from commlog.errors import ExitCode
from commlog.exchange.incoming import ImportResult
from commlog.exchange.text import format_import_json, format_import_text, format_left_out
from commlog.messages import mark

RESULT_FORMATS: Final = ("text", "json")
rejects_option: Any = typer.Option(
    "",
    "--rejects",
    metavar="FILE",
    show_default=False,
    help=mark("Where rejected rows go (default: FILE.rejects.csv in the current folder)."),
)
dry_run_option: Any = typer.Option(False, "--dry-run", help=mark("Say what would happen, and write nothing."))
result_format_option: Any = typer.Option(
    "text", "--format", metavar="text|json", help=mark("json prints the counts and reasons on stdout.")
)


def answer_import(
    result: ImportResult,
    written: str,
    output_format: str,
    *,
    is_dry: bool,
    left_out: Mapping[tuple[str, str], int] | None = None,
) -> ExitCode:
    """Tell what became of an import, or would; `written` is the file of rejected rows, if there is one.

    `left_out` counts the values that no row kept, by field and word. The exit code says whether every row was taken.
    """
    if output_format == "json":
        say(format_import_json(result, written, left_out, is_dry=is_dry))
    counts, *details = format_import_text(result, written, is_dry=is_dry).split("\n")
    warn(counts)
    for line in details:
        typer.echo(line, err=True)
    if left_out:
        warn(format_left_out(left_out))
    return ExitCode.INVALID if result.rejected else ExitCode.DONE
