"""A follow-up's due time and state as people read them."""

from commlog.messages import translate


def format_due(due: str | None) -> str:
    """A stored due as people read it: to the minute, without the offset."""
    if not due:
        return translate("no limit")
    return f"{due[:10]} {due[11:16]}" if "T" in due else due
