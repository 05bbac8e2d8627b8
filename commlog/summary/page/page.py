"""A report as one HTML page that needs nothing but itself, or as Markdown."""

from typing import Any, Final

from commlog.messages import translate
from commlog.output.blocks import Block, Table, format_markdown
from commlog.output.labels import Labels
from commlog.output.page import GENERATOR, as_markup, fill_template, style_sheet
from commlog.summary.page.charts import draw_chart
from commlog.summary.page.sections import ReportSection, Sections
from commlog.summary.rules.report import Report

PAGE_FORMATS: Final = ("html", "markdown")
# The first line of a report in Markdown, which nobody sees where it is shown.
_MARK: Final = f"<!-- {GENERATOR} report -->"
_META: Final = f'<meta name="generator" content="{GENERATOR} '
# In a page the sign is near its beginning, before anything people wrote.
_BEGINNING: Final = 500


def format_report(report: Report, output_format: str, labels: Labels) -> str:
    """The report in one of FORMATS.

    Raises:
        UsageError: a package for pages is missing.
    """
    sections = Sections(report, labels)
    if output_format == "markdown":
        return _format_markdown(sections)
    values: dict[str, Any] = {
        "page": sections,
        "style": style_sheet("summary/page/style.css"),
        "charts": [(section, _drawn(section)) for section in sections.charts()],
        "is_revealed": report.is_revealed,
    }
    return fill_template("summary/page/report.html.jinja", values)


def is_our_report(data: bytes) -> bool:
    """Whether a file is a report that this program wrote."""
    beginning = data[:_BEGINNING].decode("utf-8", "replace")
    return beginning.startswith(_MARK) or (beginning.startswith("<!DOCTYPE html>") and _META in beginning)


def _drawn(section: ReportSection) -> Any:
    return as_markup(draw_chart(section.chart, section.name)) if section.chart else None


def _format_markdown(sections: Sections) -> str:
    blocks: list[Block] = [sections.subtitle(), *sections.remarks(), *sections.figures()]
    for section in (*sections.charts(), *sections.lists()):
        if section.table.rows:
            blocks.append(section.table)
        else:
            blocks.append(Table(section.title, (translate("Nothing to show"),), ()))
    title = format_markdown([sections.title()])
    return f"{_MARK}\n\n# {title}\n\n{format_markdown(blocks)}\n"
