"""The verbs by which customers become one, and stay right, as they are typed."""

import json

import pytest

TWIN = """\
id: {id}
template: customer
name: {name}
type: company
stage: active
contacts:
  - {{name: 陈经理, phone: "+86 138-0000-0001", email: chen@acme.example}}
"""


@pytest.fixture
def twin(folder):
    """A function that writes a second file of a customer."""

    def write(customer="twin", name="艾克米有限公司", more=""):
        path = folder / "records" / "customers" / f"{customer}.yaml"
        path.write_text(TWIN.format(id=customer, name=name) + more, encoding="utf-8")
        return path

    return write


def words(answer):
    """Exit code, stdout and stderr as text."""
    return answer.returncode, answer.stdout.decode(), answer.stderr.decode()


def test_a_merge_tells_who_stays_and_what_came_along(program, twin):
    """The survivor's id on stdout; on stderr what was added, personal data masked, and what differs."""
    twin(more="level: vip\nsource: 展会\n")
    code, out, err = words(program("customer", "merge", "twin", "acme"))
    assert (code, out) == (0, "acme\n")
    assert err.splitlines() == [
        "commlog: twin is merged into acme; records moved: 0",
        "  added: Aliases: 艾克米有限公司",
        "  added: Contacts: 陈经理  138****0001  c***@acme.example",
        "  added: Level: VIP",
        "  added: Source: 展会",
    ]
    code, out, err = words(program("customer", "show", "twin"))
    assert out.startswith("Customer  acme\n")
    assert err == "commlog: twin is merged into acme; its own file: commlog show twin\n"
    assert words(program("show", "twin"))[1].startswith("Customer  twin\n")
    assert "twin" not in words(program("customer", "list"))[1]
    listed = json.loads(words(program("customer", "list", "--all", "--format", "json"))[1])
    assert [(row["id"], row["merged_into"]) for row in listed] == [("acme", None), ("twin", "acme")]


def test_a_merge_shows_personal_data_when_asked(program, twin, folder):
    """What differs and what is added is masked, and in full with --reveal."""
    acme = folder / "records" / "customers" / "acme.yaml"
    acme.write_text(acme.read_text("utf-8") + "birthday: 1990-03-08\n", encoding="utf-8")
    twin(more="birthday: 1990-03-09\n")
    masked = words(program("customer", "merge", "twin", "acme", "--dry-run"))[2]
    assert not [text for text in ("1990-03-08", "1990-03-09", "138-0000-0001", "chen@") if text in masked]
    told = words(program("customer", "merge", "twin", "acme", "--reveal"))[2].splitlines()
    assert "  added: Contacts: 陈经理  +86 138-0000-0001  chen@acme.example" in told
    assert "  differs: Birthday: 1990-03-08 is kept; the duplicate has 1990-03-09" in told


def test_a_dry_run_says_would(program, twin):
    """Nothing is written, and the words say so."""
    path = twin()
    before = path.read_bytes()
    code, out, err = words(program("customer", "merge", "twin", "acme", "--dry-run"))
    assert (code, out) == (0, "acme\n")
    assert "would be merged" in err
    assert path.read_bytes() == before


def test_merging_into_somebody_merged_is_said(program, twin):
    """Who was named is told beside who it came to."""
    twin("gone", more="merged_into: acme\n")
    twin("twin")
    code, out, err = words(program("customer", "merge", "twin", "gone"))
    assert (code, out) == (0, "acme\n")
    assert "gone is merged into acme" in err


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (["acme", "acme"], 5, "cannot be merged into itself"),
        (["gone", "acme"], 5, "'gone' is already merged into 'acme'"),
        (["nobody", "acme"], 4, "there is no customer 'nobody'"),
        (["acme"], 2, "missing argument: SURVIVOR"),
        (["\x1b[31m$(rm -rf /)", "acme"], 4, "there is no customer"),
    ],
)
def test_a_merge_that_cannot_be_ends_with_its_code(program, twin, typed, code, said):
    """Each refusal has its exit code, its words and a remedy, and lets nothing through to the terminal."""
    twin("gone", more="merged_into: acme\n")
    answer = words(program("customer", "merge", *typed))
    assert answer[0] == code
    assert said in answer[2]
    assert len(answer[2].splitlines()) == 2
    assert "\x1b" not in answer[2]


