"""A summary as people and programs read it."""

import csv
import io
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from jsonschema import Draft202012Validator

from commlog.errors import UsageError
from commlog.log.log import open_log
from commlog.messages import use_language
from commlog.output.blocks import Table, format_markdown, format_text
from commlog.output.labels import Labels
from commlog.output.listing import Listing
from commlog.output.text import width_of
from commlog.summary.rules.figures import FIGURES, count_of, mean_of, pair, share_of, spread_of
from commlog.summary.rules.summary import MeasureKey, PointedRecords, Summary
from commlog.summary.summarize import SummaryRequest, summarize
from commlog.summary.text.summary import FORMATS, format_summary
from commlog.summary.text.words import FIGURE_LABELS, REMARKS, format_duration, format_measure, format_remarks
from commlog.workspace import make_workspace
from commlog.worktime.periods import parse_period
from tests.build import ROOT

NOW = datetime(2026, 3, 16, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
SCHEMA = json.loads((ROOT / "docs/summary.schema.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def english():
    """Each test begins and ends in English."""
    use_language("en")
    yield
    use_language("en")


@pytest.fixture(scope="module")
def labels():
    """Words that are the slugs themselves."""
    return Labels(lambda _: {})


@pytest.fixture(scope="module")
def workspace():
    """The example log at the demo instant."""
    return make_workspace(open_log(ROOT, str(ROOT)), NOW, None)


def made(now, before=None, attention=(), by=""):
    """A summary of March of some readings."""
    period = parse_period("2026-03", NOW)
    return Summary(period, period.previous(), NOW, period.start, by, pair(now, before or {}), tuple(attention))


def test_every_figure_and_remark_has_words():
    """What a summary may hold, people can read."""
    assert set(FIGURE_LABELS) == set(FIGURES)
    known = set(SCHEMA["properties"]["figures"]["properties"])
    assert known == set(FIGURES)
    assert set(SCHEMA["$defs"]["reasons"]["propertyNames"]["enum"]) == set(REMARKS)


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (count_of(-3), "-3"),
        (share_of(2, 4), "2/4"),
        (share_of(2, 5), "40% (2/5)"),
        (share_of(0, 0), "–"),
        (mean_of(17, 6), "2.8 (N 6)"),
        (spread_of([60, 120, 180], "seconds"), "median 2 min, 90% within 3 min (N 3)"),
        (spread_of([1, 2], "working_days"), "median 1.5, 90% within 2, longest 2 working days (N 2)"),
        (spread_of([], "seconds"), "–"),
    ],
)
def test_a_measure_prints_its_number(measure, text):
    """Every figure shows its N, and a percentage only from five on."""
    assert format_measure(measure) == text


def test_remarks_say_what_was_left_out_and_what_was_not():
    """What is missing in a figure and what may surprise in it are told apart."""
    assert format_remarks(share_of(1, 2, cancelled=1, unclear=2)) == "left out: 1 cancelled, 2 unclear whether reached"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 min"),
        (-60, "−1 min"),
        (59 * 60, "59 min"),
        (3600, "1 h 0 min"),
        (47 * 3600 + 60, "47 h 1 min"),
        (50 * 3600, "2 d 2 h"),
    ],
)
def test_durations_use_the_two_units_that_matter(seconds, text):
    """Minutes, then hours and minutes, then days and hours."""
    assert format_duration(seconds) == text


def test_wide_characters_are_aligned():
    """A Chinese cell takes two columns a character, so that every line of a table is equally wide."""
    table = Table("", ("A", "B"), (("技术部", "1"), ("li", "22")), frozenset({}))
    assert len({width_of(line) for line in format_text([table]).split("\n")}) == 1


def test_customers_words_cannot_steer_terminal_or_page():
    """Escapes of a terminal are shown, and what Markdown would read as a column or as HTML is escaped."""
    table = Table("", ("A",), (("a|b<script>\x1b[2J",),))
    assert "\x1b" not in format_text([table])
    assert "a\\|b&lt;script>" in format_markdown([table])


def test_an_empty_period_says_so(labels):
    """Nothing in the period is said in a sentence, not left to a table of zeros."""
    text = format_summary(made({MeasureKey("interactions"): count_of(0)}), "text", labels, 10)
    assert "Nothing happened in 2026-03" in text
    assert "Nothing happened" not in format_summary(made({MeasureKey("interactions"): count_of(1)}), "text", labels, 10)


