"""What figures can be grouped by: the names, and where each stands in the copy."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from commlog.database.query.fields import find_built_in
from commlog.errors import UsageError
from commlog.messages import mark
from commlog.workspace import Workspace

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


# Any case that stands for a record: who is in charge of it is its owner, else who wrote it down.
OF_RECORDS: Final[Mapping[str, str]] = MappingProxyType(
    {**OF_INTERACTIONS, **OF_ISSUES, "owner": "coalesce(r.owner, r.agent)"}
)
_CONTENT: Final = "(SELECT content FROM contents c WHERE c.record = r.record)"


class Dimension(NamedTuple):
    """What figures are grouped by: its name, and the expression for its values when it is no column of the copy."""

    name: str
    expression: str = ""


def dimension_of(workspace: Workspace, name: str) -> Dimension:
    """The dimension a person names, by slug or label in either language; empty when nothing is named.

    Raises:
        UsageError: there is no such column and no such field; names all columns there are.
    """
    wanted = name.strip()
    if not wanted:
        return Dimension("")
    known = find_built_in(wanted)
    slug = known.name if known else wanted.lower()
    slug = _WORDS.get(slug, slug)
    if slug in OF_FOLLOW_UPS:
        return Dimension(slug)
    path = _field_path(workspace, wanted)
    if path is None:
        raise UsageError(
            mark("invalid value for --by: there is no column or field '{value}'"),
            value=name,
            remedy=mark("use one of: {columns}; or any field of a template, e.g. background.product_model or extra.x"),
            columns=", ".join(sorted(OF_FOLLOW_UPS)),
        )
    # Braces would be taken for a bound of the period.
    text = path.replace("'", "''").replace("{", "{{").replace("}", "}}")
    return Dimension(path, f"field({_CONTENT}, '{text}')")


def _field_path(workspace: Workspace, name: str) -> str | None:
    """The dotted path of a field of some template, named by path, by its end, or by label."""
    # Reads every template: only when the name is none of the columns.
    from commlog.database.query.vocabulary import People, build_vocabulary

    fields = build_vocabulary(workspace.catalog, People()).find(name)
    exact = [field.name for field in fields if field.name == name.lower()]
    return next(iter(exact or [field.name for field in fields if field.is_content]), None)
