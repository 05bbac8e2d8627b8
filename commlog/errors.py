"""Every fault a command can end with, and the exit code it gives."""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import ClassVar, Protocol, Self

from commlog.messages import mark, translate


class ExitCode(IntEnum):
    """The documented exit codes; 1 is never chosen, it would be a crash."""

    DONE = 0
    USAGE = 2
    INVALID = 3
    NOT_FOUND = 4
    CONFLICT = 5
    UNREADABLE = 6
    NO_LOG = 7
    NOT_DELIVERED = 8
    FOUND = 10


class ProblemLike(Protocol):
    """What an error needs to know of a problem it carries."""

    @property
    def message(self) -> str:
        """What is wrong, in the language in use."""

    @property
    def remedy(self) -> str:
        """What to do, in the language in use."""


class CommlogError(Exception):
    """A fault with its facts: a marked message, a remedy, and where it is.

    `line` and `column` count from 1; 0 means unknown. `source` is the text of the line itself.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INVALID

    def __init__(  # noqa: PLR0913 - the place of an error is five facts, each optional
        self,
        message: str,
        *,
        remedy: str = "",
        file: str = "",
        line: int = 0,
        column: int = 0,
        source: str = "",
        problems: Sequence[ProblemLike] = (),
        **facts: object,
    ) -> None:
        super().__init__(message)
        self._message = message
        self._remedy = remedy
        self.file = file
        self.line = line
        self.column = column
        self.source = source
        self.problems = tuple(problems)
        self.facts = facts

    @property
    def message(self) -> str:
        """What is wrong, in the language in use."""
        return translate(self._message).format(file=self.file, **self.facts)

    @property
    def remedy(self) -> str:
        """What to do about it, in the language in use; empty when there is nothing to say."""
        return translate(self._remedy).format(file=self.file, **self.facts)

    def __str__(self) -> str:
        return self.message


class UsageError(CommlogError):
    """The command's words are wrong."""

    exit_code = ExitCode.USAGE

    @classmethod
    def of_choice(cls, message: str, known: Iterable[str], **facts: object) -> Self:
        """The error for a word that is none of those that are known; its remedy names them."""
        fault = cls(message, remedy=mark("use one of: {known}"), known=", ".join(known))
        fault.facts |= facts
        return fault


class InvalidError(CommlogError):
    """A record, template or setting breaks a rule."""

    exit_code = ExitCode.INVALID


class NotFoundError(CommlogError):
    """What was named is not there."""

    exit_code = ExitCode.NOT_FOUND


class AmbiguousError(NotFoundError):
    """What was named could be several things."""


class ConflictError(CommlogError):
    """It exists already, changed meanwhile, or holds merge markers."""

    exit_code = ExitCode.CONFLICT


class UnreadableError(CommlogError):
    """A file cannot be read."""

    exit_code = ExitCode.UNREADABLE


class NoLogError(CommlogError):
    """There is no log here."""

    exit_code = ExitCode.NO_LOG


class NotWritableError(CommlogError):
    """The log, or the disk, does not take what was to be written."""

    exit_code = ExitCode.NO_LOG
