"""From the explaining validator's errors to findings: what is wrong, where, and what is expected."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import referencing
import referencing.jsonschema
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from commlog.forms import fields as form_fields
from commlog.forms.catalog import Template
from commlog.forms.formats import CHECKS
from commlog.forms.keywords import KEYWORDS, message_of, own_words
from commlog.forms.schemas import Schema
from commlog.messages import current_language, mark, mark_plural, translate, translate_plural
from commlog.values import show_path

_MAX_SHOWN: Final = 60

_TYPE_WORDS: Final = {
    "string": mark("text"),
    "integer": mark("a whole number"),
    "number": mark("a number"),
    "boolean": mark("true or false"),
    "array": mark("a list"),
    "object": mark("a mapping of names to values"),
    "null": mark("empty"),
}
_FORMAT_WORDS: Final = {
    "date": mark("a date, e.g. 2026-03-10"),
    "date-time": mark("a moment with its offset, e.g. 2026-03-10T14:30:00+08:00"),
    "time": mark("a time of day, e.g. 09:30"),
    "email": mark("an e-mail address"),
}
# Of two findings on one value, the one on the right only repeats the one on the left.
_SAYS_MORE: Final = (
    ("wrong-format", "wrong-pattern"),
    ("wrong-pattern", "too-short"),
    ("blank", "too-short"),
    ("blank", "wrong-format"),
)


class Explainer:
    """Finds everything in data that does not fit one template."""

    def __init__(
        self, template: Template, resources: Mapping[str, Schema], *, root: str, retrieve: Callable[[str], Any]
    ) -> None:
        self._template = template
        dialect = referencing.jsonschema.DRAFT202012
        registry: referencing.Registry[Any] = referencing.Registry(retrieve=retrieve).with_resources(  # type: ignore[call-arg]
            (uri, dialect.create_resource(schema)) for uri, schema in resources.items()
        )
        kind = extend(Draft202012Validator, dict(KEYWORDS))  # type: ignore[no-untyped-call]  # has no types
        self._validator = kind({"$ref": root}, registry=registry, format_checker=_format_checker())

    def explain(self, data: form_fields.Data) -> tuple[form_fields.Finding, ...]:
        """Every finding, in the form's order; each place and kind once."""
        errors = list(self._validator.iter_errors(data))
        findings = [finding for error in errors for finding in self._convert(error)]
        if errors and not findings:
            findings = [self._other(error) for error in errors]
        unique: dict[tuple[form_fields.Path, str, str], form_fields.Finding] = {}
        for finding in findings:
            unique.setdefault((finding.path, finding.code, finding.facts.get("reason", "")), finding)
        codes = {(finding.path, finding.code) for finding in unique.values()}
        told = [
            finding
            for finding in unique.values()
            if not any(finding.code == less and (finding.path, more) in codes for more, less in _SAYS_MORE)
        ]
        return tuple(sorted(told, key=self._position))

    def _position(self, finding: form_fields.Finding) -> tuple[int, str]:
        first = finding.path[0] if finding.path else ""
        order = self._template.order
        place = order.index(first) if first in order else len(order)
        return place, "/".join(f"{step:06}" if isinstance(step, int) else str(step) for step in finding.path)

    def _convert(self, error: ValidationError) -> Iterator[form_fields.Finding]:
        keyword = str(error.validator)
        if keyword in {"anyOf", "oneOf"} and not message_of(error.schema):
            yield from self._convert_choice(error)
        elif keyword == "unevaluatedProperties":
            yield from self._convert_unevaluated(error)
        else:
            yield _READERS.get(keyword, Explainer._other)(self, error)

    def _convert_choice(self, error: ValidationError) -> Iterator[form_fields.Finding]:
        """Several forms are allowed: explain the one that comes nearest, never "none of them"."""
        keys = _keys_of_which_one(error)
        if keys:
            first = (*error.absolute_path, keys[0].split(" + ")[0])
            owner = self._owner(tuple(error.absolute_path))
            choices = ", ".join(_shown_keys(owner, key) for key in keys)
            yield form_fields.Finding("missing-choice", first, {"field": show_path(first), "choices": choices})
            return
        branches: dict[Any, list[ValidationError]] = {}
        for inner in error.context or ():
            branches.setdefault(inner.relative_schema_path[0], []).append(inner)
        if not branches:
            yield self._other(error)
            return
        fitting = [
            errors
            for errors in branches.values()
            if not any(inner.validator == "type" and not inner.relative_path for inner in errors)
        ]
        if fitting:
            for inner in min(fitting, key=len):
                yield from self._convert(inner)
        else:
            kinds = [_type_words(inner) for errors in branches.values() for inner in errors[:1]]
            words = translate(" or ").join(dict.fromkeys(kinds))
            yield self._wrong(error, "wrong-type", words)

    def _convert_unevaluated(self, error: ValidationError) -> Iterator[form_fields.Finding]:
        """Only keys no form knows: when a part fails, its keys count as unknown to the schema."""
        path = tuple(error.absolute_path)
        owner = self._owner(path)
        known = {field.key for field in owner.fields}
        for key in error.instance if isinstance(error.instance, dict) else ():
            if key not in known:
                yield self._unknown((*path, key), owner)

    def _unknown(self, path: form_fields.Path, owner: form_fields.HasFields) -> form_fields.Finding:
        key = str(path[-1])
        near = form_fields.nearest(key, owner)
        facts = {"field": show_path(path), "value": key} | ({"suggestion": near} if near else {})
        return form_fields.Finding("unknown-field", path, facts)

    def _additional(self, error: ValidationError) -> form_fields.Finding:
        path = tuple(error.absolute_path)
        return self._unknown(path, self._owner(path[:-1]))

    def _enum(self, error: ValidationError) -> form_fields.Finding:
        field = self._field(tuple(error.absolute_path))
        values: Any = error.validator_value
        near = form_fields.nearest_value(field, str(error.instance)) if field is not None else ""
        expected = ", ".join(form_fields.shown_choice(field, value) for value in values)
        return self._wrong(error, "not-in-list", expected, **({"suggestion": near} if near else {}))

    def _pattern(self, error: ValidationError) -> form_fields.Finding:
        if isinstance(error.instance, str) and not error.instance.strip():
            return self._finding(error, "blank")
        return self._wrong(error, "wrong-pattern", _expected(error))

    def _size(self, error: ValidationError) -> form_fields.Finding:
        code = "too-long" if str(error.validator).startswith("max") else "too-short"
        texts = {
            "Length": mark_plural("{count} character", "{count} characters"),
            "Items": mark_plural("{count} entry", "{count} entries"),
            "Properties": mark_plural("{count} field", "{count} fields"),
        }[str(error.validator)[3:]]
        count: Any = error.validator_value
        return self._finding(error, code, expected=translate_plural(*texts, count).format(count=count))

    def _range(self, error: ValidationError) -> form_fields.Finding:
        schema = error.schema if isinstance(error.schema, dict) else {}
        low, high = schema.get("minimum"), schema.get("maximum")
        if low is not None and high is not None:
            words = translate("{low} to {high}").format(low=low, high=high)
        else:
            words = f"{_COMPARISONS[str(error.validator)]} {error.validator_value}"
        return self._wrong(error, "out-of-range", words)

    def _other(self, error: ValidationError) -> form_fields.Finding:
        message = message_of(error.schema)
        if message:
            return self._finding(error, "rule-broken", reason=message)
        return self._finding(error, "schema-violation", reason=_first_words(error.message))

    def _wrong(self, error: ValidationError, code: str, expected: str, **facts: str) -> form_fields.Finding:
        """The finding for a value that is not what is expected."""
        return self._finding(error, code, value=_shown(error.instance), expected=expected, **facts)

    def _finding(self, error: ValidationError, code: str, **facts: str) -> form_fields.Finding:
        path = tuple(error.absolute_path)
        if "value" in facts and isinstance(error.schema, dict) and error.schema.get("x-secret"):
            facts["value"] = _concealed(error.instance)
        return form_fields.Finding(code, path, {"field": show_path(path), **facts})

    def _field(self, path: form_fields.Path) -> form_fields.Field | None:
        owner: form_fields.HasFields | form_fields.Field | None = self._template
        for step in path:
            if isinstance(step, int):
                owner = owner.item if isinstance(owner, form_fields.Field) else None
            else:
                owner = next((field for field in owner.fields if field.key == step), None) if owner else None
        return owner if isinstance(owner, form_fields.Field) else None

    def _owner(self, path: form_fields.Path) -> form_fields.HasFields:
        return (self._field(path) if path else None) or self._template


