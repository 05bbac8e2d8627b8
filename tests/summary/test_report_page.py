"""A report as a page and as Markdown: what it says, what it escapes, and that it needs nothing else."""

import itertools
import re
import sys
from datetime import datetime
from html.parser import HTMLParser

import pytest

from commlog.errors import UsageError
from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.output.formats import FormatChoice
from commlog.output.labels import Labels
from commlog.output.page import fill_template, missing_package
from commlog.summary.page.charts import Chart, ChartMark, bars, draw_chart, score_lines, share_columns, stack
from commlog.summary.page.page import PAGE_FORMATS, format_report, is_our_report
from commlog.summary.page.sections import Sections
from commlog.summary.page.words import age_label, bucket_label, format_change
from commlog.summary.report import REPORT_ROWS, build_report
from commlog.summary.rules.figures import count_of, share_of
from commlog.summary.rules.report import AgeGroup, TimeBucket
from commlog.summary.rules.summary import MeasureKey, SummaryLine
from commlog.summary.summarize import SummaryRequest
from commlog.workspace import make_workspace
from tests.build import NOW, ROOT

HOSTILE = "</script><img src=x onerror=alert(1)>\u202e\u0007&amp;"


@pytest.fixture(autouse=True)
def english():
    """Each test begins and ends in English."""
    use_language("en")
    yield
    use_language("en")


def workspace_of(root):
    return make_workspace(open_log(root, str(root)), datetime.fromisoformat(NOW), None)


def labels_of(workspace, language="en"):
    def find(column):
        return dict(workspace.index.rows(f"SELECT slug, {language} FROM choices WHERE field = ?", (column,)))

    return Labels(find)


def page_of(root, period="2026-Q1", output_format="html", **request):
    workspace = workspace_of(root)
    return format_report(
        build_report(workspace, SummaryRequest(period, **{"limit": REPORT_ROWS, **request})),
        output_format,
        labels_of(workspace),
    )


@pytest.fixture(scope="module")
def page():
    """The example log's first quarter."""
    use_language("en")
    return page_of(ROOT)


