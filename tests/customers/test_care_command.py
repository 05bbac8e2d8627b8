"""`commlog care`: what a person sees of birthdays, visits and those who want to be left alone."""

import json

import pytest

ANN = """\
id: ann
template: customer
name: 安娜
type: individual
stage: active
level: vip
owner: wang
birthday: 1988-03-18
recorded_at: 2026-02-01T09:00:00+08:00
verified_on: 2026-02-01
"""


@pytest.fixture
def customers(folder):
    """One customer with a birthday in two days and a visit overdue, and one who withdrew consent."""
    home = folder / "records" / "customers"
    (home / "acme.yaml").unlink()
    (home / "ann.yaml").write_text(ANN, encoding="utf-8")
    silent = ANN.replace("ann", "bob").replace("安娜", "鲍勃") + "consent: {status: withdrawn}\n"
    (home / "bob.yaml").write_text(silent, encoding="utf-8")
    return home


def test_a_table_tells_day_customer_owner_and_last_contact(customers, program):
    """The visit that is overdue and the birthday to come; on stderr who withdrew consent; nowhere a year of birth."""
    done = program("care")
    shown = done.stdout.decode()
    assert done.returncode == 0
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["2026-03-01", "2026-03-18"]
    assert "王芳" in shown
    assert "1988" not in shown
    assert "鲍勃" not in shown
    assert done.stderr.decode() == "commlog: left out, consent withdrawn: 鲍勃\n"


def test_programs_get_slugs_and_numbers(customers, program):
    """JSON has the kinds as slugs, the days as numbers, and what is unknown as null."""
    rows = json.loads(program("care", "--format", "json").stdout)
    assert [(row["kind"], row["customer"], row["days"], row["occasion"]) for row in rows] == [
        ("visit", "ann", -15, None),
        ("birthday", "ann", 2, None),
    ]


@pytest.mark.parametrize(
    ("words", "kinds"),
    [
        (["--kind", "birthday"], ["birthday"]),
        (["--kind", "生日，回访"], ["visit", "birthday"]),
        (["--within", "1d"], ["visit"]),
        (["--within", "3m", "--kind", "dormant"], ["dormant"]),
        (["--owner", "王芳", "--limit", "1"], ["visit"]),
        (["level:key"], []),
        (["--sort", "-date"], ["birthday", "visit"]),
    ],
)
def test_options_narrow_and_order_the_list(customers, program, words, kinds):
    """Kinds by slug or Chinese word, an interval, an owner, a query, an order."""
    rows = json.loads(program("care", *words, "--format", "json").stdout)
    assert [row["kind"] for row in rows] == kinds


def test_the_exit_code_says_whether_there_is_something(customers, program):
    """With --exit-code 10 when something is listed, 0 when nothing is; who was left out does not count."""
    assert program("care", "--exit-code").returncode == 10
    assert program("care", "--kind", "verify", "--exit-code").returncode == 0
    (customers / "ann.yaml").unlink()
    assert program("care", "--exit-code").returncode == 0


def test_an_unreadable_file_is_named_and_fails_the_list(customers, program):
    """A customer who cannot be read is in no answer: the list says so and ends with 6, also with --exit-code."""
    (customers / "bad.yaml").write_text("id: [\n", encoding="utf-8")
    done = program("care", "--exit-code")
    assert done.returncode == 6
    assert "records/customers/bad.yaml" in done.stderr.decode()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--within", "soon"], "'soon'"),
        (["--within", "none"], "'none'"),
        (["--within", "0d"], "'0d'"),
        (["--kind", "party"], "'party'"),
        (["--sort", "age"], "'age'"),
    ],
)
def test_a_mistake_of_the_caller_is_named_with_a_remedy(customers, program, words, named):
    """Exit code 2, the value, what to write instead, and nothing on stdout."""
    done = program("care", *words)
    assert (done.returncode, done.stdout) == (2, b"")
    assert named in done.stderr.decode()
    assert len(done.stderr.decode().splitlines()) > 1


def test_many_who_are_left_out_are_counted(customers, program):
    """Ten are named, the others counted."""
    text = (customers / "bob.yaml").read_text(encoding="utf-8")
    for number in range(11):
        copy = text.replace("id: bob", f"id: bob{number:02}").replace("鲍勃", f"鲍勃{number:02}")
        (customers / f"bob{number:02}.yaml").write_text(copy, encoding="utf-8")
    told = program("care").stderr.decode()
    assert told.count("鲍勃") == 10
    assert "… and 2 more" in told
