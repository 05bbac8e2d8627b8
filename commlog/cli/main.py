"""The entry point: runs the program, and leaves with its exit code."""

import gc
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the call of the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character (GBK, ASCII) shows a mark instead of a crash.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # A call is over before there is anything to collect, and looking for it takes a tenth of the time.
    gc.disable()
    from commlog.cli.app import run

    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        # The reader (head, less) has seen enough; while a command runs, the library makes an exit of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.stderr.flush()
    # Taking the interpreter down tidily takes longer than listing a thousand follow-ups; nothing is left to write.
    os._exit(int(code))
