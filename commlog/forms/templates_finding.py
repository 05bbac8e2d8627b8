"""What does not fit a template, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit: `code` is a kind of problem, `path` where it is in the data.

    `facts` are what the problem's words name: field, value, expected, suggestion, reason.
    """

    code: str
    path: tuple[str | int, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
