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


def mask_value(text: str) -> str:
    """The text masked: a phone number as 138****0001, an e-mail address as w***@example.com, all else as ***."""
    stripped = text.strip()
    email = _EMAIL.fullmatch(stripped)
    if email:
        return f"{email[1]}{HIDDEN}{email[2]}"
    if _PHONE.fullmatch(stripped) and not _DATE.fullmatch(stripped):
        return _mask_phone(re.sub(r"[^0-9]", "", stripped))
    return HIDDEN


def _mask_phone(digits: str) -> str:
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and len(digits) == len(prefix) + _MOBILE_LENGTH:
            digits = digits[len(prefix) :]
    if len(digits) >= _MOBILE_LENGTH:
        return f"{digits[:3]}****{digits[-4:]}"
    return f"****{digits[-2:]}" if len(digits) > _SHORT_LENGTH else HIDDEN
