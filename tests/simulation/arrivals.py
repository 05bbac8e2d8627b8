"""What has arrived and what is remembered, read by their letters alone and compared with what was to come."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

STATES = {
    "overdue": "late", "call_back": "late", "escalated": "late", "today": "today", "soon": "soon", "dropped": "dropped"
}  # fmt: skip
# The commands that pick up what was dropped.
PICK_UP = re.compile(r"    commlog (?:add-follow-up (\S+) …|create … --link (\S+):answers)")


class Line(NamedTuple):
    """An item in a message: its state (late, today, soon, dropped), and whether it is told as the ladder says."""

    state: str
    is_escalation: bool


@dataclass
class Digest:
    """A message as somebody reads it: the items it names, and how many it only counts."""

    text: str
    lines: dict[str, Line] = field(default_factory=dict)
    hidden: int = 0


def read_digest(text: str) -> Digest:
    """A message taken apart by its words alone."""
    digest = Digest(text)
    previous, is_escalation = "", False
    for line in text.splitlines():
        if line.startswith("■"):
            is_escalation = "overdue so long that you" in line
        elif more := re.match(r"… and (\d+) more: ", line):
            digest.hidden += int(more[1])
        elif found := re.match(r"    commlog done (\S+) --result", line):
            assert found[1] not in digest.lines, "named twice in one message"
            digest.lines[found[1]] = Line(_state_of(previous), is_escalation)
        elif found := PICK_UP.match(line):
            assert re.match(r"since \d{4}-\d\d-\d\d ", previous), previous
            # A call back is one of the follow-ups of its record.
            item = found[1] or re.search(rf"{found[2]}/\d+", previous)[0]
            assert item not in digest.lines, "named twice in one message"
            digest.lines[item] = Line("dropped", is_escalation)
        previous = line
    return digest


def _state_of(line: str) -> str:
    if re.match(r"(promised, )?(overdue since|\d+ working days? late)", line):
        return "late"
    if re.match(r"(promised, )?due today ", line):
        return "today"
    assert re.match(r"(promised, )?due .* h of working time left", line), line
    return "soon"


def check_digest(digest: Digest, items: Mapping[str, Sequence[str]]) -> None:
    """A message names every item with something new, says how it stands and why it is told here, and nothing else."""
    assert set(digest.lines) <= set(items)
    assert len(digest.lines) + digest.hidden == len(items)
    for item, line in digest.lines.items():
        stages = [name.partition("+")[0].partition("/")[0] for name in items[item]]
        assert line.state in {STATES[name] for name in stages} | ({"today"} if "soon" in stages else set()), item
        assert line.is_escalation == (stages[0] == "escalated"), item


def remembered(root: Path, now: datetime | None = None) -> Iterator[tuple[datetime, str, str, str]]:
    """What the ledger holds, of the last run alone when it is named: run, address, follow-up and stage of each notice."""
    ledger = root / ".commlog/reminders.jsonl"
    lines = ledger.read_text(encoding="ascii").splitlines() if ledger.exists() else []
    for line in reversed(lines):
        entry = json.loads(line)
        at = datetime.fromisoformat(entry["at"]).replace(tzinfo=None)
        if now is not None and at != now:
            return
        for item, _, _, name in entry["told"]:
            yield at, entry["to"], item, name
