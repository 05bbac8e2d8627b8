"""The history of a log's files in git: commits, what each changed in which file, and trees of the past."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from commlog.git.run import GitResult, ask, ask_git, commit_hash, find_prefix, require_prefix

ADDED: Final = "A"
DELETED: Final = "D"
RENAMED: Final = "R"

# Less alike than this, two files are two records: forms have much text in common.
_LIKENESS: Final = "70%"
_START: Final = "\x01"
_FORMAT: Final = f"--format={_START}%H%x00%P%x00%at%x00%ct%x00%aN%x00%aE%x00%s"
_HEADER_FIELDS: Final = 7
_RENAMES: Final = f"--find-renames={_LIKENESS}"
_PLAIN_LOG: Final = ("-c", "core.quotePath=false", "log", "--no-show-signature", "-z")
_RAW: Final = ("--raw", "-z", "--no-abbrev")
_LOG: Final = (
    *(*_PLAIN_LOG, *_RAW, "--encoding=UTF-8", "--no-color"),
    *("--diff-merges=combined", "--full-history", "--date-order", "-O/dev/null", _FORMAT),
)


@dataclass(frozen=True, slots=True)
class FileChange:
    """What one commit did to one file: paths below the log, blobs by hash, "" where there is none.

    `before` has a blob for each parent: one, but several in a merge that made something of its own.
    """

    status: str
    path: str
    former: str
    before: tuple[str, ...]
    after: str


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit; `authored` and `committed` are seconds since 1970, `parents` are hashes."""

    hash: str
    parents: tuple[str, ...]
    authored: int
    committed: int
    author: str
    email: str
    subject: str
    files: tuple[FileChange, ...]


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file in a tree: its path below the log, its mode as git writes it (100644, 120000), its blob."""

    path: str
    mode: str
    blob: str


def head_of(folder: Path) -> str | None:
    """The hash of the commit that is checked out; None before the first one.

    Raises:
        NoLogError: there is no repository, or git does not answer.
    """
    ask_git(folder, "rev-parse", "--git-dir")
    return find_commit(folder, "HEAD")


def find_commit(folder: Path, text: str) -> str | None:
    """The hash of the commit a text names (a hash or its beginning, a branch, a tag); None when it names none."""
    if not text.strip() or text.startswith("-") or not text.isprintable():
        return None
    found = commit_hash(folder, text)
    # A text such as ^main leaves commits out instead of naming one.
    return found if found.isalnum() else None


def commit_before(folder: Path, seconds: int) -> str | None:
    """The hash of the last commit of this branch, along first parents, that was committed at or before an instant.

    `seconds` count from 1970. None when the branch is younger.

    Raises:
        NoLogError: there is no commit, or git does not answer.
    """
    answer = ask_git(folder, "rev-list", "-1", "--first-parent", f"--min-age={max(0, seconds)}", "HEAD", "--")
    return answer.out.strip() or None


def commit_time(folder: Path, commit: str) -> int:
    """When a commit of this hash was committed, in seconds since 1970.

    Raises:
        NoLogError: git does not answer.
    """
    return int(ask_git(folder, "log", "-1", "--no-show-signature", "--format=%ct", commit, "--").out)


def is_shallow(folder: Path) -> bool:
    """Whether the clone holds the last commits only.

    Raises:
        NoLogError: there is no repository.
    """
    return ask_git(folder, "rev-parse", "--is-shallow-repository").out.strip() == "true"


def shallow_boundary(folder: Path) -> frozenset[str]:
    """The commits whose parents are cut off in a shallow clone; they seem to add every file.

    Raises:
        NoLogError: there is no repository.
    """
    if not is_shallow(folder):
        return frozenset()
    file = folder / ask_git(folder, "rev-parse", "--git-path", "shallow").out.strip()
    try:
        return frozenset(file.read_text(encoding="ascii").split())
    except OSError:
        return frozenset()


def list_commits(folder: Path, below: Sequence[str], start: str = "HEAD") -> list[Commit]:
    """Every commit that changed something below some paths of the log, no parent before its children.

    A file that another became, at least seven tenths alike, is one that was renamed. Commits of merged branches are
    among them; of a merge itself only files that are as in none of its parents.

    Raises:
        NoLogError: there is no commit, or git does not answer.
    """
    prefix = require_prefix(folder)
    answer = ask_git(folder, *_LOG, _RENAMES, start, "--", *(f":(literal){path}" for path in below))
    return list(_read_log(answer, prefix))


def list_file_commits(folder: Path, path: str) -> list[Commit]:
    """Every commit that changed a file, under whatever name, no parent before its children.

    Raises:
        NoLogError: there is no commit, or git does not answer.
    """
    prefix = require_prefix(folder)
    found: dict[str, Commit] = {}
    waiting = [("HEAD", path)]
    asked = set()
    while waiting:
        start, name = waiting.pop(0)
        if (start, name) in asked:
            continue
        asked.add((start, name))
        answer = ask_git(folder, *_LOG, "--no-renames", start, "--", f":(literal){name}")
        for commit in _read_log(answer, prefix):
            step = _with_origin(folder, prefix, commit) if commit.files[0].status == ADDED else commit
            if step.files[0].status == RENAMED:
                waiting.append((step.parents[0], step.files[0].former))
            found.setdefault(step.hash, step)
    return list(found.values())


def list_tree(folder: Path, commit: str) -> list[TreeFile]:
    """Every file of the log in a commit.

    Raises:
        NoLogError: git does not answer.
    """
    answer = ask_git(folder, "ls-tree", "-r", "-z", "--full-tree", tree_of(folder, commit))
    files = []
    for line in answer.out.split("\0")[:-1]:
        facts, _, name = line.partition("\t")
        mode, _, blob = facts.split(" ")
        files.append(TreeFile(name, mode, blob))
    return files


def tree_of(folder: Path, commit: str) -> str:
    """The hash of the log's folder in a commit; the commit's whole tree when it has no such folder.

    Raises:
        NoLogError: the folder is not in the commit, or git does not answer.
    """
    name = f"{commit}:{require_prefix(folder).rstrip('/')}"
    return ask_git(folder, "rev-parse", "--quiet", "--verify", "--end-of-options", name).out.split()[-1]


def committed_blob(folder: Path, path: str) -> str:
    """The blob that HEAD has of a file; "" when it has none.

    Raises:
        NoLogError: git does not answer.
    """
    answer = ask_git(folder, "ls-tree", "-z", "HEAD", "--", f":(literal){path}")
    return answer.out.partition("\t")[0].rpartition(" ")[2]


def former_path(folder: Path, path: str) -> str | None:
    """The path HEAD has of a file that was renamed since and whose new name is staged; None when it was not."""
    answer = ask_git(folder, "diff", *_RAW, "--cached", _RENAMES, "HEAD", "--", ".")
    changes = _read_changes(_words_of(answer), require_prefix(folder))
    return next((change.former for change in changes if change.status == RENAMED and change.path == path), None)


def _with_origin(folder: Path, prefix: str, commit: Commit) -> Commit:
    """The commit with its file marked as renamed when another file of the log became it."""
    if len(commit.parents) != 1:
        return commit
    answer = ask_git(
        folder, "diff-tree", "-r", *_RAW, _RENAMES, "-O/dev/null", commit.parents[0], commit.hash, "--", "."
    )
    changes = _read_changes(_words_of(answer), prefix)
    found = next((change for change in changes if change.path == commit.files[0].path), None)
    return replace(commit, files=(found,)) if found is not None and found.status == RENAMED else commit


def _words_of(answer: GitResult) -> list[str]:
    # As the index shows names that are not UTF-8.
    return answer.raw.decode("utf-8", "backslashreplace").split("\0")


def _read_log(answer: GitResult, prefix: str) -> Iterator[Commit]:
    """The commits of a log; those that changed no file of ours are left out."""
    words = _words_of(answer)
    place = 0
    while place < len(words):
        if not words[place].startswith(_START):
            place += 1
            continue
        name, parents, authored, committed, author, email, subject = words[place : place + _HEADER_FIELDS]
        place += _HEADER_FIELDS
        if words[place : place + 1] == [""]:
            place += 1  # an empty word before the files of a merge
        end = place
        while end < len(words) and words[end].lstrip("\n").startswith(":"):
            end += 3 if _status_of(words[end]) == RENAMED else 2
        files = tuple(_read_changes(words[place:end], prefix))
        place = end
        if files:
            times = int(authored), int(committed)
            yield Commit(name.removeprefix(_START), tuple(parents.split()), *times, author, email, subject, files)


def _status_of(facts: str) -> str:
    status = facts.rpartition(" ")[2]
    # A merge has a letter for each parent; renames and copies come with how alike the files are.
    return status[:1] if status[1:].isdecimal() or len(status) == 1 else "M"


def _read_changes(words: Sequence[str], prefix: str) -> Iterator[FileChange]:
    place = 0
    while place < len(words) and words[place].lstrip("\n").startswith(":"):
        facts = words[place].lstrip("\n")
        parents = len(facts) - len(facts.lstrip(":"))
        hashes = facts.lstrip(":").split(" ")[parents + 1 : -1]
        status = _status_of(facts)
        names = words[place + 1 : place + (3 if status == RENAMED else 2)]
        place += 1 + len(names)
        if not all(name.startswith(prefix) for name in names):
            continue
        former, path = names[0].removeprefix(prefix), names[-1].removeprefix(prefix)
        blobs = tuple("" if set(name) == {"0"} else name for name in hashes)
        if parents > 1 and not blobs[-1]:
            status = DELETED
        yield FileChange(status, path, former, blobs[:-1], blobs[-1])


def first_commit_times(folder: Path, below: str) -> dict[str, int | None] | None:
    """When files below a path were first committed, in seconds since 1970, by their names without folder and suffix.

    It is the time its author made the commit, which a rebase keeps. None for a name whose commits a shallow clone does
    not have; None for all without a repository or a commit.
    """
    if find_prefix(folder) is None:
        return None
    added = ("--diff-filter=A", "--no-renames", f"--format={_START}%H %at", "--name-only", "--relative")
    answer = ask(folder, *_PLAIN_LOG, *added, "HEAD", "--", below)
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
