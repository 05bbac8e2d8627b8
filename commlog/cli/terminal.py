"""The terminal: where answers and remarks go, and where people are asked."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import typer

from commlog.cli.session import Session, variable, wants_plain_text
from commlog.errors import ExitCode
from commlog.messages import translate
from commlog.output.text import harmless
from commlog.values import Record

_NAMED_FILES: Final = 10
# Characters of a long answer that are printed together.
_AT_ONCE: Final = 1 << 16

Function = TypeVar("Function", bound=Callable[..., Any])


def command(help_text: str) -> Callable[[Function], Function]:
    """Keep the marked text of a command's help with its function, which is called after it: `customer_create_command`."""

    def keep(function: Function) -> Function:
        function.__doc__ = help_text
        return function

    return keep


def session_of(context: typer.Context) -> Session:
    """The session of a running command."""
    session = context.find_object(Session)
    assert session is not None
    return session


def say(text: str) -> None:
    """Print an answer on stdout, as it is."""
    typer.echo(text.rstrip("\n"))


def say_pieces(pieces: Iterable[str]) -> bool:
    """Print an answer that comes in pieces, as it is; whether there was anything to print."""
    held: list[str] = []
    size = 0
    is_told = False
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > _AT_ONCE:
            typer.echo("".join(held), nl=False)
            held, size, is_told = [], 0, True
    rest = "".join(held)
    if rest or is_told:
        typer.echo(rest)
    return bool(rest) or is_told


def warn(text: str) -> None:
    """Print a remark on stderr."""
    typer.echo(harmless(f"commlog: {text}"), err=True)


def warn_of_sealed(record: Record) -> None:
    """Say how many values of a record are sealed and cannot be read here; nothing when all can."""
    if not record.sealed:
        return
    from commlog.privacy.rules.sealing import OPEN

    count = sum(1 for place in record.sealed if place.state != OPEN)
    if count:
        told = translate("sealed values: {count}; to read them, set $COMMLOG_AGE_KEY_FILE to your key file")
        if variable("COMMLOG_AGE_KEY_FILE") or variable("COMMLOG_AGE_KEY"):
            told = translate("sealed values that no key here opens: {count}; see commlog doctor")
        warn(told.format(count=count))


def is_interactive() -> bool:
    """Whether a person sits at the terminal and can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def advise(text: str) -> None:
    """Show advice beside a question, paler than the question where colours are welcome."""
    typer.echo(text if wants_plain_text() else typer.style(text, dim=True), err=True)


def ask(question: str) -> str:
    """The line somebody types after a question; the question goes to stderr whole, for stdout is the answer's.

    Raises:
        Abort: they stopped instead.
    """
    typer.echo(question, err=True, nl=False)
    try:
        return input()
    except (EOFError, KeyboardInterrupt):
        typer.echo(err=True)
        raise typer.Abort from None


def confirm(question: str, *, default: bool) -> bool:
    """Whether somebody agrees; Enter takes the default.

    Raises:
        Abort: they stopped instead.
    """
    while True:
        answer = ask(f"{question} [{'Y/n' if default else 'y/N'}]: ").strip().casefold()
        if not answer:
            return default
        if answer in {"y", "yes", "n", "no", "是", "否"}:
            return answer in {"y", "yes", "是"}


def read_stdin() -> bytes:
    """All of standard input."""
    return sys.stdin.buffer.read()


def finish(session: Session) -> ExitCode:
    """What an answer drawn from many records ends with: files that are in no answer are named, and the code says so."""
    workspace = session.workspace
    files = workspace.unreadable_files()
    for path in files[:_NAMED_FILES]:
        reason = workspace.reader.read(path).problems[0].message
        warn(translate("left out, cannot be read: {file}: {reason}").format(file=path, reason=reason))
    if len(files) > _NAMED_FILES:
        warn(translate("… and {count} more").format(count=len(files) - _NAMED_FILES))
    return ExitCode.UNREADABLE if files else ExitCode.DONE


_STEP = 20


@contextmanager
def progress(title: str, total: int) -> Iterator[Callable[[int], None]]:
    """A function that takes how many of `total` are done; it draws nothing unless stderr is a terminal."""
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
