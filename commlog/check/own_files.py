"""Rules on the log's own files: settings, calendar, templates, and what lies about in records/."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commlog.errors import CommlogError
from commlog.forms.catalog import SUFFIX as SCHEMA_SUFFIX
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS, SUFFIX
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.problems import Problem
from commlog.values import show_path
from commlog.workspace import Workspace
from commlog.yamltext.parse import YamlError, decode, parse_located

# The log's own files by the name of the schema each must fit.
_SETTINGS: Final = {"commlog": SETTINGS_FILE, "calendar": CALENDAR_FILE}
_LIKE_A_RECORD: Final = (".yml", SUFFIX)


def list_own_files(workspace: Workspace) -> list[str]:
    """The log's settings files and templates, as paths inside the log."""
    settings = [name for name in _SETTINGS.values() if (workspace.log.root / name).is_file()]
    return settings + [f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}" for name in _own_templates(workspace)]


def find_wrong_settings(workspace: Workspace) -> Iterator[Problem]:
    """Settings that do not fit their schema."""
    for schema, name in _SETTINGS.items():
        if (workspace.log.root / name).is_file():
            yield from _check_settings(workspace, schema, name)


def _check_settings(workspace: Workspace, schema: str, name: str) -> Iterator[Problem]:
    raw = workspace.log.read_bytes(name)
    if not raw.strip():
        return
    try:
        located = parse_located(decode(raw))
    except YamlError as fault:
        yield Problem(fault.code, name, fault.line, fault.column, "", tuple(fault.facts.items()))
        return
    # A file of comments alone leaves everything at its default.
    data = {} if located.data is None else located.data
    if workspace.reader.validator.is_valid_settings(schema, data):
        return
    for finding in workspace.reader.validator.explain_settings(schema, data):
        code = "unknown-setting" if finding.code == "unknown-field" else finding.code
        yield Problem(
            code, name, *located.position(finding.path), show_path(finding.path), tuple(finding.facts.items())
        )


def find_broken_templates(workspace: Workspace) -> Iterator[Problem]:
    """Templates in the log's own folder that cannot be used."""
    for name in _own_templates(workspace):
        try:
            workspace.reader.validator.is_valid(name, {})
        except CommlogError as fault:
            file = Path(fault.file or f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}")
            path = file.relative_to(workspace.log.root) if file.is_relative_to(workspace.log.root) else file
            yield Problem(
                "template-file-broken", path.as_posix(), fault.line, fault.column, "", (("reason", fault.message),)
            )


def find_stray_files(workspace: Workspace) -> Iterator[Problem]:
    """Files that look like records and are none for their name."""
    root = workspace.log.root
    for folder, _, names in os.walk(root / RECORDS):
        for name in names:
            if name.lower().endswith(_LIKE_A_RECORD) and not name.endswith(SUFFIX) and not name.startswith("."):
                yield Problem("stray-file", (Path(folder) / name).relative_to(root).as_posix())


def _own_templates(workspace: Workspace) -> list[str]:
    folder = workspace.log.schemas_folder
    return sorted(path.name.removesuffix(SCHEMA_SUFFIX) for path in folder.glob(f"*{SCHEMA_SUFFIX}"))