_COMPARISONS: Final = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}

_READERS: Final[Mapping[str, Callable[[Explainer, ValidationError], form_fields.Finding]]] = {
    "required": lambda self, error: self._finding(error, "missing-field"),
    "type": lambda self, error: self._wrong(error, "wrong-type", _type_words(error)),
    "enum": Explainer._enum,
    "const": lambda self, error: self._wrong(error, "const-differs", _shown(error.validator_value)),
    "format": lambda self, error: self._wrong(error, "wrong-format", _expected(error)),
    "pattern": Explainer._pattern,
    "additionalProperties": Explainer._additional,
    "if": lambda self, error: self._finding(error, "rule-broken", reason=error.message),
    **dict.fromkeys(_COMPARISONS, Explainer._range),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), Explainer._size
    ),
}


def _keys_of_which_one(error: ValidationError) -> list[str]:
    """What each form asks for, when none does more than require keys, and each lacks some; keys it wants together are joined."""
    forms: Any = error.validator_value
    if not error.context or not all(isinstance(form, dict) and set(form) == {"required"} for form in forms):
        return []
    return [" + ".join(form["required"]) for form in forms]


def _shown_keys(owner: form_fields.HasFields, keys: str) -> str:
    """Keys that are wanted together, each with the word people see for its field where that differs."""
    shown = []
    for key in keys.split(" + "):
        field = form_fields.find_child(owner, key)
        word = form_fields.label(field, current_language()) if field is not None else key
        shown.append(key if word.casefold().replace(" ", "_") == key else f"{key} ({word})")
    return " + ".join(shown)


