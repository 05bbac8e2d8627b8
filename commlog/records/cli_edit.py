"""The command `commlog edit`."""

import typer

from commlog.cli.editor import edit_in_editor
from commlog.cli.options import id_argument, unset_option
from commlog.cli.terminal import command, say, session_of
from commlog.messages import mark
from commlog.records.edit import edit_record
from commlog.records.find import find_path


@command(mark("Change a record, by assignments or in $EDITOR; only what differs is rewritten."))
def edit_command(
    context: typer.Context,
    record: str = id_argument,
    assignments: list[str] = typer.Option(
        [],
        "--set",
        "-s",
        metavar="KEY=VALUE",
        show_default=False,
        help=mark("A field by key or label; dots go deeper, += adds to a list. Repeatable."),
    ),
    unset: list[str] = unset_option,
) -> None:
    session = session_of(context)
    if assignments or unset:
        changed = edit_record(session.workspace, record, assignments, unset)
    else:
        changed = edit_in_editor(session, find_path(session.workspace, record))
    say(changed.id)
