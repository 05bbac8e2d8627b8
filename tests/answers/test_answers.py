"""Standard answers: found by what a customer asks, left out when they have expired."""

import pytest

from commlog.answers.list import COLUMN_NAMES, find_answers, list_answers, match_answers


@pytest.fixture
def answers(log):
    """Three answers, one of them for customers, one that ran out yesterday."""
    log.create("answer", "question=空调不制冷怎么办", "answer=a1", "keywords=空调,不制冷,R410A")
    log.create(
        "answer", "question=送货多久", "answer=a2", "keywords=送货,空调", "audience=customer", "valid_until=2026-03-16"
    )
    log.create(
        "answer", "question=退货", "answer=a3", "keywords=空调退货", "audience=customer", "valid_until=2026-03-15"
    )
    return log


def texts(matches):
    """The answers' texts, in order."""
    return [match.answer for match in matches]


def test_the_longest_keyword_comes_first(answers):
    """What holds 不制冷 is nearer than what only holds 空调."""
    found = match_answers(answers.workspace(), "我家空调不制冷了，送货的人说……", "internal")
    assert [(match.answer, match.keyword) for match in found] == [("a1", "不制冷"), ("a2", "送货")]


def test_width_and_case_do_not_count(answers):
    """Full-width letters and small ones are the same keyword."""
    assert texts(match_answers(answers.workspace(), "加ｒ４１０ａ吗", "internal")) == ["a1"]


def test_a_customer_gets_what_is_meant_for_customers(answers):
    """What is internal is not offered for reading out."""
    assert texts(match_answers(answers.workspace(), "空调不制冷", "customer")) == ["a2"]


def test_an_expired_answer_is_left_out_and_told(answers):
    """It holds on its last day, and is among the expired ones the day after."""
    found = find_answers(answers.workspace(), "空调退货", "internal")
    assert (sorted(texts(found.matches)), texts(found.expired)) == (["a1", "a2"], ["a3"])
    assert match_answers(answers.workspace(), "空调退货", "internal") == found.matches


def test_a_question_is_found_by_its_words(answers):
    """All words in the question or the keywords; a request of a customer is only matched by keywords."""
    assert texts(find_answers(answers.workspace(), "多久 送", "internal").matches) == ["a2"]
    assert match_answers(answers.workspace(), "多久 送", "internal") == ()


@pytest.mark.parametrize("text", ["", "   ", "%", "_", "'", "\x1e", "\x1fkeywords", "🙂"])
def test_words_that_fit_nothing_find_nothing(answers, text):
    """Blanks and signs that mean something elsewhere are plain text here."""
    assert find_answers(answers.workspace(), text, "internal").matches == ()


def test_the_list_says_what_has_expired(answers):
    """By question; whether it has expired is told, not left out."""
    listing = list_answers(answers.workspace(), "", (), ("id", -1))
    rows = [dict(zip(COLUMN_NAMES, row, strict=True)) for row in listing.rows]
    assert {row["question"]: (row["audience"], row["expired"]) for row in rows} == {
        "空调不制冷怎么办": ("internal", False),
        "送货多久": ("customer", False),
        "退货": ("customer", True),
    }
