"""The whole public file, imported once: every answer about it equals a plain count of its rows."""

import csv
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from tests.build import ROOT

SOURCE = ROOT.parent / "shared" / "data" / "consumer_complaints.csv"
CHANNELS = {
    "Web": "web_form",
    "Phone": "phone",
    "Postal mail": "letter",
    "Fax": "fax",
    "Email": "email",
    "Referral": "other",
}
NOW = "2018-01-02T12:00:00-05:00"

pytestmark = pytest.mark.skipif(not SOURCE.is_file(), reason=f"the public file of complaints is not at {SOURCE}")


@pytest.fixture(scope="module")
def rows():
    """The rows as the csv module alone reads them."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def commlog(tmp_path_factory):
    """A function that runs a command on the log into which the file was imported, and gives its stdout."""
    folder = tmp_path_factory.mktemp("complaints")
    (folder / "commlog.yaml").write_text("timezone: America/New_York\nlanguage: en\n", encoding="utf-8")

    def call(*words):
        arguments = [sys.executable, "-m", "commlog", *words, "--log", str(folder), "--now", NOW]
        ended = subprocess.run(
            arguments,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def imported():
        words = (
            "import",
            "csv",
            str(SOURCE),
            "--map",
            str(ROOT / "examples" / "consumer-complaints.map.yaml"),
            "--format",
            "json",
        )
        return json.loads(call(*words))

    call.first, call.second = imported(), imported()
    return call


def test_every_row_is_a_record_once(commlog, rows):
    """Every row is created, each company once; the second run creates nothing and finds them all."""
    assert (commlog.first["created"], commlog.first["rejected"], commlog.first["customers"]) == (
        len(rows),
        0,
        len({row["Company"] for row in rows}),
    )
    assert (commlog.second["created"], commlog.second["present"], commlog.second["customers"]) == (0, len(rows), 0)


def test_the_log_is_clean(commlog):
    """`check` finds nothing wrong with any record."""
    assert json.loads(commlog("check", "--format", "json")) == []


def test_listing_counts_as_the_file_does(commlog, rows):
    """Channels, outcomes, days and companies of the listing are those of the rows."""
    listed = json.loads(commlog("list", "--format", "json"))
    assert Counter(item["channel"] for item in listed) == Counter(CHANNELS[row["Submitted via"]] for row in rows)
    open_ends = {"Untimely response", "In progress"}
    assert Counter(item["outcome"] for item in listed) == Counter(
        "follow_up" if row["Company response to consumer"] in open_ends else "resolved" for row in rows
    )
    days = Counter("{2}-{0:0>2}-{1:0>2}".format(*row["Date received"].split("/")) for row in rows)
    assert Counter(item["day"] for item in listed) == days
    assert Counter(item["customer_name"] for item in listed) == Counter(row["Company"] for row in rows)


def test_follow_ups_are_those_of_the_file(commlog, rows):
    """One follow-up for a row that was not timely or was disputed, and one for an answer still to come."""
    owed = [row for row in rows if row["Timely response?"] == "No" or row["Consumer disputed?"] == "Yes"]
    awaited = [row for row in rows if row["Company response to consumer"] == "In progress" and row not in owed]
    pending = json.loads(commlog("pending", "--format", "json"))
    assert Counter(item["priority"] for item in pending) == Counter({"important": len(owed), "routine": len(awaited)})
    assert Counter(item["customer_name"] for item in pending) == Counter(row["Company"] for row in (*owed, *awaited))


def test_summary_counts_as_the_file_does(commlog, rows):
    """The summary of a year by channel adds up to the rows of that year."""
    year = Counter(CHANNELS[row["Submitted via"]] for row in rows if row["Date received"].endswith("/2016"))
    figure = json.loads(commlog("summarize", "2016", "--by", "channel", "--format", "json"))["figures"]["interactions"]
    assert figure["total"]["value"] == year.total()
    assert {item["group"]: item["value"] for item in figure["by"]["channel"]} == year
