"""A team's own rules on records (policies): what closing asks for, what free text must not hold, when it is written."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from commlog.followups.rules.follow_up import CLOSED, DONE, read_follow_up
from commlog.messages import mark
from commlog.privacy.rules.masking import HIDDEN, mask_value
from commlog.problems import ERROR, WARNING
from commlog.values import Data, Fields, ValuePath
from commlog.worktime.limits import Limit, parse_limit

CLOSING_REQUIRES: Final = "closing_requires"
OUTCOME_REQUIRES: Final = "outcome_requires"
NO_PERSONAL_NUMBERS: Final = "no_personal_numbers"
RECORD_LATE: Final = "record_late"
BACKDATED: Final = "backdated"

# The kinds of problems that records break policies by.
_CODES: Final = {
    CLOSING_REQUIRES: "closing-incomplete",
    OUTCOME_REQUIRES: "outcome-incomplete",
    NO_PERSONAL_NUMBERS: "personal-number",
}
_SEVERITY: Final = "severity"
_OFF: Final = "off"

# What kinds of numbers are looked for, as a problem names them.
ID_CARD: Final = mark("ID card")
BANK_CARD: Final = mark("bank card")
MOBILE: Final = mark("mobile phone")

_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９－．＋", "0123456789-.+")
_ID_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z])[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?"
    r"[0-9]{3}[0-9Xx](?![0-9A-Za-z])"
)
# Cards begin so; numbers of orders mostly begin with a year.
_BANK_CARD: Final = re.compile(r"(?<![0-9A-Za-z])(?:[3-69]|2[2-7])[0-9]*(?:[ -]?[0-9]){11,18}(?![0-9A-Za-z])")
_MOBILE: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:\+|00)?86[ -]?)?1[3-9][0-9][ -]?[0-9]{4}[ -]?[0-9]{4}(?![0-9A-Za-z])"
)
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS: Final = "10X98765432"
_CARD_LENGTHS: Final = range(16, 20)


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies of a log: the severity of each that is on, and what they ask for; off without a severity."""

    severities: Mapping[str, str] = field(default_factory=dict)
    closing_requires: tuple[str, ...] = ()
    outcome_requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    backdated: Limit = Limit(1, "d")  # noqa: RUF009 - a value that cannot change

    def has(self, *names: str) -> bool:
        """Whether any of some policies is on."""
        return any(name in self.severities for name in names)


def build_policies(fields: Fields) -> Policies:
    """The policies in the key `policies` of a log's settings, which has no faults; what is not named there is off."""
    severities = {name: _severity_of(name, fields[name]) for name in fields}
    closing, outcomes = fields.get(CLOSING_REQUIRES, ()), fields.get(OUTCOME_REQUIRES, {})
    backdated = fields.get(BACKDATED, "1d")
    return Policies(
        {name: severity for name, severity in severities.items() if severity != _OFF},
        tuple(closing["fields"] if isinstance(closing, dict) else closing),
        {name: tuple(wanted) for name, wanted in outcomes.items() if name != _SEVERITY},
        parse_limit(backdated["after"] if isinstance(backdated, dict) else backdated),
    )


def _severity_of(name: str, value: Data) -> str:
    """How serious a policy is taken: its value itself, or said beside what it asks for."""
    if name in {NO_PERSONAL_NUMBERS, RECORD_LATE}:
        return str(value)
    usual = WARNING if name == BACKDATED else ERROR
    return str(value.get(_SEVERITY, usual)) if isinstance(value, dict) else usual


class FoundNumber(NamedTuple):
    """A number in free text that identifies a person: its kind, where it begins, and how it may be shown."""

    kind: str
    start: int
    shown: str


@dataclass(frozen=True, slots=True)
class PolicyViolation:
    """What in one record breaks a policy: the code of the problem, the place, and the facts."""

    code: str
    place: ValuePath
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FormKeys:
    """What policies need of a form: the dotted keys it has, without places in lists, and which are exempt from masking."""

    keys: frozenset[str]
    is_exempt: Callable[[str], bool]


