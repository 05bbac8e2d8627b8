"""A file people ask for again and again: written anew, or over the one commlog wrote before."""

from collections.abc import Callable
from pathlib import Path

from commlog.errors import ConflictError
from commlog.log.files import ChangedMeanwhile, replace_file, write_new
from commlog.log.log import changed_meanwhile, not_writable
from commlog.messages import mark


def write_own(output: str, data: bytes, is_ours: Callable[[bytes], bool], taken: str) -> None:
    """Write a file; one that is there is replaced when `is_ours` knows it, whole or not at all.

    `taken` is the marked text that says why another one is not.

    Raises:
        ConflictError: something else is there, or it changed meanwhile.
        NotWritableError: the folder or the disk does not take it.
    """
    path = Path(output)
    conflict = ConflictError(taken, file=output, remedy=mark("choose another name, or move the file away"))
    try:
        there = path.read_bytes() if path.exists() else None
        if there is None:
            write_new(path, data)
        elif not is_ours(there):
            raise conflict
        elif there != data:
            replace_file(path, data, expected=there)
    except FileExistsError:
        raise conflict from None
    except ChangedMeanwhile:
        raise changed_meanwhile(output) from None
    except OSError as fault:
        raise not_writable(output, fault) from None
