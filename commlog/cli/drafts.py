"""Drafts: what people typed, kept in a file of their own until it is a record."""

from pathlib import Path

from commlog.cli.session import choose_random
from commlog.services.workspace import Workspace
from commlog.store.log import ensure_state_folder, not_writable
from commlog.store.names import ALPHABET

_DRAFTS = "drafts"


def write_draft(workspace: Workspace, name: str, text: str) -> Path:
    """The file a text was put into, which only its owner may read.

    Raises:
        NotWritableError: the state folder cannot be written.
    """
    try:
        folder = ensure_state_folder(workspace.log.root) / _DRAFTS
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}-{''.join(choose_random(ALPHABET) for _ in range(4))}.yaml"
        path.touch(mode=0o600)  # what is sealed in the record stands open here
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    except OSError as fault:
        raise not_writable(_DRAFTS, fault) from None
    return path
