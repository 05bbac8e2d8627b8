"""The command `commlog retention`."""

import typer

from commlog.cli.options import answer_listing, columns_option, exit_code_option, format_option, reveal_option
from commlog.cli.terminal import command, finish, say, session_of, warn
from commlog.errors import ExitCode
from commlog.messages import mark, translate
from commlog.privacy.retention import FORGET, list_retention, unknown_rules


@command(mark("List what has been kept as long as the settings let it; deletes nothing."))
def retention_command(
    context: typer.Context,
    columns: str = columns_option,
    output_format: str = format_option,
    apply_hint: bool = typer.Option(
        False, "--apply-hint", help=mark("Print the commands that would do it instead, one a line.")
    ),
    exit_code: bool = exit_code_option,
    reveal: bool = reveal_option,
) -> int:
    session = session_of(context)
    workspace = session.workspace
    for name in unknown_rules(workspace):
        warn(
            translate("retention: '{name}' is neither a kind nor a template; its rule holds for nothing").format(
                name=name
            )
        )
    if not workspace.log.settings.retention:
        warn(
            translate("no rule says how long anything is kept; e.g. in commlog.yaml: retention: {example}").format(
                example="{interactions: 3y, anonymous: 1y}"
            )
        )
    listing = list_retention(workspace, reveal=reveal)
    if apply_hint:
        for row in listing.rows:
            say(_command(dict(zip(listing.columns, row, strict=True))))
        code = finish(session)
    else:
        code = answer_listing(session, listing, columns, output_format)
    return ExitCode.FOUND if exit_code and listing.rows and not code else code


def _command(row: dict[str, object]) -> str:
    from shlex import quote

    if row["action"] == FORGET:
        return f"commlog customer forget --yes {quote(str(row['id']))}"
    return f"git rm -- {quote(str(row['path']))}"
