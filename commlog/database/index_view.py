"""The folders as they are now, beside those the copy knows: looked at once, or only where helpers saw a difference."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from commlog.database.scan import FolderState, look_at, scan_folders


@dataclass(slots=True)
class View:
    """A log's folders; `seen` are fingerprints that helpers took, None when nobody looked yet."""

    root: Path
    seen: Mapping[str, bytes] | None = None
    _states: list[FolderState] | None = field(default=None)

    def is_known(self, known: Mapping[str, bytes]) -> bool:
        """Whether every folder is as the copy knows it, and none is gone."""
        return known == (
            self.seen if self.seen is not None else {state.directory: state.fingerprint for state in self._all()}
        )

    def differing(self, known: Mapping[str, bytes]) -> tuple[list[FolderState], list[str]]:
        """The folders that are not as the copy knows them, and those that are gone."""
        if self.seen is None:
            states = [state for state in self._all() if known.get(state.directory) != state.fingerprint]
            present = {state.directory for state in self._all()}
        else:
            changed = [directory for directory, fingerprint in self.seen.items() if known.get(directory) != fingerprint]
            looked = [look_at(self.root, directory)[0] for directory in changed]
            states = [state for state in looked if state.names]
            # What was emptied since the helpers looked is gone as well.
            present = set(self.seen) - {state.directory for state in looked if not state.names}
        return states, [directory for directory in known if directory not in present]

    def _all(self) -> list[FolderState]:
        if self._states is None:
            self._states = scan_folders(self.root)
        return self._states
