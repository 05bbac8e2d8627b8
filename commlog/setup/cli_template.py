"""The command `commlog template`."""

import typer

from commlog.cli.options import answer_listing, columns_option, format_option
from commlog.cli.terminal import command, say, session_of
from commlog.messages import current_language, mark
from commlog.output.render_formats import require_format
from commlog.setup.render_template import FORMATS, format_template
from commlog.setup.templates import create_template, list_templates


@command(mark("List the templates of this log."))
def template_list_command(
    context: typer.Context, columns: str = columns_option, output_format: str = format_option
) -> int:
    session = session_of(context)
    workspace = session.workspace
    return answer_listing(session, list_templates(workspace, current_language()), columns, output_format)


@command(mark("Show a template's fields, choices and advice."))
def template_show_command(
    context: typer.Context,
    name: str = typer.Argument(..., metavar="NAME", help=mark("The template's name.")),
    output_format: str = typer.Option(
        "text", "--format", metavar="FORMAT", help=mark("text or json (the schema itself).")
    ),
) -> None:
    require_format(output_format, FORMATS)
    say(format_template(session_of(context).workspace.catalog.get(name), output_format))


@command(mark("Make a template of the team's own to start from."))
def template_new_command(
    context: typer.Context,
    name: str = typer.Argument(..., metavar="NAME", help=mark("A short name: small letters, digits and _.")),
    label: str = typer.Option("", "--label", metavar="WORDS", show_default=False, help=mark("The title people see.")),
) -> None:
    say(create_template(session_of(context).workspace, name, label))
