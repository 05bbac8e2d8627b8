"""The keys of sealed values on this machine: which identities may be used, and which recipients were confirmed."""

import hashlib
import hmac
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.errors import ConflictError, InvalidError, UnreadableError, UsageError
from commlog.log.files import read_plain
from commlog.log.inside import key_folder, trusted_file
from commlog.log.log import ensure_state_folder, not_writable
from commlog.messages import mark
from commlog.privacy.rules.sealing import RECIPIENT

KEY_VARIABLE: Final = "COMMLOG_AGE_KEY"
KEY_FILE_VARIABLE: Final = "COMMLOG_AGE_KEY_FILE"
KEY_FOLDER_VARIABLE: Final = "COMMLOG_KEY_FOLDER"
_IDENTITY: Final = "AGE-SECRET-KEY-1"
_OWN_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where the identities of this call are: the text of some, a file of some, or neither.

    `folder` is where the keys of single customers lie; None for the log's own folder of that name.
    """

    text: str | None = None
    file: str | None = None
    folder: str | None = None

    def folder_of(self, root: Path) -> Path:
        """The folder with the keys of single customers, for the log at a folder.

        Raises:
            UsageError: the one that is named is relative, and would be another one in every folder.
        """
        if not self.folder:
            return key_folder(root)
        named = Path(self.folder).expanduser()
        if not named.is_absolute():
            raise UsageError(
                mark("${variable}: '{value}' is a relative path"),
                variable=KEY_FOLDER_VARIABLE,
                value=self.folder,
                remedy=mark("give the full path of the folder"),
            )
        return named

    def __repr__(self) -> str:
        """What is named, without the key."""
        return f"KeySource({'…' if self.text else None}, {self.file}, {self.folder})"


def read_identities(source: KeySource) -> tuple[str, ...]:
    """The identities that are named, none when none are.

    Raises:
        UnreadableError: the file cannot be read.
        InvalidError: what is named holds no identity.
    """
    found: list[str] = []
    if source.text:
        found += _identities_in(source.text, f"${KEY_VARIABLE}")
    if source.file:
        try:
            text = Path(source.file).expanduser().read_text(encoding="utf-8", errors="replace")
        except OSError as fault:
            raise UnreadableError(
                mark("the key file in ${variable} cannot be read: {reason}"),
                file=source.file,
                variable=KEY_FILE_VARIABLE,
                reason=fault.strerror or str(fault),
                remedy=mark("correct the path, or unset the variable to work without a key"),
            ) from None
        found += _identities_in(text, source.file)
    return tuple(dict.fromkeys(found))


def identities_hash(identities: tuple[str, ...]) -> str:
    """A hash that differs between sets of identities and gives none away; empty for none."""
    return hashlib.sha256("\n".join(sorted(identities)).encode()).hexdigest()[:32] if identities else ""


def hashed_name(identities: tuple[str, ...], name: str) -> str:
    """A hash of a phone or an e-mail address that only a holder of these identities can make."""
    key = hashlib.sha256(("commlog look-up\n" + "\n".join(sorted(identities))).encode()).digest()
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:40]


def write_identity(path: Path, identity: str, recipient: str, created: str) -> None:
    """Write a new identity file as `age-keygen` does, for its owner alone; never over another.

    Raises:
        ConflictError: the file exists.
        NotWritableError: the folder or the disk does not take it.
    """
    text = f"# created: {created}\n# public key: {recipient}\n{identity}\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWN_MODE)
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            file.write(text)
            file.flush()
            os.fsync(descriptor)
    except FileExistsError:
        raise ConflictError(
            mark("there is already a key; it was not changed"),
            file=str(path),
            remedy=mark("give another file: commlog seal init --file PATH"),
        ) from None
    except OSError as fault:
        raise not_writable(str(path), fault) from None


def read_trusted(root: Path) -> frozenset[str]:
    """The recipients that were confirmed on this machine for the log at a folder."""
    try:
        lines = read_plain(str(trusted_file(root))).decode("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    return frozenset(line.strip() for line in lines if RECIPIENT.fullmatch(line.strip()))


def add_trusted(root: Path, recipients: tuple[str, ...]) -> None:
    """Confirm recipients on this machine.

    Raises:
        NotWritableError: the state folder cannot be written.
    """
    new = [one for one in recipients if one not in read_trusted(root)]
    if not new:
        return
    path = trusted_file(root)
    try:
        ensure_state_folder(root)
        with path.open("a", encoding="utf-8") as file:
            file.write("".join(f"{one}\n" for one in new))
    except OSError as fault:
        raise not_writable(str(path), fault) from None


def _identities_in(text: str, name: str) -> list[str]:
    found = [line.strip() for line in text.splitlines() if line.strip().startswith(_IDENTITY)]
    if not found:
        raise InvalidError(
            mark("contains no age secret key: a line AGE-SECRET-KEY-1…"),
            file=name,
            remedy=mark("create one: commlog seal init"),
        )
    return found