def _format_checker() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in CHECKS.items():
        checker.checkers[name] = (partial(_fits, check), ())
    return checker


def _fits(check: Callable[[str], bool], value: object) -> bool:
    return not isinstance(value, str) or check(value)


def _expected(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    if isinstance(schema.get("x-expected"), dict):
        return own_words(schema, "x-expected")
    known = _FORMAT_WORDS.get(str(schema.get("format")))
    return translate(known) if known else _shown(error.validator_value)


def _type_words(error: ValidationError) -> str:
    schema = error.schema if isinstance(error.schema, dict) else {}
    if "format" in schema and ("x-expected" in schema or schema["format"] in _FORMAT_WORDS):
        return _expected(error)
    named: Any = error.validator_value
    if named == "string" and isinstance(error.instance, int | float):
        return translate("text (put it in quotes)")
    names = named if isinstance(named, list) else [named]
    return translate(" or ").join(translate(_TYPE_WORDS.get(name, str(name))) for name in names)


def _shown(value: form_fields.Data) -> str:
    if value is None:
        return translate("nothing")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _first_words(text)


def _concealed(value: form_fields.Data) -> str:
    """What may be shown of a value that may be a secret: the word before its first colon."""
    word, colon, _ = value.partition(":") if isinstance(value, str) else ("", "", "")
    return f"{word}:…" if colon and re.fullmatch("[a-z]{1,12}", word) else "…"


def _first_words(text: str) -> str:
    one_line = text.replace("\r", "").replace("\n", "↵").replace("\t", " ")
    return one_line if len(one_line) <= _MAX_SHOWN else one_line[: _MAX_SHOWN - 1] + "…"
