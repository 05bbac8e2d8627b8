"""The formats a template may ask of a text, checked the same way by both validators."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from commlog.messages import current_language

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


Errors = Iterator[ValidationError]
# jsonschema builds its validator classes at run time; no type describes `descend`.
Validator = Any


def message_of(schema: Any) -> str:
    """The template's own words for what it asks (`x-message`), in the language in use; or empty."""
    words = schema.get("x-message") if isinstance(schema, dict) else None
    return str(words.get(current_language()) or words.get("en", "")) if isinstance(words, dict) else ""


def _required(_validator: Validator, required: Any, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, dict):
        for key in required:
            if key not in instance:
                yield ValidationError(f"{key} is required", path=[key])


def _additional(validator: Validator, additional: Any, instance: Any, schema: Any) -> Errors:
    if additional is not False:
        yield from _STANDARD["additionalProperties"](validator, additional, instance, schema)
    elif isinstance(instance, dict):
        patterns = schema.get("patternProperties", {})
        for key in instance:
            if key not in schema.get("properties", {}) and not any(matches(p, key) for p in patterns):
                yield ValidationError(f"{key} is not known", path=[key])


def _property_names(validator: Validator, names: Any, instance: Any, _schema: Any) -> Errors:
    for key in instance if isinstance(instance, dict) else ():
        for error in validator.descend(instance=key, schema=names):
            error.path.appendleft(key)
            yield error


def _pattern(_validator: Validator, pattern: str, instance: Any, _schema: Any) -> Errors:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Validator, patterns: Any, instance: Any, _schema: Any) -> Errors:
    for pattern, fitting in patterns.items():
        for key in instance if isinstance(instance, dict) else ():
            if matches(pattern, key):
                yield from validator.descend(instance[key], fitting, path=key, schema_path=pattern)


def _rule(validator: Validator, condition: Any, instance: Any, schema: Any) -> Errors:
    """A rule with words of its own is one error: the words, at the first place it fails."""
    branch = "then" if validator.evolve(schema=condition).is_valid(instance) else "else"
    if branch not in schema:
        return
    errors = list(validator.descend(instance, schema[branch], schema_path=branch))
    message = message_of(schema[branch])
    if errors and message:
        yield ValidationError(message, path=_first_place(errors[0]))
    else:
        yield from errors


def _first_place(error: ValidationError) -> list[str | int]:
    deeper = error.context[0] if error.context else None
    return [*error.relative_path, *(_first_place(deeper) if deeper is not None else ())]


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern is found in a text, in the fast validator's words and time; true when it cannot be read."""
    compiled = _compile(pattern)
    return compiled is None or compiled.is_valid(text)


@functools.cache
def _compile(pattern: str) -> Any:
    # Python's own engine may take a lifetime over a pattern like (a+)+$; this one takes no steps back.
    import jsonschema_rs

    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return None


Keyword = Callable[..., Errors]
_STANDARD: Final[Mapping[str, Keyword]] = MappingProxyType(dict(Draft202012Validator.VALIDATORS))

KEYWORDS: Final[Mapping[str, Keyword]] = MappingProxyType(
    {
        "required": _required,
        "additionalProperties": _additional,
        "propertyNames": _property_names,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "if": _rule,
    }
)
