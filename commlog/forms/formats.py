"""The formats a template may ask of a text, checked the same way by both validators."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})")
_MONTH_DAY: Final = re.compile(r"[0-9]{2}-[0-9]{2}")
_TIME: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_MAIL_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=^_`{|}~-]+)*")
_MAIL_HOST: Final = re.compile(r"[^\W_](?:[\w.-]*[^\W_])?")
_LONGEST_MAIL: Final = 254
# 29 February is a birthday, whatever the year is.
_LEAP_YEAR: Final = "2024-"


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar: 2026-03-10."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_instant(text: str) -> bool:
    """Whether the text is a moment with seconds and offset: 2026-03-10T14:30:00+08:00."""
    if not _INSTANT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date_or_instant(text: str) -> bool:
    """Whether the text is a day or a moment with its offset."""
    return is_date(text) or is_instant(text)


def is_yearly_date(text: str) -> bool:
    """Whether the text is a day, or a month and a day: 1990-03-08 or 03-08."""
    return is_date(text) or (_MONTH_DAY.fullmatch(text) is not None and is_date(_LEAP_YEAR + text))


def _is_due(text: str) -> bool:
    return text == "none" or is_date_or_instant(text)


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def is_mail_address(text: str) -> bool:
    """Whether a text is one plain mail address: no name, no brackets, nothing that could end a header."""
    local, at, host = text.rpartition("@")
    if not at or len(text) > _LONGEST_MAIL or not _MAIL_LOCAL.fullmatch(local) or not _MAIL_HOST.fullmatch(host):
        return False
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _is_mail_address_or_service(text: str) -> bool:
    """What the pattern beside it lets through: a mail address that is one, or a service with its variables."""
    return "@" not in text or is_mail_address(text.removeprefix("mailto:"))


def _is_anything(_text: str) -> bool:
    return True


# The validators' own ideas of these differ from each other; none of our templates needs them.
_UNCHECKED: Final = (
    "duration",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
)

CHECKS: Final[Mapping[str, Callable[[str], bool]]] = MappingProxyType(
    {
        "date": is_date,
        "date-time": is_instant,
        "date-or-date-time": is_date_or_instant,
        "date-or-date-time-or-none": _is_due,
        "date-or-month-day": is_yearly_date,
        "time": _is_time,
        "email": _is_email,
        "mail-address-or-service": _is_mail_address_or_service,
        **dict.fromkeys(_UNCHECKED, _is_anything),
    }
)
