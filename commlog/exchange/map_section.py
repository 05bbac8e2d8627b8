"""A file of YAML that has no schema, while it is read: its data, its lines, and what was found wrong with it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from commlog.messages import mark, translate
from commlog.values import Data, Fields, ValuePath, show_path
from commlog.yamltext.parse import parse_located, parse_yaml

if TYPE_CHECKING:
    from commlog.problems import Problem

T = TypeVar("T")


class SettingsSection:
    """A file, or a part of it; what is wrong with it is added to `faults`."""

    def __init__(self, name: str, text: str, faults: "list[Problem]") -> None:
        self.name = name
        self.faults = faults
        self.text = text
        data = parse_yaml(text) if text.strip() else {}
        self.fields: Fields = data if isinstance(data, dict) else {}
        if not isinstance(data, dict) and data is not None:
            self.report("not-a-mapping", ())

    def report(self, code: str, path: ValuePath, **facts: str) -> None:
        """Note that the value at a path is wrong."""
        expected = facts.get("expected")
        if expected:
            facts["expected"] = translate(expected)
        line, column = parse_located(self.text).position(path) if self.text.strip() else (1, 1)
        # Loaded with the first mistake; mostly there is none.
        from commlog.problems import Problem

        self.faults.append(Problem(code, self.name, line, column, show_path(path), tuple(facts.items())))

    def refuse_unknown(self, path: ValuePath, fields: Fields, known: tuple[str, ...]) -> None:
        """Report every key that is not known, with the nearest one that is."""
        for key in fields:
            if key not in known:
                from difflib import get_close_matches

                near = get_close_matches(key, known, 1)
                facts = {"suggestion": near[0]} if near else {}
                self.report("unknown-setting", (*path, key), **facts)

    def mapping(self, key: str) -> Fields:
        """The mapping under a key; anything else is reported and counts as empty."""
        value = self.fields.get(key)
        if value is not None and not isinstance(value, dict):
            self.report("bad-setting", (key,), value=_shown(value), expected=mark("a mapping"))
        return value if isinstance(value, dict) else {}

    def items(self, key: str) -> list[Data]:
        """The list under a key; anything else is reported and counts as empty."""
        value = self.fields.get(key)
        if value is not None and not isinstance(value, list):
            self.report("bad-setting", (key,), value=_shown(value), expected=mark("a list"))
        return value if isinstance(value, list) else []

    def find(self, path: ValuePath) -> Data:
        """The value at a path, None when there is none."""
        value: Data = self.fields
        for step in path:
            if isinstance(value, dict):
                value = value.get(step)
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
            else:
                return None
        return value

    def choice(self, path: ValuePath, choices: tuple[str, ...], default: str) -> str:
        """The word at a path when it is one of the choices; otherwise the default, and a report."""
        value = self.find(path)
        if value is None:
            return default
        if value not in choices:
            self.report("bad-setting", path, value=_shown(value), expected=" | ".join(choices))
            return default
        return str(value)

    def convert(self, path: ValuePath, parse_value: Callable[[Data], T], default: T, expected: str) -> T:
        """The value at a path as `parse_value` takes it; the default when absent or (reported) wrong."""
        value = self.find(path)
        return default if value is None else self.attempt(path, lambda: parse_value(value), default, expected)

    def attempt(self, path: ValuePath, parse_value: Callable[[], T], default: T, expected: str) -> T:
        """What `parse_value` gives; the default, and a report at the path, when it raises."""
        try:
            return parse_value()
        except (ValueError, TypeError, KeyError, OSError):
            shown = path[-1] if self.find(path) is None else self.find(path)
            self.report("bad-setting", path, value=_shown(shown), expected=expected)
            return default

    def require(self, path: ValuePath) -> None:
        """Report a value that is missing."""
        if self.find(path) is None:
            self.report("missing-field", path)


def _shown(value: Data) -> str:
    """A value as a person would write it on one line."""
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
