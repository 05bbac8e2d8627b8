"""The command `commlog sync`."""

import typer

from commlog.cli.terminal import command, say, session_of, warn
from commlog.messages import mark, translate
from commlog.team.rules.sync import Synced, SyncWishes
from commlog.team.sync import BACKUP, sync_log

_MOST = 10


@command(mark("Commit what is changed in the log, take in what others changed, check it, and send it to them."))
def sync_command(
    context: typer.Context,
    dry_run: bool = typer.Option(False, "--dry-run", help=mark("Say what would be done; change and fetch nothing.")),
    message: str = typer.Option(
        "",
        "--message",
        metavar="TEXT",
        show_default=False,
        help=mark("The words of the commit (default: what is in it)."),
    ),
) -> None:
    done = sync_log(session_of(context).workspace, SyncWishes(message.strip(), dry_run))
    for line in _lines(done, is_rehearsal=dry_run):
        say(line)
    _remark(done, is_rehearsal=dry_run)


def _lines(done: Synced, *, is_rehearsal: bool) -> list[str]:
    """What was done, a line each."""
    lines = []
    if done.committed:
        text = translate("would commit: {message}") if is_rehearsal else translate("committed: {message}")
        lines.append(text.format(message=done.message))
        if is_rehearsal:
            lines += [f"  {path}" for path in done.committed]
    facts = {"received": done.received, "sent": done.sent, "upstream": done.upstream}
    if done.received or done.sent:
        would = translate("{upstream}: commits to take in (as far as is known here): {received}, to send: {sent}")
        did = translate("{upstream}: commits taken in: {received}, sent: {sent}")
        lines.append((would if is_rehearsal else did).format(**facts))
    elif not done.committed:
        lines.append(translate("nothing to sync"))
    return lines


def _remark(done: Synced, *, is_rehearsal: bool) -> None:
    """What to know beside it."""
    for remark in done.remarks:
        warn(remark)
    if done.backup:
        text = translate("what was here before is kept as {ref} ({commit})")
        warn(text.format(ref=BACKUP, commit=done.backup[:10]))
    if done.errors:
        warn(translate("what came in has mistakes ({count}); see: commlog check").format(count=done.errors))
    for path in done.left[:_MOST]:
        warn(translate("left alone, not a record: {file}").format(file=path))
    if len(done.left) > _MOST:
        warn(translate("… and {count} more").format(count=len(done.left) - _MOST))
    if not done.upstream and not is_rehearsal:
        text = translate("the branch {branch} follows no remote: its commits ({count}) are on this machine only")
        warn(text.format(branch=done.branch, count=done.ahead))
        warn(
            translate("to share it: git remote add origin URL; git push -u origin {branch}").format(branch=done.branch)
        )
