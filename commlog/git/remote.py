"""The clone and its remote: what is changed, the branch and its upstream, and commits made, fetched and pushed."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.git.run import GitResult, as_input, ask, commit_hash

_PATHS_FROM_INPUT: Final = ("--pathspec-from-file=-", "--pathspec-file-nul")
_UNFINISHED: Final = (
    ("rebase-merge", "rebase"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
)
# What a remote answers when others pushed first, beside "[rejected]".
_FASTER: Final = ("[rejected]", "cannot lock ref", "failed to update ref", "failed to lock")


@dataclass(frozen=True, slots=True)
class Branch:
    """The branch that is checked out; `upstream` is the ref it follows, `remote_ref` that ref's name at the remote.

    `head` is empty before the first commit, `upstream` when it follows none, `upstream_head` when that is not there yet.
    """

    name: str
    head: str
    remote: str = ""
    remote_ref: str = ""
    upstream: str = ""
    upstream_head: str = ""

    @property
    def short_upstream(self) -> str:
        """The short name of the upstream: origin/main."""
        return self.upstream.removeprefix("refs/remotes/").removeprefix("refs/heads/")


@dataclass(frozen=True, slots=True)
class WorkTreeChange:
    """A file that is not as in HEAD: its state in what is staged and in the work tree, as git's status writes them."""

    staged: str
    lying: str
    path: str

    @property
    def is_new(self) -> bool:
        """Whether git knows nothing of the file."""
        return self.staged == "?"

    @property
    def is_gone(self) -> bool:
        """Whether there is no such file any more."""
        return self.lying == "D" or (self.staged == "D" and self.lying == " ")


def find_branch(folder: Path) -> Branch | None:
    """The branch that is checked out, with what it follows; None when none is."""
    name = ask(folder, "symbolic-ref", "--quiet", "HEAD")
    if not name.is_good:
        return None
    ref = name.out.strip()
    short = ref.removeprefix("refs/heads/")
    head = commit_hash(folder, "HEAD")
    remote = ask(folder, "config", f"branch.{short}.remote").out.strip()
    remote_ref = ask(folder, "config", f"branch.{short}.merge").out.strip()
    if not remote or not remote_ref or remote == ".":
        return Branch(short, head)
    asked = ask(folder, "for-each-ref", "--format=%(upstream)", ref).out.strip()
    # Before the first commit of a clone git cannot tell; its usual name is meant.
    upstream = asked or f"refs/remotes/{remote}/{remote_ref.removeprefix('refs/heads/')}"
    return Branch(short, head, remote, remote_ref, upstream, commit_hash(folder, upstream))


def list_remotes(folder: Path) -> list[str]:
    """The names of the remotes."""
    return ask(folder, "remote").out.split()


def find_unfinished(folder: Path) -> str:
    """The operation that is unfinished in this clone: rebase, merge, cherry-pick, revert; empty for nothing."""
    places = ask(folder, "rev-parse", *(word for name, _ in _UNFINISHED for word in ("--git-path", name))).out
    for place, (_, verb) in zip(places.splitlines(), _UNFINISHED, strict=False):
        if (folder / place).exists():
            return verb
    return ""


def list_unmerged(folder: Path) -> list[str]:
    """Files of the whole repository that a merge left in conflict, as paths from its top."""
    listed = ask(folder, "diff", "--name-only", "-z", "--diff-filter=U").out.split("\0")
    return sorted({name for name in listed if name})


def list_changes(folder: Path, prefix: str, below: Iterable[str]) -> list[WorkTreeChange]:
    """What differs from HEAD below some paths of a folder; `prefix` is the folder's path in the repository.

    A file that was staged and is gone again is in neither.
    """
    answer = ask(folder, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *below)
    lines = [line for line in answer.out.split("\0") if len(line) > 3 and not line.startswith("AD")]
    return [WorkTreeChange(line[0], line[1], line[3:].removeprefix(prefix)) for line in lines]


