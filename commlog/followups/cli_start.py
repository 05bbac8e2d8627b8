"""The command `commlog start`."""

from commlog.cli.terminal import command
from commlog.followups.cli_follow_up import make_move
from commlog.messages import mark

start_command = command(mark("Say that work on a follow-up has begun, or goes on after waiting."))(make_move("start"))
