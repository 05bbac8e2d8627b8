"""Symbolic links in a log: where a path really lies, and whether that is still in the log."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commlog.errors import UnreadableError
from commlog.log.names import KEY_FOLDER, STATE_FOLDER
from commlog.messages import mark

# Folders of a log that may be links themselves: whoever keeps them elsewhere has put the link there.
_BRANCHES: Final = frozenset({"records", "schemas"})


class OutsideLinkError(UnreadableError):
    """A path leads out of its log by a symbolic link, and is neither read nor written."""


def real_place(root: Path, path: str) -> str:
    """The path that a log-relative path really is, free of links; what is not there yet is taken as it is named.

    Hidden folders of the log (`.git`, `.commlog`) do not belong to it: no link leads there.

    Raises:
        OutsideLinkError: a link on the way leads out of the log.
    """
    real = os.path.realpath(os.path.join(root, path))  # noqa: PTH118 - for every file that is read
    if not _is_inside(str(root), path, real):
        raise OutsideLinkError(
            mark("is a symbolic link that leads out of the log, and is not followed"),
            file=_link_on(root, path),
            remedy=mark("replace the link by the file itself, or remove it"),
        )
    return real


def leads_out(root: Path, path: str) -> bool:
    """Whether a link on the way to a log-relative path leads out of the log."""
    try:
        real_place(root, path)
    except OutsideLinkError:
        return True
    return False


def refuse_own_links(root: Path, names: tuple[str, ...], folder: str) -> None:
    """Refuse a log of whose own files one is a link out of it: those named, and those in a folder.

    Raises:
        OutsideLinkError: there is one; the file is named.
    """
    for path in (*(name for name in names if (root / name).is_symlink()), *_iter_links(root, folder)):
        real_place(root, path)


def refuse_state_links(root: Path, folder: str) -> None:
    """Refuse a state folder that is a link, or holds one: the program writes and deletes there.

    Raises:
        OutsideLinkError: there is one; it is named.
    """
    try:
        found = (
            [folder]
            if (root / folder).is_symlink()
            else [f"{folder}/{entry.name}" for entry in os.scandir(root / folder) if entry.is_symlink()]
        )
    except OSError:
        return
    if found:
        raise OutsideLinkError(
            mark("is a symbolic link; the log's own state must be inside the log"),
            file=found[0],
            remedy=mark("remove the link"),
        )


def _iter_links(root: Path, folder: str) -> Iterator[str]:
    """The symbolic links below a folder, which may be absent, as log-relative paths."""
    try:
        entries = list(os.scandir(root / folder))
    except OSError:
        return
    for entry in entries:
        path = f"{folder}/{entry.name}"
        if entry.is_symlink():
            yield path
        elif entry.is_dir():
            yield from _iter_links(root, path)


def _is_inside(root: str, path: str, real: str) -> bool:
    if real == f"{root}{os.sep}{path}":
        return True
    top = os.path.realpath(root)
    if real in {top, f"{top}{os.sep}{path}"}:
        return True
    branch = path.partition("/")[0]
    bases = (os.path.realpath(f"{top}{os.sep}{branch}"), top) if branch in _BRANCHES else (top,)
    return any(_is_below(base, real) for base in bases)


def _is_below(base: str, real: str) -> bool:
    start = base.rstrip(os.sep) + os.sep
    return real == base or (real.startswith(start) and f"{os.sep}." not in real[len(start) - 1 :])


def _link_on(root: Path, path: str) -> str:
    """The link that leads out: the first step of the path that is not in the log any more."""
    steps = path.split("/")
    ways = ("/".join(steps[: count + 1]) for count in range(len(steps)))
    return next((way for way in ways if not _is_inside(str(root), way, os.path.realpath(root / way))), path)


_GIT: Final = ".git"
_IN_GIT: Final = "commlog-keys"
_TRUSTED: Final = "trusted-recipients"


def key_folder(root: Path) -> Path:
    """The folder with the keys of single customers of the log at a folder: below `.git`, without git in the log."""
    git = _git_folder(root)
    return git / _IN_GIT if git else root / KEY_FOLDER


def trusted_file(root: Path) -> Path:
    """The file with the recipients that were confirmed on this machine."""
    git = _git_folder(root)
    return git / f"commlog-{_TRUSTED}" if git else root / STATE_FOLDER / _TRUSTED


def _git_folder(root: Path) -> Path | None:
    """The folder of the repository a log lies in, the common one of several work trees; None without git."""
    for folder in (root, *root.parents):
        place = folder / _GIT
        if place.is_dir():
            return place
        if place.is_file():
            return _common(_named_in(place, "gitdir:", folder))
    return None


def _common(git: Path | None) -> Path | None:
    if git is None or not git.is_dir():
        return None
    return _named_in(git / "commondir", "", git) or git


def _named_in(file: Path, before: str, base: Path) -> Path | None:
    """The folder a file of git names, relative to another; None when it names none."""
    try:
        text = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return (base / text.removeprefix(before).strip()).resolve() if text.startswith(before) else None
