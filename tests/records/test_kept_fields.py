"""What a history keeps of an issue's fields, in words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.forms.catalog import Catalog
from commlog.issues.rules.issue import history_note
from commlog.messages import use_language
from commlog.records.text import kept_in_words, with_kept_in_words

FORM = Catalog().get("issue")


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (
            "completed_on=2026-03-16; confirmation=needs_improvement (Emma Hart, phone); score=3",
            (
                "Completed on: 2026-03-16; Customer's confirmation: Needs improvement (Emma Hart, phone);"
                " Satisfaction score: 3"
            ),
        ),
        ("confirmation=no_answer", "Customer's confirmation: No answer"),
        ("it slips\nscore=2", "it slips\nSatisfaction score: 2"),
        (
            "closed_on=2026-03-10; closed_reason=moved away; score=2 was said",
            "Closed on: 2026-03-10; Reason without confirmation: moved away; score=2 was said",
        ),
        ("solution=new belt; score=5 is promised", "Solution before: new belt; score=5 is promised"),
        ("owner=li; department=R&D", "Owner before: li; Department before: R&D"),
        ("a=b; score", "a=b; score"),
        ("the score=2 is low", "the score=2 is low"),
        ("", ""),
    ],
)
def test_fields_are_told_by_label_and_choice(note, words):
    """A line that keeps fields has their labels and the words of choices; what people wrote stays as it is."""
    assert kept_in_words(FORM, note) == words


@settings(deadline=None, max_examples=100)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "completed_on": st.dates().map(str),
            "confirmation": st.sampled_from([{"result": "satisfied"}, {"result": "no_answer", "how": "phone"}]),
            "score": st.integers(1, 5),
            "closed_on": st.dates().map(str),
            "closed_reason": st.from_regex(r"[a-z;= ]*[a-z]", fullmatch=True),
        },
    )
)
def test_no_key_is_left_of_what_a_round_keeps(fields):
    """Whatever a round keeps, each value is told behind its label, and no key is."""
    keys = ("completed_on", "confirmation", "score", "closed_on", "closed_reason")
    reason = fields.get("closed_reason", "")
    words = kept_in_words(FORM, history_note(fields, keys)).removesuffix(reason)
    assert not [key for key in keys if f"{key}=" in words]
    assert str(fields.get("score", "")) in words


def test_only_the_history_changes():
    """Other fields stay, and so does a record without a history."""
    fields = {"title": "score=2", "history": [{"at": "x", "note": "score=2"}, {"at": "y"}, "odd"]}
    told = with_kept_in_words(FORM, fields)
    assert told == {"title": "score=2", "history": [{"at": "x", "note": "Satisfaction score: 2"}, {"at": "y"}, "odd"]}
    assert fields["history"][0]["note"] == "score=2"
    assert with_kept_in_words(FORM, {"history": "odd"}) == {"history": "odd"}


@pytest.mark.parametrize(("language", "word"), [("en", "Solution: "), ("zh", "：")])
def test_each_solution_stands_beside_its_fix(language, word):
    """A solution that another took the place of is told at the fix that gave it; what is told of a fixed issue is no fix."""
    use_language(language)
    history = [
        {"status": "fixed"},
        {"status": "fixed", "note": "confirmation=no_answer"},
        {"status": "open", "note": "it drips\ncompleted_on=2026-03-16"},
        {"status": "fixed", "note": "tried\nsolution=tightened"},
        {"status": "open"},
        {"status": "fixed", "note": "solution=glued"},
    ]
    told = with_kept_in_words(FORM, {"solution": "new valve", "history": history})["history"]
    notes = [entry.get("note", "") for entry in told]
    assert notes[0].endswith(f"{word}tightened")
    assert notes[3].startswith("tried\n")
    assert notes[3].endswith(f"{word}glued")
    assert notes[5].endswith(f"{word}new valve")
    assert [text for text in (notes[1], notes[2], notes[4]) if "valve" in text or "glued" in text] == []
    assert with_kept_in_words(FORM, {"solution": "x", "history": history[:1]})["history"] == history[:1]
