"""Data against its template: accepted by the fast validator, explained by the other."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final, NoReturn, Protocol

from commlog.errors import InvalidError
from commlog.forms.catalog import Catalog, Template
from commlog.forms.fields import Data, Finding, Path, find_field
from commlog.forms.formats import CHECKS
from commlog.forms.schemas import Schema
from commlog.messages import mark

# Templates refer to each other by file name; this address only gives those names something to start
# from. Names under `.invalid` lead nowhere, by RFC 2606.
BASE: Final = "https://commlog.invalid/schemas/"


# Fits where any text does.
_STANDS_FOR_IT: Final = "x"


class _Accepting(Protocol):
    def is_valid(self, instance: Any) -> bool: ...


class _Explaining(Protocol):
    def explain(self, data: Data) -> tuple[Finding, ...]: ...


class RefusedError(ValueError):
    """A schema asked for something outside its folder."""


class Validator:
    """Checks data against the templates of a catalog; each is prepared once, when first needed."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._accepting: dict[str, _Accepting] = {}
        self._explaining: dict[str, _Explaining] = {}

    def is_valid(self, template_name: str, data: Data) -> bool:
        """Whether the data fits the template.

        Raises: NotFoundError, InvalidError (the template is broken), UnreadableError.
        """
        return self._is_valid(self._catalog.get(template_name), data)

    def explain(self, template_name: str, data: Data) -> tuple[Finding, ...]:
        """Everything in the data that does not fit the template; nothing when it fits.

        Raises: NotFoundError, InvalidError (the template is broken), UnreadableError.
        """
        return self._explain(self._catalog.get(template_name), data)

    def explain_beside(self, template_name: str, data: Data, shut: Collection[Path]) -> tuple[Finding, ...]:
        """Everything that does not fit, but for the values at some places: nobody here can read them.

        Raises: NotFoundError, InvalidError (the template is broken), UnreadableError.
        """
        template = self._catalog.get(template_name)
        if self._is_valid(template, _without(template, data, shut)):
            return ()
        return tuple(
            finding
            for finding in self._explain(template, data)
            if finding.code != "schema-violation" and not any(finding.path[: len(path)] == path for path in shut)
        )

    def explain_settings(self, name: str, data: Data) -> tuple[Finding, ...]:
        """Everything that does not fit the schema of a log's own file: `commlog` or `calendar`."""
        template = self._catalog.get_settings(name)
        return () if self._is_valid(template, data) else self._explain(template, data)

    def _is_valid(self, template: Template, data: Data) -> bool:
        if template.name not in self._accepting:
            self._accepting[template.name] = build_accepting(template)
        try:
            return self._accepting[template.name].is_valid(data)
        except ValueError:
            # A value YAML does not have (bytes, a key that is a number).
            return False

    def _explain(self, template: Template, data: Data) -> tuple[Finding, ...]:
        if template.name not in self._explaining:
            # Known to the other one first, so that a broken template is one error in both.
            self._accepting.setdefault(template.name, build_accepting(template))
            self._explaining[template.name] = _build_explaining(template)
        findings = self._explaining[template.name].explain(data)
        if not findings and not self._is_valid(template, data):
            return (Finding("schema-violation", (), {"reason": "does not fit the template"}),)
        return findings


@cache
def shipped_validator() -> Validator:
    """The validator of the shipped templates, prepared once."""
    return Validator(Catalog())


def build_accepting(template: Template) -> _Accepting:
    """The fast validator of one template; it reads nothing but the template's own documents.

    Raises: InvalidError when the template is not a JSON Schema.
    """
    import jsonschema_rs

    try:
        registry = jsonschema_rs.Registry(
            list(_resources(template.documents).items()), draft=jsonschema_rs.Draft202012, retriever=refuse
        )
        return jsonschema_rs.Draft202012Validator(
            {"$ref": BASE + template.root},
            registry=registry,
            retriever=refuse,
            validate_formats=True,
            formats=dict(CHECKS),
        )
    except (ValueError, jsonschema_rs.ReferencingError) as error:
        raise InvalidError(
            mark("the template is not a JSON Schema: {reason}"),
            file=str(template.file),
            line=1,
            reason=str(error).splitlines()[0],
        ) from error


def refuse(uri: str) -> NoReturn:
    """Refuse to fetch a schema: nothing is ever read from elsewhere.

    Raises: RefusedError, always.
    """
    raise RefusedError(uri)


def _without(template: Template, data: Data, shut: Collection[Path]) -> Data:
    """The data without the values at some places; where one is required, or an item of a list, a word stands for it."""
    for path in shut:
        field = find_field(template, ".".join(map(str, path)))
        *above, last = path
        copy: Data = {**data}
        data, owner = copy, copy
        for step in above:
            owner[step] = owner[step].copy()
            owner = owner[step]
        if isinstance(last, int) or field is None or field.required:
            owner[last] = _STANDS_FOR_IT
        else:
            del owner[last]
    return data


def _build_explaining(template: Template) -> _Explaining:
    from commlog.forms.explanation import Explainer

    return Explainer(template, _resources(template.documents), root=BASE + template.root, retrieve=refuse)


def _resources(documents: Mapping[str, Schema]) -> dict[str, Schema]:
    # Without `$schema`: at each one jsonschema would go back to its own keywords.
    return {
        BASE + name: {key: value for key, value in schema.items() if key != "$schema"}
        for name, schema in documents.items()
    }
