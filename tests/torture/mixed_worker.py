"""One of many who work on a log at once: random calls of the program, and a line on stdout for what it acknowledged."""

import json
import random
import sys
from collections import Counter
from pathlib import Path

from torture_ground import CREATE, call, record_id

NOTES = {"start": (), "wait": (), "done": ("--result", "it went well")}


def main(folder: str, name: str, count: int) -> dict[str, object]:
    """Do so many random things, and tell which were acknowledged."""
    dice, root = random.Random(name), Path(folder)
    shared = [record_id(number) for number in range(6)]
    own: list[str] = []
    # In clones that merge later nobody moves what somebody else moves at the same second: that is a conflict by right.
    movable = {"o": shared[:3], "t": shared[3:]}.get(name[0], shared)
    acknowledged: list[tuple[str, str, str]] = []
    codes: Counter[str] = Counter()
    for number in range(count):
        mark = f"{name}x{number}x"
        kind = dice.choice(("create", "edit", "add", "add", "start", "wait", "done", "shared", "read"))
        target = dice.choice(own if kind in NOTES and own else shared)
        if kind == "create":
            words = (*CREATE, "-s", f"summary={mark}", "-f", f"action={mark}; due=2026-03-20")
        elif kind == "edit":
            words = ("edit", target, "-s", f"tags+={mark}")
        elif kind == "add" or (kind in NOTES and not own):
            kind, words = "add", ("add-follow-up", target, f"action={mark}; due=2026-03-20")
        elif kind == "read":
            words = dice.choice((("list", "acme"), ("pending",), ("show", target), ("check",), ("thread", target)))
        else:
            verb = dice.choice(tuple(NOTES)) if kind == "shared" else kind
            address = f"{dice.choice(movable)}/1" if kind == "shared" else target
            words = (verb, address, "--note", mark, *NOTES[verb])
        answer = call(root, *words, now=f"2026-03-16T10:{number // 60 % 60:02}:{number % 60:02}+08:00")
        codes[f"{'read' if kind == 'read' else 'write'} {answer.code}"] += 1
        if answer.code == 0 and kind != "read":
            said = answer.out.split()[0]
            acknowledged.append((kind, said, mark))
            if kind in {"create", "add"}:
                own.append(f"{said}/1" if kind == "create" else said)
        elif answer.code not in {0, 5}:
            codes[f"unexpected: {words} {answer}"] += 1
    return {"acknowledged": acknowledged, "codes": codes}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
