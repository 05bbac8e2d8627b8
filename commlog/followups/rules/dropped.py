"""Dropped items: what a customer waits for and nobody plans to do, and the words in a text by which they are found."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from commlog.messages import mark, translate
from commlog.values import ValuePath

UNANSWERED: Final = "unanswered-contact"
PROMISE: Final = "promise-without-follow-up"
CALL_BACK: Final = "call-back-not-recorded"
MISSING_LINK: Final = "missing-link"
IDLE_ISSUE: Final = "issue-without-next-action"
LOW_SCORE: Final = "low-score-without-follow-up"

# What each rule says in one line, the most pressing first; the facts come from where it is found.
TEXTS: Final[dict[str, str]] = {
    UNANSWERED: mark("got in touch; nothing was done or planned, and nobody has contacted them since"),
    CALL_BACK: mark("{address} is done, but the promised contact is not recorded"),
    PROMISE: mark("something was promised, but no follow-up ensures it"),
    IDLE_ISSUE: mark("open issue with no next action"),
    LOW_SCORE: mark("gave a low score ({score}), and nobody follows it up"),
    MISSING_LINK: mark("mentions an earlier contact ('{words}'), but is not linked to any record"),
}

# Steps of satisfaction, and points of a survey, that call for somebody.
LOW_STEPS: Final = ("very_dissatisfied", "dissatisfied")
LOW_POINTS: Final = 2

# Actions that promise the customer to hear from us, folded. A report to a colleague is no call back.
CALL_BACK_WORDS: Final = (
    "回电",
    "回访",
    "答复客户",
    "回复客户",
    "联系客户",
    "告知客户",
    "通知客户",
    "给客户打电话",
    "致电客户",
    "call back",
    "call the customer",
    "call-back",
    "callback",
    "phone back",
    "reply to",
    "get back to",
    "ring back",
)

# Without one of these no text speaks of an earlier contact: looked for before the costlier pattern.
_STEMS: Final = re.compile(
    "上[次回]|[之此]前|再次|[二三四五多几]次|又[来打]|曾经|again|last|when|previous|earlier|before|second|third|fourth|as i |already"
)
_CONTACT: Final = (
    "(?:来电|致电|去电|来访|来信|来函|来店|反映|反馈|投诉|沟通|通话|电话|打过|联系|咨询|报修|回访|催|答应|承诺|说|提)"
)
_EARLIER: Final = re.compile(
    "|".join(
        (
            # A contact is named right after the word: 上次保养 and 再次购买 are none.
            rf"(?:上次|上回|之前|此前|曾经|再次)(?:就|也|已|已经|曾|的|在)?{_CONTACT}",
            r"又(?:来电|打来|打电话|来信|来投诉|来反映)",
            rf"(?:第[二三四五]|多|好几|几)次{_CONTACT}",
            r"\bas i (?:said|told|mentioned|explained)\b",
            r"\b(?:last time|when) (?:i|we|he|she|they) (?:called|phoned|wrote|rang|spoke|complained)\b",
            r"\b(?:said|promised|told|agreed) last time\b",
            r"\b(?:call|calls|called|write|writes|wrote|phoned|rang|complain|complains|complained|asked|reported) (?:us )?again\b",
            r"\b(?:called|wrote|phoned|complained|reported|contacted us) (?:us |this )?(?:before|earlier)\b",
            r"\b(?:previous|earlier|last) (?:call|mail|e-mail|email|message|chat|conversation|complaint|contact)\b",
            r"\b(?:second|third|fourth) (?:call|mail|e-mail|email|message|complaint|contact)\b",
            r"\balready told (?:us|you)\b",
        )
    )
)


@dataclass(frozen=True, slots=True)
class DroppedBall:
    """One of them: `rule` is a key of TEXTS, `day` the record's day (YYYY-MM-DD), `facts` what the words name.

    `place` is where in the record it shows, `since` the day from which on it was dropped.
    """

    rule: str
    record_id: str
    path: str
    day: str
    customer: str
    facts: tuple[tuple[str, str], ...] = ()
    place: ValuePath = ()
    since: str = ""

    @property
    def address(self) -> str:
        """What was dropped: a follow-up (`ID/n`) when the rule is about one, else the record (`ID`)."""
        return dict(self.facts).get("address", self.record_id)

    @property
    def suggestion(self) -> str:
        """The id of the record that is probably meant; empty when none is."""
        return dict(self.facts).get("suggestion", "")

    @property
    def text(self) -> str:
        """What is dropped, in the language in use."""
        return translate(TEXTS[self.rule]).format(**dict(self.facts))


def find_earlier_contact(text: str) -> str:
    """The words of a folded text that mention an earlier contact; empty when there are none."""
    found = _STEMS.search(text) and _EARLIER.search(text)
    return found[0] if found else ""


def promises_contact(action: str) -> bool:
    """Whether a folded action promises that the customer will hear from us."""
    return any(word in action for word in CALL_BACK_WORDS)


def in_order(balls: Iterable[DroppedBall]) -> tuple[DroppedBall, ...]:
    """The most pressing rule first, in each the newest record."""
    rules = list(TEXTS)
    newest_first = sorted(balls, key=lambda ball: (ball.day, ball.record_id), reverse=True)
    return tuple(sorted(newest_first, key=lambda ball: rules.index(ball.rule)))
