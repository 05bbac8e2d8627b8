"""The example records, picked up by name: valid ones pass, invalid ones give the problem they announce."""

import re
from pathlib import Path

import pytest

from commlog.forms.catalog import Catalog
from commlog.forms.validation import Validator
from commlog.values import show_path
from commlog.yamltext.parse import decode, parse_yaml

FOLDER = Path(__file__).parents[1] / "examples"
VALID = sorted(FOLDER.glob("valid/*/*.yaml"))
INVALID = sorted(FOLDER.glob("invalid/*/*.yaml"))
VALIDATOR = Validator(Catalog())


def read(path: Path):
    """The data of an example."""
    return parse_yaml(decode(path.read_bytes()))


def name_of(path: Path) -> str:
    """What an example is called in the test's name."""
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", VALID, ids=name_of)
def test_a_valid_example_passes_both_validators(path):
    """A valid example is accepted, and nothing is found in it."""
    data = read(path)
    assert VALIDATOR.explain(path.parent.name, data) == ()
    assert VALIDATOR.is_valid(path.parent.name, data)


@pytest.mark.parametrize("path", INVALID, ids=name_of)
def test_an_invalid_example_gives_its_problem_and_no_other(path):
    """An invalid example is refused, for the one reason its first line names."""
    announced = re.fullmatch(r"# gives: (\S+) at (\S+)", path.read_text("utf-8").splitlines()[0])
    assert announced is not None
    data = read(path)
    found = [(finding.code, show_path(finding.path)) for finding in VALIDATOR.explain(path.parent.name, data)]
    assert found == [announced.groups()]
    assert not VALIDATOR.is_valid(path.parent.name, data)


def test_every_template_has_examples_of_both_kinds():
    """No template is without a valid and an invalid example."""
    names = set(Catalog().names())
    assert {path.parent.name for path in VALID} == names
    assert {path.parent.name for path in INVALID} == names
