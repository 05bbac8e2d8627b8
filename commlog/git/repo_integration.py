"""One's own commits put on top of those of others, in a work tree aside: the one people work in stands still meanwhile."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.git.remote import ask, find_commit, list_unmerged

# Only what a merge needs beside git's own data lies aside, however large the log is.
_SPARSE: Final = ("-c", "core.sparseCheckout=true", "-c", "core.sparseCheckoutCone=false")
_ALONE: Final = (
    *_SPARSE,
    # Nothing but the merge driver of the repository takes part: no hooks, no editor, no other branches.
    *("-c", f"core.hooksPath={os.devnull}", "-c", "core.editor=true", "-c", "sequence.editor=true"),
    *("-c", "rebase.autoSquash=false", "-c", "rebase.updateRefs=false", "-c", "rebase.autoStash=false"),
    *("-c", "merge.directoryRenames=false"),
)
# How remarks of our own programs begin.
_OURS: Final = "commlog: "
# Two records look much alike: one that was removed has not become the other. A file that was only moved is the same.
_ONLY_MOVED: Final = "-Xfind-renames=100%"


@dataclass(frozen=True, slots=True)
class Integration:
    """The commit that holds both sides; or, when there is none, the files in conflict, and what git said.

    `remarks` are what the merge driver told.
    """

    commit: str
    conflicts: tuple[str, ...] = ()
    words: str = ""
    remarks: tuple[str, ...] = ()


def integrate(folder: Path, aside: Path, upstream: str, *, is_merging: bool) -> Integration:
    """HEAD and an upstream made one: rebased onto it, or merged with it, in the folder `aside`, which is gone afterwards.

    Paths of conflicts count from the top of the repository.
    """
    drop_tree(folder, aside)
    made = ask(folder, *_ALONE, "worktree", "add", "--quiet", "--detach", "--no-checkout", str(aside), "HEAD")
    try:
        if not made.is_good:
            return Integration("", (), made.words)
        _choose_files(folder, aside)
        filled = ask(aside, *_ALONE, "read-tree", "-m", "-u", "HEAD")
        if not filled.is_good:
            return Integration("", (), filled.words)
        if is_merging:
            done = ask(aside, *_ALONE, "merge", "--quiet", "--no-edit", _ONLY_MOVED, upstream)
        else:
            done = ask(aside, *_ALONE, "rebase", "--quiet", "--no-autosquash", "--empty=drop", _ONLY_MOVED, upstream)
        if done.is_good:
            told = [line for line in done.words.splitlines() if line.startswith(_OURS)]
            remarks = tuple(dict.fromkeys(line.removeprefix(_OURS) for line in told))
            return Integration(find_commit(aside, "HEAD"), remarks=remarks)
        return Integration("", tuple(list_unmerged(aside)), done.words)
    finally:
        drop_tree(folder, aside)


def drop_tree(folder: Path, aside: Path) -> None:
    """Remove a work tree aside, also one that a killed process left."""
    if aside.exists():
        ask(folder, "worktree", "remove", "--force", "--force", str(aside))
        shutil.rmtree(aside, ignore_errors=True)
        ask(folder, "worktree", "prune")


def _choose_files(folder: Path, aside: Path) -> None:
    """Let only the log's own files and git's attributes be written, and what is in conflict."""
    prefix = ask(folder, "rev-parse", "--show-prefix").out.rstrip("\n")
    patterns = [".gitattributes", *(f"/{prefix}{name}" for name in ("commlog.yaml", "calendar.yaml", "schemas/"))]
    state = Path(ask(aside, "rev-parse", "--absolute-git-dir").out.rstrip("\n")) / "info"
    state.mkdir(exist_ok=True)
    (state / "sparse-checkout").write_text("".join(f"{pattern}\n" for pattern in patterns), encoding="utf-8")
