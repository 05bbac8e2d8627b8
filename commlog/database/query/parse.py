"""The query string: from what people type to a filter."""

from collections.abc import Sequence
from typing import Final

from commlog.database.query import filter as filters
from commlog.database.query.fields import BUILT_IN, plain_name
from commlog.database.query.tokens import Token, TokenType, scan
from commlog.database.query.values import stored_values, value_terms
from commlog.database.query.vocabulary import Vocabulary
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.records.rules.consistency import near_names

# What the SQL parser takes without complaint, with room to spare; nobody types that much.
MAX_DEPTH: Final = 12
MAX_VALUES: Final = 300


def parse_query(query: str, vocabulary: Vocabulary) -> filters.Filter:
    """Give the filter of a query string; an empty one asks for everything.

    Raises:
        UsageError: the string is not a query, or names an unknown field or value; it shows the place.

    """
    tokens = scan(query)
    if not tokens:
        return filters.every(())
    question = _Parser(query, tokens, vocabulary).question()
    if filters.count_values(question) > MAX_VALUES:
        raise filters.fault(
            mark("the query compares with too many values"),
            filters.QueryPosition(),
            mark("at most {limit}; ask in several steps"),
            limit=MAX_VALUES,
        )
    return question


class _Parser:
    """The tokens of a query, read once from left to right."""

    def __init__(self, query: str, tokens: list[Token], vocabulary: Vocabulary) -> None:
        self.query = query
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.place = 0
        self.depth = 0

    def question(self) -> filters.Filter:
        """All tokens, as one filter."""
        found = self._either()
        rest = self._peek()
        if rest:
            remedy = mark("remove it, or put it in quotes")
            raise filters.fault(mark("this bracket closes nothing"), rest.spot, remedy)
        return found

    def _peek(self) -> Token | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def _take(self, *types: TokenType) -> bool:
        token = self._peek()
        if token is None or token.type not in types:
            return False
        self.place += 1
        return True

    def _either(self) -> filters.Filter:
        parts = [self._every()]
        while self._take(TokenType.OR):
            parts.append(self._every())
        return filters.either(parts)

    def _every(self) -> filters.Filter:
        parts = [self._one()]
        while True:
            token = self._peek()
            if token is None or token.type in {TokenType.OR, TokenType.CLOSE}:
                return filters.every(parts)
            self._take(TokenType.AND)
            parts.append(self._one())

    def _one(self) -> filters.Filter:
        is_negated = False
        while self._take(TokenType.NOT):
            is_negated = not is_negated
        token = self._peek()
        if token is None or token.type in {TokenType.OR, TokenType.AND, TokenType.CLOSE}:
            spot = token.spot if token else filters.QueryPosition(self.query, len(self.query) + 1)
            raise filters.fault(
                mark("a search term is missing here"),
                spot,
                mark("`or`, `and`, `not` and brackets combine terms; to search for them as words, put them in quotes"),
            )
        self.place += 1
        found = self._meaning(token)
        return filters.opposite(found) if is_negated else found

    def _meaning(self, token: Token) -> filters.Filter:
        if token.type is TokenType.WORDS:
            return filters.TextTerm(token.text)
        if token.type is TokenType.FIELD:
            return self._field(token)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            remedy = mark("at most {limit}")
            raise filters.fault(mark("the brackets are nested too deep"), token.spot, remedy, limit=MAX_DEPTH)
        found = self._either()
        if not self._take(TokenType.CLOSE):
            remedy = mark("close it, or put it in quotes")
            raise filters.fault(mark("this bracket is not closed"), token.spot, remedy)
        self.depth -= 1
        return found

    def _field(self, token: Token) -> filters.Filter:
        fields = self.vocabulary.find(token.text)
        if not fields:
            raise self._unknown(token)
        found: list[filters.Filter] = []
        faults: list[UsageError] = []
        for field in fields:
            # Forms may share a name with different choices: the value need only suit one of them.
            try:
                found.append(value_terms(field, token.values, self.vocabulary))
            except UsageError as error:
                faults.append(error)
        if not found:
            raise faults[0]
        return filters.either(found)

    def _unknown(self, token: Token) -> UsageError:
        near = _nearest(token.text, self.vocabulary.names())
        known = mark("did you mean {known}? to search for the words, put them in quotes")
        none_near = mark("fields: {known}; to search for the words, put them in quotes")
        return filters.fault(
            mark("'{field}' is not a field that can be searched"),
            token.spot,
            known if near else none_near,
            field=filters.displayable_text(token.text),
            known=", ".join(near or BUILT_IN),
        )


def _nearest(name: str, names: Sequence[str]) -> list[str]:
    """Give the names most like this one, or, as with two Chinese characters of four, that hold it."""
    plain = plain_name(name)[:80]
    near = near_names(plain, names)
    return near or [one for one in names if len(plain) > 1 and plain in one][:3]


def term(name: str, values: Sequence[str], vocabulary: Vocabulary) -> filters.Filter:
    """Give the filter of a built-in field and values taken literally, as options of commands give them.

    A name that ends with `<=` (`due<=`) asks for all up to the value, one that ends with `..` for all between two.

    Raises:
        UsageError: a value does not suit the field.

    """
    operator: filters.Operator = "<=" if name.endswith("<=") else ".." if name.endswith("..") else "="
    field = BUILT_IN[name.rstrip("<=.")]
    stored = [stored_values(field, value, operator, (filters.QueryPosition(value, 1), vocabulary)) for value in values]
    return filters.Term(field, operator, tuple(dict.fromkeys(text for texts in stored for text in texts)))
