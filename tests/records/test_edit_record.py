"""Changing a record: by assignments and by edited text, touching only what differs."""

import difflib

import pytest

from commlog.errors import ConflictError, InvalidError, NotFoundError, NotWritableError, UnreadableError, UsageError
from commlog.log.log import Log
from commlog.records.change import change_record, save_text

PATH = "records/interactions/2026/03/20260310-aaaaaa.yaml"
ID = "20260310-aaaaaa"
TEXT = """\
# kept by hand
id: 20260310-aaaaaa
template: service
customer: acme   # the big one
agent: 'wang'
direction: inbound
channel: phone
started_at: 2026-03-10T09:00:00+08:00
recorded_at: 2026-03-10T09:30:00+08:00
subject: "Leaking tap"

scenario: complaint
problem: |
  first line

  second line
request: r
background:
  order_no: "0012"   # leading zeros matter
summary: s
tags: [a,   b]
outcome: resolved
extra:
    weather: rain
# the end
"""


@pytest.fixture
def record_log(log):
    log.write(PATH, TEXT)
    return log


def changed_lines(before, after):
    """The lines that went and the lines that came."""
    found = list(difflib.ndiff(before.splitlines(), after.splitlines()))
    return [line[2:] for line in found if line[0] == "-"], [line[2:] for line in found if line[0] == "+"]


@pytest.mark.parametrize(
    ("assignment", "gone", "come"),
    [
        ("channel=email", ["channel: phone"], ["channel: email"]),
        ("沟通渠道=邮件", ["channel: phone"], ["channel: email"]),
        ("Channel=E-mail", ["channel: phone"], ["channel: email"]),
        ("customer=acme", [], []),
        ("subject=Tap repaired", ['subject: "Leaking tap"'], ['subject: "Tap repaired"']),
        (
            "background.order_no=0013",
            ['  order_no: "0012"   # leading zeros matter'],
            ['  order_no: "0013"   # leading zeros matter'],
        ),
        (
            "背景信息.订单编号=0013",
            ['  order_no: "0012"   # leading zeros matter'],
            ['  order_no: "0013"   # leading zeros matter'],
        ),
        ("background.product_model=X-1", [], ["  product_model: X-1"]),
        ("tags+=c,d", ["tags: [a,   b]"], ['tags: [a,   b,   "c,d"]']),
        ("tags=x", ["tags: [a,   b]"], ["tags: [x]"]),
        ("mood=calm", [], ["mood: calm"]),
        ("extra.weather=sun", ["    weather: rain"], ["    weather: sun"]),
        ("extra.visits=3", [], ["    visits: 3"]),
        ("reached=否", [], ["reached: false"]),
        ("key_details=two\nlines", [], ["key_details: |-", "  two", "  lines"]),
    ],
)
def test_an_assignment_changes_only_its_lines(record_log, assignment, gone, come):
    """Setting a value, by key or label, leaves every other line as it was."""
    record_log.edit(ID, assignment)
    after = (record_log.root / PATH).read_text(encoding="utf-8")
    assert changed_lines(TEXT, after) == (gone, come)


@pytest.mark.parametrize(
    ("key", "gone"),
    [
        ("tags", ["tags: [a,   b]"]),
        ("标签", ["tags: [a,   b]"]),
        ("background.order_no", None),
        ("extra", ["extra:", "    weather: rain"]),
    ],
)
def test_unset_takes_a_field_away(record_log, key, gone):
    """Unset removes the field's own lines and no others."""
    record = record_log.edit(ID, unset=(key,))
    after = (record_log.root / PATH).read_text(encoding="utf-8")
    if gone is not None:
        assert changed_lines(TEXT, after) == (gone, [])
    assert "order_no" not in record.fields.get("background", {}) or key != "background.order_no"


def test_a_list_entry_can_be_added_set_and_taken_away(record_log):
    """`+=` appends a mapping, an index reaches into it, and unset removes it."""
    record_log.edit(ID, "dialogue+={speaker: 客户, words: It drips}", "关键对话+={说话人: us, 原话: We come}")
    record_log.edit(ID, "dialogue.1.words=We come today", "关键对话[0].原话=It still drips")
    assert record_log.read(ID).fields["dialogue"] == [
        {"speaker": "customer", "words": "It still drips"},
        {"speaker": "us", "words": "We come today"},
    ]
    assert record_log.edit(ID, unset=("dialogue.0",)).fields["dialogue"] == [
        {"speaker": "us", "words": "We come today"}
    ]


def test_an_index_next_to_the_last_makes_a_new_entry(record_log):
    """`collaboration.0.department` starts the list; an index far beyond its end is refused."""
    assert record_log.edit(ID, "collaboration.0.department=物流部").fields["collaboration"] == [
        {"department": "物流部"}
    ]
    with pytest.raises(InvalidError):
        record_log.edit(ID, "collaboration.5.department=物流部")


