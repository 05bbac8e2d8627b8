"""The command `commlog wait`."""

from commlog.cli.follow_up import make_move
from commlog.cli.terminal import command
from commlog.messages import mark

wait_command = command(mark("Say that a follow-up waits for the customer; its clock stops."))(make_move("wait"))
