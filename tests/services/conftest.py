"""What the tests of use cases share: a small log in a temporary folder, and one instant."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from commlog.followups.change import Details, add_follow_up, assign_follow_up, move_follow_up, reschedule_follow_up
from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.privacy.cipher import Vault
from commlog.privacy.rules.sealing import SealRules
from commlog.privacy.seal_keys import KeySource
from commlog.records.draft import assign_all
from commlog.records.edit import edit_record
from commlog.records.find import read_record
from commlog.records.typed_follow_ups import parse_follow_up
from commlog.records.write import Request, create_record
from commlog.values import Record
from commlog.workspace import Workspace, make_workspace

# A Monday morning; no day of this log is dated, so that every limit can be counted on one's fingers.
NOW = "2026-03-16T10:00:00+08:00"

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳, aliases: [小王], email: wang@example.com}
  - {id: li, name: 李静, email: li@example.com}
calendar:
  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]
"""

ACME = """\
id: acme
template: customer
name: 艾克米公司
aliases: [Acme Ltd]
type: company
stage: active
contacts:
  - {name: 陈经理, phone: "13800000001", email: chen@acme.example}
"""

# What each form asks for beside what the tool fills in itself.
MINIMUM = {
    "member": ["customer=acme", "channel=phone", "subject=s", "summary=s", "core_request=c"],
    "service": [
        "customer=acme",
        "channel=phone",
        "subject=s",
        "summary=s",
        "scenario=complaint",
        "problem=p",
        "request=r",
        "outcome=resolved",
    ],
    "relationship": ["customer=acme", "channel=phone", "subject=s", "summary=s", "need_type=other"],
    "visit": ["customer=acme", "channel=phone", "subject=s", "summary=s", "visit_kind=regular"],
    "issue": ["customer=acme", "title=t", "description=d", "category=product", "owner=li"],
    "survey": ["customer=acme", "period=2026-Q1", "entered_by=staff", "scores.overall=4"],
    "customer": ["name=新客户"],
    "answer": ["question=q", "answer=a"],
}


def without_keys(root: Path, rules: SealRules | None) -> Vault:
    """What opens sealed values for somebody who names no key."""
    return Vault(root, rules, KeySource())


@dataclass(frozen=True)
class SmallLog:
    """A log on disk, as somebody uses it at one instant; each call opens it anew, as a command does."""

    root: Path
    now: str = NOW
    member: str | None = "wang"

    def at(self, now: str) -> "SmallLog":
        """The same log at another instant."""
        return replace(self, now=now)

    def asked_by(self, member: str | None) -> "SmallLog":
        """The same log, used by somebody else."""
        return replace(self, member=member)

    def workspace(self) -> Workspace:
        """The log, opened."""
        return make_workspace(
            open_log(self.root, str(self.root)), datetime.fromisoformat(self.now), self.member, make_cipher=without_keys
        )

    def write(self, path: str, text: str) -> Path:
        """Put a file into the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
        return file

    def create(self, template: str, *assignments: str, **more: Any) -> Record:
        """Create a record from the form's minimum and some assignments; `follow_ups` as typed text, `fields` as data."""
        workspace = self.workspace()
        form = workspace.catalog.get(template)
        given = more.pop("fields", {})
        follow_ups = [parse_follow_up(workspace, text, template) for text in more.pop("follow_ups", ())]
        minimum = [
            text for text in MINIMUM[template] if not (more.get("new_customer") and text.startswith("customer="))
        ]
        fields = assign_all(workspace, form, given, [*minimum, *assignments])
        return create_record(workspace, Request(template, fields, follow_ups=follow_ups, choose=secrets.choice, **more))

    def edit(self, record_id: str, *assignments: str, unset: tuple[str, ...] = ()) -> Record:
        """Change a record by assignments."""
        return edit_record(self.workspace(), record_id, assignments, unset)

    def read(self, text: str) -> Record:
        """The record an id or prefix means."""
        return read_record(self.workspace(), text)

    def text_of(self, record: Record) -> str:
        """The bytes of a record's file, as text."""
        return (self.root / record.path).read_bytes().decode("utf-8")

    def files(self) -> list[str]:
        """Every file below records/."""
        return sorted(
            path.relative_to(self.root).as_posix() for path in (self.root / "records").rglob("*") if path.is_file()
        )

    def move(self, verb: str, address: str, **details: Any) -> dict[str, Any]:
        """The follow-up's mapping in the file after a verb of its life."""
        act = {"assign": assign_follow_up, "reschedule": reschedule_follow_up}.get(verb)
        said = Details(**details)
        where, _ = (
            act(self.workspace(), address, said) if act else move_follow_up(self.workspace(), address, verb, said)
        )
        return self.follow_up(str(where))

    def add(self, record_id: str, text: str, by: str | None = None) -> dict[str, Any]:
        """The mapping of a follow-up added to a record, from text as typed."""
        workspace = self.workspace()
        where, _ = add_follow_up(
            workspace, record_id, parse_follow_up(workspace, text, self.read(record_id).template), by
        )
        return self.follow_up(str(where))

    def follow_up(self, address: str) -> dict[str, Any]:
        """A follow-up's mapping as the file has it."""
        record_id, _, number = address.partition("/")
        return next(item for item in self.read(record_id).fields["followups"] if item["n"] == int(number))


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    """A log with two members and one customer."""
    small = SmallLog(tmp_path / "log")
    small.write("commlog.yaml", SETTINGS)
    small.write("records/customers/acme.yaml", ACME)
    return small


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test begins and ends in English, whatever another one spoke."""
    use_language("en")
    yield
    use_language("en")
