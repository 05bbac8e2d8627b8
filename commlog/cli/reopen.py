"""The command `commlog reopen`."""

from commlog.cli.follow_up import make_move
from commlog.messages import mark

HELP = mark("Open a follow-up again that was done or closed; say why with --note.")
command = make_move("reopen")
