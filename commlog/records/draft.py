"""What people type as values of a template: assignments, follow-ups in a line, and whole texts, by key or label."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from commlog.errors import InvalidError, UsageError
from commlog.forms.catalog import Template
from commlog.forms.conversion import ConversionError, Converter, find_duration, placed, unknown_field
from commlog.forms.fields import TEXT, Field, canonical_path, find_child, find_field
from commlog.messages import mark, translate
from commlog.problems import Problem
from commlog.values import Data, Fields, ValuePath, path_of, show_path
from commlog.workspace import Workspace
from commlog.worktime.moment import parse_moment
from commlog.yamltext.parse import decode, parse_located, parse_yaml
from commlog.yamltext.scalars import MAX_DEPTH, YamlError

_ASSIGNMENT: Final = re.compile(r"\s*([^=]*?)\s*(\+?=)(.*)", re.DOTALL)
# The words that listings have for what the form calls otherwise.
_AS_LISTED: Final = {"责任人": "owner", "部门": "owner", "期限": "due", "事项": "action"}
_PIECE: Final = re.compile(r"\s*([^=;；]+?)\s*[=＝](.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`key=value` or `key+=value` as somebody typed it."""

    text: str
    key: str
    value: str
    is_addition: bool


def parse_assignment(text: str) -> Assignment:
    """An assignment from `key=value` or `key+=item`.

    Raises:
        UsageError: there is no `=`, no key before it, or one deeper than a file may be.
    """
    found = _ASSIGNMENT.fullmatch(text)
    if not found or not found[1]:
        raise UsageError(
            mark("'{text}' is not an assignment"), text=text, remedy=mark("write key=value, or key+=item for a list")
        )
    if len(path_of(found[1])) > MAX_DEPTH:
        raise UsageError(
            mark("'{key}…' is nested more than {most} levels deep"),
            key=found[1][:40],
            most=MAX_DEPTH,
            remedy=mark("use fewer levels"),
        )
    return Assignment(text, found[1], found[3], found[2] == "+=")


def assign_all(workspace: Workspace, template: Template, fields: Fields, texts: Sequence[str]) -> Fields:
    """The fields after every assignment, keys and choices by slug or label.

    Raises:
        InvalidError: with every assignment that does not fit, not only the first.
    """
    converter = converter_of(workspace)
    changed: Data = fields
    problems: list[Problem] = []
    for assignment in map(parse_assignment, texts):
        try:
            changed = _assign(converter, template, changed, assignment)
        except ConversionError as fault:
            facts = {**fault.facts, **_keys_of_item(template, assignment, fault)}
            problems.append(Problem(fault.code, field=facts.get("field", assignment.key), facts=tuple(facts.items())))
    if problems:
        raise _unfit(template, problems)
    return dict(changed)


def _unfit(template: Template, problems: Sequence[Problem]) -> InvalidError:
    return InvalidError(
        mark("the given values do not fit the template '{name}'"), name=template.name, problems=problems
    )


def _keys_of_item(template: Template, assignment: Assignment, fault: ConversionError) -> dict[str, str]:
    """What is expected instead of text that is no entry of a list, by the keys an entry has; empty elsewhere."""
    field = find_field(template, assignment.key) if fault.code == "wrong-type" else None
    item = (field.item or field) if field is not None else None
    if item is None or not item.fields:
        return {}
    keys = ", ".join(f"{child.key}: …" for child in item.fields if not child.read_only)
    return {"expected": translate("a mapping of these keys: {keys}").format(keys=f"{{{keys}}}")}


def converter_of(workspace: Workspace) -> Converter:
    """How typed text becomes values in this log: its zone, its calendar, the workspace's now."""
    return Converter(parse_flow, lambda text: parse_moment(text, workspace.now, workspace.log.settings.calendar))


def parse_flow(text: str) -> Data:
    """A value from one line of YAML or JSON.

    Raises:
        ValueError: it is neither.
    """
    try:
        return parse_yaml(text)
    except YamlError as fault:
        raise ValueError(fault.facts.get("reason", fault.code)) from None


def parse_input(raw: bytes, source: str) -> Fields:
    """The mapping in bytes that came from outside: YAML or JSON; a BOM and Windows line ends do no harm here.

    Raises:
        InvalidError: it is no YAML, or no mapping; names the source and the line.
    """
    plain = raw.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        data = _parse_json(plain) or parse_yaml(decode(plain))
    except YamlError as fault:
        problem = Problem(fault.code, source, fault.line, fault.column, "", tuple(fault.facts.items()))
        raise InvalidError(
            mark("the input is not a record"), problems=(problem,), source=plain.decode("utf-8", "replace")
        ) from None
    if not isinstance(data, dict):
        raise InvalidError(mark("the input is not a record"), problems=(Problem("not-a-mapping", source, 1, 1),))
    return data


def _parse_json(raw: bytes) -> Data:
    """The data of a JSON object; None when it is none. JSON may be indented with tabs, which YAML refuses."""
    if not raw.lstrip().startswith(b"{"):
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return None


