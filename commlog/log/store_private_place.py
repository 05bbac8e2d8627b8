"""Where what no commit may reach lies: in git's own folder, which git never writes from a commit."""

from pathlib import Path
from typing import Final

from commlog.log.names import KEY_FOLDER, STATE_FOLDER

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
