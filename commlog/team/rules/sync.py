"""What a sync of a log with its team's copy did, and the fault when it did not come through."""

from dataclasses import dataclass
from typing import ClassVar

from commlog.errors import CommlogError, ExitCode


class NotSharedError(CommlogError):
    """What is committed here could not be taken to the others, or theirs not be fetched."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_DELIVERED


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What somebody asks of a sync: the words of its commit (empty: made up), and whether to tell only."""

    message: str = ""
    is_rehearsal: bool = False


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What a sync did, or in a rehearsal would do.

    `committed` are paths below the log and `message` the words of their commit; `left` are files below records/ that
    are none of the log's; `upstream` is empty when the branch has none; `sent` and `received` count commits, `ahead`
    those that are nowhere but here. `backup` is the hash that refs/commlog/before-sync keeps, empty when nothing was
    moved. `errors` counts problems of the files that were received, `remarks` are what a merge driver told.
    """

    branch: str
    upstream: str = ""
    committed: tuple[str, ...] = ()
    message: str = ""
    left: tuple[str, ...] = ()
    sent: int = 0
    received: int = 0
    ahead: int = 0
    backup: str = ""
    errors: int = 0
    remarks: tuple[str, ...] = ()