@pytest.mark.parametrize(
    ("assignments", "unset"),
    [
        (["mood=furious"], ()),
        (["chanel=email"], ()),
        (["started_at=whenever"], ()),
        (["reached=maybe"], ()),
        (["dialogue.0.words=no speaker"], ()),
        ([], ("subject",)),
        ([], ("mood",)),
        ([], ("nonsense",)),
        (["ended_at=2026-03-09 08:00"], ()),
        (["channel=other"], ()),
        (["id=20260310-bbbbbb"], ()),
        (["template=member"], ()),
        (["tags.0.x=1"], ()),
        (["subject="], ()),
        (["subject=a\nb"], ()),
    ],
)
def test_a_change_that_breaks_the_record_is_refused(record_log, assignments, unset):
    """What would make the record invalid, or is not understood, changes nothing."""
    with pytest.raises((InvalidError, ConflictError)):
        record_log.edit(ID, *assignments, unset=unset)
    assert (record_log.root / PATH).read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize("text", ["channel", "=email", ""])
def test_what_is_no_assignment_is_a_mistake_of_use(record_log, text):
    """An assignment has a key and a sign."""
    with pytest.raises(UsageError):
        record_log.edit(ID, text)


def test_the_customer_is_looked_up_like_in_create(record_log):
    """A customer given by name is stored by id; one nobody knows is refused."""
    record_log.write(
        "records/customers/beta.yaml", "id: beta\ntemplate: customer\nname: 贝塔\ntype: company\nstage: active\n"
    )
    assert record_log.edit(ID, "customer=贝塔").fields["customer"] == "beta"
    with pytest.raises(NotFoundError):
        record_log.edit(ID, "customer=gamma")


def test_the_agent_is_stored_by_id(record_log):
    """An agent given by name or alias is stored by id, as create does."""
    assert record_log.edit(ID, "agent=李静").fields["agent"] == "li"


@pytest.mark.parametrize(
    ("typed", "stored"), [("王芳", "wang"), ("小王", "wang"), ("LI@example.com", "li"), ("客服部", "客服部")]
)
def test_an_owner_is_stored_by_id(log, typed, stored):
    """Of a customer and of an issue, by any of a member's names; a department stays as it is written."""
    assert log.edit("acme", f"客户经理={typed}").fields["owner"] == stored
    issue = log.create("issue", f"owner={typed}")
    assert issue.fields["owner"] == stored
    assert log.edit(issue.id, "owner=somebody").fields["owner"] == "somebody"
    assert log.edit(issue.id, f"owner={typed}").fields["owner"] == stored


def test_an_edit_leaves_the_name_it_does_not_touch(log):
    """A name that stood in the file is no part of another change."""
    file = log.root / "records" / "customers" / "acme.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "owner: 王芳\n", encoding="utf-8")
    assert log.edit("acme", "stage=dormant").fields["owner"] == "王芳"


def test_a_change_that_changes_nothing_writes_nothing(record_log):
    """Setting what is there already leaves the file alone, its time included."""
    before = (record_log.root / PATH).stat()
    record_log.edit(ID, "channel=phone")
    after = (record_log.root / PATH).stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_an_old_mistake_does_not_stop_an_edit(record_log):
    """A record that is invalid already may be changed elsewhere, as long as nothing gets worse."""
    record_log.write(PATH, TEXT.replace("scenario: complaint", "scenario: nonsense"))
    assert record_log.edit(ID, "mood=calm").fields["mood"] == "calm"
    with pytest.raises(InvalidError):
        record_log.edit(ID, "satisfaction=nonsense")


def test_the_mode_and_a_symbolic_link_stay(record_log):
    """A file keeps its rights, and a link to it stays a link."""
    path = record_log.root / PATH
    real = record_log.root / "elsewhere.yaml"
    path.rename(real)
    real.chmod(0o640)
    path.symlink_to(real)
    record_log.edit(ID, "mood=calm")
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "mood: calm\n" in real.read_text(encoding="utf-8")


# Others who write


def test_what_an_editor_wrote_meanwhile_is_kept(record_log):
    """An editor that saves between our reading and our writing loses nothing: the change is made on its text."""
    calls = []

    def change(fields):
        if not calls:
            record_log.write(PATH, TEXT.replace("request: r", "request: changed by hand"))
        calls.append(1)
        return {**fields, "mood": "calm"}

    change_record(record_log.workspace(), PATH, change)
    after = (record_log.root / PATH).read_text(encoding="utf-8")
    assert changed_lines(TEXT, after) == (["request: r"], ["request: changed by hand", "mood: calm"])
    assert len(calls) == 2


