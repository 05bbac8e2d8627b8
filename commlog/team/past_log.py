"""A log of the past: the commit that a day or a name means, and its files as a log of their own in `.commlog/past/`."""

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from commlog.errors import NoLogError, NotFoundError, UsageError
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from commlog.git.run import git_fault
from commlog.log.log import SCHEMAS_FOLDER, ensure_state_folder, not_writable, open_log
from commlog.log.names import PAST_FOLDER, RECORDS, STATE_FOLDER
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import mark, translate
from commlog.workspace import Workspace, make_workspace
from commlog.worktime.calendar import to_utc, wall_instant
from commlog.worktime.moment import parse_instant, parse_moment

# States kept for the next question; the one longest unused goes first.
KEPT: Final = 4
_UNFINISHED: Final = ".new-"
# What a state is called: by its tree in git, or while it is made.
_OURS: Final = re.compile(r"[0-9a-f]{40,64}|\.new-.*")
_SECONDS_TO_FINISH: Final = 24 * 3600
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
# The mode of a link to a commit of another repository.
_OTHER_REPOSITORY: Final = "160000"
_LAST_SECOND: Final = timedelta(seconds=1)
_HOW_TO_NAME: Final = mark("write a day such as 2026-03-10, or a commit: a hash, a branch, a tag, HEAD~2")


@dataclass(frozen=True, slots=True)
class PastState:
    """A commit to answer from; `now` is the instant the answer is for, `committed_at` is when the commit was made.

    Both are aware, in the log's zone.
    """

    commit: str
    committed_at: datetime
    now: datetime


def find_past(workspace: Workspace, text: str) -> PastState:
    """The state that a day, an instant or a commit means.

    A day (2026-03-10) means the last commit of this branch, along first parents, that was committed before the day ended
    in the log's zone, and its last second; an instant means the last commit at that time; any other text is a commit as
    git understands it (a hash or its beginning, a branch, a tag, HEAD~2) and the time it was committed; else a day in
    words (昨天, yesterday). A branch that is called like a day is named in full: refs/heads/2026-03-10.

    Raises:
        NoLogError: there is no git repository, or git does not answer.
        NotFoundError: there is no such commit, or none is that old.
    """
    root = workspace.log.root
    if git.head_of(root) is None:
        raise NotFoundError(mark("there is no commit yet"), remedy=mark("commit the log first: git add, git commit"))
    moment = _written_moment(workspace, text.strip())
    commit = git.find_commit(root, text.strip()) if moment is None else None
    if commit is None and moment is None:
        moment = _spoken_moment(workspace, text.strip())
    if moment is None and commit is None:
        raise NotFoundError(
            mark("invalid value for --as-of: '{value}' is neither a day nor a commit"), value=text, remedy=_HOW_TO_NAME
        )
    if moment is not None:
        commit = git.commit_before(root, int(to_utc(moment).timestamp()))
        if commit is None:
            raise _too_early(workspace, text)
    assert commit is not None
    committed = datetime.fromtimestamp(git.commit_time(root, commit), workspace.log.settings.zone)
    return PastState(commit, committed, moment or committed)


def open_past(workspace: Workspace, state: PastState, now: datetime | None = None) -> Workspace:
    """The log of a state: its settings, calendar, templates and records; what is not committed is no part of it.

    `now` (aware) is used instead of the state's own instant. The files are in `.commlog/past/`, those of the last few states.

    Raises:
        NoLogError: the commit holds no log, or git does not answer.
        InvalidError: its settings have mistakes.
        NotWritableError: the state folder takes no files.
    """
    root = workspace.log.root
    files = _files_of(root, state.commit)
    try:
        folder = ensure_state_folder(root) / PAST_FOLDER
        folder.mkdir(exist_ok=True)
        place = folder / git.tree_of(root, state.commit)
        if not place.is_dir():
            _write(root, files, place)
        os.utime(place)
        _tidy(folder, place)
    except OSError as fault:
        raise not_writable(f"{STATE_FOLDER}/{PAST_FOLDER}", fault) from None
    return make_workspace(
        open_log(place, str(place)), now or state.now, workspace.who, make_cipher=workspace.reader.cipher.elsewhere
    )


