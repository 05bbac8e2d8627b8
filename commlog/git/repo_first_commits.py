"""When files came into git: the commit that first added each, by the file's name."""

from pathlib import Path, PurePosixPath
from typing import Final

from commlog.git.history import shallow_boundary
from commlog.git.remote import ask
from commlog.git.run import find_prefix

_START: Final = "\x01"


def first_commit_times(folder: Path, below: str) -> dict[str, int | None] | None:
    """When files below a path were first committed, in seconds since 1970, by their names without folder and ending.

    It is the time its author made the commit, which a rebase keeps. None for a name whose commits a shallow clone has
    not got; None for all without a repository or a commit.
    """
    if find_prefix(folder) is None:
        return None
    answer = ask(
        folder,
        *("-c", "core.quotePath=false", "log", "--no-show-signature", "--diff-filter=A", "--no-renames", "-z"),
        *(f"--format={_START}%H %at", "--name-only", "--relative", "HEAD", "--", below),
    )
    if not answer.is_good:
        return None
    cut = shallow_boundary(folder)
    times: dict[str, int | None] = {}
    time: int | None = None
    for word in answer.out.split("\0"):
        text = word.lstrip("\n")
        if text.startswith(_START):
            facts, _, text = text[1:].partition("\n")
            commit, _, seconds = facts.partition(" ")
            time = None if commit in cut else int(seconds)
        if text:
            # Later words are of earlier commits: the last one counts.
            times[PurePosixPath(text).stem] = time
    return times
