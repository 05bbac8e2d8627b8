"""A digest as text, HTML and JSON: who reads it, what is hidden, what is counted."""

import json
import re
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest

from commlog.followups.rules.dropped import TEXTS
from commlog.messages import use_language
from commlog.output.text import width_of
from commlog.reminders.rules.digest import DigestLine, Item, Reason, Urgency, digest_of
from commlog.reminders.text import (
    MOST_LINES,
    DigestContext,
    format_deliveries,
    format_digest,
    format_html,
    format_items,
    format_subject,
)

NOW = datetime(2026, 3, 16, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
READING = DigestContext({"wang": "王芳"})
HOSTILE = "</td><script>alert('x')</script>\x1b[31m\u202e & \"quoted\"\nnext"


@pytest.fixture(autouse=True, params=["en", "zh"])
def language(request):
    """Every claim holds in both languages."""
    use_language(request.param)
    yield request.param
    use_language("en")


def item_of(number=1, urgency=Urgency.OVERDUE, **more):
    """A follow-up as the plan gives it."""
    facts = {
        "address": f"20260310-{number:06d}/1", "kind": "follow_up", "opened_at": "2026-03-10T06:52:00Z",
        "due": "2026-03-12T18:00:00+08:00", "owner": "wang", "text": "告知李娜到货日，电话13800000001",
        "customer": "li-na", "customer_name": "李娜", "is_company": False, "stages": ("overdue",),
        "due_at": datetime(2026, 3, 12, 18, tzinfo=NOW.tzinfo), "urgency": urgency, "late": 2,
    }  # fmt: skip
    return Item(**{**facts, **more})


def dropped(number=1, rule="low-score-without-follow-up", **more):
    """Something dropped, as the plan gives it."""
    facts = {
        "address": f"20260310-{number:06d}", "kind": "dropped", "opened_at": rule, "due": "", "stages": ("dropped",),
        "due_at": None, "day": date(2026, 3, 11), "late": 0, "text": "nobody looks after it",
    }  # fmt: skip
    return item_of(number, Urgency.DROPPED, **{**facts, **more})


def digest(*items, unreadable=(), reasons=()):
    """A digest of some items."""
    return digest_of(NOW, [DigestLine(item, item.stages, reasons) for item in items], unreadable)


class Page(HTMLParser):
    """The tags, attributes and text of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data):
        self.text += data


def test_each_item_has_two_lines_the_second_closes_it():
    """How it stands, for whom and what; then the command, ready to be completed."""
    lines = format_digest(digest(item_of()), READING).splitlines()
    assert len(lines) == 3
    assert "王芳" in lines[0]
    assert "2" in lines[1]
    assert "李*" in lines[1]
    assert lines[2] == "    commlog done 20260310-000001/1 --result …"


def test_columns_are_aligned_by_what_a_terminal_shows():
    """Actions begin in one column, whatever the widths of what is before them."""
    text = format_digest(
        digest(
            item_of(1, customer_name="Emma Hart", text="A"),
            item_of(2, late=12, text="A"),
            item_of(3, is_agreed=True, text="A"),
        ),
        READING,
    )
    places = {width_of(line[: line.rindex("A")]) for line in text.splitlines() if line.endswith("A")}
    assert len(places) == 1


def test_personal_data_is_masked_in_text_html_and_json():
    """No name, number or address of a customer leaves in any form."""
    told = digest(
        item_of(text="李娜 13800000001 li.na@example.com 021-62345678"),
        item_of(2, Urgency.CARE, kind="birthday", text="陈经理", due_at=None, day=NOW.date(), customer_name="海悦"),
        dropped(3, "missing-link", text="李娜 又来电 13800000001 li.na@example.com"),
    )
    for text in (
        format_digest(told, READING),
        format_html(told, READING),
        format_items(told, READING),
        format_deliveries([("mailto:wang@example.com", (), told)], READING),
        format_subject(told),
    ):
        assert not re.search("李娜|海悦|陈经理|13800000001|li\\.na@|62345678|wang@", text)


def test_what_is_revealed_is_whole():
    """Whoever asks for it at the terminal reads names and numbers."""
    text = format_digest(digest(item_of()), DigestContext({}, is_revealed=True))
    assert "告知李娜到货日，电话13800000001" in text


def test_hostile_text_stays_text():
    """Markup is escaped in HTML; control and direction characters steer nothing in any form."""
    told = digest(
        item_of(text=HOSTILE, customer_name=HOSTILE, owner=HOSTILE), reasons=(Reason("{name}", (("name", HOSTILE),)),)
    )
    page = Page(format_html(told, READING))
    assert set(page.tags) == {"html", "head", "meta", "title", "body", "h3", "table", "tr", "td", "br", "code"}
    assert "<script>alert" in page.text
    for text in (format_html(told, READING), format_digest(told, READING)):
        assert not set(text) & set("\x1b\u202e")
    assert all(len(block.splitlines()) == 3 for block in format_digest(told, READING).split("\n\n"))


def test_an_address_is_safe_to_paste():
    """An id that somebody wrote by hand is quoted for the shell when it is not plain."""
    text = format_digest(digest(item_of(address="$(reboot)/1"), item_of(address="a b\n/1")), READING)
    assert "commlog done '$(reboot)/1' --result …" in text
    assert "commlog done 'a b\\x0a/1' --result …" in text


def test_the_page_needs_nothing_from_outside(language):
    """Styles are inside, no address is named, and the language is said."""
    text = format_html(digest(item_of()), READING)
    page = Page(text)
    assert ("html", "lang", "zh-Hans" if language == "zh" else "en") in page.attributes
    assert not {"href", "src", "action", "background"} & {name for _, name, _ in page.attributes}
    assert not re.search("https?:|url\\(|@import", text)


def test_more_than_forty_lines_of_an_owner_are_counted():
    """The first forty are shown, the others counted, with the command that lists them."""
    text = format_digest(digest(*(item_of(number) for number in range(1000))), READING)
    assert text.count("commlog done") == MOST_LINES
    assert "960" in text
    assert "commlog pending owner:wang due:overdue" in text
    assert "1000" in format_subject(digest(*(item_of(number) for number in range(1000))))
    page = Page(format_html(digest(*(item_of(number) for number in range(1000))), READING))
    assert page.tags.count("tr") == MOST_LINES
    assert "960" in page.text


@pytest.mark.parametrize(
    ("owner", "command"),
    [
        ("物流部", "commlog pending owner:物流部 due:overdue"),
        ("A B'\"c", "commlog pending 'owner:\"A Bc\" due:overdue'"),
        ("", "commlog pending due:overdue"),
    ],
)
def test_the_command_for_the_others_is_safe_to_paste(owner, command):
    """An owner with spaces is quoted for the query and for the shell; none is left out."""
    text = format_digest(digest(*(item_of(number, owner=owner) for number in range(41))), READING)
    assert command in text.splitlines()[-1]


def test_hidden_items_that_are_not_overdue_are_not_called_so():
    """The command lists what is hidden, not less."""
    items = [item_of(number, Urgency.SOON) for number in range(41)]
    assert format_digest(digest(*items), READING).splitlines()[-1].endswith("commlog pending owner:wang")
    care = [item_of(number, Urgency.CARE, due_at=None, day=NOW.date()) for number in range(41)]
    assert format_digest(digest(*care), READING).splitlines()[-1].endswith("commlog care")
    balls = [dropped(number) for number in range(41)]
    assert format_digest(digest(*balls), READING).splitlines()[-1].endswith("commlog check")
    late = [item_of(number) for number in range(41)]
    assert (
        format_digest(digest(*late, *balls, *care), READING)
        .splitlines()[-1]
        .endswith("commlog pending owner:wang due:overdue; commlog check; commlog care")
    )


def test_the_most_urgent_comes_first():
    """Broken promises by lateness, then what is late, due today, near, and care."""
    day = timedelta(days=1)
    due = datetime(2026, 3, 12, 18, tzinfo=NOW.tzinfo)
    items = [
        item_of(8, Urgency.CARE, due_at=None, day=date(2026, 3, 10)),
        dropped(7, day=date(2026, 3, 12)),
        dropped(6, day=date(2026, 3, 11)),
        item_of(5, Urgency.SOON, due_at=due + 6 * day),
        item_of(4, Urgency.TODAY, due_at=due + 4 * day),
        item_of(3, due_at=due),
        item_of(2, Urgency.PROMISE_BROKEN, due_at=due + day, is_agreed=True),
        item_of(1, Urgency.PROMISE_BROKEN, due_at=due, is_agreed=True),
    ]
    told = digest(*items)
    assert [line.item for line in told.lines] == items[::-1]
    assert [entry["address"] for entry in json.loads(format_items(told, READING))] == [
        item.address for item in items[::-1]
    ]


def test_the_subject_counts_what_there_is():
    """Each kind with its number; a kind without any is not named."""
    use_language("en")
    told = digest(item_of(1), item_of(2), item_of(3, Urgency.TODAY))
    assert format_subject(told) == "[commlog] 2 overdue, 1 due today"
    told = digest(
        item_of(1), dropped(2), item_of(3, Urgency.CARE, due_at=None, day=NOW.date()), item_of(4, Urgency.SOON)
    )
    assert format_subject(told) == "[commlog] 1 overdue, 1 due soon, 1 dropped, 1 to care for"


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (item_of(late=1), "1 working day late"),
        (item_of(late=2, is_agreed=True), "promised, 2 working days late"),
        (item_of(late=0, due_at=NOW - timedelta(hours=1)), "overdue since 09:00"),
        (item_of(late=0, due_at=NOW - timedelta(days=1)), "overdue since 03-15 10:00"),
        (item_of(1, Urgency.TODAY, due_at=NOW + timedelta(hours=1)), "due today 11:00"),
        (item_of(1, Urgency.SOON, left=9_000, due_at=NOW + timedelta(days=1)), "due 03-17 10:00, 2:30 h of working time left"),
        (item_of(1, Urgency.SOON, left=0, due_at=NOW + timedelta(days=365)), "due 2027-03-16 10:00, 0:00 h"),
        (item_of(1, Urgency.CARE, due_at=None, day=NOW.date()), "today"),
        (item_of(1, Urgency.CARE, due_at=None, day=date(2026, 3, 18)), "2026-03-18"),
        (item_of(1, Urgency.CARE, due_at=None, day=date(2026, 3, 1)), "since 2026-03-01"),
        (dropped(), "since 2026-03-11"),
        (dropped(day=NOW.date()), "since 2026-03-16"),
    ],
)  # fmt: skip
def test_each_item_says_how_it_stands(item, said):
    """Late in working days, due today, or with the working time that is left."""
    use_language("en")
    assert format_digest(digest(item), READING).splitlines()[1].startswith(said)


def test_files_that_cannot_be_read_are_named_but_not_customers():
    """A digest says what is missing from it; the file of a customer may be named after a person."""
    told = digest(item_of(), unreadable=("records/customers/张三.yaml", "records/issues/2026/x.yaml"))
    for text in (format_digest(told, READING), format_html(told, READING)):
        assert "张三" not in text
        assert "records/issues/2026/x.yaml" in text
        assert "2" in text


def test_json_has_every_stage_and_stable_keys():
    """A program reads the same fields for each item, with all stages that hold."""
    (entry,) = json.loads(format_items(digest(item_of(stages=("today", "soon"))), READING))
    assert entry["stages"] == ["today", "soon"]
    assert set(entry) == {
        "kind", "address", "owner", "customer", "customer_name", "action", "opened_at", "due", "due_at", "is_overdue",
        "late", "agreed_with_customer", "stages", "rule", "since",
    }  # fmt: skip
    assert (entry["rule"], entry["since"]) == (None, None)


def test_json_says_which_rule_something_was_dropped_under():
    """What was dropped has no opening and no due time, but its rule and its day."""
    (entry,) = json.loads(format_items(digest(dropped()), READING))
    assert (entry["kind"], entry["rule"], entry["since"]) == ("dropped", "low-score-without-follow-up", "2026-03-11")
    assert (entry["opened_at"], entry["due"], entry["due_at"], entry["late"]) == (None, None, None, None)
    assert (entry["stages"], entry["is_overdue"], entry["action"]) == (["dropped"], False, "nobody looks after it")


@pytest.mark.parametrize(
    ("item", "command"),
    [
        *(
            (dropped(1, rule), "commlog add-follow-up 20260310-000001 …")
            for rule in (
                "unanswered-contact",
                "promise-without-follow-up",
                "issue-without-next-action",
                "low-score-without-follow-up",
            )
        ),
        (
            dropped(1, "call-back-not-recorded", address="20260310-000001/2"),
            "commlog create … --link 20260310-000001:answers",
        ),
        (dropped(1, "missing-link", suggestion="20260301-000009"), "commlog link 20260310-000001 20260301-000009"),
        (dropped(1, "missing-link", address="$(reboot)", suggestion="a b"), "commlog link '$(reboot)' 'a b'"),
        (dropped(1, "call-back-not-recorded", address="$(x)/1"), "commlog create … --link '$(x)':answers"),
    ],
)
def test_what_was_dropped_names_the_command_that_picks_it_up(item, command):
    """A new follow-up, the record of a contact, or the link, each safe to paste; in text and in HTML."""
    assert format_digest(digest(item), READING).splitlines()[2] == f"    {command}"
    assert command in Page(format_html(digest(item), READING)).text


def test_every_rule_has_a_command_that_exists():
    """What is named for picking something up are commands of this program."""
    from commlog.cli.app import COMMANDS

    for rule in TEXTS:
        words = format_digest(digest(dropped(1, rule, suggestion="x")), READING).splitlines()[2].split()
        assert words[:1] == ["commlog"]
        assert words[1] in COMMANDS
