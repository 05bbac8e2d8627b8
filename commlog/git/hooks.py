"""Git's hook before a commit: where it lies, whose it is, and ours written and removed."""

import os
import shlex
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from commlog.git.remote import GitResult, ask, commit_hash, list_unmerged
from commlog.git.run import run_git

HookState = Literal["absent", "ours", "foreign"]

NAME: Final = "pre-commit"
# The folder a team shares its hooks in: git looks there when a clone is told to.
SHARED_FOLDER: Final = ".githooks"
_MARK: Final = "# commlog hook"
_SCRIPT: Final = """\
#!/bin/sh
{mark}: checks the records that are about to be committed; `commlog hook uninstall` removes this file.
# Git names its index from here, and commlog works in the log's folder.
case "${{GIT_INDEX_FILE-}}" in
  "" | /* | [A-Za-z]:*) ;;
  *) GIT_INDEX_FILE="$PWD/$GIT_INDEX_FILE"; export GIT_INDEX_FILE ;;
esac
if [ -n "${{GIT_DIR-}}" ]; then
  GIT_WORK_TREE="$PWD"; export GIT_WORK_TREE
fi
if command -v commlog >/dev/null 2>&1; then
  exec commlog check --staged --log {log}
fi
{otherwise}echo "commlog: error: commlog is not installed here; nothing was checked (git commit --no-verify)" >&2
exit 1
"""


@dataclass(frozen=True, slots=True)
class Hook:
    """The hook of a clone: its file, whose it is, and whether every clone shares it."""

    file: Path
    state: HookState
    is_shared: bool


def find_hook(folder: Path) -> Hook:
    """The hook git would run in a folder's repository, as its settings say (`core.hooksPath`)."""
    top = find_top(folder)
    place = ask(top, "rev-parse", "--git-path", "hooks").out.rstrip("\n")
    return read_hook(top, Path(os.path.normpath(top / place)) / NAME)


def shared_hook(folder: Path) -> Hook:
    """The hook in the folder that a team shares, whether or not git looks there."""
    top = find_top(folder)
    return read_hook(top, top / SHARED_FOLDER / NAME)


def read_hook(top: Path, file: Path) -> Hook:
    """The hook in a file."""
    is_shared = file.parent == top / SHARED_FOLDER
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        # A link to nothing is somebody's, too.
        return Hook(file, "foreign" if file.is_symlink() else "absent", is_shared)
    return Hook(file, "ours" if _MARK in text else "foreign", is_shared)


def find_top(folder: Path) -> Path:
    """The top of the repository's work tree."""
    return Path(ask(folder, "rev-parse", "--show-toplevel").out.rstrip("\n"))


def find_hooks_setting(folder: Path) -> str:
    """Where the clone's settings say that hooks are; empty when they say nothing."""
    return ask(folder, "config", "core.hooksPath").out.strip()


def share_hooks(folder: Path) -> GitResult:
    """Tell this clone to look for hooks in the shared folder."""
    return ask(folder, "config", "core.hooksPath", SHARED_FOLDER)


def stop_sharing(folder: Path) -> GitResult:
    """Tell this clone to look for hooks where git does by itself."""
    return ask(folder, "config", "--unset", "core.hooksPath")


def hook_command(prefix: str) -> str:
    """The line that checks what is staged; `prefix` is the log's path in the repository."""
    return f"commlog check --staged --log {_quoted(prefix)} || exit 1"


def write_hook(hook: Hook, prefix: str, program: str) -> None:
    """Write our hook; `program` is the Python that serves when there is no `commlog` to be found, empty for none.

    Raises:
        OSError: the folder or the disk does not take it.
    """
    log = _quoted(prefix)
    otherwise = ""
    if program:
        quoted = shlex.quote(program)
        otherwise = f"if [ -x {quoted} ]; then\n  exec {quoted} -m commlog check --staged --log {log}\nfi\n"
    text = _SCRIPT.format(mark=_MARK, log=log, otherwise=otherwise)
    hook.file.parent.mkdir(parents=True, exist_ok=True)
    hook.file.write_text(text, encoding="utf-8", newline="\n")
    hook.file.chmod(0o755)


def remove_hook(hook: Hook) -> None:
    """Remove our hook.

    Raises:
        OSError: the system does not let it go.
    """
    hook.file.unlink()


def _quoted(prefix: str) -> str:
    return shlex.quote(prefix.rstrip("/") or ".")


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
            return Integration(commit_hash(aside, "HEAD"), remarks=remarks)
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
