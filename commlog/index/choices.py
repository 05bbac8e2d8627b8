"""The words for slugs, as the copy keeps them: a listing shows labels without reading any template."""

from collections.abc import Iterator, Mapping

from commlog.errors import CommlogError
from commlog.templates.catalog import Catalog
from commlog.templates.fields import Field

Words = Mapping[str, str]


def choice_rows(catalog: Catalog, priorities: Mapping[str, Words]) -> list[tuple[str, str, str, str]]:
    """Rows of field, slug, Chinese and English word; where templates differ the first by name counts.

    `priorities` are the labels that settings give; a template itself is a choice of the field `template`.
    """
    rows: dict[tuple[str, str], Words] = {("priority", slug): words for slug, words in priorities.items()}
    for name in catalog.names():
        try:
            template = catalog.get(name)
        except CommlogError:
            continue  # `check` and `doctor` say what is wrong with it
        rows.setdefault(("template", name), template.labels)
        for key, slug, words in _choices_in(template.fields):
            rows.setdefault((key, slug), words)
    return [(key, slug, words.get("zh") or slug, words.get("en") or slug) for (key, slug), words in rows.items()]


def _choices_in(fields: tuple[Field, ...]) -> Iterator[tuple[str, str, Words]]:
    for field in fields:
        for slug, words in field.enum_labels.items():
            yield field.key, slug, words
        item = field.item
        yield from _choices_in(field.fields)
        if item is not None:
            for slug, words in item.enum_labels.items():
                yield field.key, slug, words
            yield from _choices_in(item.fields)
