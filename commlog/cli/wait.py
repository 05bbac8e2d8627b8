"""The command `commlog wait`."""

from commlog.cli.follow_up import make_move
from commlog.messages import mark

HELP = mark("Say that a follow-up waits for the customer; its clock stops.")
command = make_move("wait")