@pytest.fixture
def hostile(tmp_path):
    """A log in which everything a person may write tries to be more than text."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    quoted = '"</script><img src=x onerror=alert(1)>\\u202e\\a&amp;"'
    record = tmp_path / "records/interactions/2026/03/20260302-aaa001.yaml"
    record.parent.mkdir(parents=True)
    record.write_text(
        "id: 20260302-aaa001\ntemplate: service\ncustomer: anonymous\nparty: {name: "
        + quoted
        + "}\nagent: "
        + quoted
        + "\n"
        "direction: inbound\nchannel: " + quoted + "\nstarted_at: 2026-03-02T09:00:00+08:00\n"
        "recorded_at: 2026-03-02T09:00:00+08:00\nsubject: " + quoted + "\nsummary: s\nscenario: " + quoted + "\n"
        "problem: p\nrequest: r\noutcome: resolved\nmood: " + quoted + "\nsatisfaction: dissatisfied\n"
        "followups:\n  - {n: 1, action: " + quoted + ", owner: wang, due: 2026-03-03, status: open}\n",
        encoding="utf-8",
    )
    return tmp_path


class Elements(HTMLParser):
    """The elements of a page with their attributes, and whether every one that opens is closed."""

    VOID = frozenset({"meta", "link", "br", "img", "hr", "input"})

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.found = []
        self.open = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def names(self):
        return {tag for tag, _ in self.found}


def test_a_page_needs_nothing_but_itself(page):
    """No script, no style sheet, picture, font or address of elsewhere: only names of XML name spaces have a scheme."""
    elements = Elements(page)
    assert elements.open == []
    assert not elements.names() & {"script", "link", "img", "iframe", "object", "use", "image"}
    for _, attributes in elements.found:
        assert not {"href", "src", "srcset", "action", "xlink:href"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in re.sub(r"url\(#", "", page)
    assert "@import" not in page


def test_a_page_has_landmarks_language_and_one_title(page):
    """Header, main and footer, one h1, headings that skip no level, every chart with a name."""
    elements = Elements(page)
    assert {"header", "main", "footer", "title"} <= elements.names()
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert dict(elements.found[0][1]) == {"lang": "en"}
    charts = [attributes for tag, attributes in elements.found if tag == "svg"]
    assert len(charts) == 8
    assert all(chart["role"] == "img" and chart["aria-label"] for chart in charts)
    ids = [attributes["id"] for _, attributes in elements.found if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_same_files_give_the_same_page(page):
    """Written again, the page has the same bytes."""
    assert page_of(ROOT) == page


@pytest.mark.parametrize("period", ["2026-Q1", "2026-03", "2026"])
def test_what_people_wrote_stays_text(hostile, period):
    """Markup, direction and control characters in any field are shown as text, in the page, in charts and in Markdown."""
    text = page_of(hostile, period)
    elements = Elements(text)
    assert not elements.names() & {"img", "script"}
    assert "\u202e" not in text
    assert "\x07" not in text
    assert "</script><img src=x onerror=alert(1)>" in elements.text
    markdown = page_of(hostile, period, "markdown")
    assert "<img" not in markdown
    assert "\u202e" not in markdown


def test_a_page_in_chinese_keeps_its_text_as_text():
    """Chinese words stand in the page and in its charts as letters, with fonts that have them."""
    use_language("zh")
    workspace = workspace_of(ROOT)
    text = format_report(
        build_report(workspace, SummaryRequest("2026-Q1", limit=REPORT_ROWS)), "html", labels_of(workspace, "zh")
    )
    assert '<html lang="zh-Hans">' in text
    drawings = "".join(re.findall(r"<svg.*?</svg>", text, re.DOTALL))
    assert "售后服务" in drawings
    assert "PingFang SC" in drawings


def test_an_empty_log_says_so(tmp_path):
    """Without a record the page says that nothing happened, and draws no chart."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    text = page_of(tmp_path)
    assert "Nothing happened in 2026-Q1" in text
    assert "<svg" not in text
    assert "Nothing happened in 2026-Q1" in page_of(tmp_path, output_format="markdown")


def test_markdown_has_every_table_of_the_page(page):
    """Markdown tells the same numbers: each table's heading is there, without a chart."""
    text = page_of(ROOT, output_format="markdown")
    workspace = workspace_of(ROOT)
    sections = Sections(build_report(workspace, SummaryRequest("2026-Q1", limit=REPORT_ROWS)), labels_of(workspace))
    for section in (*sections.charts(), *sections.lists()):
        assert f"## {section.title}" in text
    for row in sections.charts()[0].table.rows:
        assert f"| {row[0]} |" in text
    assert "<svg" not in text


def test_a_report_of_ours_is_known_again(page):
    """A page and a Markdown report are known by what their first lines say; a text that quotes them is not."""
    assert is_our_report(page.encode())
    assert is_our_report(page_of(ROOT, output_format="markdown").encode())
    assert not is_our_report(b"<!DOCTYPE html><p>my notes</p>")
    assert not is_our_report(b"notes: " + page.encode())
    assert not is_our_report(b"\xff\x00")


def test_an_unknown_format_is_refused():
    """Another format than html and markdown is a usage error that names them."""
    with pytest.raises(UsageError) as caught:
        FormatChoice(PAGE_FORMATS)("pdf")
    assert "html, markdown" in caught.value.remedy


@pytest.mark.parametrize("name", ["jinja2", "markupsafe", "vl_convert"])
def test_a_missing_package_is_named_with_its_remedy(name, monkeypatch):
    """Without a package for pages the fault says what to install."""
    from commlog.output import page as environment

    environment._environment.cache_clear()
    monkeypatch.setitem(sys.modules, name, None)
    try:
        with pytest.raises(UsageError) as caught:
            page_of(ROOT)
    finally:
        environment._environment.cache_clear()
    assert 'pip install "commlog[report]"' in caught.value.remedy
    assert missing_package(name).remedy == caught.value.remedy


