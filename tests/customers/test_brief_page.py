"""A brief on the page: 80 columns, 40 lines, what matters first, nothing cut without a word."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.customers.rules.brief import (
    Brief,
    CallerMention,
    CareOccasion,
    LastContact,
    MissingDetail,
    OpenIssue,
    OpenPromise,
    OwedFollowUp,
    RepeatedMatter,
    StandardAnswer,
    TrendPoint,
    UnknownCaller,
    read_profile,
)
from commlog.customers.text.brief import BRIEF_FORMATS, HEIGHT, WIDTH, format_brief
from commlog.errors import UsageError
from commlog.followups.rules.dropped import DroppedBall
from commlog.output.formats import require_format
from commlog.output.labels import Labels
from commlog.output.text import width_of

PROFILE = read_profile("acme", {"name": "艾克米", "contacts": [{"name": "陈", "phone": "138****0001"}]}, is_masked=True)
EMPTY = Brief("2026-03-16", PROFILE, (), None, (), (), (), (), (), (), (), (), (), (), None)
WORDS = st.text(alphabet="话 a三天\n，b", min_size=1, max_size=200)


def page(brief: Brief | UnknownCaller, output_format: str = "text") -> str:
    """The brief with slugs for words."""
    return format_brief(brief, output_format, Labels(lambda _: {}))


def owed(number: int, action: str = "回电") -> OwedFollowUp:
    """An overdue follow-up."""
    return OwedFollowUp(f"20260310-aaaaaa/{number}", action, "wang", "2026-03-12", "open", 2, True, False)


def crowded(text: str, count: int) -> Brief:
    """A brief with so many of everything, all saying the same."""
    profile = read_profile(
        "acme",
        {
            "name": text,
            "labels": [text] * count,
            "preferences": [text] * count,
            "taboos": [text] * count,
            "notes": text,
            "do_not_contact": True,
            "contacts": [{"name": text, "phone": text}] * count,
            "addresses": [{"delivery_note": text}] * count,
        },
        is_masked=False,
    )
    last = LastContact("20260310-aaaaaa", "2026-03-10", 6, text, text, text, "inbound", text, text, text, text, text, 3)
    return Brief(
        "2026-03-16",
        profile,
        ("beta",),
        last,
        tuple(owed(number, text) for number in range(count)),
        tuple(OpenPromise("20260310-aaaaaa", "2026-03-10", text, None, is_open_point=False) for _ in range(count)),
        tuple(OpenIssue("20260310-aaaaaa", text, "open", text, "2026-03-10", 6) for _ in range(count)),
        tuple(DroppedBall("issue-without-next-action", "x", "p", "2026-03-10", "acme") for _ in range(count)),
        tuple(RepeatedMatter("tags", text, 2) for _ in range(count)),
        tuple(TrendPoint("2026-03-10", text) for _ in range(5)),
        (),
        (),
        tuple(CareOccasion("birthday", "2026-03-18", 2, text) for _ in range(count)),
        (MissingDetail("not_verified"),),
        StandardAnswer("20260310-aaaaaa", text, text, "internal"),
    )


@pytest.mark.slow
@given(text=WORDS, count=st.integers(0, 30))
@settings(deadline=None, max_examples=60)
def test_whatever_there_is_fits_the_screen(text: str, count: int) -> None:
    """However much there is to say, it takes at most 40 lines of 80 columns."""
    lines = page(crowded(text, count)).split("\n")
    assert len(lines) <= HEIGHT
    assert max(map(width_of, lines)) <= WIDTH


def test_nothing_to_say_takes_no_room() -> None:
    """Empty sections have no heading."""
    text = page(EMPTY)
    assert "none on record" in text and "138****0001" in text
    assert not any(heading in text for heading in ("Open", "Issues", "Promised", "Care", "Trend", "Dropped"))


def test_a_long_list_is_cut_with_its_count() -> None:
    """Of ten follow-ups those shown and those counted are ten."""
    lines = page(replace(EMPTY, follow_ups=tuple(map(owed, range(10))))).split("\n")
    shown = sum("LATE by 2 wd" in line for line in lines)
    assert any(line.endswith(f"… {10 - shown} more") for line in lines)


def test_leave_me_alone_comes_before_the_name() -> None:
    """Do not contact, withdrawn consent and hidden taboos stand above everything else."""
    fields = {
        "name": "艾克米",
        "do_not_contact": True,
        "consent": {"status": "withdrawn", "on": "2026-01-02"},
        "taboos": ["花生", "乳胶"],
    }
    lines = page(replace(EMPTY, profile=read_profile("acme", fields, is_masked=True))).split("\n")
    assert [line.startswith("!!") for line in lines[:4]] == [True, True, True, False]
    assert "DO NOT CONTACT" in lines[0] and "2026-01-02" in lines[1] and "TABOOS RECORDED: 2" in lines[2]
    assert "花生" not in "\n".join(lines)


def test_taboos_that_are_revealed_come_first() -> None:
    """Each revealed taboo is a line of its own below the name."""
    profile = read_profile("acme", {"name": "艾克米", "taboos": ["花生过敏"]}, is_masked=False)
    assert page(replace(EMPTY, profile=profile)).split("\n")[1] == "Taboos  ! 花生过敏"


def test_what_is_overdue_comes_before_what_is_not() -> None:
    """Late follow-ups are marked and first, those waiting for the customer last."""
    follow_ups = (
        replace(owed(1), is_overdue=False, late=None, status="awaiting_customer", action="等"),
        replace(owed(2), is_overdue=False, late=None, due="2026-03-16T18:00:00+08:00", action="今"),
        replace(owed(3), action="迟"),
    )
    text = page(replace(EMPTY, follow_ups=follow_ups))
    assert text.index("! LATE by 2 wd") < text.index("today 18:00") < text.index("waiting for the customer")


def test_trends_are_arrows() -> None:
    """Moods are told from the oldest to the newest; one mood alone is no trend."""
    readings = (TrendPoint("2026-03-02", "calm"), TrendPoint("2026-03-10", "angry"))
    assert "mood: calm → angry  (2026-03-02 – 03-10)" in page(replace(EMPTY, moods=readings))
    assert "mood:" not in page(replace(EMPTY, moods=readings[:1]))


def test_terminal_escapes_are_shown_not_sent() -> None:
    """A control character in a customer's words is shown as an escape."""
    text = page(replace(EMPTY, follow_ups=(owed(1, "\x1b[31m red"),)))
    assert "\x1b" not in text and "\\x1b" in text


