"""How text is compared when people search: width, case and compatibility forms do not count."""

import unicodedata


def fold(text: str) -> str:
    """The text as it is compared: NFKC (full-width letters and digits become plain), case folded."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKC", text).casefold()
