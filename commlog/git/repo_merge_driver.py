"""The merge driver as git knows it: the attributes that name it, the configuration that runs it, git's own text merge."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

from commlog.git.run import run_git

ATTRIBUTES: Final = ("records/**/*.yaml merge=commlog", "calendar.yaml merge=commlog", "commlog.yaml merge=commlog")

_NAME_KEY: Final = "merge.commlog.name"
_DRIVER_KEY: Final = "merge.commlog.driver"
_NAME: Final = "commlog: records merged field by field"
# 0 is a clean merge and 5 one with conflicts; after anything else (commlog is not on the path, say) nothing was written.
_DRIVER: Final = (
    "commlog merge-driver %O %A %B %P; code=$?; "
    'case $code in 0|5) exit $code;; *) exec git merge-file -q -L ours -L base -L theirs "%A" "%O" "%B";; esac'
)
_CONFLICTS_AT_MOST: Final = 127


class TextMerge(NamedTuple):
    """What git's text merge gives, and whether conflict markers are in it."""

    data: bytes
    has_conflicts: bool


def missing_attributes(attributes: str) -> tuple[str, ...]:
    """The lines that a .gitattributes file lacks for the merge driver."""
    there = {" ".join(line.split()) for line in attributes.splitlines()}
    return tuple(line for line in ATTRIBUTES if line not in there)


def is_installed(folder: Path) -> bool:
    """Whether git at this folder knows how to run the merge driver."""
    return bool((run_git(folder, "config", _DRIVER_KEY) or "").strip())


def install(folder: Path) -> bool:
    """Tell the repository of this folder, and no other, how to run the merge driver; False when git says no."""
    return all(
        run_git(folder, "config", "--local", key, value) is not None
        for key, value in ((_NAME_KEY, _NAME), (_DRIVER_KEY, _DRIVER))
    )


def merge_texts(base: bytes, ours: bytes, theirs: bytes) -> TextMerge | None:
    """Three texts merged line by line by git; None when git is missing or refuses them, as it does binary ones."""
    with tempfile.TemporaryDirectory(prefix="commlog-") as name:
        folder = Path(name)
        for file, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            (folder / file).write_bytes(data)
        words = ["git", "merge-file", "-p", "-q", "-L", "ours", "-L", "base", "-L", "theirs", "ours", "base", "theirs"]
        try:
            completed = subprocess.run(words, cwd=folder, capture_output=True, check=False)  # noqa: S603 - fixed words, no shell
        except OSError:
            return None
    if not 0 <= completed.returncode <= _CONFLICTS_AT_MOST:
        return None
    return TextMerge(completed.stdout, completed.returncode > 0)
