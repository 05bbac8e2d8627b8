"""Files that create writes, seen through other tools: JSON Schema, yamllint, another YAML reader."""

import json
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from commlog.forms.catalog import Catalog
from tests.build import ROOT

BIN = Path(sys.executable).parent
# Words that other readers take for something else, or that are hard to write down.
AWKWARD = [
    "no",
    "12:30",
    "2026-03-01",
    "0123",
    "1_000",
    "~",
    "a: b",
    "# not a comment",
    "- dash",
    "'quoted'",
    '"double"',
    "🙂 emoji",
    "back\\slash",
    "trailing colon:",
    "{brace",
    "[bracket",
    "%percent",
    "@at",
    "`tick",
    "！全角：符号",
    "null",
    "1e3",
    ".5",
    "=",
    "on",
]


def test_created_files_please_other_tools(log, tmp_path):
    """Records of every form, with awkward words, pass check-jsonschema and yamllint and load as the same data elsewhere."""
    records = [log.create(name, f"extra.text={word}") for name, word in zip(Catalog().names(), AWKWARD, strict=False)]
    awkward = {f"key{number}": word for number, word in enumerate(AWKWARD)}
    several = "first line\n\n  indented\nlast: line # with a sign\n"
    records.append(
        log.create(
            "service",
            "tags+=a, b",
            fields={"extra": awkward, "outline": AWKWARD},
            follow_ups=["call: now; owner=物流部", several],
        )
    )
    records.append(
        log.create(
            "member",
            f"summary={several}",
            "dialogue+={speaker: us, words: 'no: \"never\"'}",
            "attachments+={kind: photo}",
        )
    )
    for record in records:
        raw = (log.root / record.path).read_bytes()
        assert YAML(typ="safe", pure=True).load(raw) == record.fields or dates_as_text(raw) == record.fields
        assert raw.endswith(b"\n")
        assert b"\r" not in raw
    files = [str(log.root / record.path) for record in records]
    lint = subprocess.run(
        [BIN / "yamllint", "--strict", "-c", ROOT / ".yamllint", *files], capture_output=True, text=True
    )
    assert (lint.returncode, lint.stdout) == (0, "")
    check_schemas(log, records, tmp_path)


def dates_as_text(raw):
    """What a YAML 1.2 reader finds when dates stay text."""
    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.yaml_constructors = {**yaml.constructor.yaml_constructors}
    yaml.constructor.yaml_constructors["tag:yaml.org,2002:timestamp"] = type(yaml.constructor).construct_yaml_str
    return yaml.load(raw)


def check_schemas(log, records, tmp_path):
    """Ask check-jsonschema once for all files: each record's form is chosen by its `template`."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "allOf": [
            {
                "if": {"properties": {"template": {"const": name}}},
                "then": {"$ref": (ROOT / "schemas" / f"{name}.schema.json").as_uri()},
            }
            for name in Catalog().names()
        ],
    }
    path = tmp_path / "any.schema.json"
    path.write_text(json.dumps(schema), encoding="utf-8")
    files = [str(log.root / record.path) for record in records]
    done = subprocess.run([BIN / "check-jsonschema", "--schemafile", path, *files], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
