"""What usually changes, made in a copy of the program: each change touches the files that CONTRIBUTING.md names, and works."""

import difflib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build import NOW, PATIENCE, ROOT, bare_environment, write_files
from tests.servers import RobotServer

pytestmark = pytest.mark.slow

SETTINGS = """\
timezone: Asia/Shanghai
language: en
members:
  - {id: wang, name: 王芳}
  - {id: li, name: 李静, email: li@example.com}
"""
CUSTOMER = "id: acme\ntemplate: customer\nname: 艾克米公司\ntype: company\nstage: active\n"
BELL = '''\
"""Bells: a service that takes one line of text."""

from commlog.reminders.connection import DeliveryAddress, DeliveryContext
from commlog.reminders.http import check_status, post_json
from commlog.reminders.message import Message


def send_to_bell(address: DeliveryAddress, message: Message, outside: DeliveryContext) -> None:
    """Post the subject of a digest.

    Raises:
        DeliveryError: it was not taken.
    """
    (url,) = outside.resolve(address)
    check_status(post_json(url, {"ring": message.subject}, outside.timeout_seconds), "bell")
'''
ORG = '''\
"""A listing as a table of Org mode."""

from collections.abc import Iterator

from commlog.output.labels import Labels
from commlog.output.listing import Listing, cell_of


def iter_org(listing: Listing, labels: Labels, _width: int | None) -> Iterator[str]:
    """A line a row, under a line of headings."""
    yield f"| {' | '.join(labels.column(column) for column in listing.columns)} |"
    for row in listing.rows:
        yield f"\\n| {' | '.join(str(cell_of(value)) for value in row)} |"
'''
RULE = '''\
def find_members_without_mail(context: CheckContext) -> Iterator[PossibleProblem]:
    """Members of whom no mail address is known."""
    for place, member in enumerate(context.workspace.log.settings.members):
        if not member.email:
            yield PossibleProblem("member-without-mail", "commlog.yaml", ("members", place), {"value": member.id})


'''
KIND = """\
    "member-without-mail": ProblemKind(
        mark("the member {value} has no mail address"), mark("add `email:`"), WARNING
    ),
"""
ID_COMMAND = '''\
"""The command `commlog customer id`."""

import typer

from commlog.cli.options import customer_argument
from commlog.cli.terminal import command, say, session_of
from commlog.messages import mark
from commlog.records.find import find_customer


@command(mark("Print the id of a customer."))
def customer_id_command(context: typer.Context, customer: str = customer_argument) -> None:
    say(find_customer(session_of(context).workspace, customer))
'''


class House:
    """A copy of the program and its schemas, and a log to use it in."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "house"
        for name in ("commlog", "schemas"):
            shutil.copytree(ROOT / name, self.root / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.log = write_files(folder / "log", {"commlog.yaml": SETTINGS, "records/customers/acme.yaml": CUSTOMER})

    def write(self, name: str, text: str) -> None:
        """Add a file that is not there yet."""
        file = self.root / name
        assert not file.exists()
        file.write_text(text, encoding="utf-8")

    def add_row(self, name: str, table: str, row: str) -> None:
        """Write a row at the top of a table, which opens with its name."""
        self.replace(name, rf"^{table}\b.*[({{]\n", rf"\g<0>{row}")

    def replace(self, name: str, pattern: str, text: str) -> None:
        """Change a file in one place."""
        file = self.root / name
        changed, count = re.subn(pattern, text, file.read_text(encoding="utf-8"), count=1, flags=re.MULTILINE)
        assert count == 1
        file.write_text(changed, encoding="utf-8")

    def run(self, *words: str, **variables: str) -> str:
        """What the changed program answers in the log; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "commlog", *words, "--log", str(self.log), "--now", NOW],
            env=bare_environment(PYTHONDONTWRITEBYTECODE="1", **variables) | {"PYTHONPATH": str(self.root)},
            cwd=self.log,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def touched(self) -> dict[str, str]:
        """The files that are new, and those that are not as they were: how many lines were added, and taken away."""
        return dict(self._touched())

    def _touched(self) -> Iterator[tuple[str, str]]:
        for file in sorted(path for path in self.root.rglob("*") if path.is_file()):
            name = file.relative_to(self.root).as_posix()
            original = ROOT / name
            if not original.exists():
                yield name, "new"
            elif original.read_bytes() != file.read_bytes():
                before, after = (path.read_text(encoding="utf-8").splitlines() for path in (original, file))
                signs = [line[0] for line in difflib.ndiff(before, after)]
                yield name, f"+{signs.count('+')} -{signs.count('-')}"


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A copy of the program, to change."""
    return House(tmp_path)


CONVERSATION = ("customer=acme", "channel=phone", "subject=s", "summary=s", "visit_kind=regular")


def test_a_field_of_a_form_is_a_change_of_its_schema(house: House) -> None:
    """A new field can be filled in, summarized by and asked for once the form's schema has it; no code changes."""
    field = {
        "type": "string",
        "enum": ["boiler", "pump"],
        "x-label": {"zh": "产品线", "en": "Product line"},
        "x-enum-labels": {"boiler": {"zh": "锅炉", "en": "Boilers"}, "pump": {"zh": "水泵", "en": "Pumps"}},
    }
    row = f'    "product_line": {json.dumps(field, ensure_ascii=False)},\n'
    house.replace("schemas/visit.schema.json", r'^  "properties": \{\n', lambda found: found[0] + row)

    for product in ("Boilers", "Boilers", "水泵"):
        words = [f"--set={text}" for text in (*CONVERSATION, f"product_line={product}")]
        house.run("create", "visit", *words)
    groups = json.loads(house.run("summarize", "2026-03", "--by", "产品线", "--format", "json"))

    assert {"boiler", "pump"} <= set(re.findall(r"boiler|pump", json.dumps(groups)))
    assert len(house.run("list", "product_line:pump", "--format", "ids").split()) == 1
    assert house.touched() == {"schemas/visit.schema.json": "+1 -0"}


