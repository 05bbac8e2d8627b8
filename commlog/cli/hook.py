"""The command `commlog hook`."""

import sys
from typing import Final

import typer

from commlog.cli.terminal import say, session_of, warn
from commlog.messages import mark, translate
from commlog.services.install_hook import install_hook, read_hook_status, uninstall_hook

HELP = mark("Check records before git commits them: install, status, uninstall.")

_STATES: Final = {
    "absent": mark("no hook: nothing is checked before a commit"),
    "ours": mark("records are checked before every commit"),
    "foreign": mark("another hook runs before a commit; whether it checks records is its affair"),
}


def install(
    context: typer.Context,
    shared: bool = typer.Option(
        False, "--shared", help=mark("Put it into .githooks, to be committed for the whole team.")
    ),
) -> None:
    """Install the hook."""
    hook = install_hook(session_of(context).workspace, sys.executable, is_shared=shared)
    say(str(hook.file))
    warn(_told("ours"))
    if shared:
        warn(translate("commit it; every other clone runs once: git config core.hooksPath .githooks"))


def status(context: typer.Context) -> None:
    """Tell how it stands."""
    hook = read_hook_status(session_of(context).workspace)
    say(_told(hook.state))
    if hook.state != "absent":
        say(str(hook.file))
    else:
        warn(translate("to have it: commlog hook install"))


def uninstall(context: typer.Context) -> None:
    """Remove the hook."""
    hook = uninstall_hook(session_of(context).workspace)
    if hook.state == "ours":
        say(str(hook.file))
        warn(translate("removed; nothing is checked before a commit any more"))
    else:
        warn(_told("absent"))


COMMANDS = {"install": install, "status": status, "uninstall": uninstall}
HELPS = {
    "install": mark("Let git check what is staged before every commit."),
    "status": mark("Tell which hook git runs, and whether it is this one."),
    "uninstall": mark("Remove the hook; one that is not commlog's stays."),
}


def _told(state: str) -> str:
    return translate(_STATES[state])