def _files_of(root: Path, commit: str) -> list[git.TreeFile]:
    """The files of the log in a commit, but none whose path leads out of its folder.

    Raises:
        NoLogError: there is no log in the commit.
    """
    with suppress(NoLogError):
        files = [file for file in git.list_tree(root, commit) if _is_ours(file.path)]
        if any(file.path == SETTINGS_FILE for file in files):
            return files
    raise NoLogError(
        mark("there is no log in commit {commit}: it has no commlog.yaml"),
        commit=commit[:10],
        remedy=mark("give a later day or commit"),
    )


def _is_ours(path: str) -> bool:
    folder, *steps = path.split("/")
    is_inside = bool(steps) and not any(step in {"", ".", ".."} for step in steps)
    return path in {SETTINGS_FILE, CALENDAR_FILE} or (folder in {RECORDS, SCHEMAS_FOLDER} and is_inside)


def _too_early(workspace: Workspace, text: str) -> NotFoundError:
    message, remedy = mark("--as-of {value}: no commit of this branch is that old"), mark("give a later day or commit")
    if git.is_shallow(workspace.log.root):
        message = mark("--as-of {value}: this clone is shallow, and nothing in it is that old")
        remedy = mark("get the older history: git fetch --unshallow")
    return NotFoundError(message, value=text, remedy=remedy)


def _written_moment(workspace: Workspace, text: str) -> datetime | None:
    """The instant of a day or an instant in its written form; None for any other text.

    Raises:
        UsageError: it has the form, but there is no such day or time.
    """
    zone = workspace.log.settings.zone
    try:
        if _DATE.fullmatch(text):
            return _end_of(workspace, date.fromisoformat(text))
        return parse_instant(text, zone) if _INSTANT.fullmatch(text) else None
    except (ValueError, OverflowError):
        raise UsageError(
            mark("invalid value for --as-of: there is no day or time '{value}'"), value=text, remedy=_HOW_TO_NAME
        ) from None


def _spoken_moment(workspace: Workspace, text: str) -> datetime | None:
    """The instant of a day or time in words, when it is past; None for any other text."""
    try:
        moment = parse_moment(text, workspace.now, workspace.log.settings.calendar)
    except (ValueError, OverflowError):
        return None
    if not isinstance(moment, datetime):
        return _end_of(workspace, moment) if moment <= workspace.now.date() else None
    return moment if to_utc(moment) <= to_utc(workspace.now) else None


def _end_of(workspace: Workspace, day: date) -> datetime:
    """The last second of a day in the log's zone."""
    zone = workspace.log.settings.zone
    midnight = wall_instant(datetime.combine(day + timedelta(days=1), time()), zone)
    return (to_utc(midnight) - _LAST_SECOND).astimezone(zone)


def _write(root: Path, files: list[git.TreeFile], place: Path) -> None:
    """Write files of a tree, all of them or none; a link is written as the text it is, and so is no record.

    Raises:
        OSError: the disk does not take them.
    """
    aside = place.parent / f"{_UNFINISHED}{secrets.token_hex(4)}"
    try:
        for file, raw in _contents(root, files):
            target = aside / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(raw)
            target.chmod(0o444)
        try:
            aside.rename(place)
        except OSError:
            # Somebody else was faster; a state has one content only.
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _contents(root: Path, files: list[git.TreeFile]) -> Iterator[tuple[git.TreeFile, bytes]]:
    """The files with their bytes.

    Raises:
        NoLogError: this clone does not hold one of them.
    """
    for file, (_, raw) in zip(files, iter_blobs(root, (file.blob for file in files)), strict=True):
        if raw is None and file.mode != _OTHER_REPOSITORY:
            raise git_fault(translate("its content is not in this clone"))
        if raw is not None:
            yield file, raw


def _tidy(folder: Path, place: Path) -> None:
    """Delete the states longest unused beyond KEPT, and what a stopped program left."""
    used: list[tuple[int, Path]] = []
    newest = place.stat().st_mtime
    for entry in folder.iterdir():
        if not _OURS.fullmatch(entry.name) or entry.is_symlink():
            continue
        with suppress(OSError):
            if not entry.name.startswith(_UNFINISHED):
                used.append((entry.stat().st_mtime_ns, entry))
            elif newest - entry.stat().st_mtime > _SECONDS_TO_FINISH:
                shutil.rmtree(entry, ignore_errors=True)
    for _, entry in sorted(used, key=lambda item: (item[1] == place, item[0]))[:-KEPT]:
        shutil.rmtree(entry, ignore_errors=True)
