"""The command `commlog hook`."""

import sys
from typing import Final

import typer

from commlog.cli.terminal import command, say, session_of, warn
from commlog.messages import mark, translate
from commlog.setup.hook import install_hook, read_hook_status, uninstall_hook

_STATES: Final = {
    "absent": mark("no hook: nothing is checked before a commit"),
    "ours": mark("records are checked before every commit"),
    "foreign": mark("another hook runs before a commit; whether it checks records is its affair"),
}


@command(mark("Let git check what is staged before every commit."))
def hook_install_command(
    context: typer.Context,
    shared: bool = typer.Option(
        False, "--shared", help=mark("Put it into .githooks, to be committed for the whole team.")
    ),
) -> None:
    hook = install_hook(session_of(context).workspace, sys.executable, is_shared=shared)
    say(str(hook.file))
    warn(_told("ours"))
    if shared:
        warn(translate("commit it; every other clone runs once: git config core.hooksPath .githooks"))


@command(mark("Tell which hook git runs, and whether it is this one."))
def hook_status_command(context: typer.Context) -> None:
    hook = read_hook_status(session_of(context).workspace)
    say(_told(hook.state))
    if hook.state != "absent":
        say(str(hook.file))
    else:
        warn(translate("to have it: commlog hook install"))


@command(mark("Remove the hook; one that is not commlog's stays."))
def hook_uninstall_command(context: typer.Context) -> None:
    hook = uninstall_hook(session_of(context).workspace)
    if hook.state == "ours":
        say(str(hook.file))
        warn(translate("removed; nothing is checked before a commit any more"))
    else:
        warn(_told("absent"))


def _told(state: str) -> str:
    return translate(_STATES[state])