def test_duplicates_are_listed_with_the_remedy(program, twin):
    """Pairs on stdout in every format of a listing; the command that makes the first pair one on stderr."""
    twin()
    code, out, err = words(program("customer", "duplicates", "--format", "json"))
    assert code == 0
    assert json.loads(out) == [
        {
            "customer": "twin",
            "name": "艾克米有限公司",
            "other": "acme",
            "other_name": "艾克米公司",
            "shared": "name",
            "value": "艾克米",
            "facts": 1,
        }
    ]
    assert err == "commlog: if they are the same customer: commlog customer merge twin acme\n"
    assert words(program("customer", "duplicates", "--format", "ids"))[1] == "twin\n"


def test_a_new_customer_who_may_be_there_is_told(program, twin):
    """Creating writes the customer, and says on stderr whom they share a phone with."""
    twin("known", name="某公司")
    code, out, err = words(program("customer", "create", "李娜", "-s", "contacts+={name: 李, phone: 0086 13800000001}"))
    assert (code, out) == (0, "李娜\n")
    assert (
        err
        == "commlog: known also has the phone 138****0001; if they are the same customer: commlog customer merge 李娜 known\n"
    )
    assert words(program("customer", "create", "王伟"))[2] == ""


def test_details_are_noted_as_checked(program, folder):
    """Today unless another day is told, with changes in the same edit; a day to come is refused."""
    file = folder / "records" / "customers" / "acme.yaml"
    assert words(program("customer", "verify", "acme"))[:2] == (0, "acme\n")
    assert "verified_on: 2026-03-16\n" in file.read_text("utf-8")
    file.write_text(file.read_text("utf-8").replace("2026-03-16\n", "2025-03-16\n"), encoding="utf-8")
    assert program("customer", "verify", "acme", "--on", "yesterday", "--set", "客户等级=VIP").returncode == 0
    assert {"verified_on: 2026-03-15", "level: vip"} <= set(file.read_text("utf-8").splitlines())
    before = file.read_bytes()
    code, _, err = words(program("customer", "verify", "acme", "--on", "2027-01-01"))
    assert (code, "is in the future" in err) == (2, True)
    assert program("customer", "verify", "acme", "--set", "level=x").returncode == 3
    assert program("customer", "verify", "acme", "--on", "whenever").returncode == 3
    assert file.read_bytes() == before


def test_the_latest_check_counts(program, folder):
    """An earlier day is remarked on and not written, what was changed with it is; a day to come gives way."""
    file = folder / "records" / "customers" / "acme.yaml"
    assert program("customer", "verify", "acme", "--on", "2026-03-10").returncode == 0
    code, out, err = words(program("customer", "verify", "acme", "--on", "2026-03-01", "--set", "level=vip"))
    assert (code, out) == (0, "acme\n")
    assert "later, on 2026-03-10, and that day is kept" in err
    assert "commlog customer edit acme --set verified_on=2026-03-01" in err
    assert {"verified_on: 2026-03-10", "level: vip"} <= set(file.read_text("utf-8").splitlines())
    assert program("customer", "edit", "acme", "--set", "verified_on=2027-03-10").returncode == 0
    assert "stays" not in words(program("customer", "verify", "acme"))[2]
    assert "verified_on: 2026-03-16" in file.read_text("utf-8")


def test_a_circle_is_named_with_its_remedy_and_the_remedy_works(program, twin):
    """Files merged in a circle by hand are an error that names the chain; following its advice mends them."""
    twin("one", more="merged_into: two\n")
    twin("two", more="merged_into: one\n")
    code, _, err = words(program("customer", "show", "one"))
    assert code == 3
    assert "cycle: one → two → one" in err
    assert "commlog edit one --unset merged_into" in err
    assert program("edit", "one", "--unset", "merged_into").returncode == 0
    code, out, _ = words(program("customer", "show", "two"))
    assert (code, out.splitlines()[0]) == (0, "Customer  one")
