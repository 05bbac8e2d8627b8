"""Calls of the program with generated, hostile input, and a report: codes, crashes, the slowest call, memory."""

import json
import os
import random
import re
import shutil
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

from torture_ground import (
    CODES,
    CREATE,
    CUSTOMER,
    RECORD,
    SETTINGS,
    call,
    listing_of,
    make_log,
    path_of,
    record_id,
    write,
)

from tests.build import templates_built_once

READS = (
    ("list",), ("list", "--format", "json"), ("pending",), ("check",), ("show", record_id(0)), ("thread", record_id(0)),
    ("search", "s"), ("timeline", "acme"), ("brief", "acme"), ("care",), ("remind",), ("why", f"{record_id(0)}/1"),
    ("summarize", "2026-03"), ("audit",), ("retention",), ("customer", "list"), ("issue", "list"), ("calendar", "show"),
    ("export", "csv"), ("export", "jsonl"), ("doctor",), ("sql", "SELECT count(*) FROM records"), ("index", "status"), ("template", "list"),
)  # fmt: skip
WRITES = (
    ("edit", record_id(0), "-s", "tags+=x"), ("done", f"{record_id(0)}/1", "--result", "x"), ("start", f"{record_id(0)}/1"),
    ("add-follow-up", record_id(0), "x"), ("link", record_id(1), record_id(0)), ("edit", "acme", "-s", "name=Beta"),
    ("assign", f"{record_id(0)}/1", "--to", "li"), ("reschedule", f"{record_id(0)}/1", "--due", "2026-04-01", "--reason", "x"),
    (*CREATE, "-s", "summary=x"),
)  # fmt: skip
# Texts that have broken programs before.
NASTY = (
    "", " ", "\0", "\x1b[31m", "\x1b]0;x\a", "\u202e", "\ufeff", "\ud800", "\u2028", "..", "../../x", "/etc/passwd", "~", "-", "--", "-x",
    "=1+1", "@SUM(A1)", "%s%n", "{0.__class__}", "{file}", "${HOME}", "$(id)", "`id`", "'; DROP TABLE records; --", '"', "\\", "*", "(", ")",
    "((((", "a:b:c", "date:..", "date:9999-12-31..", "date:0000-00-00", "due:99999999999d", "n:1e999", "NaN", "-0", "1" * 400, "é" * 5000, "空" * 3000,
    "x" * 100_000, "or", "not not not", "NULL", "con", "a/b", "a\nb", "a\tb", "\r\n", "🧨" * 50, "e\u0301" * 300, "ﷺ" * 300, "2026-02-30", "24:00",
    "subject:", ":x", "customer:'", 'tag:"', "<script>alert(1)</script>", "[](javascript:x)", "|", "!!python/object:os.system", "&a *a", "? :",
)  # fmt: skip
YAMLS = (
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n", b"a: &a [*a]\n", b"[" * 5000, b"{a: " * 3000, b"- " * 3000, b"a:\n\t- b\n",
    b"\xef\xbb\xbf" + RECORD.format(id=record_id(0)).encode(), RECORD.format(id=record_id(0)).encode("utf-16"), b"a: \0\n", b"\xff\xfe\0",
    b"? " + b"k" * 20_000 + b"\n: v\n", b"k" * 200_000 + b": v\n", b"%YAML 9.9\n---\na: 1\n", b"--- a\n--- b\n", b"!!python/object/apply:os.system [id]\n",
    b"<<: &x {<<: *x}\n", b"a: !!binary x\n", b"a: 0o7777777777777777777777777\n", b"a: 190:20:30\n", b"a: 2026-02-30T99:99:99Z\n", b"a: .inf\n", b"? [a, b]\n: c\n",
    b"a: |\n" + b" x\n" * 5000, b"a: 'x\n", b'"\\ud800": x\n', b'a: "\\x1b[2J"\n', b"1e400: 1\n", b"a: " + b"9" * 6000 + b"\n", b"<<<<<<< HEAD\na: 1\n=======\n", b"null", b"...\n...\n",
    b"followups: [{n: 1}, {n: 1}, 5, null, [[]]]\n", b"a: 1\na: 2\n", b"# only a comment", b"\r\r\n\n\r", "a: \u0085\u2028b\n".encode(), b"@x", b"*x", b"!", b"&", b"`",
)  # fmt: skip
FILES = (
    path_of(record_id(0)), path_of(record_id(1)), "records/customers/acme.yaml", "commlog.yaml", "calendar.yaml", "schemas/chat.schema.json",
    "records/interactions/2026/03/20260311-bbbbbb.yaml",
)  # fmt: skip


class Fuzz:
    """A log, a die, and what happened."""

    def __init__(self, place: Path, seed: int) -> None:
        self.place, self.dice = place, random.Random(seed)
        self.root = place / "log"
        self.outside = place / "input"
        self.codes: Counter[str] = Counter()
        self.faults: list[str] = []
        self.slowest: tuple[float, str] = (0.0, "")

    def noise(self) -> bytes:
        """Bytes at random, a nasty document, or a good one that was damaged."""
        dice = self.dice
        kind = dice.randrange(4)
        if kind == 0:
            return dice.randbytes(dice.choice((0, 1, 7, 300, 5000)))
        if kind == 1:
            return dice.choice(YAMLS)
        good = dice.choice(
            (RECORD.format(id=record_id(0)), CUSTOMER.format(id="acme", name="A", phone="1"), SETTINGS)
        ).encode()
        if kind == 2:
            raw = bytearray(good)
            for _ in range(dice.randrange(1, 6)):
                place = dice.randrange(len(raw))
                raw[place : place + dice.randrange(4)] = dice.randbytes(dice.randrange(4))
            return bytes(raw)
        lines = good.decode().splitlines(keepends=True)
        place = dice.randrange(len(lines))
        key = lines[place].partition(":")[0]
        value = dice.choice(
            (
                json.dumps(self.text()[:3000]),
                dice.choice(YAMLS)[:3000].decode("utf-8", "replace").split("\n")[0],
                "[]",
                "{}",
                "null",
                "1e9",
            )
        )
        lines[place] = f"{key}: {value}\n"
        return "".join(lines).encode("utf-8", "surrogatepass")

    def text(self) -> str:
        """A word nobody meant well."""
        dice = self.dice
        words = [dice.choice(NASTY) for _ in range(dice.randrange(1, 4))]
        return dice.choice(("", " ", ":", " or ")).join(words)

    def make_call(self) -> tuple[str, ...]:
        """The next call, the log made as it is to be found."""
        family = self.dice.choice(("file", "file", "input", "import", "words", "words"))
        if family == "file":
            name = self.dice.choice(FILES)
            raw = self.noise()
            write(
                self.root,
                name,
                raw
                if not name.endswith(".json") or self.dice.random() < 0.5
                else b'{"x-kind": "interaction", "properties": ' + raw + b"}",
            )
            return self.dice.choice(READS + WRITES)
        text = self.text()
        if family == "input":
            write(self.outside, "in.yaml", self.noise())
            return (
                "create",
                self.dice.choice(("member", "service", "customer", "survey", "issue")),
                "--from",
                str(self.outside / "in.yaml"),
            )
        if family == "import":
            suffix = self.dice.choice(("csv", "jsonl"))
            write(self.outside, f"in.{suffix}", self.noise())
            write(
                self.outside, "map.yaml", self.dice.choice((b"template: member\nfields: {customer: c}\n", self.noise()))
            )
            how = self.dice.choice((("--sketch-map",), ("--map", str(self.outside / "map.yaml")), ()))
            return ("import", str(self.outside / f"in.{suffix}"), *how, "--rejects", str(self.root / "rejects.txt"))
        return self.dice.choice((
            ("list", text), ("list", "--sort", text), ("list", "--columns", text), ("search", text), ("show", "--", text), ("thread", "--", text),
            ("pending", "--owner", text), ("pending", "--due-within", text), ("done", "--result", text, "--", f"{record_id(2)}/1"), ("done", "--result", "x", "--", text),
            ("customer", "create", "-s", f"name={text}"), ("customer", "show", "--", text), (*CREATE, "-s", f"summary={text}"), (*CREATE, "-s", f"{text}=x"),
            (*CREATE, "-s", f"customer={text}", "-s", "summary=x"), (*CREATE, "-s", "summary=x", "-f", text), (*CREATE, "-s", "summary=x", "-l", text),
            ("create", "--", text), ("edit", record_id(3), "-s", text), ("edit", record_id(3), "-s", f"subject={text}"), ("edit", record_id(3), "--unset", text),
            ("add-follow-up", record_id(3), text), ("link", record_id(3), text), ("summarize", "--", text), ("sql", text), ("sql", f"SELECT field(content, '{text}') FROM contents"),
            ("brief", "--", text), ("timeline", "--", text), ("why", "--", text), ("reschedule", f"{record_id(3)}/1", "--due", text, "--reason", "x"),
            ("assign", f"{record_id(3)}/1", "--to", text), ("check", "--", text), ("list", "--as-of", text), ("list", "--now", text), ("export", "csv", text), ("--", text),
        ))  # fmt: skip

    def once(self, number: int) -> None:
        """One call, and a look at what it did."""
        words = self.make_call()
        shown = f"{number}: {' '.join(words)[:300]!r}"
        began = time.perf_counter()
        try:
            answer = call(self.root, *words)
        except BaseException:  # noqa: BLE001 - whatever escapes is what is looked for
            self.faults.append(f"{shown}\n{traceback.format_exc()[-1500:]}")
            self.codes["escaped"] += 1
            return
        self.slowest = max(self.slowest, (time.perf_counter() - began, shown))
        self.codes[str(answer.code)] += 1
        if answer.code not in CODES or "Traceback" in answer.out + answer.err:
            self.faults.append(f"{shown} {answer}")
        if answer.code and not answer.err and not answer.out:
            self.faults.append(f"{shown} says nothing")


def main(place: Path, seed: int, count: int) -> dict[str, object]:
    """So many calls on logs that are made anew after every twenty."""
    fuzz = Fuzz(place, seed)
    before: dict[str, bytes] = {}
    for number in range(count):
        if number % 20 == 0:
            shutil.rmtree(place / "log", ignore_errors=True)
            make_log(place / "log")
        fuzz.outside.mkdir(exist_ok=True)
        before = {name: data for name, data in listing_of(place).items() if not name.startswith(("log/", "input/"))}
        fuzz.once(number)
        # Broken settings stop every command: one is enough.
        write(place / "log", "commlog.yaml", SETTINGS)
        (place / "log" / "calendar.yaml").unlink(missing_ok=True)
        after = {name: data for name, data in listing_of(place).items() if not name.startswith(("log/", "input/"))}
        if after != before:
            fuzz.faults.append(f"{number}: written outside the log: {sorted(set(after) ^ set(before))}")
    # The most this program itself held; what getrusage tells begins with the process it was forked from.
    held = re.search(r"VmHWM:\s+([0-9]+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert held is not None
    memory = int(held[1]) // 1024
    return {"calls": count, "codes": fuzz.codes, "faults": fuzz.faults, "slowest": fuzz.slowest, "memory": memory}


if __name__ == "__main__":
    home = Path(sys.argv[1])
    os.chdir(home)
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - for the life of the process
    os.dup2(sys.stdin.fileno(), 0)
    with templates_built_once():
        told = main(home, int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(told))