def marks(svg):
    return re.findall(r'<path class="mark"[^>]*><title>([^<]*)</title>', svg)


@pytest.mark.parametrize("count", [1, 2, 7, 120])
def test_a_chart_has_one_mark_for_each_datum(count):
    """Every datum is drawn once with its words; points that are joined are counted without the line."""
    places = [f"p{number}" for number in range(count)]
    data = [ChartMark(place, 1 + number % 5, f"{place} told") for number, place in enumerate(places)]
    for spec in (stack(data, places), score_lines(data, places), bars(data)):
        assert sorted(marks(draw_chart(Chart(spec, "x"), "x"))) == sorted(one.words for one in data)
    shares = [one._replace(value=one.value / 5) for one in data]
    assert len(marks(draw_chart(Chart(share_columns(shares, places), "x"), "x"))) == count
    assert len(marks(draw_chart(Chart(bars(shares, shares, is_share=True), "x"), "x"))) == 2 * count


def test_a_chart_escapes_its_words_and_keeps_its_names_apart():
    """Words inside a drawing are escaped, and what two drawings define is named differently."""
    data = [ChartMark(HOSTILE, 1, HOSTILE)]
    first, second = (draw_chart(Chart(bars(data), HOSTILE), name) for name in ("one", "two"))
    assert "<img" not in first
    assert "</script>" not in first
    assert not set(re.findall(r'\bid="([^"]+)"', first)) & set(re.findall(r'\bid="([^"]+)"', second))
    assert "&lt;img" in first


@pytest.mark.parametrize("most", [0, 1, 3, 5, 6, 99, 100, 101, 123_456])
def test_an_axis_of_numbers_counts_whole_ones_from_zero(most):
    """Ticks are whole, different, at most six, begin at 0 and reach the largest value."""
    spec = bars([ChartMark("a", most, "w")])
    axis = spec["layer"][0]["encoding"]["x"]
    ticks = axis["axis"]["values"]
    assert ticks[0] == 0
    assert len(ticks) == len(set(ticks)) <= 6
    assert ticks[-1] == axis["scale"]["domain"][1] >= most


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [
        (share_of(6, 10), share_of(5, 10), "+10 pp"),
        (share_of(5, 10), share_of(5, 10), "±0 pp"),
        (share_of(2, 4), share_of(5, 10), "−3"),
        (count_of(3), count_of(1), "+2"),
    ],
)
def test_a_change_is_told_in_points_where_both_are_shares_of_enough(now, before, words):
    """Points of percent of two shares of five or more, else the difference in number."""
    assert format_change(SummaryLine(MeasureKey("problems", "tag", "a"), now, before)) == words


def test_ages_and_days_have_words():
    """Classes of age and stretches of time are told by their limits."""
    told = [
        age_label(AgeGroup(*age, 0, 0))
        for age in (("late", 21, None), ("late", 3, 5), ("left", 0, 0), ("paused", 0, None))
    ]
    assert told == ["more than 20 days late", "3–5 days late", "today, on time", "waiting for the customer"]
    bucket = TimeBucket(datetime(2026, 3, 2).date(), datetime(2026, 3, 9).date())
    assert [bucket_label(bucket, step) for step in ("day", "month", "year")] == ["2026-03-02", "2026-03", "2026"]


def test_templates_escape_what_they_are_given():
    """A value in a page's template is escaped even where nobody thought of it."""
    values = {
        "style": "",
        "title": HOSTILE,
        "record_id": "x",
        "lines": [],
        "columns": [],
        "follow_ups": [],
        "follow_ups_label": "",
        "agent": HOSTILE,
        "problems": [],
    }
    text = fill_template("records/record.html.jinja", values)
    assert "<img" not in text
    assert "\\u202e" in text
