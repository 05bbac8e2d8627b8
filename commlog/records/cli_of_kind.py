"""What nouns of one kind of record share: show, edit, and how a field is set on the way in."""

from collections.abc import Callable

import typer

from commlog.cli.editor import edit_in_editor
from commlog.cli.options import id_argument, record_format_option, reveal_option, set_option, unset_option
from commlog.cli.terminal import say, session_of
from commlog.output.render_formats import require_format
from commlog.records.edit import edit_record
from commlog.records.mask import shown_record
from commlog.records.services_record_of_kind import read_of_kind
from commlog.records.text import FORMATS, format_record


def make_show(kind: str) -> Callable[..., None]:
    """The command that shows one record of a kind."""

    def show(
        context: typer.Context,
        record: str = id_argument,
        output_format: str = record_format_option,
        reveal: bool = reveal_option,
    ) -> None:
        workspace = session_of(context).workspace
        require_format(output_format, FORMATS)
        found = read_of_kind(workspace, record, kind)
        shown = shown_record(workspace, found, reveal=reveal)
        say(format_record(shown, workspace.catalog.get(found.template), output_format))

    return show


def make_edit(kind: str) -> Callable[..., None]:
    """The command that changes one record of a kind."""

    def edit(
        context: typer.Context,
        record: str = id_argument,
        assignments: list[str] = set_option,
        unset: list[str] = unset_option,
    ) -> None:
        session = session_of(context)
        found = read_of_kind(session.workspace, record, kind)
        if assignments or unset:
            say(edit_record(session.workspace, found.id, assignments, unset).id)
        else:
            say(edit_in_editor(session, found.path).id)

    return edit
