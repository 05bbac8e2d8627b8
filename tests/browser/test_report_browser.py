"""Reports and paper forms in a real browser: drawn, readable, printable, and silent on the network."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.output.labels import Labels
from commlog.records.find import find_path, get_record
from commlog.records.page import RecordContext, format_record_page
from commlog.summary.page.page import format_report
from commlog.summary.page.sections import Sections
from commlog.summary.report import REPORT_ROWS, build_report
from commlog.summary.summarize import SummaryRequest
from commlog.workspace import make_workspace
from tests.build import NOW, ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = "--no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-component-update --disable-sync"
PAGES = ("zh", "en", "empty", "hostile", "form")
HOSTILE = '"</script><img src=http://elsewhere.example/x onerror=alert(1)>\\u202e&amp;"'
RECORD = "20260310-w9t93h"
CHARTS = 8
LEAST_TEXT = 4.5
LEAST_MARK = 3.0


@pytest.fixture(scope="module")
def browser():
    """One browser for all pages; nothing is left running."""
    if CHROMIUM is None:
        pytest.skip("BROWSER TESTS DID NOT RUN: no chromium; install it with `apt-get install chromium`")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="BROWSER TESTS DID NOT RUN: install the Python package `playwright`"
    )
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Every page that is looked at, by name."""
    folder = tmp_path_factory.mktemp("pages")
    empty, hostile = folder / "empty-log", folder / "hostile-log"
    for root in (empty, hostile):
        root.mkdir()
        (root / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    record = hostile / "records/interactions/2026/03/20260302-aaa001.yaml"
    record.parent.mkdir(parents=True)
    record.write_text(
        f"id: 20260302-aaa001\ntemplate: service\ncustomer: anonymous\nagent: {HOSTILE}\ndirection: inbound\n"
        f"channel: {HOSTILE}\nstarted_at: 2026-03-02T09:00:00+08:00\nrecorded_at: 2026-03-02T09:00:00+08:00\n"
        f"subject: {HOSTILE}\nsummary: s\nscenario: {HOSTILE}\nproblem: p\nrequest: r\noutcome: resolved\n"
        f"mood: {HOSTILE}\nsatisfaction: dissatisfied\n",
        encoding="utf-8",
    )
    made = {"zh": report_of(ROOT, "zh"), "en": report_of(ROOT, "en")}
    texts = {
        **{name: text for name, (_, text) in made.items()},
        "empty": report_of(empty, "en")[1],
        "hostile": report_of(hostile, "en")[1],
        "form": form_of(RECORD),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return Files(folder, {name: sections for name, (sections, _) in made.items()})


@dataclass(frozen=True)
class Files:
    """Where the pages are, and the sections of those with charts."""

    folder: Path
    sections: dict


def workspace_of(root):
    return make_workspace(open_log(root, str(root)), datetime.fromisoformat(NOW), None)


def report_of(root, language):
    """The sections of a log's first quarter, and its page."""
    use_language(language)
    workspace = workspace_of(root)

    def find(column):
        return dict(workspace.index.rows(f"SELECT slug, {language} FROM choices WHERE field = ?", (column,)))

    labels = Labels(find)
    report = build_report(workspace, SummaryRequest("2026-Q1", limit=REPORT_ROWS))
    sections = Sections(report, labels).charts()
    text = format_report(report, "html", labels)
    use_language("en")
    return sections, text


def form_of(record_id):
    use_language("zh")
    workspace = workspace_of(ROOT)
    record = get_record(workspace.reader.read(find_path(workspace, record_id)))
    people = {member.id: member.name for member in workspace.log.settings.members}
    text = format_record_page(record, workspace.catalog.get(record.template), RecordContext(people, "李娜"))
    use_language("en")
    return text


class Seen:
    """What a page did that it should not: words on the console, requests for anything but itself."""

    def __init__(self):
        self.words = []
        self.requests = []

    def route(self, route):
        if route.request.url.startswith("file:"):
            route.continue_()
        else:
            self.requests.append(route.request.url)
            route.abort()


@pytest.fixture
def look(browser, files) -> Iterator:
    """Open a page by name, by day or by night, at some width."""
    opened = []

    def start(name, scheme="light", width=1200):
        context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
        opened.append(context)
        page = context.new_page()
        page.seen = Seen()
        page.on("console", lambda message: page.seen.words.append(message.text))
        page.on("pageerror", lambda fault: page.seen.words.append(str(fault)))
        page.route("**/*", page.seen.route)
        page.goto((files.folder / f"{name}.html").as_uri())
        return page

    yield start
    for context in opened:
        context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_silent(look, name):
    """No word on the console, no fault, no request for anything but the page itself."""
    page = look(name)
    page.mouse.wheel(0, 5000)
    assert page.seen.words == []
    assert page.seen.requests == []


@pytest.mark.parametrize(
    ("name", "scheme"), [("zh", "light"), ("zh", "dark"), ("en", "light"), ("empty", "dark"), ("form", "light")]
)
def test_a_page_passes_the_accessibility_check(look, name, scheme):
    """Contrast, landmarks, headings, names and tables are as axe-core wants them, by day and by night."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="install axe-playwright-python").Axe()
    page = look(name, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    response = axe.run(page).response
    assert len(response["passes"]) > 10
    found = response["violations"]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found] == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_chart_is_drawn_with_its_marks(look, files, language):
    """Each chart has as many marks as its numbers ask for, and each of them takes room inside the picture."""
    page = look(language)
    panels = page.locator("section.panel").all()
    assert len(panels) == CHARTS
    expected = {section.name: marks_of(section) for section in files.sections[language]}
    drawn = {}
    for panel in panels:
        name = panel.locator("h3").get_attribute("id")
        drawn[name] = panel.evaluate(
            """panel => {
                const frame = panel.querySelector('svg').getBoundingClientRect();
                return [...panel.querySelectorAll('svg .mark')].map(mark => {
                    const box = mark.getBoundingClientRect();
                    return [box.left >= frame.left - 1 && box.right <= frame.right + 1 && box.top >= frame.top - 1
                            && box.bottom <= frame.bottom + 1, box.height > 0.5];
                });
            }"""
        )
    assert {name: len(marks) for name, marks in drawn.items()} == expected
    assert all(all(seen) for marks in drawn.values() for seen in marks)


def marks_of(section):
    """How many marks a chart has by the table below it."""
    rows = [row[1:] for row in section.table.rows]
    if section.name == "volume":
        return sum(1 for row in rows for cell in row if cell not in {"", "0"})
    if section.name == "on-time":
        return sum(1 for row in rows if "%" in row[0])
    if section.name == "ageing":
        return len(rows) + sum(1 for row in rows if row[1] != "0")
    if section.name == "satisfaction":
        headings = section.table.headings[1:]
        return sum(
            1 for row in rows for heading, cell in zip(headings, row, strict=True) if cell and not is_staff(heading)
        )
    before = sum(1 for row in rows if not row[1].startswith(("–", "0/")))
    shares = [row for row in rows if "%" in row[0]]
    return len(rows) + (0 if shares and not all("%" in row[1] for row in rows) else before)


def is_staff(heading):
    return "staff" in heading or "代填" in heading or "工作人员" in heading


@pytest.mark.parametrize("name", ["zh", "form"])
def test_chinese_text_is_written_in_letters(look, name):
    """Two different characters look different: a font without them would draw the same box twice."""
    page = look(name)
    shapes = page.evaluate(
        """() => {
            const text = document.querySelector('svg text') || document.querySelector('td');
            const family = getComputedStyle(text).fontFamily;
            return ['客', '户', String.fromCodePoint(0x10fffd)].map(letter => {
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = 40;
                const pen = canvas.getContext('2d');
                pen.font = '30px ' + family;
                pen.fillText(letter, 2, 32);
                return [...pen.getImageData(0, 0, 40, 40).data].filter((_, place) => place % 4 == 3).join();
            });
        }"""
    )
    assert "1" in shapes[0]
    if shapes[0] == shapes[1]:
        pytest.skip("BROWSER TEST DID NOT RUN: no Chinese font; install one: apt-get install fonts-noto-cjk")
    assert shapes[0] not in shapes[2:]
    assert page.locator("text=客户").count() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_charts_stand_out_from_their_panel(look, scheme):
    """In a drawing text has a contrast of 4.5 and every mark one of 3 against the panel, by day and by night."""
    page = look("zh", scheme)
    colours = page.evaluate(
        """() => [...document.querySelectorAll('section.panel')].map(panel => [
            getComputedStyle(panel).backgroundColor,
            [...new Set([...panel.querySelectorAll('svg text')].map(one => getComputedStyle(one).fill))],
            [...new Set([...panel.querySelectorAll('svg .mark')].map(one => getComputedStyle(one).fill))],
        ])"""
    )
    assert len(colours) == CHARTS
    for panel, texts, marks in colours:
        assert texts
        assert marks
        assert min(contrast(panel, colour) for colour in texts) >= LEAST_TEXT
        assert min(contrast(panel, colour) for colour in marks) >= LEAST_MARK


def contrast(one, other):
    """The contrast of two opaque colours, as WCAG defines it."""
    lights = sorted((luminance(one), luminance(other)), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in re.fullmatch(r"rgb\((\d+), (\d+), (\d+)\)", colour).groups()]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(look, name):
    """At 390 pixels nothing is wider than the screen but tables that scroll by themselves, and charts stay legible."""
    page = look(name, width=390)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.evaluate("[...document.querySelectorAll('svg text')].map(one => one.getBoundingClientRect().height)")
    assert min(sizes, default=20) >= 9
    widths = page.evaluate(
        "[...document.querySelectorAll('section.panel')].map(one => one.getBoundingClientRect().left)"
    )
    assert len(set(widths)) <= 1


def test_what_people_wrote_makes_no_element(look):
    """Markup inside a record is shown letter by letter; no picture is asked for."""
    page = look("hostile")
    assert page.locator("img, script, iframe").count() == 0
    assert page.locator("text=<img src=http://elsewhere.example/x").count() > 0


def test_an_empty_log_draws_no_broken_chart(look):
    """Without a record the page says so, and has no drawing."""
    page = look("empty")
    assert page.locator("svg").count() == 0
    assert page.locator(".remark").count() == 1


def printed(page, folder):
    """The pages of a printed page, as text."""
    if shutil.which("pdfinfo") is None:
        pytest.skip("BROWSER TEST DID NOT RUN: no pdfinfo; install it: apt-get install poppler-utils")
    file = folder / "printed.pdf"
    page.pdf(path=file, prefer_css_page_size=True, print_background=True)
    told = subprocess.run(["pdfinfo", str(file)], capture_output=True, text=True, check=True).stdout
    assert re.search(r"Page size: +59[45](\.\d+)? x 84[12](\.\d+)? pts \(A4\)", told)
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True).stdout
    pages = text.split("\f")[:-1]
    assert len(pages) == int(re.search(r"Pages: +(\d+)", told)[1])
    return pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_report_is_printed_on_few_pages(look, tmp_path, scheme):
    """The example's quarter takes four pages or five, dark readers get the same ink, and no chart is cut in two."""
    pages = printed(look("en", scheme), tmp_path)
    assert 3 <= len(pages) <= 5
    (place,) = [place for place, text in enumerate(pages) if "Pending follow-ups by working" in text]
    assert "waiting for the customer" in pages[place]


def test_a_form_is_printed_on_one_page(look, tmp_path):
    """An ordinary record's form is one sheet of A4, from its title to the line to sign on."""
    (sheet,) = printed(look("form"), tmp_path)
    assert "客户交流记录表" in sheet.replace(" ", "")
    assert "20260310-w9t93h" in sheet


def test_the_longest_forms_of_the_example_log_fit_one_page(look, tmp_path):
    """The five longest conversations of the example's March are printed on one sheet each."""
    page = look("form")
    paths = (ROOT / "records/interactions/2026/03").glob("*.yaml")
    longest = sorted(paths, key=lambda path: (-path.stat().st_size, path.name))[:5]
    many = []
    for path in longest:
        page.set_content(form_of(path.stem))
        if len(printed(page, tmp_path)) != 1:
            many.append(path.stem)
    assert many == []
