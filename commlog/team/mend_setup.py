"""Mending a set-up: git in this clone learns to merge records, and the log's attributes say which files."""

from pathlib import Path
from typing import Final

from commlog.git.hooks import install, is_installed, missing_attributes
from commlog.git.run import is_inside_repository
from commlog.log.files import FileChangedError, replace_file, write_new
from commlog.log.log import changed_meanwhile, not_writable
from commlog.messages import mark

ATTRIBUTES_FILE: Final = ".gitattributes"


def mend_setup(root: Path) -> tuple[str, ...]:
    """What was mended (marked texts); nothing when all was well, or when the log is not kept in git.

    Raises:
        NotWritableError: the log's folder cannot be written.
        ConflictError: somebody changed .gitattributes meanwhile.
    """
    if not is_inside_repository(root):
        return ()
    mended = []
    if _add_attributes(root):
        mended.append(mark("added to .gitattributes which files commlog merges; commit it"))
    if not is_installed(root) and install(root):
        mended.append(mark("git in this clone is now set up to merge records"))
    return tuple(mended)


def read_attributes(root: Path) -> str:
    """The text of the log's own .gitattributes; empty when there is none."""
    file = root / ATTRIBUTES_FILE
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""


def _add_attributes(root: Path) -> bool:
    missing = "".join(f"{line}\n" for line in missing_attributes(read_attributes(root))).encode()
    if not missing:
        return False
    file = root / ATTRIBUTES_FILE
    try:
        if not file.is_file():
            write_new(file, missing)
            return True
        old = file.read_bytes()
        replace_file(file, (old if old.endswith(b"\n") or not old else old + b"\n") + missing, expected=old)
    except (FileChangedError, FileExistsError):
        raise changed_meanwhile(ATTRIBUTES_FILE) from None
    except OSError as fault:
        raise not_writable(ATTRIBUTES_FILE, fault) from None
    return True
