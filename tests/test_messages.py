"""The catalogue of texts: complete, up to date, and what people see of it in Chinese."""

import ast
import gettext
import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from commlog.cli.app import COMMANDS, NOUNS, run
from commlog.messages import DOMAIN, LOCALE_FOLDER, translate, translate_plural, use_language
from tests.build import ROOT

PACKAGE = ROOT / "commlog"
FOLDER = LOCALE_FOLDER / "zh" / "LC_MESSAGES"
SCHEMAS = sorted((ROOT / "schemas").rglob("*.json"))
HAN = re.compile("[\u4e00-\u9fff]")
WIDE_PUNCTUATION = re.compile("[，。：；！？（）“”「」、]")
# Three English words in a row; names of formats, options and values stand alone or in pairs.
SENTENCE = re.compile(r"\b[A-Za-z]+(?: [a-z']{1,}){2,}\b")
ENDS = {".": "。", "?": "？", ":": ":："}
ABBREVIATIONS = {"No."}
# Keywords under which `properties` only say more of fields that are declared elsewhere.
CONDITIONS = {"if", "then", "else", "not", "contains"}


def read_catalogue() -> Catalog:
    with (FOLDER / "commlog.po").open("rb") as file:
        return read_po(file, locale="zh")


CATALOGUE = read_catalogue()
# The Chinese text of each text; one for 1 and one for any other number have the same.
CHINESE = {
    text: str(message.string[0] if message.pluralizable else message.string)
    for message in CATALOGUE
    if message.id
    for text in (message.id if message.pluralizable else (message.id,))
}
PLURALS = {message.id for message in CATALOGUE if message.pluralizable}
# The calls that take a text, and the number of texts each takes.
TEXTS_OF_CALL = {"mark": 1, "translate": 1, "mark_plural": 2, "translate_plural": 2}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call that takes a text for the catalogue, with its place; texts handed on from a table with `*` are none."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                not isinstance(node, ast.Call)
                or not isinstance(node.func, ast.Name)
                or node.func.id not in TEXTS_OF_CALL
            ):
                continue
            if not any(isinstance(argument, ast.Starred) for argument in node.args):
                yield f"{path.relative_to(ROOT).as_posix()}:{node.lineno}", node


