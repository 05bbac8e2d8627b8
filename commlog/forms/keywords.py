"""The keywords of a schema that the explaining validator reads as the fast one does, or explains in a template's words."""

import functools
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from commlog.messages import current_language

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
