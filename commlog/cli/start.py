"""The command `commlog start`."""

from commlog.cli.follow_up import make_move
from commlog.messages import mark

HELP = mark("Say that work on a follow-up has begun, or goes on after waiting.")
command = make_move("start")
