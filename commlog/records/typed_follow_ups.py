"""A follow-up in one line of text, as somebody types it."""

import re
from typing import Final, NoReturn

from commlog.errors import UsageError
from commlog.forms.conversion import ConversionError, Converter
from commlog.forms.fields import Field, find_child, find_field
from commlog.messages import mark
from commlog.records.draft import parse_flow
from commlog.values import Fields
from commlog.workspace import Workspace

# The words that listings have for what the form calls otherwise.
_AS_LISTED: Final = {"责任人": "owner", "部门": "owner", "期限": "due", "事项": "action"}
_PIECE: Final = re.compile(r"\s*([^=;；]+?)\s*[=＝](.*)", re.DOTALL)


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
