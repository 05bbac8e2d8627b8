"""Which files a check looks at: all, what git says has changed, or what is staged."""

from enum import Enum, auto

from commlog.check.inspect import inspect_log
from commlog.check.inspection import Inspection
from commlog.check.services_check_check_staged import check_staged, needs_git
from commlog.check.services_check_selection import Selection
from commlog.git.run import changed_files, deleted_files
from commlog.workspace import Workspace


class Scope(Enum):
    """How far a check goes among the chosen files."""

    ALL = auto()
    CHANGED = auto()
    STAGED = auto()


def check_files(workspace: Workspace, selection: Selection, scope: Scope) -> Inspection:
    """What is wrong with the chosen files, as far as the scope goes.

    Raises:
        UsageError: changed or staged files are asked for, and there is no git repository.
    """
    if scope is Scope.ALL:
        return inspect_log(workspace, selection)
    is_staged = scope is Scope.STAGED
    root = workspace.log.root
    names = changed_files(root, staged=is_staged)
    if names is None:
        raise needs_git("--staged" if is_staged else "--changed")
    narrowed = selection.narrow(names, deleted_files(root, staged=is_staged))
    return check_staged(workspace, narrowed) if is_staged else inspect_log(workspace, narrowed)
