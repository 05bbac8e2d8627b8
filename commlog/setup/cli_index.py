"""The command `commlog index`."""

import json

import typer

from commlog.cli.terminal import command, finish, say, session_of
from commlog.messages import mark, translate
from commlog.setup.index import IndexStatus, index_status, rebuild

as_json = typer.Option(False, "--json", help=mark("Answer in JSON."))


@command(mark("Tell how the copy stands."))
def index_status_command(context: typer.Context, json_output: bool = as_json) -> int:
    session = session_of(context)
    _tell(index_status(session.workspace), json_output)
    return finish(session)


@command(mark("Make the copy anew from the files."))
def index_rebuild_command(context: typer.Context, json_output: bool = as_json) -> int:
    session = session_of(context)
    _tell(rebuild(session.workspace), json_output)
    return finish(session)


def _tell(found: IndexStatus, json_output: bool) -> None:
    if json_output:
        say(json.dumps(found.as_mapping(), ensure_ascii=False, indent=2))
        return
    say(
        translate(
            "{files} files, {records} records, {follow_ups} follow-ups, {problems} problems, {unreadable} unreadable; {bytes} bytes in {path}"
        ).format(**found.as_mapping())
    )
