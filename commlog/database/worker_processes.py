"""Worker processes: parts of a task done by forked processes, which send what they find through pipes.

A worker lives no longer than the process that started it: without that its pipe has no reader, and its next answer ends it.
"""

import gc
import os
import pickle
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, NoReturn, TypeVar

from commlog.database.connection import Index, connect, is_big
from commlog.log.names import INDEX_FILE

T = TypeVar("T")


@dataclass(slots=True)
class Worker(Generic[T]):
    """A process at work, and the pipe that its answers come through."""

    process: int
    pipe: BinaryIO

    def next_answer(self) -> T | None:
        """The next answer; None when there is none, because the process has died or is done."""
        try:
            answer: T = pickle.load(self.pipe)  # noqa: S301 - written by our own child
        except (EOFError, pickle.UnpicklingError):
            return None
        return answer


@contextmanager
def start_workers(tasks: Sequence[Callable[[], Iterable[T]]]) -> Iterator[list[Worker[T]]]:
    """One worker for each task, while the block runs; each answer that a task gives is sent on its own."""
    team: list[Worker[T]] = []
    try:
        for task in tasks:
            team.append(_start(task, team))
        yield team
    finally:
        # A worker whose answer nobody reads would wait for its reader, and we for it.
        for worker in team:
            worker.pipe.close()
        for worker in team:
            os.waitpid(worker.process, 0)


@contextmanager
def ask_beside(index: Index, ask: Callable[[Index], T]) -> Iterator[Callable[[], T]]:
    """What gives the answer of `ask` at last: from a worker with a connection of its own, else asked here when it is called.

    A small index, one in memory, a single core, a worker that died: then it is asked here.
    """
    path = Path(index.rows("SELECT file FROM pragma_database_list WHERE name = 'main'")[0][0] or "/")
    if count_cores() < 2 or path.name != INDEX_FILE or not is_big(path.parent):
        yield lambda: ask(index)
        return

    # In a list, for None may be an answer.
    def answers() -> Iterator[list[T]]:
        yield [ask(connect(path.parent))]

    with start_workers([answers]) as (worker,):
        yield lambda: (worker.next_answer() or [ask(index)])[0]


def count_cores() -> int:
    """How many processes can run at once; 1 where none can be forked."""
    if not hasattr(os, "fork"):
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(task: Callable[[], Iterable[T]], team: list[Worker[T]]) -> Worker[T]:
    read_end, write_end = os.pipe()
    process = os.fork()
    if process == 0:
        # A pipe must end when the parent closes it, not when the last of the workers ends.
        for worker in team:
            worker.pipe.close()
        os.close(read_end)
        _work(task, write_end)
    os.close(write_end)
    return Worker(process, open(read_end, "rb"))  # noqa: PTH123 - a descriptor


def _work(task: Callable[[], Iterable[T]], write_end: int) -> NoReturn:
    """Send the answers and leave, without a word and without the parent's exit handlers."""
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and closes the pipe
        gc.disable()
        with open(write_end, "wb") as pipe:
            for answer in task():
                pickle.dump(answer, pipe, pickle.HIGHEST_PROTOCOL)
                pipe.flush()
    finally:
        # Whatever went wrong goes wrong again where it can be told.
        os._exit(0)
