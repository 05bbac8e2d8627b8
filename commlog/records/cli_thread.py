"""The command `commlog thread`."""

import typer

from commlog.cli.options import id_argument, labels_of, reveal_option
from commlog.cli.terminal import command, finish, say, session_of
from commlog.messages import mark
from commlog.output.render_formats import require_format
from commlog.records.render_thread import THREAD_FORMATS, format_thread
from commlog.records.thread import read_thread


@command(mark("Show the whole conversation a record belongs to, across channels, in time order."))
def thread_command(
    context: typer.Context,
    record: str = id_argument,
    output_format: str = typer.Option("text", "--format", metavar="FORMAT", help=mark("text, json or ids.")),
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    require_format(output_format, THREAD_FORMATS)
    entries = read_thread(session.workspace, record, reveal=reveal)
    say(format_thread(entries, output_format, labels_of(session)))
    return finish(session)
