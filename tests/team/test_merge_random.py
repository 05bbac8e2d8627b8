"""Random edits of one file in two places, merged: what each changed is there, or between conflict markers."""

import copy
import json
import os
import random
import re
from collections import Counter
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from commlog.errors import CommlogError
from commlog.followups.rules.follow_up import advance, history_entry, next_number
from commlog.team.merge import MergedFile, ThreeFiles, merge_file
from commlog.workspace import Workspace
from commlog.yamltext.edit import edit
from commlog.yamltext.parse import parse_yaml
from tests.recorded_log import CALL_HEAD, CALL_PATH, EDITOR_LINE

pytestmark = pytest.mark.torture

IS_TORTURE = bool(os.environ.get("COMMLOG_TORTURE"))
ROUNDS = 2000 if IS_TORTURE else 200
SOME = range(0, ROUNDS, 1 if IS_TORTURE else 5)
CUSTOMER_PATH = "records/customers/acme.yaml"
BASE = (
    EDITOR_LINE
    + CALL_HEAD.replace("agent:", "contact: 陈经理\nagent:")
    + """\
subject: 空调安装后不制冷  # 第二次来电
scenario: after_sales
identity_check:
  result: verified
  by: [phone, order_no]
# 客户的原话在下面
problem: |
  开机后一直不制冷。
  自己清过过滤网。

  没有变化。
request: "换一台新机"
background:
  order_no: "0123"   # 保修单上的
  purchased_on: 2026-02-26
summary: 客户第二次来电。
dialogue:
  - {speaker: customer, words: 我不是要退。}
  - speaker: us
    words: 三天之内我给您打电话。
mood: anxious
tags: [售后-空调, 安装质量, 回访]
attachments:
  - {kind: photo, location: a.jpg}
  - {kind: photo, location: b.jpg}
outcome: follow_up
links:
  - {to: 20260303-ehgg5f, type: follows, note: 前一天的报修电话}
  - {to: "ref:2026-88", type: relates}
followups:
  # 最急的一条
  - n: 1
    action: 上门检测
    owner: wang
    priority: important
    due: 2026-03-13T18:00:00+08:00
    due_rule: 3wd
    status: open
    history:
      - {at: 2026-03-10T14:52:00+08:00, by: wang, status: open}
  - n: 2
    action: 寄配件
    owner: li   # 仓库那边
    due: 2026-03-20
    status: in_progress
    agreed_with_customer: true
    history:
      - {at: 2026-03-10T14:52:01+08:00, by: wang, status: open}
      - {at: 2026-03-11T09:00:00+08:00, by: li, status: in_progress}
  - n: 3
    action: 回访
    owner: li
    due: 2026-03-30
    status: done
    result: 已回访
    history:
      - {at: 2026-03-10T14:52:02+08:00, by: wang, status: open}
      - {at: 2026-03-11T10:00:00+08:00, by: li, status: done}
extra:
  floor: 3
"""
)
CUSTOMER = """\
# 老客户
id: acme
template: customer
name: 艾克米公司
aliases: [Acme Ltd, 艾克米]
type: company
stage: active
contacts:
  - {name: 陈经理, phone: "13800000001", email: chen@acme.example}   # 管采购
  - name: 刘工
    phone: "13800000002"
preferences: [茶, 上午]
membership:
  tier: gold
  points: 120
notes: 见面再谈。
"""
KEYS_OF_ITEMS = {"links": "to", "contacts": "name", "attachments": "location", "dialogue": "words"}
TOLD = {"status", "due", "due_rule", "owner", "priority"}
Leaves = dict[tuple[str, ...], str]


