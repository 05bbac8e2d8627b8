"""Personal data made unrecognisable, with just enough left to tell two values apart."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

HIDDEN: Final = "***"
# The patterns are texts, which `re` compiles when they are first used: most text holds no sign of any of them.
# What is sealed, or shown for it, differs from what is hidden.
_SEALED: Final = r"age(?:\+json)?(?:@[0-9a-z]{10})?:[A-Za-z0-9+/]{16,}={0,2}|\[sealed(?:: unreadable)?\]"
_PHONE: Final = r"\+?[0-9][0-9 ()\-]{6,20}[0-9]"
_EMAIL: Final = r"([^@\s])[^@\s]*(@[^@\s]+)"
_DATE: Final = r"(?s)[0-9]{4}-[0-9]{2}-[0-9]{2}.*"
# The shortest number of which seven digits may stay in sight.
_MOBILE_LENGTH: Final = 11
_SHORT_LENGTH: Final = 7
# The names of a customer who gave none.
_NOBODY: Final = frozenset({"匿名客户", "匿名", "anonymous customer", "anonymous"})
# Digits and signs typed in Chinese full width.
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９＠＋－．", "0123456789@+-.")
# Text without any of these holds nothing that is masked.
_SIGNS: Final = re.compile(r"[@＠]|[0-9０-９](?:[ ()\-－]*[0-9０-９]){5}")
# What is personal inside free text. Dates, amounts and ids stay readable: they are shorter, or no phone begins so.
# A name of any length would be looked for from each of its letters on: half an hour for a megabyte without a sign.
_ADDRESS: Final = r"[A-Za-z0-9._%+\-]{1,256}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+"
_LONG_NUMBER: Final = r"(?<![0-9A-Za-z])[0-9](?:[ \-]?[0-9]){13,17}[ \-]?[0-9Xx](?![0-9A-Za-z])"
_NUMBERS: Final = r"""(?x)(?<![0-9])(?:
      (?:\+?(?:00)?86[ \-]?)?1[3-9][0-9][ \-]?[0-9]{4}[ \-]?[0-9]{4}   # mobile
    | \(?0[1-9][0-9]{1,2}\)?[ \-]?[0-9]{3,4}[ \-]?[0-9]{4}             # landline with its area
    | [48]00[ \-]?[0-9]{3,4}[ \-]?[0-9]{3,4}                           # service number
    | \+[0-9][0-9 ()\-]{6,18}[0-9]                                     # any country
    )(?![0-9])"""
# A local number differs from a date by the word before it; a date stays one.
_NAMED_NUMBER: Final = r"(?i)(?:电话|手机|座机|号码|tel|phone|mobile)\D{0,4}(?![0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9]))([0-9](?:[ \-]?[0-9]){5,9})"


class MaskRules(NamedTuple):
    """What is masked beside the fields that templates mark: customers' names, and numbers and addresses in free text."""

    names: bool = False
    text: bool = True


class Span(NamedTuple):
    """A stretch of a text that is personal, from `start` up to `end`, and what is shown instead."""

    start: int
    end: int
    shown: str


def mask_value(text: str) -> str:
    """The text masked: a phone number as 138****0001, an e-mail address as w***@example.com, all else as ***."""
    stripped = text.strip()
    if stripped.startswith(("age", "[sealed")) and re.fullmatch(_SEALED, stripped):
        return stripped if stripped.startswith("[") else "[sealed]"
    email = re.fullmatch(_EMAIL, stripped)
    if email:
        return f"{email[1]}{HIDDEN}{email[2]}"
    if re.fullmatch(_PHONE, stripped) and not re.fullmatch(_DATE, stripped):
        return _mask_phone(re.sub(r"[^0-9]", "", stripped))
    return HIDDEN


def mask_name(text: str, *, is_company: bool = False) -> str:
    """The name masked: 李* of a person, 上海** of a company; never all of it, and not how long it is."""
    stripped = text.strip()
    if stripped.casefold() in _NOBODY:
        return stripped
    kept, stars = (2, "**") if is_company else (1, "*")
    return stripped[: min(kept, max(0, len(stripped) - 1))] + stars


def mask_text(text: str, name: str = "", *, is_company: bool = False) -> str:
    """Free text with phone numbers, numbers of cards, e-mail addresses and every mention of `name` masked."""
    masked = splice(text, find_personal(text))
    stripped = name.strip()
    return masked.replace(stripped, mask_name(stripped, is_company=is_company)) if len(stripped) > 1 else masked


def find_personal(text: str) -> list[Span]:
    """Phone numbers, numbers of cards and e-mail addresses in free text, in their order, with what to show instead."""
    if not _SIGNS.search(text):
        return []
    # Signs in full width are one character each: places in the plain text are places in the text.
    plain = text if text.isascii() else text.translate(_FULL_WIDTH)
    found = [Span(*one.span(), mask_value(one[0])) for one in re.finditer(_ADDRESS, plain)]
    _add(found, [Span(*one.span(), HIDDEN) for one in re.finditer(_LONG_NUMBER, plain)])
    _add(found, [Span(*one.span(), _mask_phone(re.sub("[^0-9]", "", one[0]))) for one in re.finditer(_NUMBERS, plain)])
    _add(found, [Span(*one.span(1), HIDDEN) for one in re.finditer(_NAMED_NUMBER, plain)])
    return sorted(found)


def splice(text: str, spans: Sequence[Span]) -> str:
    """The text with each stretch replaced by what is shown instead; the stretches stand in their order."""
    parts: list[str] = []
    at = 0
    for start, end, shown in spans:
        parts += text[at:start], shown
        at = end
    return "".join((*parts, text[at:]))


def _add(found: list[Span], more: Sequence[Span]) -> None:
    """Add the stretches that touch none of those found before."""
    found += [one for one in more if all(one.end <= other.start or one.start >= other.end for other in found)]


def _mask_phone(digits: str) -> str:
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + _MOBILE_LENGTH:
            digits = digits[len(prefix) :]
    if len(digits) >= _MOBILE_LENGTH:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if len(digits) > _SHORT_LENGTH else HIDDEN