def literals(node: ast.expr) -> Iterator[str]:
    """The texts that a call marks, whichever way it goes."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from literals(node.body)
        yield from literals(node.orelse)


def placeholders(text: str) -> list[str]:
    return sorted(re.findall(r"\{\{|\}\}|\{[^{}]*\}", text))


@cache
def extracted() -> frozenset[str]:
    """The texts that `make messages` collects."""
    keywords = {**DEFAULT_KEYWORDS, "mark": None, "translate": None, "mark_plural": (1, 2), "translate_plural": (1, 2)}
    found = extract_from_dir(str(PACKAGE), method_map=[("**.py", "python")], keywords=keywords)
    return frozenset(text for item in found for text in ((item[2],) if isinstance(item[2], str) else item[2]))


def test_every_text_has_a_chinese_one() -> None:
    """Every text that the program marks stands in the catalogue with a translation; `make messages` adds new ones."""
    assert sorted(text for text in extracted() if not CHINESE.get(text)) == []


def test_the_catalogue_holds_no_text_that_is_gone() -> None:
    """The catalogue has no text that the program no longer marks, and no guessed translation."""
    assert sorted(set(CHINESE) - extracted()) == []
    assert list(CATALOGUE.obsolete) == []
    assert [message.id for message in CATALOGUE if message.fuzzy] == []


def test_every_marked_text_is_collected() -> None:
    """The texts in the code are those collected: none is hidden in an f-string or a choice between two."""
    marked = {
        text
        for _, call in calls()
        for argument in call.args[: TEXTS_OF_CALL[call.func.id]]
        for text in literals(argument)
    }
    assert sorted(marked ^ extracted()) == []


def test_texts_are_marked_whole() -> None:
    """No text is put together before it is translated: f-strings, sums, choices and formats would not be found."""
    wrong = (ast.JoinedStr, ast.BinOp, ast.IfExp)
    places = [
        f"{place}: {ast.unparse(call)}"
        for place, call in calls()
        if len(call.args) != TEXTS_OF_CALL[call.func.id] + (call.func.id == "translate_plural")
        or isinstance(call.args[0], wrong)
        or (isinstance(call.args[0], ast.Call) and ast.unparse(call.args[0].func).endswith((".format", ".join")))
    ]
    assert places == []


def test_the_text_for_one_and_that_for_more_name_the_same_facts() -> None:
    """Both texts of a number have the same placeholders, the number among them, and the Chinese one has one text."""
    assert [
        pair for pair in PLURALS if placeholders(pair[0]) != placeholders(pair[1]) or "{count}" not in pair[0]
    ] == []
    assert CATALOGUE.num_plurals == 1


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ["{count} files", "{count} file", "{count} files"]),
        ("zh", ["{count} 个文件", "{count} 个文件", "{count} 个文件"]),
    ],
)
def test_a_number_of_things_is_told_as_the_language_does(language: str, told: list[str]) -> None:
    """English has one text for 1 and another for 0 and 2; Chinese has the same for all."""
    use_language(language)
    try:
        assert [translate_plural("{count} file", "{count} files", count) for count in (0, 1, 2)] == told
    finally:
        use_language("en")


def test_texts_are_english() -> None:
    """A text in the code is English; Chinese stands in it only as an example of what to type."""
    wrong = [
        text
        for text in CHINESE
        if WIDE_PUNCTUATION.search(text) or len(HAN.findall(text)) > len(re.findall("[A-Za-z]", text))
    ]
    assert wrong == []


def test_translations_have_the_same_placeholders() -> None:
    """A translation names the same facts as its text, none missing and none new."""
    wrong = [text for text, chinese in CHINESE.items() if placeholders(text) != placeholders(chinese)]
    assert wrong == []


def test_translations_end_as_their_texts_do() -> None:
    """Where the English ends with a full stop, a question mark or a colon, so does the Chinese; and only there."""
    wrong = [
        text
        for text, chinese in CHINESE.items()
        if text not in ABBREVIATIONS
        if (text[-1] in ENDS and chinese[-1] not in ENDS[text[-1]])
        or (text[-1] not in ENDS and chinese[-1] in "。：？")
    ]
    assert wrong == []


def test_translations_use_chinese_punctuation() -> None:
    """A translation has no straight quote, comma or bracket between Chinese characters."""
    wrong = [
        chinese
        for chinese in CHINESE.values()
        if re.search(r"[\u4e00-\u9fff][,;!?()'\"]|[,;!?()'\"][\u4e00-\u9fff]", chinese)
    ]
    assert wrong == []


def assert_holds_every_text(compiled: Path | IO[bytes]) -> None:
    """The compiled catalogue says what the text file says, nothing else, as UTF-8."""
    with compiled.open("rb") if isinstance(compiled, Path) else compiled as file:
        catalogue = gettext.GNUTranslations(file)
    assert catalogue.charset() == "utf-8"
    in_pairs = {text for pair in PLURALS for text in pair}
    wanted: dict[str | tuple[str, int], str] = {text: CHINESE[text] for text in CHINESE if text not in in_pairs}
    wanted |= {(one, 0): CHINESE[one] for one, _ in PLURALS}
    assert {key: value for key, value in catalogue._catalog.items() if key} == wanted


def test_the_compiled_catalogue_is_up_to_date() -> None:
    """The compiled catalogue in use holds what the text file holds; `make` compiles it again."""
    assert_holds_every_text(FOLDER / "commlog.mo")


def test_a_wheel_built_from_a_clean_checkout_answers_in_chinese(tmp_path: Path) -> None:
    """Building compiles the catalogue: the wheel holds it though git does not, and so does the archive of sources."""
    for name in ("commlog", "schemas", "records"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo", ".commlog"))
    for name in (
        ".gitignore",
        "LICENSE",
        "README.md",
        "calendar.yaml",
        "commlog.yaml",
        "hatch_build.py",
        "pyproject.toml",
    ):
        shutil.copy(ROOT / name, tmp_path)
    program = "import hatchling.build as b; print(b.build_sdist('dist')); print(b.build_wheel('dist'))"
    made = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    archive, wheel = (tmp_path / "dist" / name for name in made.stdout.split())
    with ZipFile(wheel) as built:
        assert_holds_every_text(built.open("commlog/locale/zh/LC_MESSAGES/commlog.mo"))
    with tarfile.open(archive) as sources:
        assert f"{archive.name.removesuffix('.tar.gz')}/hatch_build.py" in sources.getnames()


def test_a_checkout_without_the_compiled_catalogue_answers_in_english(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the compiled catalogue (nothing was installed or built) a Chinese answer is English, not an error."""
    monkeypatch.setattr("commlog.messages.LOCALE_FOLDER", tmp_path)
    use_language("zh")
    try:
        assert translate("no") == "no"
    finally:
        use_language("en")


