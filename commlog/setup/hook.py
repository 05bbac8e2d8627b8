"""The hook that checks records before they are committed: installed, shown, removed; a foreign one is kept."""

from typing import Final

from commlog.errors import ConflictError
from commlog.git import hooks
from commlog.git.run import require_prefix
from commlog.log.log import not_writable
from commlog.messages import mark
from commlog.workspace import Workspace

_NO_REPOSITORY: Final = mark(
    "git runs the hook, but there is no git repository here yet: run git init, then this command again"
)


def install_hook(workspace: Workspace, program: str, *, is_shared: bool) -> hooks.Hook:
    """The hook as it is now; `program` is the Python that serves where no `commlog` is found.

    A shared one lies in a folder that is committed, and this clone is set to look there.

    Raises:
        ConflictError: there is a hook of another program, or a setting that sends git elsewhere.
        NoLogError, NotWritableError: there is no repository, or it cannot be written.
    """
    root = workspace.log.root
    prefix = require_prefix(root, _NO_REPOSITORY)
    setting = hooks.find_hooks_setting(root)
    if is_shared and setting not in {"", hooks.SHARED_FOLDER}:
        raise ConflictError(
            mark("this clone looks for hooks in {folder} (core.hooksPath); nothing was changed"),
            folder=setting,
            remedy=mark("install it there: commlog hook install; or: git config --unset core.hooksPath"),
        )
    hook = hooks.shared_hook(root) if is_shared else hooks.find_hook(root)
    if hook.state == "foreign":
        raise ConflictError(
            mark("there is already another hook, which is kept"),
            file=str(hook.file),
            line_to_add=hooks.hook_command(prefix),
            remedy=mark("add this line to it: {line_to_add}"),
        )
    try:
        # What a team shares must not name a place on one machine.
        hooks.write_hook(hook, prefix, "" if hook.is_shared else program)
    except OSError as fault:
        raise not_writable(str(hook.file), fault) from None
    if is_shared and not setting:
        hooks.share_hooks(root)
    return hooks.shared_hook(root) if is_shared else hooks.find_hook(root)


def read_hook_status(workspace: Workspace) -> hooks.Hook:
    """The hook that git runs here.

    Raises:
        NoLogError: there is no repository.
    """
    require_prefix(workspace.log.root, _NO_REPOSITORY)
    return hooks.find_hook(workspace.log.root)


def uninstall_hook(workspace: Workspace) -> hooks.Hook:
    """The hook that was removed, or was not there.

    Raises:
        ConflictError: it is the hook of another program.
        NoLogError, NotWritableError: there is no repository, or it cannot be written.
    """
    root = workspace.log.root
    require_prefix(root, _NO_REPOSITORY)
    hook = hooks.find_hook(root)
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
            hooks.stop_sharing(root)
    return hook
