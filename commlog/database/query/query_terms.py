"""A term that an option of its own asks for, without a query to parse."""

from collections.abc import Sequence

from commlog.database.query.fields import BUILT_IN
from commlog.database.query.filter import Filter, Operator, Spot, Term
from commlog.database.query.values import stored_values
from commlog.database.query.vocabulary import Vocabulary


def term(name: str, values: Sequence[str], vocabulary: Vocabulary) -> Filter:
    """Give the filter of a built-in field and values taken literally, as options of commands give them.

    A name that ends with `<=` (`due<=`) asks for all up to the value, one that ends with `..` for all between two.

    Raises:
        UsageError: a value does not suit the field.

    """
    operator: Operator = "<=" if name.endswith("<=") else ".." if name.endswith("..") else "="
    field = BUILT_IN[name.rstrip("<=.")]
    stored = [stored_values(field, value, operator, (Spot(value, 1), vocabulary)) for value in values]
    return Term(field, operator, tuple(dict.fromkeys(text for texts in stored for text in texts)))
