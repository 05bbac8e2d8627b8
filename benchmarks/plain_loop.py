"""The plain way to check records: PyYAML's C loader, then jsonschema, one file after the other.

`python benchmarks/plain_loop.py SCHEMAS LIST`, where LIST is a file with one record's path a line.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

_UNWANTED = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}


class TextDates(yaml.CSafeLoader):
    """The C loader with dates, `on` and `off` left as text, as the templates want them."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own way to configure a loader
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in _UNWANTED]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


TextDates.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def read_validator(schemas: Path, schema: Path) -> Draft202012Validator:
    """Read one schema of a folder into a validator that knows the folder's other schemas."""
    documents: dict[str, Any] = {
        path.resolve().as_uri(): json.loads(path.read_bytes()) for path in schemas.rglob("*.json")
    }
    registry: Registry[Any] = Registry().with_resources(
        (uri, Resource.from_contents(document, default_specification=DRAFT202012))
        for uri, document in documents.items()
    )
    return Draft202012Validator({"$ref": schema.resolve().as_uri()}, registry=registry)


def read_validators(schemas: Path) -> dict[str, Draft202012Validator]:
    """Read the templates of a folder into one validator each, by template name."""
    return {
        path.name.removesuffix(".schema.json"): read_validator(schemas, path) for path in schemas.glob("*.schema.json")
    }


def count_invalid(schemas: Path, paths: list[str]) -> int:
    """Check every file and count those that break their template."""
    validators = read_validators(schemas)
    invalid = 0
    for path in paths:
        with Path(path).open("rb") as file:
            record = yaml.load(file, Loader=TextDates)
        invalid += not validators[record["template"]].is_valid(record)
    return invalid


if __name__ == "__main__":
    listed = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    found = count_invalid(Path(sys.argv[1]), listed)
    print(f"{len(listed)} files, {found} invalid")
