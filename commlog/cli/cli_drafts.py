"""Drafts: what people typed, kept in a file of their own until it is a record."""

from contextlib import suppress
from pathlib import Path

from commlog.cli.session import choose_random
from commlog.log.log import ensure_state_folder, not_writable
from commlog.log.names import ALPHABET, STATE_FOLDER
from commlog.workspace import Workspace

_DRAFTS = "drafts"


def find_draft(workspace: Workspace, source: str) -> Path | None:
    """The draft of this log that a file is; None for any other file, which is its owner's."""
    path = Path(source).absolute()
    folder = workspace.log.root.absolute() / STATE_FOLDER / _DRAFTS
    is_draft = path.is_file() and not path.is_symlink() and path.parent.resolve() == folder.resolve()
    return path if is_draft else None


def drop_draft(draft: Path | None) -> None:
    """Remove a draft whose content is in a record now; one that cannot be removed stays."""
    if draft is not None:
        with suppress(OSError):
            draft.unlink()


def write_draft(workspace: Workspace, name: str, text: str, draft: Path | None = None) -> Path:
    """The file a text was put into, which only its owner may read: the draft it came from, else a new one.

    Raises:
        NotWritableError: the state folder cannot be written.
    """
    try:
        folder = ensure_state_folder(workspace.log.root) / _DRAFTS
        folder.mkdir(exist_ok=True)
        path = draft or folder / f"{name}-{''.join(choose_random(ALPHABET) for _ in range(4))}.yaml"
        path.touch(mode=0o600)  # what is sealed in the record stands open here
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as fault:
        raise not_writable(_DRAFTS, fault) from None
    return path
