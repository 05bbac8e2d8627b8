"""Ids and paths: what a record is called and where its file lies."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Final

from commlog.errors import InvalidError
from commlog.messages import mark
from commlog.values import CUSTOMER, FOLDERS

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: no i, l, o, u
RANDOM_LENGTH: Final = 6
RECORDS: Final = "records"
STATE_FOLDER: Final = ".commlog"
# The keys of single customers where there is no git: not to be deleted like the state.
KEY_FOLDER: Final = ".commlog-keys"
INDEX_FILE: Final = "index.sqlite"
PAST_FOLDER: Final = "past"
SUFFIX: Final = ".yaml"

_RECORD_ID: Final = re.compile(r"[0-9]{8}-[0-9a-hjkmnp-tv-z]{6}")
# Names that Windows keeps for devices; a log must check out there too.
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)
_FORBIDDEN_CHARACTERS: Final = frozenset("/\\:*?\"<>|,;'()[]{}#%&=!$`~^@+")
_LONGEST_NAME: Final = 64


def new_id(day: date, choose: Callable[[str], str]) -> str:
    """A fresh record id of a day in the log's zone; `choose` picks a random character of a string."""
    return f"{day:%Y%m%d}-{''.join(choose(ALPHABET) for _ in range(RANDOM_LENGTH))}"


def is_record_id(text: str) -> bool:
    """Whether the text has the form of a record id: `YYYYMMDD-xxxxxx`."""
    return _RECORD_ID.fullmatch(text) is not None


def is_customer_id(text: str) -> bool:
    """Whether the text can be a customer's id and file name on any system."""
    return (
        0 < len(text) <= _LONGEST_NAME
        and text[0] not in ".-"
        and text[-1] != "."
        and unicodedata.is_normalized("NFC", text)
        and not _RESERVED.fullmatch(text)
        and not any(character in _FORBIDDEN_CHARACTERS or not _is_plain(character) for character in text)
    )


def _is_plain(character: str) -> bool:
    return character.isprintable() and not character.isspace()


def customer_id_for(name: str) -> str:
    """A usable id made from a customer's name: spaces and marks become hyphens.

    Raises:
        InvalidError: nothing usable is left of the name.
    """
    normal = unicodedata.normalize("NFKC", name).strip().casefold()
    kept = "".join(
        character if _is_plain(character) and character not in _FORBIDDEN_CHARACTERS else "-" for character in normal
    )
    candidate = re.sub(r"-{2,}", "-", kept).strip("-.")[:_LONGEST_NAME].rstrip("-.")
    if _RESERVED.fullmatch(candidate):
        candidate = f"{candidate.replace('.', '-')}-1"
    if not is_customer_id(candidate):
        raise InvalidError(
            mark("no customer id can be made from the name '{name}'"),
            name=name,
            remedy=mark("give one with --set id=…: letters, digits, '.', '_' and '-'"),
        )
    return candidate


def record_path(kind: str, record_id: str) -> str:
    """The log-relative path of a record: by kind, and by the day in its id."""
    folder, depth = FOLDERS[kind]
    parts = [RECORDS, folder, *(record_id[0:4], record_id[4:6])[:depth], record_id + SUFFIX]
    return "/".join(parts)


def candidate_paths(record_id: str) -> list[str]:
    """Where a record with exactly this id would lie, one path a kind."""
    if is_record_id(record_id):
        return [record_path(kind, record_id) for kind in FOLDERS if kind != CUSTOMER]
    if is_customer_id(record_id):
        return [record_path(CUSTOMER, record_id)]
    return []
