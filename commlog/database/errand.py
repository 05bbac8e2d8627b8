"""A part of a long question, asked of the copy by a helper process while this one asks the rest."""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from commlog.database.connection import Index, connect
from commlog.database.parallel import count_cores
from commlog.log.names import INDEX_FILE

T = TypeVar("T")

# Bytes of a copy from which a part takes longer to ask for than a helper to send: some 3,000 records.
_BIG: Final = 8_000_000


@contextmanager
def errand(index: Index, ask: Callable[[Index], T]) -> Iterator[Callable[[], T]]:
    """What gives the answer of `ask` at last: from a helper sent out now, else asked here when it is called.

    The helper has a connection of its own. A small copy, one in memory, a single core, a system without fork, a helper
    that died: then it is asked here.
    """
    folder = _folder_of(index)
    if folder is None:
        yield lambda: ask(index)
        return
    read_end, write_end = os.pipe()
    process = os.fork()
    if process == 0:
        # The pipe must break when the parent closes it, not when we do.
        os.close(read_end)
        _run(folder, ask, write_end)
    os.close(write_end)
    with open(read_end, "rb") as pipe:  # noqa: PTH123 - a descriptor

        def answer() -> T:
            try:
                found: T = pickle.load(pipe)  # noqa: S301 - written by our own child
            except (EOFError, pickle.UnpicklingError):
                found = ask(index)
            return found

        try:
            yield answer
        finally:
            # A helper whose answer nobody reads would wait to be read, and we for it.
            pipe.close()
            os.waitpid(process, 0)


def _folder_of(index: Index) -> Path | None:
    """The folder of a copy for which a helper is worth sending; None otherwise."""
    if not hasattr(os, "fork") or count_cores() < 2:
        return None
    path = Path(index.rows("SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0] or "/")
    with suppress(OSError):
        if path.name == INDEX_FILE and path.stat().st_size > _BIG:
            return path.parent
    return None


def _run(folder: Path, ask: Callable[[Index], object], write_end: int) -> NoReturn:
    """Ask, answer through the pipe, and leave without a word and without the parent's exit handlers."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and closes the pipe
        gc.disable()
        answer = pickle.dumps(ask(connect(folder)), pickle.HIGHEST_PROTOCOL)
        with open(write_end, "wb") as pipe:
            pipe.write(answer)
    finally:
        os._exit(0)
