"""The command `commlog check`: which files, in which format."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import typer

from commlog.check.context import Inspection, select_paths
from commlog.check.inspect import CheckDepth, check_files
from commlog.check.text import format_counts, format_inspection_github, format_inspection_json, format_inspection_text
from commlog.cli.options import argument, flag, format_choice
from commlog.cli.terminal import command, say, session_of, warn
from commlog.errors import ExitCode, UsageError
from commlog.git.run import find_prefix
from commlog.messages import mark

_FORMATS: Final[Mapping[str, Callable[[Inspection], str]]] = {
    "text": format_inspection_text,
    "json": format_inspection_json,
    "github": format_inspection_github,
}


@command(mark("Check every record against its template and the rest of the log."))
def check_command(
    context: typer.Context,
    path: list[str] = argument(
        "[PATH]...",
        mark("Files or folders, relative to the current folder or to the log (default: the whole log)."),
        None,
    ),
    changed: bool = flag("--changed", mark("Only files that differ from git's last commit.")),
    staged: bool = flag("--staged", mark("Only files staged for the next commit, as they are staged.")),
    output_format: str = format_choice(*_FORMATS, help_text=mark("{formats} (annotations of a pull request).")),
) -> int:
    if changed and staged:
        raise UsageError(
            mark("--changed and --staged cannot be used together"),
            remedy=mark("--changed already includes staged files"),
        )
    workspace = session_of(context).workspace
    selection = select_paths(workspace.log.root, Path.cwd(), path or ())
    scope = CheckDepth.STAGED if staged else CheckDepth.CHANGED if changed else CheckDepth.ALL
    inspection = check_files(workspace, selection, scope)
    if output_format == "github":
        # GitHub knows files by their path in the repository, not in the log.
        inspection = inspection.below(find_prefix(workspace.log.root) or "")
    answer = _FORMATS[output_format](inspection)
    if answer:
        say(answer)
    warn(format_counts(inspection))
    return ExitCode.INVALID if inspection.errors else ExitCode.DONE
