"""A log whose personal fields are sealed, in the hands of somebody with a key, another one, or none."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from commlog.log.log import open_log
from commlog.privacy.cipher import Sealer, new_identity
from commlog.privacy.seal_keys import KeySource
from commlog.records.draft import assign_all
from commlog.records.find import read_record
from commlog.records.write import RecordRequest, create_record
from commlog.values import Fields, Record
from commlog.workspace import Workspace, make_workspace

IDENTITY, RECIPIENT = new_identity()
OTHER_IDENTITY, OTHER_RECIPIENT = new_identity()
SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳}
"""


@dataclass(frozen=True)
class HeldLog:
    """A log on disk used with a key; each call opens it anew, as a command does."""

    root: Path
    key: str | None = IDENTITY

    def workspace(self) -> Workspace:
        """The log, opened with the key."""
        now = datetime.fromisoformat("2026-03-16T10:00:00+08:00")
        source = KeySource(self.key)
        return make_workspace(
            open_log(self.root, str(self.root)),
            now,
            "wang",
            make_cipher=lambda root, rules: Sealer(root, rules, source),
        )

    def create(self, template: str, *assignments: str) -> Record:
        """Create a record from assignments."""
        workspace = self.workspace()
        fields = assign_all(workspace, workspace.catalog.get(template), {}, assignments)
        return create_record(workspace, RecordRequest(template, fields, choose=secrets.choice))

    def with_key(self, key: str | None) -> Self:
        """The same log in other hands."""
        return replace(self, key=key)

    def fields(self, customer: str = "lina") -> Fields:
        """A customer's fields, as whoever uses the log reads them."""
        return read_record(self.workspace(), customer).fields
