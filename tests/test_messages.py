"""The catalogue of texts: complete, up to date, and what people see of it in Chinese."""

import ast
import gettext
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from commlog.cli.app import COMMANDS, NOUNS, run
from commlog.messages import DOMAIN, LOCALE_FOLDER, use_language

ROOT = Path(__file__).parents[1]
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
CHINESE = {str(message.id): str(message.string) for message in CATALOGUE if message.id}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of mark and translate with its place."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"mark", "translate"}:
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
    keywords = {**DEFAULT_KEYWORDS, "mark": None, "translate": None}
    found = extract_from_dir(str(PACKAGE), method_map=[("**.py", "python")], keywords=keywords)
    return frozenset(str(item[2]) for item in found)


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
    marked = {text for _, call in calls() for text in literals(call.args[0])}
    assert sorted(marked ^ extracted()) == []


def test_texts_are_marked_whole() -> None:
    """No text is put together before it is translated: f-strings, sums, choices and formats would not be found."""
    wrong = (ast.JoinedStr, ast.BinOp, ast.IfExp)
    places = [
        f"{place}: {ast.unparse(call)}"
        for place, call in calls()
        if len(call.args) != 1
        or isinstance(call.args[0], wrong)
        or (isinstance(call.args[0], ast.Call) and ast.unparse(call.args[0].func).endswith((".format", ".join")))
    ]
    assert places == []


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


def test_the_compiled_catalogue_is_up_to_date() -> None:
    """The compiled catalogue that is shipped holds what the text file holds, as UTF-8."""
    made = io.BytesIO()
    write_mo(made, CATALOGUE)
    made.seek(0)
    fresh = gettext.GNUTranslations(made)
    with (FOLDER / "commlog.mo").open("rb") as file:
        shipped = gettext.GNUTranslations(file)
    assert shipped.charset() == "utf-8"
    assert {text: shipped.gettext(text) for text in CHINESE} == CHINESE
    assert {key: value for key, value in shipped._catalog.items() if key} == {
        key: value for key, value in fresh._catalog.items() if key
    }


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