@pytest.fixture
def chinese_page(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    """Runs a call in Chinese and gives what it prints; the language is as before afterwards."""
    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", "80")
    domain = gettext.textdomain()

    def page(*words: str) -> str:
        assert run(["--language", "zh", *words, "--help"]) == 0
        return capsys.readouterr().out

    yield page
    use_language("en")
    gettext.textdomain(domain)


def every_command() -> Iterator[tuple[str, ...]]:
    yield ()
    yield from ((noun,) for noun in NOUNS)
    yield from (tuple(name.split(" ")) for name in COMMANDS)


@pytest.mark.parametrize("words", list(every_command()), ids=lambda words: " ".join(words) or "commlog")
def test_help_is_chinese(chinese_page, words: tuple[str, ...]) -> None:
    """A page of help in Chinese has no English sentence: only names of options, values and formats."""
    usage, *lines = chinese_page(*words).splitlines()
    assert usage.startswith("用法:")
    assert [line for line in lines if SENTENCE.search(line)] == []


@pytest.mark.parametrize("words", list(every_command()), ids=lambda words: " ".join(words) or "commlog")
def test_help_fits_the_terminal(chinese_page, words: tuple[str, ...]) -> None:
    """No line of a page of help is wider than the terminal: a Chinese character takes two columns."""
    from commlog.output.text import width_of

    assert [line for line in chinese_page(*words).splitlines() if width_of(line) > 80] == []


@pytest.mark.parametrize("words", list(every_command()), ids=lambda words: " ".join(words) or "commlog")
def test_every_value_has_a_name_in_help(chinese_page, words: tuple[str, ...]) -> None:
    """What an option or argument takes is named (NOTE, FILE) and not shown by its type (<str>, <int>)."""
    assert re.findall("<(?:str|int|float|path)>|TEXT|INTEGER", chinese_page(*words)) == []


def test_domain_and_file_agree() -> None:
    """The catalogue is found under the name that the program asks for."""
    assert gettext.find(DOMAIN, LOCALE_FOLDER, ["zh"]) == str(FOLDER / "commlog.mo")


def properties(schema: object, place: str = "") -> Iterator[tuple[str, dict[str, object]]]:
    """Every property that a schema declares, at every depth, with its place."""
    if isinstance(schema, list):
        for number, item in enumerate(schema):
            yield from properties(item, f"{place}/{number}")
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if key == "properties" and isinstance(value, dict):
                for name, field in value.items():
                    yield f"{place}/{name}", field
                    yield from properties(field, f"{place}/{name}")
            elif key not in CONDITIONS:
                yield from properties(value, f"{place}/{key}")


def has_both(words: object) -> bool:
    return isinstance(words, dict) and all(
        isinstance(words.get(language), str) and words[language].strip() for language in ("zh", "en")
    )


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_field_has_a_label_in_both_languages(path: Path) -> None:
    """Every field of every form, at every depth, is named in Chinese and in English."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert [place for place, field in properties(schema) if not has_both(field.get("x-label"))] == []


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.name)
def test_every_choice_has_a_word_in_both_languages(path: Path) -> None:
    """Every choice of every form has a Chinese and an English word."""

    def wordless(node: object) -> Iterator[object]:
        if isinstance(node, dict):
            labels = node.get("x-enum-labels", {})
            yield from (choice for choice, words in labels.items() if not has_both(words))
            yield from (choice for choice in node.get("enum", ()) if labels and str(choice) not in labels)
            for value in node.values():
                yield from wordless(value)
        elif isinstance(node, list):
            for item in node:
                yield from wordless(item)

    assert list(wordless(json.loads(path.read_text(encoding="utf-8")))) == []
