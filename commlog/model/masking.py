"""Personal data made unrecognisable, with just enough left to tell two values apart."""

import re
from typing import Final

HIDDEN: Final = "***"
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()\-]{6,20}[0-9]")
_EMAIL: Final = re.compile(r"([^@\s])[^@\s]*(@[^@\s]+)")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*", re.DOTALL)
# The shortest number of which seven digits may stay in sight.
_MOBILE_LENGTH: Final = 11
_SHORT_LENGTH: Final = 7
# What stands for a name when none was given.
_NOBODY: Final = frozenset({"匿名客户", "匿名", "anonymous customer", "anonymous"})
# Digits and signs typed in Chinese full width.
_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９＠＋－．", "0123456789@+-.")
# What is personal inside free text. Dates, amounts and ids stay readable: they are shorter, or no phone begins so.
_ADDRESS: Final = re.compile(r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+")
_LONG_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z])[0-9](?:[ \-]?[0-9]){13,17}[ \-]?[0-9Xx](?![0-9A-Za-z])")
_NUMBERS: Final = re.compile(
    r"""(?<![0-9])(?:
      (?:\+?(?:00)?86[ \-]?)?1[3-9][0-9][ \-]?[0-9]{4}[ \-]?[0-9]{4}   # mobile
    | \(?0[1-9][0-9]{1,2}\)?[ \-]?[0-9]{3,4}[ \-]?[0-9]{4}             # landline with its area
    | [48]00[ \-]?[0-9]{3,4}[ \-]?[0-9]{3,4}                           # service number
    | \+[0-9][0-9 ()\-]{6,18}[0-9]                                     # any country
    )(?![0-9])""",
    re.VERBOSE,
)
# A local number is told from a date by the word before it.
_NAMED_NUMBER: Final = re.compile(
    r"((?:电话|手机|座机|号码|tel|phone|mobile)\D{0,4})([0-9](?:[ \-]?[0-9]){5,9})", re.IGNORECASE
)


def mask_value(text: str) -> str:
    """The text masked: a phone number as 138****0001, an e-mail address as w***@example.com, all else as ***."""
    stripped = text.strip()
    email = _EMAIL.fullmatch(stripped)
    if email:
        return f"{email[1]}{HIDDEN}{email[2]}"
    if _PHONE.fullmatch(stripped) and not _DATE.fullmatch(stripped):
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
    plain = text.translate(_FULL_WIDTH)
    if any(character.isdigit() or character == "@" for character in plain):
        plain = _ADDRESS.sub(lambda found: mask_value(found[0]), plain)
        plain = _LONG_NUMBER.sub(HIDDEN, plain)
        plain = _NUMBERS.sub(lambda found: _mask_phone(re.sub(r"[^0-9]", "", found[0])), plain)
        plain = _NAMED_NUMBER.sub(lambda found: found[1] + HIDDEN, plain)
    stripped = name.strip()
    return plain.replace(stripped, mask_name(stripped, is_company=is_company)) if len(stripped) > 1 else plain


def _mask_phone(digits: str) -> str:
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + _MOBILE_LENGTH:
            digits = digits[len(prefix) :]
    if len(digits) >= _MOBILE_LENGTH:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if len(digits) > _SHORT_LENGTH else HIDDEN