def test_a_channel_of_reminders_is_a_module_and_a_row(house: House, robot_server: RobotServer) -> None:
    """A digest arrives through a new channel, which only the table of channels knows, and the settings' schema."""
    house.write("commlog/reminders/channels/bell.py", BELL)
    row = '    "bell": "commlog.reminders.channels.bell:send_to_bell",\n'
    house.add_row("commlog/reminders/deliver.py", "CHANNELS", row)
    house.replace("schemas/settings/commlog.json", r"\(wecom\|", "(bell|wecom|")

    write_files(house.log, {"commlog.yaml": SETTINGS.replace("王芳", '王芳, notify: "bell:$BELL"')})
    house.run("remind", "--test", "--to", "wang", BELL=f"{robot_server.url}/bell")

    assert [(path, set(body)) for path, body in robot_server.posts] == [("/bell", {"ring"})]
    assert house.touched() == {
        "commlog/reminders/channels/bell.py": "new",
        "commlog/reminders/deliver.py": "+1 -0",
        "schemas/settings/commlog.json": "+1 -1",
    }


def test_a_format_of_listings_is_a_module_and_a_row(house: House) -> None:
    """Every listing can be had in a new format, and its help names it."""
    house.write("commlog/output/org.py", ORG)
    row = '    "org": Format("commlog.output.org:iter_org", for_people=True),\n'
    house.add_row("commlog/output/formats.py", "LISTING_FORMATS", row)

    listed = house.run("customer", "list", "--format", "org", "--columns", "id,name")

    assert listed.splitlines()[1] == "| acme | 艾克米公司 |"
    assert "org" in house.run("pending", "--help")
    assert house.touched() == {"commlog/output/formats.py": "+1 -0", "commlog/output/org.py": "new"}


def test_a_rule_of_check_is_a_function_and_its_words(house: House) -> None:
    """A new rule is reported in words once it is in the table of rules and its kind of problem has words."""
    house.replace("commlog/check/rules.py", r"(?=^(#.*\n)*RULES\b)", RULE)
    house.add_row("commlog/check/rules.py", "RULES", "    find_members_without_mail,\n")
    house.add_row("commlog/problems.py", "KINDS", KIND)

    report = house.run("check")

    assert "the member wang has no mail address" in report
    assert "member li" not in report
    assert set(house.touched()) == {"commlog/check/rules.py", "commlog/problems.py"}


def test_a_command_is_a_module_and_a_row(house: House) -> None:
    """A new command runs, and is listed by help, once the table of commands names its module."""
    house.write("commlog/customers/commands/identify.py", ID_COMMAND)
    row = '    ("commlog.customers.commands.identify", "customer", ("id",)),\n'
    house.add_row("commlog/cli/app.py", "COMMAND_MODULES", row)

    assert house.run("customer", "id", "艾克米公司") == "acme\n"
    assert "Print the id of a customer." in house.run("customer", "--help")
    assert house.touched() == {"commlog/cli/app.py": "+1 -0", "commlog/customers/commands/identify.py": "new"}
