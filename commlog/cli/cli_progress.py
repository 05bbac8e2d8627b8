"""A progress bar on stderr, for people at a terminal only."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STEP = 20


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function that is told how many of `total` are done; it draws nothing unless stderr is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def tell(done: int) -> None:
            if done % _STEP == 0:
                bar.update(task, completed=done)

        yield tell