def test_groups_and_records_beyond_the_limit_are_counted(labels):
    """A long table ends with how many more there are."""
    now = {MeasureKey("interactions"): count_of(3)} | {
        MeasureKey("interactions", "channel", str(n)): count_of(n) for n in range(1, 4)
    }
    listing = Listing(("id", "lag"), (("20260301-aaaaaa", 3600),), ("id", "lag"), "id")
    text = format_summary(made(now, attention=[PointedRecords("late_records", listing, 7)]), "text", labels, 2)
    assert "… and 1 more" in text
    assert "… and 7 more" in text
    assert "1 h 0 min" in text


def test_an_unknown_format_is_refused(labels):
    """A format nobody offers is a usage error that names those there are."""
    with pytest.raises(UsageError) as caught:
        format_summary(made({}), "ids", labels, 10)
    assert all(name in caught.value.remedy for name in FORMATS)


@pytest.mark.parametrize(
    "request_",
    [
        SummaryRequest(),
        SummaryRequest("2025"),
        SummaryRequest("2024-06"),
        SummaryRequest("2026-Q1", by="channel", limit=0),
        SummaryRequest("2026", by="owner", limit=-1),
        SummaryRequest("2026-03", by="tag"),
        SummaryRequest("2026-W11", by="month"),
    ],
)
def test_json_is_as_documented(workspace, labels, request_):
    """The JSON of the example log satisfies the published schema, whatever is asked."""
    answer = json.loads(format_summary(summarize(workspace, request_), "json", labels, 10))
    Draft202012Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(answer)] == []


def test_json_holds_raw_numbers_beside_the_value(workspace, labels):
    """Numerator and denominator are given even where there is no percentage."""
    answer = json.loads(format_summary(summarize(workspace, SummaryRequest("2026-03")), "json", labels, 10))
    reached = answer["figures"]["reached"]["total"]
    assert (reached["numerator"], reached["denominator"], reached["value"]) == (2, 4, None)
    assert (reached["previous"]["numerator"], reached["previous"]["denominator"]) == (0, 1)


def test_csv_has_a_row_for_every_line(workspace, labels):
    """One row a figure and group, the same ones as in JSON Lines, with the period before in the same row."""
    summary = summarize(workspace, SummaryRequest("2026-03", by="channel"))
    rows = list(csv.DictReader(io.StringIO(format_summary(summary, "csv", labels, 10), newline="")))
    objects = [json.loads(line) for line in format_summary(summary, "jsonl", labels, 10).split("\n")]
    assert len(rows) == len(objects) == len(summary.lines)
    phone = next(
        row for row in rows if (row["figure"], row["dimension"], row["group"]) == ("interactions", "channel", "phone")
    )
    assert (phone["numerator"], phone["previous_numerator"]) == ("6", "1")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("by", ["", "channel", "agent", "tag"])
def test_the_page_is_aligned_in_both_languages(workspace, labels, language, by):
    """Every rule of a table is as wide as the columns it underlines, and the same call gives the same bytes."""
    use_language(language)
    sql = f"SELECT slug, {language} FROM choices WHERE field = ?"
    own = Labels(lambda column: dict(workspace.index.rows(sql, (column,))))
    summary = summarize(workspace, SummaryRequest("2026-03", by=by))
    text = format_summary(summary, "text", own, 10)
    assert text == format_summary(summarize(workspace, SummaryRequest("2026-03", by=by)), "text", own, 10)
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.startswith("---"):
            assert width_of(lines[number - 1]) <= width_of(line)


def test_markdown_has_the_same_tables(workspace, labels):
    """Markdown shows as many tables as the text does."""
    summary = summarize(workspace, SummaryRequest("2026-03"))
    text, markdown = (format_summary(summary, name, labels, 10) for name in ("text", "markdown"))
    assert sum(line.startswith("---") for line in text.split("\n")) == markdown.count("\n| --- |")


def test_the_previous_state_names_its_instant(workspace, labels):
    """Pending and overdue of the period before are those at its end, and the page says so."""
    summary = summarize(workspace, SummaryRequest("2026-03"))
    assert summary.before_at == summary.period.start
    assert "2026-03-01 00:00" in format_summary(summary, "text", labels, 10)
    assert summarize(workspace, SummaryRequest("2025", compare="2026-03")).before_at == NOW
    assert summary.previous.end - summary.previous.start == timedelta(days=28)
