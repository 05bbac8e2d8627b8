"""The words for slugs, as the copy keeps them: a listing shows labels without reading any template."""

from collections.abc import Iterator, Mapping

from commlog.errors import CommlogError
from commlog.forms.catalog import Catalog
from commlog.forms.fields import Field

Words = Mapping[str, str]


def choice_rows(catalog: Catalog, priorities: Mapping[str, Words]) -> list[tuple[str, str, str, str]]:
    """Rows of field, slug, Chinese and English word; where templates differ the first by name counts.

    `priorities` are the labels that settings give; a template itself is a choice of the field `template`.
    """
    rows: dict[tuple[str, str], Words] = {
        (key, slug): words for slug, words in priorities.items() for key in ("priority", "followups.priority")
    }
    for name in catalog.names():
        try:
            template = catalog.get(name)
        except CommlogError:
            continue  # `check` and `doctor` say what is wrong with it
        rows.setdefault(("template", name), template.labels)
        for key, slug, words in _choices_in(template.fields, ""):
            rows.setdefault((key, slug), words)
    return [(key, slug, words.get("zh") or slug, words.get("en") or slug) for (key, slug), words in rows.items()]


def _choices_in(fields: tuple[Field, ...], above: str) -> Iterator[tuple[str, str, Words]]:
    """Every choice below some fields, by dotted key without list places."""
    for field in fields:
        key = f"{above}{field.key}"
        for owner in (field, *((field.item,) if field.item else ())):
            for slug, words in owner.enum_labels.items():
                yield key, slug, words
            yield from _choices_in(owner.fields, f"{key}.")