def test_markdown_has_everything_and_no_foreign_marks() -> None:
    """Markdown leaves nothing out, and takes no mark from a customer's words."""
    text = page(replace(EMPTY, follow_ups=tuple(owed(number, "*<b>回电*") for number in range(30))), "markdown")
    assert "# 艾克米" in text and text.count("\\*&lt;b>回电\\*") == 30


def test_json_has_everything() -> None:
    """JSON holds all that there is by documented names, and what is hidden as null."""
    fields = {"name": "艾克米", "taboos": ["花生"]}
    told = json.loads(page(replace(crowded("话", 30), profile=read_profile("acme", fields, is_masked=True)), "json"))
    assert len(told["follow_ups"]) == 30
    assert (told["profile"]["taboos"], told["profile"]["taboo_count"]) == (None, 1)
    assert told["dropped_balls"][0]["text"] == "open issue with no next action"


def test_an_unknown_caller_is_told_by_what_names_them() -> None:
    """The records that name a caller are listed with what is open in them."""
    mention = CallerMention("20260310-aaaaaa", "2026-03-10", "interaction", "anonymous", "路人", "phone", "问价格", 1)
    caller = UnknownCaller("13812345678", (mention,))
    text = page(caller)
    assert "13812345678" in text.split("\n")[0]
    assert "路人" in text and "open: 1" in text
    assert json.loads(page(caller, "json"))["mentions"][0]["id"] == "20260310-aaaaaa"


def test_other_formats_are_refused() -> None:
    """A format a brief does not have is an error that names those it has."""
    with pytest.raises(UsageError):
        require_format("csv", BRIEF_FORMATS)
