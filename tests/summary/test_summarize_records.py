"""The records behind each figure add up to the figure."""

import json
from datetime import datetime

import pytest

from commlog.errors import UsageError
from commlog.log.log import open_log
from commlog.summary.rules.figures import FIGURES
from commlog.summary.summarize import SummaryRequest, list_counted, summarize
from commlog.workspace import make_workspace
from tests.build import ROOT

NOW = datetime.fromisoformat("2026-03-16T10:00:00+08:00")
PERIODS = ("2026-03", "2026-02", "2025", "2026", "2024")


@pytest.fixture(scope="module")
def workspace():
    """The example log."""
    return make_workspace(open_log(ROOT, str(ROOT)), NOW, None)


@pytest.fixture(scope="module")
def summaries(workspace):
    """The summary of each period."""
    return {period: summarize(workspace, SummaryRequest(period)) for period in PERIODS}


def listed(workspace, period, metric):
    """The rows of a figure as mappings."""
    listing = list_counted(workspace, SummaryRequest(period, limit=-1), metric)
    return [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("figure", list(FIGURES))
def test_the_records_add_up_to_the_figure(workspace, summaries, period, figure):
    """What counts is the numerator, with what stands beside it the denominator; what is left out is told by reason."""
    rows = listed(workspace, period, figure)
    counted = [row for row in rows if row["counted"] == "yes"]
    beside = [row for row in rows if row["counted"] == "no"]
    line = summaries[period].total(figure)
    if line is None:
        assert figure == "problems"
        assert len(rows) >= max(
            (one.now.numerator for one in summaries[period].lines if one.key.figure == figure), default=0
        )
        return
    now = line.now
    if now.kind == "mean":
        assert (sum(row["value"] for row in counted), len(counted)) == (now.numerator, now.denominator)
    elif now.kind == "share":
        assert (len(counted), len(counted) + len(beside)) == (now.numerator, now.denominator)
    elif figure.endswith("_net"):
        assert sum(row["value"] for row in counted) == now.numerator
    else:
        assert len(counted) == now.numerator
    if now.spread:
        assert max(row["value"] for row in counted) == now.spread.longest
    left_out = [row["why"] for row in rows if row["counted"] == "left_out"]
    assert {reason: left_out.count(reason) for reason in left_out} == dict(now.left_out)


def test_a_number_means_all_figures_of_its_metric(workspace):
    """`5` lists pending, overdue and the ages of the overdue; those overdue are the ones everybody knows of."""
    rows = listed(workspace, "2026-03", "5")
    assert {row["figure"] for row in rows} == {"pending", "overdue", "overdue_age"}
    overdue = {row["item"] for row in rows if row["figure"] == "overdue" and row["counted"] == "yes"}
    assert len(overdue) == 5
    assert all("/" in item for item in overdue)
    assert json.dumps(rows, ensure_ascii=False)


@pytest.mark.parametrize("metric", ["0", "18", "beauty"])
def test_an_unknown_figure_is_refused(workspace, metric):
    """What is no figure and no number of one is a usage error that names them."""
    with pytest.raises(UsageError) as caught:
        list_counted(workspace, SummaryRequest("2026-03"), metric)
    assert "17" in caught.value.remedy
