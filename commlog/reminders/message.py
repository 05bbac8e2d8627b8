"""A digest as a message, and a long text in the parts that a service accepts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from commlog.messages import mark, translate

# A robot says 20 messages a minute and is silenced for ten minutes after that.
MOST_PIECES: Final = 10
_MORE: Final = mark("… more lines: {count}; `commlog remind` shows them all")

Cost = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Message:
    """A digest for one recipient; `html` may be empty, `at` is the instant of the run and has a time zone."""

    subject: str
    text: str
    html: str
    at: datetime


def plain_text_of(message: Message) -> str:
    """The whole digest as one text, for services that have no subject; a text that opens with it stays as it is."""
    if message.text.startswith(message.subject):
        return message.text
    return f"{message.subject}\n{message.text}"


def byte_cost(text: str) -> int:
    """How many bytes a text has in UTF-8."""
    return len(text.encode("utf-8"))


def split_text(text: str, limit: int, cost: Cost = byte_cost) -> list[str]:
    """A text in at most ten pieces, cut at line ends, inside a line only when it alone is too long.

    `cost` is what a text takes of the limit; the cost of two texts put together must be the sum of theirs.
    What does not fit into ten pieces is left out, and the last one says how many lines that is.
    """
    pieces = list(_pieces(text, limit, cost))
    if len(pieces) <= MOST_PIECES:
        return pieces
    lines = pieces[MOST_PIECES - 1].split("\n")
    left_out = sum(piece.count("\n") + 1 for piece in pieces[MOST_PIECES:])
    while True:
        note = translate(_MORE).format(count=left_out)
        last = "\n".join((*lines, note))
        if not lines or cost(last) <= limit:
            return [*pieces[: MOST_PIECES - 1], last]
        lines.pop()
        left_out += 1


def _pieces(text: str, limit: int, cost: Cost) -> Iterator[str]:
    piece: list[str] = []
    size = 0
    for line in _short_lines(text, limit, cost):
        length = cost(line)
        more = length + (cost("\n") if piece else 0)
        if piece and size + more > limit:
            yield from _worth_saying(piece)
            piece, size, more = [], 0, length
        piece.append(line)
        size += more
    yield from _worth_saying(piece)


def _worth_saying(lines: list[str]) -> Iterator[str]:
    # Services refuse a message of blank lines.
    if any(line.strip() for line in lines):
        yield "\n".join(lines)


def _short_lines(text: str, limit: int, cost: Cost) -> Iterator[str]:
    """The lines of a text, those that are too long in parts that are not."""
    for line in text.split("\n"):
        if cost(line) <= limit:
            yield line
            continue
        start, size = 0, 0
        for place, character in enumerate(line):
            length = cost(character)
            if size + length > limit and place > start:
                yield line[start:place]
                start, size = place, 0
            size += length
        yield line[start:]
