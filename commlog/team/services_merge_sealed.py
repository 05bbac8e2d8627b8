"""Sealed values in a merge: to whoever holds a key, two ciphertexts of one value are the same value."""

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from commlog.errors import CommlogError
from commlog.log.settings import SETTINGS_FILE
from commlog.privacy.cipher import Vault
from commlog.privacy.rules.sealing import HEADER, OPEN, find_stored
from commlog.privacy.seal_keys import KeySource
from commlog.yamltext.merge_layout import Texts


class SealedMerge:
    """Three versions of a file in which every value has one ciphertext, wherever it can be opened.

    What one side merely sealed anew is then no change of theirs; `restored` puts it back into what was merged.
    """

    def __init__(self, texts: Texts, keys: KeySource, path: PurePosixPath, top: Path) -> None:
        self._vault = Vault(_root_of(path, top), None, keys)
        self._anew: dict[str, str] = {}
        # The base's ciphertext stands for a value, else that of our side; sealed anew for us comes before for them.
        known: dict[str, str] = {}
        swapped = []
        for text in texts:
            for stored, value in self._opened(text):
                first = known.setdefault(value, stored)
                if first != stored:
                    self._anew.setdefault(first, stored)
                    text = text.replace(stored, first)  # noqa: PLW2901 - the text with one ciphertext fewer
            swapped.append(text)
        self.texts = Texts(*swapped)

    def restored(self, text: str) -> str:
        """The merged text with every value as it was sealed last."""
        for first, stored in self._anew.items():
            text = text.replace(first, stored)
        return text

    def _opened(self, text: str) -> Iterator[tuple[str, str]]:
        for stored in dict.fromkeys(find_stored(text)) if HEADER in text else ():
            try:
                state, value = self._vault.open(stored)
            except CommlogError:
                # A key that is of no use is as none: git's merge must not fail for it.
                return
            if state == OPEN:
                yield stored, json.dumps(value, ensure_ascii=False, sort_keys=True)


def _root_of(path: PurePosixPath, top: Path) -> Path:
    """The log's folder: the nearest above the file that has settings, else the top of the work tree."""
    return next((folder for folder in (top / path).parents if (folder / SETTINGS_FILE).is_file()), top)
