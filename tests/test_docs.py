"""The pages tell the truth: everything is documented, every shown example gives what is shown, every link leads somewhere.

`COMMLOG_REWRITE=1` writes the tables and the examples' answers anew; the difference is the review.
"""

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from commlog.cli.app import COMMANDS, build_command, build_program, run
from commlog.database.query.fields import BUILT_IN
from commlog.database.tables import TABLES
from commlog.errors import ExitCode
from commlog.exchange.map_reader import MAP_KEYS, SOURCE_KEYS
from commlog.forms.catalog import Catalog
from commlog.forms.fields import Field
from commlog.forms.schemas import shipped_folder
from commlog.messages import use_language
from commlog.output.formats import LISTING_FORMATS
from tests.build import NOW, ROOT, SmallLog, write_program

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
# What PERFORMANCE shows was measured once; its commands are not run again.
RUN = [page for page in PAGES if "```console" in page.read_text(encoding="utf-8") and page.name != "PERFORMANCE.md"]
HOME = "/home/wang"
LOG = ("records", "schemas", "commlog.yaml", "calendar.yaml", ".gitignore", ".gitattributes")
GENERATED = re.compile(r"<!-- table: ([^\n]+) -->\n(.*?)<!-- end of table -->\n", re.DOTALL)
BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)
RECORD_ID = re.compile(r"\b2026[0-9]{4}-[0-9a-hjkmnp-tv-z]{6}\b")
SHELL = re.compile(r"[|&;<>$`~*()\n]")


def name_of(page: Path) -> str:
    """A page as tests are named by it."""
    return page.relative_to(ROOT).as_posix()


def text_of(name: str) -> str:
    """A page's text."""
    return (ROOT / name).read_text(encoding="utf-8")


def is_rewriting() -> bool:
    """Whether the pages are to be written anew instead of compared."""
    return bool(os.environ.get("COMMLOG_REWRITE"))


# What the program has.


@cache
def commands() -> dict[str, Any]:
    """Every command and every verb of a noun, by what a person types, built in English."""
    use_language("en")
    return {name: build_command(name) for name in COMMANDS}


def cell(text: str) -> str:
    """Text that stays inside a cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def command_table(name: str) -> str:
    """A command as a call, a sentence, and its arguments and options, as `--help` tells them."""
    command = commands()[name]
    arguments = [item for item in command.params if item.param_type_name == "argument"]
    options = [
        item
        for item in command.params
        if item.param_type_name == "option" and "--help" not in item.opts and not item.hidden
    ]
    words = [item.metavar or item.name.upper() for item in arguments]
    lines = [f"`commlog {' '.join([name, *words])}`: {cell(command.help)}", ""]
    rows = [(f"`{item.metavar}`", item.help) for item in arguments]
    rows += [
        (", ".join(f"`{flag}`" for flag in item.opts) + (f" `{item.metavar}`" if item.metavar else ""), item.help)
        for item in options
    ]
    if rows:
        lines += ["| | |", "| --- | --- |", *(f"| {cell(head)} | {cell(text)} |" for head, text in rows), ""]
    return "\n".join(lines)


def fields_of(owner: tuple[Field, ...], above: str = "") -> Iterator[tuple[str, Field]]:
    """Fields at every depth with their dotted keys; `[]` marks a list."""
    for field in owner:
        yield f"{above}{field.key}", field
        inner = field.item or field
        mark = "[]" if field.item else ""
        yield from fields_of(inner.fields, f"{above}{field.key}{mark}.")


def kind_of(field: Field) -> str:
    """What may stand in a field, in words."""
    if field.enum:
        return ", ".join(
            f"`{choice}` {field.enum_labels.get(choice, {}).get('zh', '')}".strip() for choice in field.enum
        )
    if field.item is not None:
        inner = field.item
        return "list" if inner.fields else f"list of {kind_of(inner)}"
    kinds = {
        "date-time": "instant",
        "date": "date",
        "date-or-date-time": "date or instant",
        "date-or-month-day": "yearly date",
    }
    return kinds.get(field.format, "mapping, any keys" if field.free else field.type)


def field_table(name: str) -> str:
    """Every field of a template at every depth."""
    template = Catalog((shipped_folder(),)).get(name)
    lines = ["| field | 中文 | English | value |", "| --- | --- | --- | --- |"]
    for key, field in fields_of(template.fields):
        notes = [kind_of(field)]
        notes += ["**required**"] if field.required else []
        notes += ["assigned"] if field.read_only else []
        notes += ["personal"] if field.personal else []
        notes += [f"default `{json.dumps(field.default)}`".replace('"', "")] if field.default is not None else []
        lines.append(
            f"| `{key}` | {field.labels.get('zh', '')} | {field.labels.get('en', '')} | {cell('; '.join(notes))} |"
        )
    return "\n".join([*lines, ""])


def settings_of(schema: dict[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Settings at every depth with their dotted keys; `[]` marks a list, NAME a key people choose."""
    for key, value in schema.get("properties", {}).items():
        yield f"{above}{key}", value
        yield from settings_of(value, f"{above}{key}.")
        yield from settings_of(value.get("items", {}), f"{above}{key}[].")
        if isinstance(value.get("additionalProperties"), dict):
            yield from settings_of(value["additionalProperties"], f"{above}{key}.NAME.")