def commit_files(folder: Path, changes: Sequence[WorkTreeChange], message: str) -> GitResult:
    """Commit some changed files as they are on disk; whatever else is staged remains staged."""

    def run(paths: bytes, *words: str) -> GitResult:
        return ask(folder, "--literal-pathspecs", *words, *_PATHS_FROM_INPUT, given=paths)

    new = as_input(change.path for change in changes if change.is_new)
    if new:
        added = run(new, "add", "--intent-to-add")
        if not added.is_good:
            return added
    answer = run(as_input(change.path for change in changes), "commit", "--quiet", "--only", "-m", message)
    if new and not answer.is_good:
        run(new, "rm", "--quiet", "--cached", "--ignore-unmatch")
    return answer


def keep_commit(folder: Path, ref: str, commit: str) -> GitResult:
    """Let a ref name a commit, so that it is not lost; what the ref named before is in its reflog."""
    return ask(folder, "update-ref", "--create-reflog", "-m", "commlog sync", ref, commit)


def fetch(folder: Path, branch: Branch) -> GitResult:
    """Fetch what the remote has."""
    return ask(folder, "fetch", "--quiet", branch.remote)


def push(folder: Path, branch: Branch, commit: str) -> GitResult:
    """Push a commit to the branch's upstream."""
    return ask(folder, "push", "--porcelain", branch.remote, f"{commit}:{branch.remote_ref}")


def was_overtaken(answer: GitResult) -> bool:
    """Whether a push was refused because others had pushed."""
    return not answer.is_good and any(words in answer.out + answer.words for words in _FASTER)


def refusals_of(answer: GitResult) -> list[str]:
    """Why the remote refused a push, a line for each ref; nothing when it was not reached, or took it."""
    return [line.rpartition("\t")[2] for line in answer.out.splitlines() if line.startswith("!")]


def count_commits(folder: Path, start: str, end: str) -> int:
    """How many commits an end has that a start has not; all of them when there is no start."""
    if not end:
        return 0
    answer = ask(folder, "rev-list", "--count", end, *([f"^{start}"] if start else ())).out.strip()
    return int(answer) if answer.isdecimal() else 0


def list_differing(folder: Path, start: str, end: str) -> tuple[list[str], list[str]]:
    """Files of the folder that differ between two commits, and those the later one has no more."""
    words = ask(folder, "diff", "--name-status", "-z", "--no-renames", "--relative", start, end).out.split("\0")
    pairs = list(zip(words[1::2], words[0::2], strict=False))
    return [path for path, status in pairs if status != "D"], [path for path, status in pairs if status == "D"]


def list_new_blobs(folder: Path, start: str, end: str, below: Sequence[str]) -> list[tuple[str, str, str]]:
    """Each content that commits of `end` and not of `start` give a file: the commit, the path, the blob."""
    limits = (f"^{start}",) if start else ("--not", "--remotes")
    answer = ask(
        folder, "log", "--format=%x01%H", "--raw", "-z", "--no-abbrev", "--no-renames", "--relative", "-m", end, *limits, "--", *below
    )  # fmt: skip
    found = []
    commit = ""
    words = iter(answer.out.split("\0"))
    for word in words:
        text = word.lstrip("\n")
        if text.startswith("\x01"):
            commit, _, text = text[1:].partition("\n")
        if text.startswith(":"):
            found.append((commit, next(words, ""), text.split(" ")[3]))
    return [item for item in found if item[2].strip("0")]


def move_to(folder: Path, branch: str, commit: str) -> GitResult:
    """Bring the branch and the work tree to a commit; changes that are not committed stay, or nothing happens."""
    return ask(folder, "checkout", "--quiet", "--no-track", "-B", branch, commit)


def is_merging(folder: Path, branch: str) -> bool:
    """Whether `git pull` of this branch would merge: `pull.rebase`, or the branch's own setting, says no to rebasing."""
    for key in (f"branch.{branch}.rebase", "pull.rebase"):
        answer = ask(folder, "config", key)
        if answer.is_good:
            return answer.out.strip().lower() in {"false", "no", "off", "0"}
    return False


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

    `remarks` are what the merge driver reported.
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
            lines = [line for line in done.words.splitlines() if line.startswith(_OURS)]
            remarks = tuple(dict.fromkeys(line.removeprefix(_OURS) for line in lines))
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