def find_violations(policies: Policies, fields: Fields, form: FormKeys) -> Iterator[PolicyViolation]:
    """What in a record breaks the policies that one record alone can break, in the order of the policies."""
    if policies.has(CLOSING_REQUIRES):
        yield from _find_incomplete_closings(policies, fields, form)
    if policies.has(OUTCOME_REQUIRES):
        yield from _find_incomplete_outcome(policies, fields, form)
    if policies.has(NO_PERSONAL_NUMBERS):
        for place, text in iter_texts(fields, form.is_exempt):
            for found in find_numbers(text):
                yield _violation(policies, NO_PERSONAL_NUMBERS, place, kind=found.kind, value=found.shown)


def _violation(policies: Policies, policy: str, place: ValuePath, **facts: str) -> PolicyViolation:
    return PolicyViolation(_CODES[policy], place, (*facts.items(), (_SEVERITY, policies.severities[policy])))


def _find_incomplete_closings(policies: Policies, fields: Fields, form: FormKeys) -> Iterator[PolicyViolation]:
    items = fields.get("followups")
    wanted = [name for name in policies.closing_requires if f"followups.{name}" in form.keys]
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if not isinstance(item, dict):
            continue
        follow_up = read_follow_up(item, place + 1)
        # What was given up has no result.
        if follow_up.status not in {DONE, CLOSED} or follow_up.is_cancelled:
            continue
        for name in wanted:
            if is_blank(item, name):
                facts = {"value": str(follow_up.n), "missing": name, "status": follow_up.status}
                yield _violation(policies, CLOSING_REQUIRES, ("followups", place, name), **facts)


def _find_incomplete_outcome(policies: Policies, fields: Fields, form: FormKeys) -> Iterator[PolicyViolation]:
    outcome = fields.get("outcome")
    wanted = policies.outcome_requires.get(outcome, ()) if isinstance(outcome, str) else ()
    for name in wanted:
        # A form that has no such field cannot be asked for it.
        if name in form.keys and is_blank(fields, name):
            yield _violation(policies, OUTCOME_REQUIRES, tuple(name.split(".")), value=str(outcome), missing=name)


def is_blank(fields: Mapping[str, Data], dotted: str) -> bool:
    """Whether a field that a dotted key names is absent or empty."""
    value: Data = fields
    for step in dotted.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, (list, Mapping)) and not value)


def iter_texts(
    value: Data, is_exempt: Callable[[str], bool], place: ValuePath = (), key: str = ""
) -> Iterator[tuple[ValuePath, str]]:
    """Each text in a value with its place, but for those under keys that are exempt."""
    if key and is_exempt(key):
        return
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from iter_texts(item, is_exempt, (*place, name), f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from iter_texts(item, is_exempt, (*place, number), key)


def find_numbers(text: str) -> list[FoundNumber]:
    """ID cards (by their check digit), bank cards (by Luhn) and mobile phones in free text that are not masked."""
    plain = text if text.isascii() else text.translate(_FULL_WIDTH)
    found: list[FoundNumber] = []
    taken: list[range] = []
    for kind, pattern, is_one in _PATTERNS:
        for match in pattern.finditer(plain):
            digits = re.sub(r"[ +-]", "", match[0])
            if is_one(digits) and not any(match.start() in span for span in taken):
                taken.append(range(*match.span()))
                shown = mask_value(digits) if kind == MOBILE else HIDDEN
                found.append(FoundNumber(kind, match.start(), shown))
    return sorted(found, key=lambda one: one.start)


def _is_id_card(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return _CHECK_DIGITS[total % 11] == digits[-1].upper()


def _is_bank_card(digits: str) -> bool:
    if len(digits) not in _CARD_LENGTHS or len(set(digits)) == 1:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (1 + place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


_PATTERNS: Final[tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...]] = (
    (ID_CARD, _ID_CARD, _is_id_card),
    (BANK_CARD, _BANK_CARD, _is_bank_card),
    (MOBILE, _MOBILE, lambda _: True),
)