def setting_table(name: str) -> str:
    """Every setting of commlog.yaml or calendar.yaml at every depth."""
    schema = json.loads((ROOT / "schemas" / "settings" / f"{name}.json").read_text(encoding="utf-8"))
    lines = ["| setting | 中文 | meaning | default |", "| --- | --- | --- | --- |"]
    for key, value in settings_of(schema):
        labels, hint = value.get("x-label", {}), value.get("x-hint", {}).get("en", "")
        if "enum" in value:
            hint = ", ".join(f"`{choice}`" for choice in value["enum"])
        meaning = f"{labels.get('en', '')}: {hint}" if hint else labels.get("en", "")
        default = f"`{json.dumps(value['default'], ensure_ascii=False)}`" if "default" in value else ""
        lines.append(f"| `{key}` | {labels.get('zh', '')} | {cell(meaning)} | {cell(default)} |")
    return "\n".join([*lines, ""])


TABLE_MAKERS: dict[str, Callable[[str], str]] = {
    "command": command_table,
    "fields": field_table,
    "settings": setting_table,
}


def tables_in(page: Path) -> list[str]:
    """What the made tables of a page are about, in its order."""
    return [found[1] for found in GENERATED.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("page", [page for page in PAGES if tables_in(page)], ids=name_of)
def test_the_tables_say_what_the_program_and_the_schemas_say(page: Path) -> None:
    """Every table of options, fields or settings is the one made from the program or the schema now."""
    text = page.read_text(encoding="utf-8")

    def make(found: re.Match[str]) -> str:
        maker, _, subject = found[1].partition(" ")
        return f"<!-- table: {found[1]} -->\n{TABLE_MAKERS[maker](subject)}<!-- end of table -->\n"

    made = GENERATED.sub(make, text)
    if is_rewriting():
        page.write_text(made, encoding="utf-8")
    else:
        assert text == made


def test_every_command_is_documented() -> None:
    """COMMANDS.md has every command and verb with all of its options, and an example that runs."""
    page = ROOT / "docs" / "COMMANDS.md"
    names = list(commands())
    assert tables_in(page) == [f"command {name}" for name in names]
    shown = "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))
    assert [name for name in names if not re.search(rf"^\$ .*\bcommlog {name}\b", shown, re.MULTILINE)] == []


def test_what_every_command_takes_is_documented() -> None:
    """The options before or after any command's name, and the formats of listings, are in COMMANDS.md."""
    text = text_of("docs/COMMANDS.md")
    shared = {option.opts[-1] for option in build_program().params}
    assert [option for option in sorted(shared) if f"`{option}" not in text] == []
    assert [name for name in LISTING_FORMATS if f"| `{name}` |" not in text] == []


def test_every_exit_code_is_documented() -> None:
    """COMMANDS.md has a row for each exit code a command may end with."""
    assert [code for code in ExitCode if f"| {int(code)} |" not in text_of("docs/COMMANDS.md")] == []


def test_every_environment_variable_is_documented() -> None:
    """COMMANDS.md names every variable that the program reads from the environment."""
    source = (ROOT / "commlog" / "cli" / "session.py").read_text(encoding="utf-8")
    names = set(re.findall(r"""["']([A-Z][A-Z_]{1,})["']""", source)) - {"UTC"}
    assert {"COMMLOG_DIR", "COMMLOG_MEMBER", "TZ", "EDITOR", "LC_ALL"} <= names
    assert [name for name in sorted(names) if f"`{name}`" not in text_of("docs/COMMANDS.md")] == []


def test_every_template_and_setting_is_documented() -> None:
    """RECORD_FORMAT.md has a table for every shipped template and for both settings files."""
    wanted = [f"fields {name}" for name in Catalog((shipped_folder(),)).names()]
    wanted += [f"settings {path.stem}" for path in sorted((ROOT / "schemas" / "settings").glob("*.json"))]
    assert sorted(tables_in(ROOT / "docs" / "RECORD_FORMAT.md")) == sorted(wanted)


def test_every_field_of_the_query_language_is_documented() -> None:
    """COMMANDS.md explains every field that a query knows whatever the templates say."""
    assert [name for name in BUILT_IN if f"| `{name}` |" not in text_of("docs/COMMANDS.md")] == []


def test_every_key_of_an_import_map_is_documented() -> None:
    """IMPORT.md explains every key of a map, and of a field's mapping in it."""
    rows = "\n".join(re.findall(r"^\| ([^|]+) \|", text_of("docs/IMPORT.md"), re.MULTILINE))
    assert [name for name in (*MAP_KEYS, *SOURCE_KEYS) if f"`{name}`" not in rows] == []


def listings() -> list[str]:
    """The modules of the package that make a listing: those that say which columns it has."""
    return [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "commlog").rglob("*.py"))
        if re.search(r"^COLUMN_NAMES\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]


def test_every_column_of_a_listing_is_documented() -> None:
    """COMMANDS.md explains every column, which is every JSON field, of every listing."""
    text = text_of("docs/COMMANDS.md")
    names = [(module, name) for module in listings() for name in import_module(module).COLUMN_NAMES]
    assert {"list.py", "pending.py"} <= {f"{module.rpartition('.')[2]}.py" for module, _ in names}
    assert [(module, name) for module, name in names if f"| `{name}` |" not in text] == []


def test_every_table_and_column_of_the_index_is_documented() -> None:
    """SQL.md has a section for every table, and in it a row for every column, and no others."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    made = {
        name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    connection.close()
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", text_of("docs/SQL.md"), re.MULTILINE | re.DOTALL)
    assert {name: re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE) for name, text in sections} == made


# The examples.


class Shell:
    """A person at a terminal in a fresh copy of the example log: wang, on the example's Monday morning."""

    def __init__(self, home: Path, language: str) -> None:
        self.home = home
        self.folder = home / "commlog"
        self.code = 0
        self.shown_ids: dict[str, str] = {}
        self.environment = {
            "HOME": str(home),
            "COMMLOG_LANGUAGE": language,
            "TZ": "Asia/Shanghai",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": str(home / ".gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "EDITOR": "true",
            "GIT_AUTHOR_DATE": NOW,
            "GIT_COMMITTER_DATE": NOW,
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        }
        self._furnish()
        self.known = set(RECORD_ID.findall("\n".join(str(path) for path in self.folder.rglob("*.yaml"))))

    def _furnish(self) -> None:
        self.folder.mkdir(parents=True)
        for name in LOG:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, self.folder / name)
        write_program(self.home, f"--now {NOW}")
        (self.home / ".gitconfig").write_text(
            "[user]\n\tname = 王芳\n\temail = wang@example.com\n[init]\n\tdefaultBranch = main\n", encoding="utf-8"
        )
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "The example"]):
            subprocess.run(["git", *command], cwd=self.folder, env={**os.environ, **self.environment}, check=True)

    def answer(self, command: str, shown: str) -> str:
        """What the terminal shows after a command; ids that are new here are told by the shown ones."""
        for old, new in self.shown_ids.items():
            command = command.replace(old, new)
        text = f"{self.code}\n" if command == "echo $?" else self._run(command).replace(str(self.home), HOME)
        self._learn_ids(text, shown)
        for old, new in self.shown_ids.items():
            text = text.replace(new, old)
        return "".join(f"{line.rstrip()}\n" for line in text.splitlines())

    def _learn_ids(self, text: str, shown: str) -> None:
        new = [
            one
            for one in dict.fromkeys(RECORD_ID.findall(text))
            if one not in self.known and one[9:] not in self.shown_ids.values()
        ]
        names = [
            one
            for one in dict.fromkeys(RECORD_ID.findall(shown))
            if one not in self.known and one[9:] not in self.shown_ids
        ]
        # Random parts: people may leave the day out.
        self.shown_ids |= {
            name[9:]: one[9:]
            for name, one in zip([*names, *new[len(names) :]], new, strict=False)
            if name[:8] == one[:8]
        }

    def _run(self, command: str) -> str:
        words = [] if SHELL.search(command) else shlex.split(command)
        if words[:1] == ["cd"]:
            self.folder = (self.folder / words[1]).resolve()
            return ""
        if words[:1] == ["commlog"]:
            return self._run_here(words[1:])
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.code = done.returncode
        return done.stdout

    def _run_here(self, words: list[str]) -> str:
        terminal = io.StringIO()
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(terminal),
            contextlib.redirect_stderr(terminal),
        ):
            for name, value in {
                "LANGUAGE": "",
                "COMMLOG_MEMBER": "",
                "COMMLOG_DIR": "",
                "VISUAL": "",
                **self.environment,
            }.items():
                patch.setenv(name, value)
            patch.chdir(self.folder)
            self.code = int(run(["--now", NOW, *words]))
        return terminal.getvalue()


