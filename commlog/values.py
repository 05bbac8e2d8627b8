"""What a record is: its kinds, where each lives, and how its values are read without trusting them; paths and fingerprints."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

try:
    # What hashlib would give, without loading OpenSSL for it.
    from _blake2 import blake2b
except ImportError:  # pragma: no cover - another Python than CPython
    from hashlib import blake2b

# Any value of YAML 1.2 core: null, true/false, a number, text, a list, a mapping. Dates stay text.
Data = Any
Fields = dict[str, Data]
ValuePath = tuple[str | int, ...]
_STEP: Final = re.compile(r"([^.\[\]]+)|\[([0-9]+)\]")

INTERACTION: Final = "interaction"
CUSTOMER: Final = "customer"
# The id under which everybody is who gave no name.
ANONYMOUS: Final = "anonymous"
ISSUE: Final = "issue"
SURVEY: Final = "survey"
ANSWER: Final = "answer"

# Folder below records/ by kind, and how its files are spread over sub-folders: the parts of a day.
FOLDERS: Final[Mapping[str, tuple[str, int]]] = {
    INTERACTION: ("interactions", 2),
    ISSUE: ("issues", 1),
    SURVEY: ("surveys", 1),
    ANSWER: ("answers", 1),
    CUSTOMER: ("customers", 0),
}

# The field that gives a record its day, and the one that is its headline, by kind.
DAY_FIELDS: Final[Mapping[str, str]] = {
    INTERACTION: "started_at",
    ISSUE: "reported_on",
    SURVEY: "requested_on",
    ANSWER: "approved_on",
    CUSTOMER: "",
}
HEADLINES: Final[Mapping[str, str]] = {
    INTERACTION: "subject",
    ISSUE: "title",
    SURVEY: "period",
    ANSWER: "question",
    CUSTOMER: "name",
}

# What a link without a type is, in the templates as well.
DEFAULT_LINK_TYPE: Final = "follows"


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """A sealed value of a record: where, as it is stored, and whether it was OPEN, CLOSED or BROKEN."""

    path: ValuePath
    stored: str
    state: str

    @property
    def hint(self) -> str:
        """Which customer's key the value is sealed with (`age@HINT:…`); empty for the team's."""
        return self.stored.partition(":")[0].partition("@")[2]


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read: its place, its identity and all of its fields as the file has them.

    `sealed` tells which values are sealed there: those of them that could be opened stand open in `fields`.
    """

    path: str
    id: str
    kind: str
    template: str
    fields: Fields
    sealed: tuple[SealedPlace, ...] = ()


def text_of(fields: Mapping[str, Data], key: str) -> str | None:
    """The field's text, or None when it is missing, empty or not text."""
    value = fields.get(key)
    return value if isinstance(value, str) and value else None


def mappings_of(fields: Mapping[str, Data], key: str) -> list[Fields]:
    """The mappings in a list field; anything else there is passed over."""
    value = fields.get(key)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def texts_of(fields: Mapping[str, Data], key: str) -> list[str]:
    """The texts in a list field."""
    value = fields.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def instant_of(text: Data) -> datetime | None:
    """The aware instant a stored text names, or None when it names none."""
    if not isinstance(text, str) or len(text) < 16:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else None


def stored_date(value: Data) -> date | None:
    """The day a stored text names, or None when it names none."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def show_path(path: Sequence[str | int]) -> str:
    """A path inside a record as people read it: `followups[0].due`."""
    shown = ""
    for step in path:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown


def path_of(shown: str) -> ValuePath:
    """The path that a shown one (`followups[0].due`) stands for."""
    return tuple(int(found[2]) if found[2] else found[1] for found in _STEP.finditer(shown))


def fingerprint_of(parts: Iterable[bytes]) -> bytes:
    """Sixteen bytes that change when any part does, or where one ends."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
