"""The words of a query string: brackets, keywords, phrases, and fields with their values."""

from dataclasses import dataclass
from enum import Enum
from re import compile as pattern
from typing import Final

from commlog.database.query.filter import QueryPosition, fault
from commlog.messages import mark
from commlog.records.rules.consistency import fold_text

MAX_LENGTH: Final = 10_000

_OPEN: Final = "(（"
_CLOSE: Final = ")）"
_COLONS: Final = ":："
_COMMAS: Final = ",，、"
# What each opening quote may be closed by; keyboards often give only one of the curved pair.
_QUOTES: Final = {'"': '"', "＂": "＂", "“": "”“", "”": "”"}
_MINUS: Final = "-－"
_NAME: Final = pattern(r"[^\W\d_][^\s:：()（）\"＂“”,，、]*(?=[:：])")
_BEFORE_QUOTE: Final = pattern(r"(?:[<>＜＞]?[=＝]?|[≤≥]|.*\.\.)")


class TokenType(Enum):
    """What a token is."""

    OPEN = "("
    CLOSE = ")"
    OR = "or"
    AND = "and"
    NOT = "not"
    WORDS = "words"
    FIELD = "field"


_KEYWORDS: Final = {"or": TokenType.OR, "and": TokenType.AND, "not": TokenType.NOT}


@dataclass(frozen=True, slots=True)
class ValuePart:
    """A stretch of a value; in a quoted one no sign has a meaning."""

    text: str
    is_quoted: bool


@dataclass(frozen=True, slots=True)
class Value:
    """One of the values after a colon, and where it begins."""

    pieces: tuple[ValuePart, ...]
    spot: QueryPosition

    @property
    def text(self) -> str:
        """The value without its quotes."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Token:
    """A token, its text (a field's name) and, for a field, its values."""

    type: TokenType
    text: str
    spot: QueryPosition
    values: tuple[Value, ...] = ()


def scan(query: str) -> list[Token]:
    """Give the tokens of a query string.

    Raises:
        UsageError: a quote is not closed, a value is missing, or the text cannot be a query.

    """
    if len(query) > MAX_LENGTH:
        raise fault(
            mark("the query is too long"), QueryPosition(), mark("at most {limit} characters"), limit=MAX_LENGTH
        )
    for place, letter in enumerate(query):
        if "\ud800" <= letter <= "\udfff":
            raise fault(mark("this is not text"), QueryPosition(query, place + 1), mark("write the query in UTF-8"))
    return _Scanner(query).tokens()


class _Scanner:
    """A place that moves through the query."""

    def __init__(self, query: str) -> None:
        self.query = query
        self.place = 0

    def tokens(self) -> list[Token]:
        found: list[Token] = []
        while True:
            while self._next().isspace():
                self.place += 1
            if not self._next():
                return found
            found.append(self._token())

    def _next(self) -> str:
        return self.query[self.place : self.place + 1]

    def _spot(self) -> QueryPosition:
        return QueryPosition(self.query, self.place + 1)

    def _ends(self) -> bool:
        letter = self._next()
        return not letter or letter.isspace() or letter in _OPEN or letter in _CLOSE

    def _token(self) -> Token:
        spot, letter = self._spot(), self._next()
        if letter in _OPEN or letter in _CLOSE:
            self.place += 1
            return Token(TokenType.OPEN if letter in _OPEN else TokenType.CLOSE, letter, spot)
        if letter in _MINUS:
            self.place += 1
            if not self._next() or self._next().isspace() or self._next() in _CLOSE:
                return Token(TokenType.WORDS, letter, spot)
            return Token(TokenType.NOT, letter, spot)
        if letter in _QUOTES:
            text = self._phrase()
            if self._next() and self._next() in _COLONS:
                return self._field(text, spot)
            if not text.strip():
                raise fault(mark("there is nothing between the quotes"), spot)
            return Token(TokenType.WORDS, text, spot)
        named = _NAME.match(self.query, self.place)
        if named:
            self.place = named.end()
            return self._field(named.group(), spot)
        return self._word(spot)

    def _word(self, spot: QueryPosition) -> Token:
        start = self.place
        while not self._ends():
            self.place += 1
        text = self.query[start : self.place]
        return Token(_KEYWORDS.get(fold_text(text), TokenType.WORDS), text, spot)

    def _phrase(self) -> str:
        spot, closing = self._spot(), _QUOTES[self._next()]
        self.place += 1
        letters: list[str] = []
        while True:
            letter = self._next()
            self.place += 1
            if not letter:
                raise fault(
                    mark("the quote is not closed"), spot, mark('close it, or write \\" for a quote inside quotes')
                )
            if letter in closing:
                return "".join(letters)
            if letter == "\\" and self._next() and self._next() in "\\" + closing:
                letter = self._next()
                self.place += 1
            letters.append(letter)

    def _field(self, name: str, spot: QueryPosition) -> Token:
        values = []
        while True:
            self.place += 1  # the colon, or the comma
            start = self._spot()
            value = Value(tuple(self._pieces()), start)
            if not value.text.strip():
                raise fault(
                    mark("a value is missing after '{field}:'"),
                    start,
                    mark('write {field}:value, or "{field}:" in quotes to search for these words'),
                    field=name,
                )
            values.append(value)
            if not (self._next() and self._next() in _COMMAS):
                return Token(TokenType.FIELD, name, spot, tuple(values))

    def _pieces(self) -> list[ValuePart]:
        pieces: list[ValuePart] = []
        start = self.place
        while not (self._ends() or self._next() in _COMMAS):
            raw = self.query[start : self.place]
            if self._next() in _QUOTES and _BEFORE_QUOTE.fullmatch(raw):
                pieces += [ValuePart(raw, is_quoted=False)] if raw else []
                pieces.append(ValuePart(self._phrase(), is_quoted=True))
                start = self.place
            else:
                self.place += 1
        raw = self.query[start : self.place]
        return [*pieces, ValuePart(raw, is_quoted=False)] if raw else pieces
