"""What a summary says of customers one by one: moods that worsen, and contacts that come back."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

# How bad a mood is; moods of one weight are neither better nor worse than each other. `other` says nothing.
WEIGHTS: Final[Mapping[str, int]] = {
    "satisfied": 0,
    "calm": 1,
    "neutral": 2,
    "anxious": 3,
    "impatient": 3,
    "dissatisfied": 3,
    "angry": 4,
}
LAST_RECORDS: Final = 3
REPEAT_DAYS: Final = 30
REPEAT_SECONDS: Final = REPEAT_DAYS * 86_400


class Contact(NamedTuple):
    """A customer who turned to us about something; `at` is in seconds since 1970."""

    customer: str
    category: str
    at: int


class Repeats(NamedTuple):
    """How many pairs of customer and category there were, and how many of them came back."""

    repeated: int
    pairs: int


def has_worsened(moods: Sequence[str]) -> bool:
    """Whether the last three moods, oldest first, never get better and end worse than they began."""
    weights = [WEIGHTS[mood] for mood in moods if mood in WEIGHTS][-LAST_RECORDS:]
    return len(weights) == LAST_RECORDS and weights == sorted(weights) and weights[-1] > weights[0]


def count_repeats(contacts: Iterable[tuple[str, str, int]], start: int) -> Repeats:
    """Pairs of customer and category with a contact from `start` on, and those with another within the 30 days before one.

    `contacts` are in order of time and begin 30 days before `start`, so that a pair may span the period's beginning.
    """
    pairs = set()
    repeated = set()
    last: dict[tuple[str, str], int] = {}
    for customer, category, at in contacts:
        pair = customer, category
        if at >= start:
            pairs.add(pair)
            if pair in last and at - last[pair] <= REPEAT_SECONDS:
                repeated.add(pair)
        last[pair] = at
    return Repeats(len(repeated), len(pairs))


def repeated_pairs(contacts: Iterable[Contact]) -> Iterator[tuple[tuple[str, str], int]]:
    """The pairs of customer and category that came back within 30 days, with the instant of each return; contacts in order of time."""
    last: dict[tuple[str, str], int] = {}
    for contact in contacts:
        pair = contact.customer, contact.category
        if pair in last and contact.at - last[pair] <= REPEAT_SECONDS:
            yield pair, contact.at
        last[pair] = contact.at
