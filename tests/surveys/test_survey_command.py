"""`commlog survey` and `commlog answer`: asked for on a terminal, imported, and told in figures."""

import json

import pytest


def ran(done):
    """What a command printed."""
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_a_terminal_asks_dimension_by_dimension(folder, program, terminal):
    """Each by its label; what is no score is asked again; Enter passes over; the low one is told with its follow-up."""
    sent = ran(program("survey", "request", "艾克米公司", "--contact", "Chen"))
    screen = terminal("survey", "record", "acme")
    screen.answer(r"Product quality \[1-5\]: $", "7")
    screen.expect(r"from 1 \(lowest\) to 5 \(highest\)")
    screen.answer(r"Product quality \[1-5\]: $", "2")
    for _ in range(3):
        screen.answer(r"\[1-5\]: $", "")
    screen.answer(r"Overall \[1-5\]: $", "４")
    screen.answer(r"Comment: $", "late")
    screen.answer(r"Suggestions: $", "")
    code, out = screen.finish()
    assert (code, out.strip()) == (0, sent)
    assert f"{sent}/1" in screen.shown
    shown = json.loads(ran(program("survey", "show", sent, "--format", "json")))
    assert shown["scores"] == {"product_quality": 2, "overall": 4}
    assert shown["comment"] == "late"


def test_an_import_tells_of_every_row(folder, program, tmp_path):
    """Columns by label or key, the customer by name or phone; rejected rows are kept with their reason."""
    acme = folder / "records/customers/acme.yaml"
    acme.write_text(acme.read_text("utf-8") + 'phone: "13800000001"\n', encoding="utf-8")
    rows = tmp_path / "rows.csv"
    lines = [
        "客户,评估周期,总体满意度,product_quality,评估日期,备注",
        "艾克米公司,2026-Q1,5,4,2026/3/15,好",
        "13800000001,2026-Q2,2,,2026年3月15日,",
        "艾克米公司,2026-Q1,6,4,2026/3/15,",
        "没有这家,2026-Q1,5,4,2026/3/15,",
        "艾克米公司,2026-Q1,5,4,32/3/15,",
    ]
    rows.write_text("\n".join(lines) + "\n", encoding="utf-8")
    rejects = tmp_path / "rejected.csv"
    done = program("survey", "import", str(rows), "--rejects", str(rejects), "--format", "json")
    assert done.returncode == 3
    told = json.loads(done.stdout)
    assert (told["rows"], told["created"], told["rejected"]) == (5, 2, 3)
    assert [item["line"] for item in told["rejects"]] == [4, 5, 6]
    assert "low scores opened 1 follow-up; see commlog pending" in done.stderr.decode()
    assert rejects.read_text("utf-8").count("\n") == 4
    again = json.loads(program("survey", "import", str(rows), "--format", "json", "--dry-run").stdout)
    assert (again["created"], again["present"]) == (0, 2)


def test_an_import_tells_of_columns_it_does_not_take(program, tmp_path):
    """All by name; those that may be scores are named with the dimension that is near, before anything is written."""
    rows = tmp_path / "rows.csv"
    rows.write_text(
        "客户,总体满意度,响应速度分,nps,门店\n艾克米公司,2,4,5,1号店\n艾克米公司,1,4,5,2号店\n", encoding="utf-8"
    )
    told = program("survey", "import", str(rows), "--dry-run").stderr.decode().splitlines()
    assert told[:3] == [
        "commlog: no field has this name, kept under extra: 响应速度分, nps, 门店",
        "commlog: column '响应速度分' is not a dimension of the form; if it means response_speed (Speed of response), give it that name",
        "commlog: column 'nps' contains numbers from 1 to 5, like scores, but is not a dimension of the form",
    ]
    assert "门店'" not in "".join(told)
    done = program("survey", "import", str(rows))
    assert "low scores opened 2 follow-ups" in done.stderr.decode()


