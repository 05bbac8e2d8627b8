"""Starts calls of the program one after another, kills each at a random instant, and looks at what is left each time."""

import json
import os
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from torture_ground import CREATE, NOW, Answer, call, read, record_id

ROWS = 4


class Kills:
    """Calls of one kind on a log; what they acknowledged, and how they ended."""

    def __init__(self, root: Path, kind: str, seed: int) -> None:
        self.root, self.kind = root, kind
        self.dice = random.Random(f"{kind} {seed}")
        self.acknowledged: list[tuple[str, str]] = []
        self.ended: Counter[str] = Counter()
        self.files = 0

    def words(self, mark: str) -> tuple[str, ...]:
        """The call that is killed; what it needs is made ready."""
        target = record_id(self.dice.randrange(6))
        if self.kind == "create":
            return (*CREATE, "-s", f"summary={mark}", "-f", f"action={mark}; due=2026-03-20")
        if self.kind == "newcomer":
            phone = f"contacts.0.phone=1370{self.dice.randrange(10**7):07}"
            given = (f"name={mark}", f"contacts.0.name={mark}", phone)
            return ("customer", "create", *(word for one in given for word in ("-s", one)))
        if self.kind == "edit":
            return ("edit", target, "-s", f"tags+={mark}")
        if self.kind == "done":
            added = call(self.root, "add-follow-up", target, f"action={mark}; due=2026-03-20")
            assert added.code == 0, added
            return ("done", added.out.split()[0], "--result", mark)
        if self.kind == "import":
            source = self.root.parent / f"{mark}.jsonl"
            self.files += 1
            rows = [{**IMPORTED, "id": f"2026031{n}-{self.files:06}", "summary": mark} for n in range(ROWS)]
            source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
            return ("import", str(source))
        if self.kind == "sync":
            made = call(self.root, *CREATE, "-s", f"summary={mark}")
            assert made.code == 0, made
            self.acknowledged.append(("create", made.out.split()[0]))
            return ("sync",)
        return ("seal", "rotate")

    def live_and_die(self, mark: str, longest: float) -> float:
        """One call in a process of its own, killed with all of its own after some of the time it may take; its seconds."""
        words = self.words(mark)
        printed = self.root.parent / "printed.txt"
        began = time.monotonic()
        child = os.fork()
        if not child:
            os.setsid()
            os._exit(run_silently(self.root, words, printed))
        timer = threading.Timer(self.dice.uniform(0, longest), kill_all, [child])
        if longest:
            timer.start()
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        took = time.monotonic() - began
        timer.cancel()
        self.ended[str(status)] += 1
        # Both are acknowledgements: an id on stdout, and exit code 0.
        said = printed.read_text(encoding="utf-8").split()
        if self.kind in {"create", "newcomer"}:
            self.acknowledged += [("create", word) for word in said]
        elif status == 0:
            self.acknowledged.append((self.kind, mark))
        return took

    def look(self) -> None:
        """Every file is whole, git's own locks of killed gits are taken away as its message says."""
        for path in (self.root / "records").rglob("*.yaml"):
            if not path.name.startswith("."):
                assert read(path)["id"] == path.stem
        for lock in (self.root / ".git").rglob("*.lock") if self.kind == "sync" else ():
            lock.unlink()
            self.ended["locks git left"] += 1


IMPORTED = {
    "template": "member",
    "customer": "acme",
    "agent": "wang",
    "direction": "inbound",
    "channel": "phone",
    "started_at": "2026-03-10T09:00:00+08:00",
    "recorded_at": "2026-03-10T09:30:00+08:00",
    "subject": "s",
    "core_request": "c",
}


def run_silently(root: Path, words: tuple[str, ...], printed: Path) -> int:
    """The program in this process, its stdout in a file."""
    from commlog.cli.app import run

    with printed.open("w", encoding="utf-8", buffering=1) as out, open(os.devnull, "w", encoding="utf-8") as nothing:
        sys.stdout, sys.stderr = out, nothing
        os.dup2(nothing.fileno(), 1)
        os.dup2(nothing.fileno(), 2)
        return int(run(["--log", str(root), "--now", NOW, *words]))


def kill_all(leader: int) -> None:
    """Kill a process, and the gits it started."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(leader, signal.SIGKILL)


def main(folder: str, kind: str, count: int, seed: int) -> dict[str, object]:
    """Kill so many calls of a kind, and tell how they ended and what they had acknowledged."""
    root = Path(folder)
    os.chdir(root)
    kills = Kills(root, kind, seed)
    assert call(root, "list").code == 0
    # The first two live: they load what there is to load, and say how long one takes.
    warm: list[Answer] = [call(root, *kills.words(f"{kind}{seed}warm{n:06}")) for n in range(2)]
    assert {answer.code for answer in warm} == {0}, warm
    longest = max(kills.live_and_die(f"{kind}{seed}first{n:06}", 0) for n in range(2))
    assert kills.ended == {"0": 2}, kills.ended
    tries = 0
    while kills.ended["-9"] < count and tries < 4 * count:
        tries += 1
        kills.live_and_die(f"{kind}{seed}n{tries:06}", 1.1 * longest)
        kills.look()
    return {"acknowledged": kills.acknowledged, "ended": kills.ended}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
