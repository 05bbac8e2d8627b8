"""The command `commlog history`."""

from dataclasses import replace

import typer

from commlog.cli.options import id_argument, labels_of, reveal_option, terminal_width
from commlog.cli.terminal import command, say, session_of, warn
from commlog.messages import mark, translate
from commlog.output.formats import require_format
from commlog.team.history import read_history
from commlog.team.text import HISTORY_FORMATS, FieldWords, format_history


@command(mark("Show who changed what in a record and when, from git, the newest first."))
def history_command(
    context: typer.Context,
    record: str = id_argument,
    field: str = typer.Option(
        "",
        "--field",
        metavar="A,B",
        show_default=False,
        help=mark("Only changes of these fields: keys or labels, e.g. due,owner or 期限."),
    ),
    reverse: bool = typer.Option(False, "--reverse", help=mark("The oldest first.")),
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text, json or jsonl.")),
    reveal: bool = reveal_option,
) -> None:
    session = session_of(context)
    require_format(output_format, HISTORY_FORMATS)
    workspace = session.workspace
    history = read_history(workspace, record, field, reveal=reveal)
    if history.is_cut:
        warn(translate("this clone is shallow: older changes are not in it; git fetch --unshallow brings them"))
    if reverse:
        history = replace(history, revisions=history.revisions[::-1])
    words = FieldWords(workspace.catalog, labels_of(session))
    text = format_history(history, output_format, words, terminal_width())
    if text:
        say(text)