def test_a_second_answer_about_a_period_is_said(program):
    """Without --again it ends with 5 and names the first one; with it the first one is named all the same."""
    first = ran(program("survey", "record", "acme", "--score", "overall=4"))
    refused = program("survey", "record", "acme")
    assert refused.returncode == 5
    assert first in refused.stderr.decode()
    done = program("survey", "record", "acme", "--score", "overall=3", "--again")
    assert ran(done) != first
    assert f"commlog survey edit {first}" in done.stderr.decode()


def test_the_values_of_a_survey_stand_under_each_other(program):
    """However long a dimension's label is, its score begins where the others do."""
    scores = [word for key in ("response_speed", "overall") for word in ("--score", f"{key}=4")]
    lines = ran(program("survey", "show", ran(program("survey", "record", "acme", *scores)))).splitlines()
    places = {line.rindex("4") for line in lines if line.strip().startswith(("Speed of response ", "Overall "))}
    assert len(places) == 1


@pytest.mark.parametrize(("header", "told"), [("name,note", "dimension"), ("overall,note", "customer"), ("", "empty")])
def test_a_file_that_is_none_of_surveys_is_refused(program, tmp_path, header, told):
    """What its header lacks is said; nothing is written."""
    rows = tmp_path / "rows.csv"
    rows.write_text(header, encoding="utf-8")
    done = program("survey", "import", str(rows))
    assert done.returncode in {3, 6}
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_the_trend_for_people_and_for_programs(program):
    """Five answers have a percentage; JSON has the shares, the counts, and null where there are too few."""
    for score in (5, 4, 4, 2, 3):
        words = ["--score", f"overall={score}", "--entered-by", "customer", "--again"]
        ran(program("survey", "record", "acme", *words))
    ran(program("survey", "record", "acme", "--score", "overall=1", "--again"))
    shown = ran(program("survey", "trend"))
    assert "60% (3/5)" in shown
    assert "20% (1/5)" in shown
    assert "3.60" in shown
    told = json.loads(ran(program("survey", "trend", "--by", "month", "--format", "json")))
    assert [(one["entered_by"], one["n"], one["high_share"]) for one in told["figures"]] == [
        ("customer", 5, 0.6),
        ("staff", 1, None),
    ]
    assert told["responses"][0]["requested"] == 0
    assert "总体满意度" in ran(program("survey", "trend", "--language", "zh"))


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["record", "acme", "--score", "overall=9"], 3, "1 to 5"),
        (["record", "acme", "--score", "weather=3"], 2, "problem_solving"),
        (["record", "acme"], 2, "--score"),
        (["record", "acme", "--score", "overall=3", "--entered-by", "robot"], 2, "customer, staff"),
        (["record", "nobody", "--score", "overall=3"], 4, "nobody"),
        (["trend", "--by", "weather"], 2, "quarter, month"),
        (["trend", "--customer", "nobody"], 4, "nobody"),
        (["request", "nobody"], 4, "nobody"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(program, words, code, told):
    """The exit code of its kind, and on stderr what applies."""
    done = program("survey", *words)
    assert done.returncode == code
    assert told in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_an_answer_is_found_by_what_the_customer_says(program):
    """Its text is on stdout, ready to read out; an expired one only named on stderr."""
    made = ran(
        program("answer", "create", "--set", "question=空调不制冷", "--set", "answer=先停机", "--set", "关键词=不制冷")
    )
    old = ("--set", "question=q", "--set", "answer=a", "--set", "keywords=制冷", "--set", "valid_until=2026-01-01")
    expired = ran(program("answer", "create", *old))
    done = program("answer", "find", "空调", "不制冷了")
    assert "先停机" in done.stdout.decode()
    assert made in done.stdout.decode()
    assert expired not in done.stdout.decode()
    assert expired in done.stderr.decode()
    assert program("answer", "find", "天气", "--format", "json").stdout == b"[]\n"
    assert program("answer", "find", "x", "--audience", "robots").returncode == 2
    assert set(ran(program("answer", "list", "--format", "ids")).split()) == {made, expired}