def steps_of(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a block, each with what is shown after it; `> ` continues a command."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        last = next((place for place, line in enumerate(lines[1:], start=1) if not line.startswith("> ")), len(lines))
        command = "\n".join([lines[0], *(line[2:] for line in lines[1:last])])
        yield command, "".join(f"{line}\n" for line in lines[last:])


def is_as_shown(answer: str, shown: str) -> bool:
    """Whether an answer is the one shown; a line of three dots stands for any lines."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line.rstrip()) + r"\n" for line in shown.splitlines()
    )
    return re.fullmatch(pattern, answer) is not None


@pytest.mark.slow
@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_every_example_gives_what_is_shown(page: Path, tmp_path: Path) -> None:
    """Each command of a page, run in a fresh copy of the example log, answers as the page says."""
    shell = Shell(tmp_path / "home", "zh" if page.name.endswith(".zh.md") else "en")

    def told(found: re.Match[str]) -> str:
        made = ""
        for command, shown in steps_of(found[1]):
            answer = shell.answer(command, shown)
            is_right = is_as_shown(answer, shown)
            assert is_right or is_rewriting(), f"$ {command}\n{answer}--- shown:\n{shown}"
            head, *rest = command.split("\n")
            made += "".join(f"{line}\n" for line in [f"$ {head}", *(f"> {line}" for line in rest)]) + (
                shown if is_right else answer
            )
        return made

    text = page.read_text(encoding="utf-8")
    made = BLOCK.sub(told, text)
    if is_rewriting():
        page.write_text(made, encoding="utf-8")


# The pages themselves.


def anchors_of(page: Path) -> set[str]:
    """What may follow # in a link to a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link names a file of the repository and, after #, a heading in it."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    dead = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        name, _, anchor = target.partition("#")
        found = (page.parent / name).resolve() if name else page
        if not found.exists() or (anchor and anchor not in anchors_of(found)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_speak_of_the_program_only(page: Path) -> None:
    """No page holds a path of somebody's machine, or words about how the work was organised."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.~])/(?:root|work|tmp|Users|opt|private)/\S*", text) == []
    assert re.findall(r"\b(?:sessions?\b(?!\.py)|issue #|pull request #)", text) == []


def test_the_readmes_lead_to_each_other_and_to_every_page() -> None:
    """Each README links to the other at its top, and to every page in docs/."""
    for name, other in (("README.md", "README.zh.md"), ("README.zh.md", "README.md")):
        text = text_of(name)
        assert f"({other})" in "\n".join(text.splitlines()[:5])
        assert [page.name for page in PAGES if page.parent.name == "docs" and f"(docs/{page.name})" not in text] == []


def test_the_map_has_every_room() -> None:
    """ARCHITECTURE.md has a row for every room of the package, and for no other."""
    rooms = {path.parent.name for path in (ROOT / "commlog").glob("*/__init__.py")}
    found = re.findall(r"^\| `(\w+)/` \|", text_of("docs/ARCHITECTURE.md"), re.MULTILINE)
    assert sorted(found) == sorted(rooms)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_pages_name_are_there(page: Path) -> None:
    """A module that a page names exists (NAME is one to come), and has the function whose name follows."""
    sources = {
        name_of(path).removeprefix("commlog/"): path.read_text(encoding="utf-8")
        for folder in ("commlog", "tests", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    }
    named = re.findall(r"`(\w+(?:/\w+)+\.py)`(?: `(\w+)`)?", page.read_text(encoding="utf-8"))
    missing = [
        (path, function)
        for path, function in ((path.removeprefix("commlog/"), function) for path, function in named)
        if "NAME" not in path
        and (
            path not in sources
            or (function and not re.search(rf"^\s*(?:def|class) {function}\b", sources[path], re.MULTILINE))
        )
    ]
    assert missing == []


def test_the_walk_through_one_command_is_true(log: SmallLog) -> None:
    """The functions that ARCHITECTURE.md names on the way of `commlog done` are called, in that order, in at most seven files."""
    steps = re.findall(r"^\d\. `([\w/]+\.py)` `(\w+)`", text_of("docs/ARCHITECTURE.md"), re.MULTILINE)
    record = log.create("visit", follow_ups=["call again"])
    called: dict[tuple[str, str], None] = {}

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            called.setdefault((frame.f_code.co_filename.rpartition("/commlog/")[2], frame.f_code.co_name))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        code = run(
            ["--log", str(log.root), "--now", NOW, "done", f"{record.id}/1", "--by", "wang", "--result", "reached"]
        )
    finally:
        sys.setprofile(before)

    assert code == ExitCode.DONE
    assert len(steps) == len({path for path, _ in steps}) <= 7
    assert [step for step in called if step in steps] == steps
