"""The command `commlog merge-driver`, which git calls."""

from pathlib import Path, PurePosixPath

import typer

from commlog.cli.session import key_source
from commlog.cli.terminal import command, warn
from commlog.errors import ExitCode, NotWritableError, UnreadableError
from commlog.log.files import ChangedMeanwhile, replace_file
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.team.services_merge_files import MergedFile, Versions, merge_file


@command(mark("Merge two versions of a record for git; git calls it, people need not."))
def merge_driver_command(
    base: str = typer.Argument(metavar="BASE", show_default=False, help=mark("The file of the common ancestor.")),
    ours: str = typer.Argument(metavar="OURS", show_default=False, help=mark("Our file; the result replaces it.")),
    theirs: str = typer.Argument(metavar="THEIRS", show_default=False, help=mark("Their file.")),
    path: str = typer.Argument("", metavar="[PATH]", show_default=False, help=mark("Its path in the repository.")),
) -> int:
    place = PurePosixPath(path or ours)
    versions = Versions(_read(base), _read(ours), _read(theirs))
    merged = merge_file(versions, place, Path.cwd(), key_source())
    try:
        # Whole or not at all: git's own merge takes over from our file when this fails.
        replace_file(Path(ours), merged.data, expected=versions.ours)
    except (OSError, ChangedMeanwhile) as fault:
        raise NotWritableError(mark("cannot be written: {reason}"), file=ours, reason=str(fault)) from None
    _tell(merged, str(place))
    return ExitCode.CONFLICT if merged.has_conflicts else ExitCode.DONE


def _read(name: str) -> bytes:
    try:
        return Path(name).read_bytes()
    except OSError as fault:
        raise UnreadableError(mark("cannot be read: {reason}"), file=name, reason=fault.strerror or "") from None


def _tell(merged: MergedFile, path: str) -> None:
    """Say on stderr what a person should know of a merge."""
    for change in merged.renumbered:
        warn(
            translate("{file}: follow-up {old} of the other side is now {new}, for both sides had added one").format(
                file=path, old=change.old, new=change.new
            )
        )
    if merged.reason:
        why = Problem(merged.reason, path, facts=merged.facts).message
        warn(translate("{file}: merged as mere text: a version {reason}").format(file=path, reason=why))
    if merged.conflicts:
        fields = ", ".join(merged.conflicts)
        warn(translate("{file}: both sides changed {fields}: keep one of each").format(file=path, fields=fields))