def test_somebody_who_never_stops_writing_is_a_conflict(record_log):
    """When every attempt meets a new text the change gives up, and the last text of the other stands."""
    calls = []

    def change(fields):
        calls.append(1)
        record_log.write(PATH, TEXT.replace("request: r", f"request: {len(calls)} times"))
        return {**fields, "mood": "calm"}

    with pytest.raises(ConflictError, match="meanwhile"):
        change_record(record_log.workspace(), PATH, change)
    after = (record_log.root / PATH).read_text(encoding="utf-8")
    assert after == TEXT.replace("request: r", f"request: {len(calls)} times")


def test_a_record_that_vanishes_meanwhile_does_not_come_back(record_log):
    """A file deleted between reading and writing stays deleted."""

    def change(fields):
        (record_log.root / PATH).unlink(missing_ok=True)
        return {**fields, "mood": "calm"}

    with pytest.raises((ConflictError, NotFoundError, UnreadableError)):
        change_record(record_log.workspace(), PATH, change)
    assert not (record_log.root / PATH).exists()


def test_a_full_disk_leaves_the_file_as_it_was(record_log, monkeypatch):
    """When the disk takes nothing more, the old text stands and the error says so."""

    def refuse(self, path, data, expected):
        raise NotWritableError("cannot be written", file=path)

    monkeypatch.setattr(Log, "replace_file", refuse)
    with pytest.raises(NotWritableError):
        record_log.edit(ID, "mood=calm")
    assert (record_log.root / PATH).read_text(encoding="utf-8") == TEXT


# Whole texts, as an editor gives them back


def test_an_edited_text_is_written_as_it_is(record_log):
    """What was typed stands in the file byte for byte."""
    text = TEXT.replace("request: r", "request:    'two'  # said twice")
    save_text(record_log.workspace(), PATH, text, TEXT.encode())
    assert (record_log.root / PATH).read_text(encoding="utf-8") == text


def test_labels_in_an_edited_text_become_slugs(record_log):
    """A choice or a key typed by its label is stored by its slug; the rest of the text stays."""
    text = TEXT.replace("channel: phone", "channel: 邮件")
    save_text(record_log.workspace(), PATH, text, TEXT.encode())
    assert (record_log.root / PATH).read_text(encoding="utf-8") == TEXT.replace("channel: phone", "channel: email")


def test_a_member_in_an_edited_text_is_stored_by_id(record_log):
    """A name that was typed into the text becomes the id; the rest stays."""
    text = TEXT.replace("agent: 'wang'", "agent: 李静")
    save_text(record_log.workspace(), PATH, text, TEXT.encode())
    assert (record_log.root / PATH).read_text(encoding="utf-8") == TEXT.replace("agent: 'wang'", "agent: li")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("scenario: complaint", "scenario: nonsense"),
        ("subject: ", "subjekt: "),
        ("template: service", "template: unheard"),
        ("tags: [", "tags: [[[["),
        ("id: 20260310-aaaaaa\n", ""),
        (TEXT, "- a\n- b\n"),
    ],
)
def test_an_edited_text_that_is_no_valid_record_is_refused(record_log, old, new):
    """A text with a mistake is not written; the error has the line."""
    with pytest.raises(InvalidError) as caught:
        save_text(record_log.workspace(), PATH, TEXT.replace(old, new), TEXT.encode())
    assert caught.value.problems
    assert (record_log.root / PATH).read_text(encoding="utf-8") == TEXT


def test_an_edited_text_keeps_the_id(record_log):
    """The id of a record does not change under the people who know it."""
    with pytest.raises((ConflictError, InvalidError)):
        save_text(
            record_log.workspace(), PATH, TEXT.replace("id: 20260310-aaaaaa", "id: 20260310-bbbbbb"), TEXT.encode()
        )


def test_an_edited_text_does_not_overwrite_another(record_log):
    """When the file changed while the editor was open, nothing is written."""
    other = TEXT.replace("request: r", "request: by somebody else")
    record_log.write(PATH, other)
    with pytest.raises(ConflictError):
        save_text(record_log.workspace(), PATH, TEXT.replace("mood", "mood"), TEXT.encode())
    assert (record_log.root / PATH).read_text(encoding="utf-8") == other


def test_a_conflicted_record_says_so(record_log):
    """A file with the markers of a merge is a conflict for every verb, and is left alone."""
    text = TEXT.replace("request: r\n", "<<<<<<< HEAD\nrequest: r\n=======\nrequest: q\n>>>>>>> theirs\n")
    record_log.write(PATH, text)
    with pytest.raises(ConflictError):
        record_log.edit(ID, "mood=calm")
    assert (record_log.root / PATH).read_text(encoding="utf-8") == text
