"""Rules on the log's own files: its templates, and what lies about in records/. Settings with faults open no log."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from commlog.check.context import CheckContext
from commlog.errors import CommlogError
from commlog.forms.schemas import SUFFIX as SCHEMA_SUFFIX
from commlog.log.log import SCHEMAS_FOLDER
from commlog.log.names import RECORDS, SUFFIX
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.problems import Problem
from commlog.workspace import Workspace

_LIKE_A_RECORD: Final = (".yml", SUFFIX)


def list_own_files(workspace: Workspace) -> list[str]:
    """The log's settings files and templates, as paths inside the log."""
    settings = [name for name in (SETTINGS_FILE, CALENDAR_FILE) if (workspace.log.root / name).is_file()]
    return settings + [f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}" for name in _own_templates(workspace)]


def find_broken_templates(context: CheckContext) -> Iterator[Problem]:
    """Templates in the log's own folder that cannot be used."""
    workspace = context.workspace
    for name in _own_templates(workspace):
        try:
            workspace.reader.validator.is_valid(name, {})
        except CommlogError as fault:
            file = Path(fault.file or f"{SCHEMAS_FOLDER}/{name}{SCHEMA_SUFFIX}")
            path = file.relative_to(workspace.log.root) if file.is_relative_to(workspace.log.root) else file
            yield Problem(
                "template-file-broken", path.as_posix(), fault.line, fault.column, "", (("reason", fault.message),)
            )


def find_stray_files(context: CheckContext) -> Iterator[Problem]:
    """Files that look like records and are none for their name."""
    root = context.workspace.log.root
    for folder, _, names in os.walk(root / RECORDS):
        for name in names:
            if name.lower().endswith(_LIKE_A_RECORD) and not name.endswith(SUFFIX) and not name.startswith("."):
                yield Problem("stray-file", (Path(folder) / name).relative_to(root).as_posix())


def _own_templates(workspace: Workspace) -> list[str]:
    folder = workspace.log.schemas_folder
    return sorted(path.name.removesuffix(SCHEMA_SUFFIX) for path in folder.glob(f"*{SCHEMA_SUFFIX}"))
