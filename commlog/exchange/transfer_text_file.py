"""A text file from outside as text: read whole, its encoding checked, line ends made plain."""

import codecs
from pathlib import Path
from typing import Final

from commlog.errors import NotFoundError, UnreadableError, UsageError
from commlog.messages import mark

DEFAULT_ENCODING: Final = "utf-8"
# What Chinese editions of spreadsheet programs write when they are not asked for UTF-8.
_CHINESE: Final = "gb18030"
_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_bytes(path: Path) -> bytes:
    """All bytes of a file somebody named.

    Raises:
        NotFoundError: there is no such file.
        UnreadableError: the system does not let it be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(mark("there is no such file"), file=str(path)) from None
    except OSError as fault:
        raise UnreadableError(
            mark("cannot be read: {reason}"), file=str(path), reason=fault.strerror or str(fault)
        ) from None


def decode_text(raw: bytes, encoding: str, name: str) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        UsageError: there is no such encoding.
        UnreadableError: the bytes are not of this encoding, or there are none; names the one they may be of.
    """
    try:
        codec = codecs.lookup(encoding).name
    except LookupError:
        raise UsageError(
            mark("there is no encoding '{value}'"),
            value=encoding,
            remedy=mark("use e.g. utf-8, gb18030, big5 or utf-16"),
        ) from None
    if not raw.strip():
        raise UnreadableError(
            mark("is empty"), file=name, remedy=mark("a file of rows begins with the names of its columns")
        )
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as fault:
        raise UnreadableError(
            mark("is not {encoding} text: byte {value}"),
            file=name,
            line=raw.count(b"\n", 0, fault.start) + 1,
            column=1,
            encoding=codec,
            value=f"0x{raw[fault.start]:02X}",
            remedy=mark("name its encoding: --encoding {guess}"),
            guess=_guess(raw),
        ) from None
    except UnicodeError as fault:
        raise UnreadableError(
            mark("is not {encoding} text: {value}"), file=name, encoding=codec, value=str(fault)
        ) from None
    if text.count("\0") > len(text) // 4:
        raise UnreadableError(
            mark("is full of NUL characters"),
            file=name,
            line=1,
            column=1,
            remedy=mark("name its encoding: --encoding {guess}"),
            guess="utf-16-le",
        )
    return text.removeprefix("\ufeff")


def _guess(raw: bytes) -> str:
    if raw.startswith(_UTF16_MARKS):
        return "utf-16"
    try:
        raw.decode(_CHINESE)
    except UnicodeDecodeError:
        return "latin-1"
    return _CHINESE
