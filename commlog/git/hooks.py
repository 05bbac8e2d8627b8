"""What git runs of commlog in a clone: the hook before a commit, and the driver that merges records."""

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from commlog.errors import NoLogError
from commlog.git.run import GitResult, ask, run_git

HookState = Literal["absent", "ours", "foreign"]

NAME: Final = "pre-commit"
# The folder a team shares its hooks in: git looks there when the clone's settings name it.
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
        # A broken link is another hook, too.
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
        labels = ("-L", "ours", "-L", "base", "-L", "theirs")
        try:
            answer = ask(folder, "merge-file", "-p", "-q", *labels, "ours", "base", "theirs")
        except NoLogError:
            return None
    return TextMerge(answer.raw, answer.code > 0) if 0 <= answer.code <= _CONFLICTS_AT_MOST else None