def locate_problems(problems: Sequence[Problem], text: str, source: str) -> tuple[Problem, ...]:
    """The problems at the lines where a text that somebody typed has the fields."""
    try:
        located = parse_located(text)
    except YamlError:
        return tuple(problems)
    return tuple(
        Problem(item.code, source, *located.position(path_of(item.field)), item.field, item.facts) for item in problems
    )


def unset(template: Template, fields: Fields, key: str) -> Fields:
    """The fields without one, named by dotted key or label.

    Raises:
        InvalidError: no such field, or it is not set.
    """
    path = _path_in(template, key)
    try:
        return dict(_removed(fields, path))
    except (KeyError, IndexError, TypeError):
        raise InvalidError(mark("{field} is not set"), field=show_path(path)) from None


def _path_in(template: Template, key: str) -> ValuePath:
    try:
        return canonical_path(template, key)
    except KeyError as fault:
        finding = unknown_field(template, str(fault.args[0]))
        problem = Problem(finding.code, field=key, facts=tuple(finding.facts.items()))
        raise _unfit(template, [problem]) from None


def _assign(converter: Converter, template: Template, fields: Data, assignment: Assignment) -> Data:
    field = find_field(template, assignment.key)
    if field is None and (duration := find_duration(template, assignment.key)):
        return {**fields, duration.key: converter.convert(duration, assignment.value)}
    if field is None:
        raise ConversionError(unknown_field(template, assignment.key))
    path = canonical_path(template, assignment.key)
    if assignment.is_addition:
        entry = converter.convert_entry(field, assignment.value)
        return placed(fields, path, entry, is_addition=True)
    if field.type == TEXT and field.free:
        return placed(fields, path, parse_flow_or_text(assignment.value))
    return placed(fields, path, converter.convert(field, assignment.value))


def parse_flow_or_text(text: str) -> Data:
    """A value for a field no form foresees: numbers and yes/no as YAML reads them, anything else as text."""
    try:
        value = parse_flow(text)
    except ValueError:
        return text
    return text if value is None else value


def _removed(data: Data, path: ValuePath) -> Data:
    step, rest = path[0], path[1:]
    if rest:
        inner = _removed(data[step], rest)
        return {**data, step: inner} if isinstance(data, dict) else [*data[: int(step)], inner, *data[int(step) + 1 :]]
    if isinstance(data, dict):
        if step not in data:
            raise KeyError(step)
        return {key: value for key, value in data.items() if key != step}
    place = int(step)
    if not 0 <= place < len(data):
        raise IndexError(step)
    return [*data[:place], *data[place + 1 :]]


def parse_follow_up(workspace: Workspace, text: str, template_name: str) -> Fields:
    """A follow-up from `action=…; owner=…; priority=…; due=…`, or from one JSON or YAML mapping; the due stays as typed.

    Raises:
        UsageError: it is neither, or names what no follow-up has.
    """
    template = workspace.catalog.get(template_name)
    field = find_field(template, "followups.0")
    if field is None:
        raise UsageError(mark("the template '{name}' has no follow-ups"), name=template_name)
    stripped = text.strip()
    pairs = _mapping(stripped) if stripped.startswith("{") else _pieces(stripped)
    converter = Converter(parse_flow, _refuse)
    return dict(_pair(converter, field, key, value) for key, value in pairs.items())


def _refuse(value: str) -> NoReturn:
    raise ValueError(value)


def _pair(converter: Converter, field: Field, key: str, value: object) -> tuple[str, object]:
    child = find_child(field, _AS_LISTED.get(key.strip(), key))
    if child is None:
        known = ", ".join(item.key for item in field.fields if not item.read_only)
        raise UsageError(mark("a follow-up has no '{key}'"), key=key, remedy=mark("use some of: {known}"), known=known)
    if child.key == "due" or not isinstance(value, str):
        return child.key, value
    try:
        return child.key, converter.convert(child, value)
    except ConversionError as fault:
        raise UsageError(
            mark("follow-up: {key}: '{value}' is not {expected}"),
            key=child.key,
            value=value,
            expected=fault.facts.get("expected", ""),
        ) from None


def _mapping(text: str) -> dict[str, object]:
    try:
        value = parse_flow(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(
            mark("'{text}' is not a mapping"),
            text=text,
            remedy=mark('write e.g. {{"action": "…", "owner": "wang", "priority": "urgent"}}'),
        )
    return value


def _pieces(text: str) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for piece in re.split(r"[;；]", text):
        if not piece.strip():
            continue
        found = _PIECE.fullmatch(piece)
        if found is None:
            # Words alone are the action: the shortest thing to type after a call.
            if not pairs:
                pairs["action"] = piece.strip()
                continue
            raise UsageError(
                mark("'{text}' is not an assignment"),
                text=piece.strip(),
                remedy=mark("write: action=…; owner=…; priority=…; due=…"),
            )
        pairs[found[1]] = found[2].strip()
    return pairs
