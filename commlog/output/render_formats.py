"""The formats an answer may have, and the refusal of any other."""

from collections.abc import Sequence

from commlog.errors import UsageError
from commlog.messages import mark


def require_format(name: str, formats: Sequence[str]) -> None:
    """Refuse a format that is not one of those there are.

    Raises:
        UsageError: names them all.
    """
    if name not in formats:
        raise UsageError(
            mark("there is no format '{value}'"),
            value=name,
            remedy=mark("use one of: {formats}"),
            formats=", ".join(formats),
        )
