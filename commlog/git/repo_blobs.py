"""The content of blobs, by their hashes, through one process of git."""

import subprocess
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final

from commlog.git.history import git_fault

# So many hashes fit into a pipe at once: git can take them all before anybody reads an answer.
_BATCH: Final = 500
_BLOB: Final = b"blob"


def iter_blobs(folder: Path, hashes: Iterable[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each hash with the content of its blob, in the order they are asked for; None for what is no blob of this clone.

    Raises:
        NoLogError: git does not answer.
    """
    try:
        process = subprocess.Popen(
            ["git", "cat-file", "--batch"],  # noqa: S607 - fixed words, no shell
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError as fault:
        raise git_fault(fault.strerror or str(fault)) from None
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            waiting = iter(hashes)
            while batch := list(islice(waiting, _BATCH)):
                process.stdin.write("".join(f"{name}\n" for name in batch).encode())
                process.stdin.flush()
                for name in batch:
                    yield name, _read_answer(process.stdout)
        except BrokenPipeError:
            raise git_fault("cat-file") from None
        finally:
            process.stdin.close()


def _read_answer(answers: IO[bytes]) -> bytes | None:
    """One answer of git: a line that says what comes, the content, and a line's end."""
    _, _, told = answers.readline().decode("utf-8", "replace").rstrip("\n").partition(" ")
    kind, _, size = told.partition(" ")
    if not size.isdecimal():
        return None
    content = answers.read(int(size) + 1)[:-1]
    return content if kind.encode() == _BLOB else None
