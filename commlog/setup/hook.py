"""The hook that checks records before they are committed: put in, looked at, taken out; a foreign one stays."""

from typing import Final

from commlog.errors import ConflictError
from commlog.git.hooks import (
    SHARED_FOLDER,
    Hook,
    find_hook,
    find_hooks_setting,
    hook_command,
    share_hooks,
    shared_hook,
    stop_sharing,
    write_hook,
)
from commlog.git.run import require_prefix
from commlog.log.log import not_writable
from commlog.messages import mark
from commlog.workspace import Workspace

_NO_REPOSITORY: Final = mark(
    "git runs the hook, but there is no git repository here yet: run git init, then this command again"
)


def install_hook(workspace: Workspace, program: str, *, is_shared: bool) -> Hook:
    """The hook as it is now; `program` is the Python that serves where no `commlog` is found.

    A shared one lies in a folder that is committed, and this clone is told to look there.

    Raises:
        ConflictError: there is somebody else's hook, or a setting that sends git elsewhere.
        NoLogError, NotWritableError: there is no repository, or it cannot be written.
    """
    root = workspace.log.root
    prefix = require_prefix(root, _NO_REPOSITORY)
    setting = find_hooks_setting(root)
    if is_shared and setting not in {"", SHARED_FOLDER}:
        raise ConflictError(
            mark("this clone looks for hooks in {folder} (core.hooksPath); nothing was changed"),
            folder=setting,
            remedy=mark("install it there: commlog hook install; or: git config --unset core.hooksPath"),
        )
    hook = shared_hook(root) if is_shared else find_hook(root)
    if hook.state == "foreign":
        raise ConflictError(
            mark("there is already another hook, which is kept"),
            file=str(hook.file),
            line_to_add=hook_command(prefix),
            remedy=mark("add this line to it: {line_to_add}"),
        )
    try:
        # What a team shares must not name a place on one machine.
        write_hook(hook, prefix, "" if hook.is_shared else program)
    except OSError as fault:
        raise not_writable(str(hook.file), fault) from None
    if is_shared and not setting:
        share_hooks(root)
    return shared_hook(root) if is_shared else find_hook(root)


def read_hook_status(workspace: Workspace) -> Hook:
    """The hook that git runs here.

    Raises:
        NoLogError: there is no repository.
    """
    require_prefix(workspace.log.root, _NO_REPOSITORY)
    return find_hook(workspace.log.root)


def uninstall_hook(workspace: Workspace) -> Hook:
    """The hook that was removed, or was not there.

    Raises:
        ConflictError: it is somebody else's.
        NoLogError, NotWritableError: there is no repository, or it cannot be written.
    """
    root = workspace.log.root
    require_prefix(root, _NO_REPOSITORY)
    hook = find_hook(root)
    if hook.state == "foreign":
        raise ConflictError(
            mark("this hook is not commlog's; it is kept"),
            file=str(hook.file),
            remedy=mark("remove commlog's line from it by hand"),
        )
    if hook.state == "ours":
        try:
            hook.file.unlink()
        except OSError as fault:
            raise not_writable(str(hook.file), fault) from None
        if hook.is_shared and not any(hook.file.parent.iterdir()):
            stop_sharing(root)
    return hook
