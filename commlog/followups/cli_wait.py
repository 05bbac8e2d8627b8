"""The command `commlog wait`."""

from commlog.cli.terminal import command
from commlog.followups.cli_follow_up import make_move
from commlog.messages import mark

wait_command = command(mark("Say that a follow-up waits for the customer; its clock stops."))(make_move("wait"))
