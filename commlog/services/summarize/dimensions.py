"""What figures can be grouped by: the names, and where each stands in the copy."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from commlog.errors import UsageError
from commlog.messages import mark
from commlog.query.fields import find_built_in

TAG: Final = "tag"


def _of_customer(column: str) -> str:
    return f"(SELECT c.{column} FROM customers c WHERE c.id = r.customer LIMIT 1)"


_OF_ANY: Final = {
    "customer": "r.customer",
    "category": "r.category",
    "level": _of_customer("level"),
    "stage": _of_customer("stage"),
    TAG: "t.tag",
}
OF_INTERACTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{
            name: f"r.{name}"
            for name in (
                "template",
                "channel",
                "direction",
                "agent",
                "branch",
                "mood",
                "outcome",
                "satisfaction",
                "day",
            )
        },
        "month": "substr(r.day, 1, 7)",
        **_OF_ANY,
    }
)
OF_FOLLOW_UPS: Final[Mapping[str, str]] = MappingProxyType(
    {**OF_INTERACTIONS, **{name: f"f.{name}" for name in ("owner", "priority", "status", "method")}}
)
OF_ISSUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **{name: f"r.{name}" for name in ("template", "branch", "owner", "priority", "status", "day")},
        "month": "substr(r.day, 1, 7)",
        **_OF_ANY,
    }
)
# Words for those that are no field of a form.
_WORDS: Final = {"month": "month", "月": "month", "月份": "month", "method": "method", "方式": "method", "date": "day"}


def dimension_of(name: str) -> str:
    """The dimension a person names, by slug or label in either language; empty when nothing is named.

    Raises:
        UsageError: there is no such dimension; names all there are.
    """
    wanted = name.strip()
    if not wanted:
        return ""
    known = find_built_in(wanted)
    slug = known.name if known else wanted.lower()
    slug = _WORDS.get(slug, slug)
    if slug not in OF_FOLLOW_UPS:
        raise UsageError(
            mark("--by: there is no column '{value}'"),
            value=name,
            remedy=mark("use one of: {columns}"),
            columns=", ".join(sorted(OF_FOLLOW_UPS)),
        )
    return slug
