"""A person at a terminal: starts the program, reads what is shown, and types."""

import os
import pty
import re
import select
import subprocess
import time

PATIENCE = 20.0  # seconds after which a program that should have answered is taken to hang


class Terminal:
    """A person at a terminal: reads what is shown, and types."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=subprocess.PIPE, stderr=slave, env=environment, start_new_session=True
        )
        os.close(slave)
        self.shown = ""
        self.read_to = 0

    def _read(self, seconds: float) -> bool:
        """Take in what is shown next; False when nothing more will come."""
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            raise AssertionError(f"nothing more is shown after:\n{self.shown}")
        try:
            piece = os.read(self.master, 65536)
        except OSError:
            # What Linux says when the program at the other end is gone.
            piece = b""
        self.shown += piece.decode("utf-8", "replace")
        return bool(piece)

    def expect(self, pattern: str) -> str:
        """Wait until a text that matches is shown, and give what was shown since the last one."""
        deadline = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.shown[self.read_to :])
            if found:
                text = self.shown[self.read_to : self.read_to + found.end()]
                self.read_to += found.end()
                return text
            if not self._read(max(0.0, deadline - time.monotonic())):
                raise AssertionError(f"{pattern!r} is not in:\n{self.shown[self.read_to :]}")

    def type(self, line: str) -> None:
        """Type a line."""
        os.write(self.master, f"{line}\n".encode())

    def answer(self, pattern: str, line: str) -> str:
        """Wait for a question, and answer it."""
        text = self.expect(pattern)
        self.type(line)
        return text

    def finish(self) -> tuple[int, str]:
        """Wait for the end; the exit code and stdout."""
        while self._read(PATIENCE):
            pass
        assert self.process.stdout is not None
        out = self.process.stdout.read().decode("utf-8")
        return self.process.wait(PATIENCE), out

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        os.close(self.master)