class Author:
    """Somebody who changes a file at random, always in ways the tool or a person could."""

    def __init__(self, seed: str, name: str, text: str) -> None:
        self.random = random.Random(f"{seed} {name}")
        self.name = name
        self.text = text
        self.fields: dict[str, Any] = parse_yaml(text)

    def word(self) -> str:
        return self.random.choice("春夏秋冬东南西北") + f"{self.name}{self.random.randrange(1000)}"

    def instant(self) -> str:
        return f"2026-03-{self.random.randrange(12, 29)}T{self.random.randrange(24):02}:{self.random.randrange(60):02}:{self.random.randrange(60):02}+08:00"

    def work(self) -> str:
        for _ in range(self.random.randrange(1, 7)):
            changed = copy.deepcopy(self.fields)
            acts = self.acts_on_customers() if changed["template"] == "customer" else self.acts_on_records()
            try:
                self.random.choice(acts)(changed)
            except CommlogError:
                continue
            self.text = edit(self.text, changed)
            self.fields = parse_yaml(self.text)
            if self.random.random() < 0.4:
                self.comment()
        return self.text

    def acts_on_records(self) -> list[Any]:
        moves = [self.move, self.move, self.move, self.assign, self.reschedule, self.add_follow_up]
        lists = [self.tag, self.link, self.attach, self.speak, self.identify]
        return [*moves, self.add_follow_up, *lists, self.write, self.write, self.background, self.extra, self.drop]

    def acts_on_customers(self) -> list[Any]:
        return [self.prefer, self.contact, self.contact, self.member, self.describe]

    def comment(self) -> None:
        lines = self.text.splitlines(keepends=True)
        places = [place for place, line in enumerate(lines) if re.match(r"[a-z_]+:", line)]
        place = self.random.choice(places)
        known = [number for number, line in enumerate(lines) if re.match(r" *# [^y]", line)]
        if self.random.random() < 0.3 and known:
            place = self.random.choice(known)
            margin = lines[place][: lines[place].index("#")]
            lines[place] = f"{margin}# {self.word()}\n"
        else:
            lines.insert(place, f"# {self.word()}\n")
        text = "".join(lines)
        if parse_yaml(text) == self.fields:
            self.text = text

    def follow_up(self, fields: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.random.choice(fields["followups"])
        return found

    def move(self, fields: dict[str, Any]) -> None:
        item = self.follow_up(fields)
        verb = self.random.choice(["start", "wait", "done", "close", "reopen"])
        entry = history_entry(self.instant(), self.name, "", note=self.word())
        entry["at"] = max(entry["at"], item["history"][-1]["at"])
        changed = advance(item, verb, entry, result=self.word() if verb == "done" else None)
        item.clear()
        item.update(changed)

    def tell(self, item: dict[str, Any], **more: str) -> None:
        at = max(self.instant(), item["history"][-1]["at"])
        item["history"].append(history_entry(at, self.name, item["status"], **more))

    def assign(self, fields: dict[str, Any]) -> None:
        item = self.follow_up(fields)
        item["owner"] = self.word()
        self.tell(item, owner=item["owner"])

    def reschedule(self, fields: dict[str, Any]) -> None:
        item = self.follow_up(fields)
        item["due"], item["due_rule"] = self.instant(), self.random.choice(["3wd", "given"])
        self.tell(item, due=item["due"])

    def add_follow_up(self, fields: dict[str, Any]) -> None:
        at = self.instant()
        fields["followups"].append(
            {
                "n": next_number(fields),
                "action": self.word(),
                "owner": "li",
                "due": "2026-04-01",
                "status": "open",
                "history": [history_entry(at, self.name, "open")],
            }
        )

    def change_texts(self, texts: list[str], words: list[str]) -> None:
        if texts and self.random.random() < 0.3:
            texts.remove(self.random.choice(texts))
        else:
            texts.insert(self.random.randrange(len(texts) + 1), self.random.choice(words))

    def tag(self, fields: dict[str, Any]) -> None:
        self.change_texts(fields["tags"], [self.word(), "投诉"])

    def prefer(self, fields: dict[str, Any]) -> None:
        self.change_texts(fields[self.random.choice(["preferences", "aliases"])], [self.word()])

    def identify(self, fields: dict[str, Any]) -> None:
        fields["identity_check"]["result"] = self.random.choice(["verified", "failed", "not_required"])

    def link(self, fields: dict[str, Any]) -> None:
        links = fields["links"]
        if self.random.random() < 0.5:
            links.append({"to": f"ref:{self.word()}", "type": "relates"})
        else:
            self.random.choice(links)["note"] = self.word()

    def attach(self, fields: dict[str, Any]) -> None:
        fields["attachments"].append({"kind": "photo", "location": self.word()})

    def speak(self, fields: dict[str, Any]) -> None:
        fields["dialogue"].append({"speaker": "us", "words": self.word()})

    def write(self, fields: dict[str, Any]) -> None:
        key = self.random.choice(["subject", "problem", "request", "summary", "mood_note", "purpose", "key_details"])
        fields[key] = self.word() if self.random.random() < 0.6 else f"{self.word()}\n{self.word()} # x\n"
        if key == "subject":
            fields[key] = self.word()

    def describe(self, fields: dict[str, Any]) -> None:
        fields[self.random.choice(["name", "notes", "source"])] = self.word()

    def background(self, fields: dict[str, Any]) -> None:
        fields.setdefault("background", {})[self.random.choice(["order_no", "product_model"])] = self.word()

    def extra(self, fields: dict[str, Any]) -> None:
        fields.setdefault("extra", {})[self.random.choice(["floor", "door", self.word()])] = self.random.randrange(9)

    def drop(self, fields: dict[str, Any]) -> None:
        fields.pop(self.random.choice(["mood", "key_details", "background", "contact", "extra"]), None)

    def contact(self, fields: dict[str, Any]) -> None:
        if self.random.random() < 0.4:
            fields["contacts"].append({"name": self.word(), "phone": str(self.random.randrange(10**9))})
        else:
            found = self.random.choice(fields["contacts"])
            found[self.random.choice(["phone", "role", "wecom"])] = self.word()

    def member(self, fields: dict[str, Any]) -> None:
        fields["membership"][self.random.choice(["tier", "joined_on"])] = self.random.choice(["2026-01-01", "silver"])


def leaves_of(value: Any, at: tuple[str, ...] = ()) -> Leaves:
    """Every value of a file under an address of its own: items by what names them, never by their place."""
    found: Leaves = {}
    if isinstance(value, dict):
        for key, item in value.items():
            found |= leaves_of(item, (*at, key))
    elif isinstance(value, list):
        for item in value:
            if not isinstance(item, dict):
                found[(*at, f"item {item}")] = "there"
            elif at[-1] == "history":
                told = {key: text for key, text in item.items() if key != "status"}
                found[(*at, json.dumps(told, ensure_ascii=False))] = "there"
            else:
                name = (
                    item["history"][0]["at"] + item["action"] if at[-1] == "followups" else item[KEYS_OF_ITEMS[at[-1]]]
                )
                found |= leaves_of({**item, "": "there"}, (*at, name))
    else:
        found[at] = json.dumps(value)
    return {key: item for key, item in found.items() if not (len(key) == 3 and key[0] == "followups" and key[2] == "n")}


def resolve(text: str, side: str) -> str:
    """A text with every conflict decided for one side."""
    keep, kept = {"ours", "theirs"}, []
    for line in text.splitlines(keepends=True):
        if line == "<<<<<<< ours\n":
            keep = {"ours"}
        elif line == "=======\n":
            keep = {"theirs"}
        elif line == ">>>>>>> theirs\n":
            keep = {"ours", "theirs"}
        elif side in keep:
            kept.append(line)
    return "".join(kept)


@cache
def written(number: int, name: str) -> str:
    """What somebody made of the file of a round."""
    return Author(str(number), name, file_of(number)[1]).work()


def file_of(number: int) -> tuple[str, str]:
    """The path and the text of the file that both change in a round."""
    return (CUSTOMER_PATH, CUSTOMER) if number % 5 == 4 else (CALL_PATH, BASE)


@cache
def merge(base: str, ours: str, theirs: str, path: str = CALL_PATH) -> MergedFile:
    versions = ThreeFiles(base.encode(), ours.encode(), theirs.encode())
    return merge_file(versions, PurePosixPath(path), Path("/nowhere"))


def losses(base: str, ours: str, theirs: str, merged: str) -> list[str]:
    """Every change that is neither in the merge nor between its markers."""
    b, o, t = (leaves_of(parse_yaml(text)) for text in (base, ours, theirs))
    first, second = (leaves_of(parse_yaml(resolve(merged, side))) for side in ("ours", "theirs"))
    lost = []
    for address in sorted({*b, *o, *t, *first, *second}):
        old, one, other, results = (
            b.get(address),
            o.get(address),
            t.get(address),
            {first.get(address), second.get(address)},
        )
        is_told = len(address) == 3 and address[0] == "followups" and address[2] in TOLD
        if one == other or old in (one, other):
            expected = {other if one == old else one}
            if results != expected and len(results) == 1 and not is_told:
                lost.append(f"{address}: {old} {one} {other} became {results}")
        elif results != {one, other} and not is_told:
            lost.append(f"{address}: {one} and {other} became {results}")
        elif not results <= {old, one, other}:
            lost.append(f"{address}: {results} came from nowhere")
    return lost


def comments_of(text: str) -> Counter[str]:
    """The comments of a text that none of whose values has the words ` # ` but with an x."""
    return Counter(match[1] for match in re.finditer(r"(?:^|(?<= ))# ([^x].*)$", text, re.MULTILINE))


def problems_of(workspace: Workspace, text: str, path: str) -> list[str]:
    reading = workspace.reader.read_raw(path, text.encode())
    return [f"{item.code} {item.field}" for item in reading.problems if item.severity == "error"]


def canonical(value: Any, at: str = "") -> Any:
    """Data with lists in an order of their own and without the numbers of follow-ups."""
    if isinstance(value, dict):
        return {key: canonical(item, key) for key, item in value.items() if key != "n"}
    if isinstance(value, list):
        items = [canonical(item) for item in value]
        return sorted(items, key=lambda item: json.dumps(item, sort_keys=True))
    return value


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_no_change_of_either_side_is_lost(log, part):
    """Each change of one side is in the merge, changes of one value on both are equal or in conflict; what is clean is valid."""
    workspace = log.workspace()
    for number in range(part, ROUNDS, 10):
        path, base = file_of(number)
        ours, theirs = written(number, "wang"), written(number, "li")
        merged = merge(base, ours, theirs, path)
        text = merged.data.decode()
        assert merged.reason == "", number
        assert ("<<<<<<< ours" in text) == merged.has_conflicts, number
        assert losses(base, ours, theirs, text) == [], number
        if not merged.has_conflicts and not any(problems_of(workspace, side, path) for side in (ours, theirs)):
            assert problems_of(workspace, text, path) == [], number


def test_no_comment_of_either_side_is_lost():
    """A comment that both sides left alone, or that one side wrote, is in the merge."""
    for number in range(ROUNDS):
        path, base = file_of(number)
        ours, theirs = written(number, "wang"), written(number, "li")
        old, one, other = map(comments_of, (base, ours, theirs))
        there = comments_of(merge(base, ours, theirs, path).data.decode())
        kept = {name for name in old | one | other if (name in one and name in other) or name not in old}
        assert not kept - set(there), number


@pytest.mark.slow
def test_it_does_not_matter_who_merges():
    """Ours with theirs and theirs with ours give the same data, but for the order of lists and new numbers."""
    for number in SOME:
        path, base = file_of(number)
        ours, theirs = written(number, "wang"), written(number, "li")
        one, other = merge(base, ours, theirs, path), merge(base, theirs, ours, path)
        assert one.has_conflicts == other.has_conflicts, number
        if not one.has_conflicts:
            assert canonical(parse_yaml(one.data.decode())) == canonical(parse_yaml(other.data.decode())), number


@pytest.mark.slow
def test_three_sides_give_the_same_in_any_order():
    """Merging a third side before or after gives the same data where nothing is in conflict."""
    counted = 0
    for number in SOME:
        path, base = file_of(number)
        one, two, three = (written(number, name) for name in ("wang", "li", "zhao"))
        left, right = merge(base, one, two, path), merge(base, two, three, path)
        if left.has_conflicts or right.has_conflicts:
            continue
        first, second = merge(base, left.data.decode(), three, path), merge(base, one, right.data.decode(), path)
        if not (first.has_conflicts or second.has_conflicts):
            counted += 1
            assert canonical(parse_yaml(first.data.decode())) == canonical(parse_yaml(second.data.decode())), number
    assert counted > 10


def test_a_side_without_changes_leaves_the_other_as_it_is():
    """Where one side is the base, or both are the same, the result is the changed file, byte for byte."""
    for number in SOME:
        path, base = file_of(number)
        changed = written(number, "wang")
        for ours, theirs in ((base, changed), (changed, base), (changed, changed)):
            assert merge(base, ours, theirs, path) == MergedFile(changed.encode()), number


def test_the_same_merge_gives_the_same_bytes():
    """A merge depends on nothing but the three files."""
    for number in range(0, ROUNDS, 20):
        path, base = file_of(number)
        sides = base, written(number, "wang"), written(number, "li")
        assert merge(*sides, path) == merge.__wrapped__(*sides, path), number
