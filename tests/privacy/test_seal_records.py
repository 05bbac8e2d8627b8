"""A log whose personal fields are sealed: written, read, changed, looked up and sealed anew."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.customers.care import yearly_dates
from commlog.customers.list import find_duplicates
from commlog.customers.merge import merge_customers
from commlog.database.reader import RecordReader
from commlog.errors import AmbiguousError, InvalidError, NotFoundError, NotWritableError, UsageError
from commlog.exchange.import_records import ImportOptions, import_records
from commlog.log.log import open_log
from commlog.privacy.cipher import Sealer
from commlog.privacy.rules.sealing import find_sealed, is_sealed
from commlog.privacy.seal import rotate, trust_recipients, turn_on
from commlog.privacy.seal_keys import KeySource, add_trusted
from commlog.privacy.seal_state import seal_state
from commlog.records.change import change_record, edit_record, save_text, text_to_edit
from commlog.records.find import find_customer
from commlog.records.mask import shown_record
from commlog.records.text import format_record
from commlog.values import Fields, Record
from commlog.yamltext.parse import parse_yaml
from tests.sealed_log import IDENTITY, OTHER_IDENTITY, OTHER_RECIPIENT, RECIPIENT, SETTINGS, HeldLog

LINA = """\
id: lina
template: customer
name: 李娜
type: individual
stage: active
contacts:
  - name: 李娜
    phone: "13800000002"  # rings twice
    email: lina@example.com
    wecom: lina-demo
addresses:
  - {kind: home, address: 示例路18号}
# what she told us herself
taboos: [花生过敏]
birthday: 1990-03-20
consent: {status: granted}
"""
SECRETS = ("13800000002", "lina@example.com", "lina-demo", "示例路18号", "花生过敏", "1990-03-20")
PATH = "records/customers/lina.yaml"


ACME = """\
id: acme
template: customer
name: 艾克米公司
type: company
stage: active
contacts:
  - {name: 陈经理, phone: "13800000001", email: chen@acme.example}
"""
CALL = ["customer=anonymous", "channel=phone", "subject=s", "summary=s", "core_request=c"]


class SealedLog(HeldLog):
    """Such a log, with its files at hand."""

    def write(self, path: str, text: str) -> None:
        """Put a file into the log."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")

    def edit(self, record_id: str, *assignments: str) -> Record:
        """Change a record by assignments."""
        return edit_record(self.workspace(), record_id, assignments, [])

    def files(self) -> list[str]:
        """Every file below records/."""
        return sorted(str(path.relative_to(self.root)) for path in (self.root / "records").rglob("*.*"))

    def text(self, path: str = PATH) -> str:
        """A file's text."""
        return (self.root / path).read_text(encoding="utf-8")

    def stored(self, path: str = PATH) -> dict[str, str]:
        """The sealed values of a file by their place."""
        return {str(place): value for place, value in find_sealed(parse_yaml(self.text(path)))}


@pytest.fixture
def plain(tmp_path: Path) -> SealedLog:
    """A log with two customers that seals nothing yet."""
    log = SealedLog(tmp_path / "log")
    log.write("commlog.yaml", SETTINGS)
    log.write("records/customers/acme.yaml", ACME)
    log.write(PATH, LINA)
    return log


@pytest.fixture
def sealed(plain: SealedLog) -> SealedLog:
    """The same log, everything sealed for one key."""
    turn_on(plain.workspace(), [RECIPIENT])
    return plain


def test_nothing_personal_is_left_in_the_file_and_all_can_be_read(plain: SealedLog) -> None:
    """Sealing hides every personal value, keeps every other line and comment, and a key holder reads what stood there."""
    before = plain.fields()
    _, result = turn_on(plain.workspace(), [RECIPIENT])
    text = plain.text()
    assert (result.sealed, result.files) == (6 + 2, 2)
    assert not [secret for secret in SECRETS if secret in text]
    kept = [line for line in LINA.splitlines() if not any(secret in line for secret in SECRETS)]
    assert [line for line in text.splitlines() if line in kept] == kept
    assert "# rings twice" in text
    assert plain.fields() == before
    assert all(is_sealed(value) for value in plain.stored().values())


def test_what_is_created_later_is_sealed_from_the_first_write(sealed: SealedLog) -> None:
    """A new customer's personal values never stand in the file; the record that is given back has them open."""
    record = sealed.create("customer", "name=甲", "contacts.0.name=A", "contacts.0.phone=13700000003", "birthday=03-08")
    assert record.fields["contacts"][0]["phone"] == "13700000003"
    text = sealed.text(record.path)
    assert "13700000003" not in text
    assert "03-08" not in text
    assert sealed.fields(record.id) == record.fields
    called = sealed.create("member", *CALL, "party.name=路人", "party.contact=13700000004")
    assert "13700000004" not in sealed.text(called.path)


def test_an_import_seals_too(sealed: SealedLog) -> None:
    """Rows of a file become records whose personal values are sealed."""
    from commlog.exchange.incoming import Incoming, Row

    item = Incoming(
        row=Row(1, {}, []),
        key="k",
        template="customer",
        fields={"name": "新", "contacts": [{"phone": "13700000005"}]},
        customer="",
    )
    result = import_records(sealed.workspace(), [item], ImportOptions())
    assert (result.created, result.rejected) == (1, ())
    assert not [path for path in sealed.files() if "13700000005" in sealed.text(path)]
    assert find_customer(sealed.workspace(), "13700000005")


def test_other_edits_leave_every_ciphertext_as_it_was(sealed: SealedLog) -> None:
    """A changed field is the only changed line; a changed phone changes no other ciphertext."""
    before = sealed.text()
    sealed.edit("lina", "stage=trial")
    assert sealed.text() == before.replace("stage: active", "stage: trial")
    stored = sealed.stored()
    sealed.edit("lina", "contacts.0.phone=13900000009")
    changed = {place for place, value in sealed.stored().items() if stored.get(place) != value}
    assert changed == {str(("contacts", 0, "phone"))}
    assert sealed.fields()["contacts"][0]["phone"] == "13900000009"


def test_an_entry_that_moves_keeps_its_ciphertext(sealed: SealedLog) -> None:
    """A contact put in front of another changes nothing of the other's values."""
    stored = set(sealed.stored().values())

    def add(fields: Fields) -> Fields:
        return {**fields, "contacts": [{"name": "B", "phone": "13600000000"}, *fields["contacts"]]}

    for one in (sealed, sealed.with_key(None)):
        change_record(one.workspace(), PATH, add)
        assert stored < set(sealed.stored().values())
        assert sealed.text().count("age") == len(sealed.stored()) + 1  # and `stage`: each on the line of its key
        assert "|" not in sealed.text()


def test_the_copy_holds_nothing_of_it(sealed: SealedLog) -> None:
    """Whatever is sealed stands in no file beside the log either, nor do the problems tell it."""
    workspace = sealed.workspace()
    text = sealed.text()
    opened = text_to_edit(workspace, PATH, text.encode())
    assert "13800000002" in opened
    bad = opened.replace("lina@example.com", "lina.example.com")
    sealed.write(PATH, bad)
    turn_on(sealed.workspace(), [])
    index = sealed.workspace().index
    assert index.rows("SELECT code FROM problems") != []
    index.close()
    kept = b"".join(file.read_bytes() for file in (sealed.root / ".commlog").rglob("*") if file.is_file())
    assert "李娜".encode() in kept
    assert not [secret for secret in (*SECRETS, "lina.example.com") if secret.encode() in kept]


def test_who_holds_a_key_finds_customers_by_phone(sealed: SealedLog) -> None:
    """A customer is found by phone and address with a key, also after others asked without one; without: told why not."""
    for _ in range(3):  # until no file is so new that it is looked at again anyway
        sealed.with_key(None).workspace().index.close()
    for _ in range(2):
        assert find_customer(sealed.workspace(), "+86 138-0000-0002") == "lina"
        assert find_customer(sealed.workspace(), "LINA@example.com") == "lina"
        with pytest.raises(NotFoundError) as caught:
            find_customer(sealed.with_key(None).workspace(), "13800000002")
        assert "COMMLOG_AGE_KEY_FILE" in caught.value.remedy
    assert find_customer(sealed.with_key(None).workspace(), "李娜") == "lina"


def test_customers_who_share_a_sealed_phone_are_duplicates(sealed: SealedLog) -> None:
    """Two files with one phone, each sealed for itself, are one pair for a key holder; the phone is not shown."""
    sealed.create("customer", "name=娜娜", "contacts.0.name=娜娜", "contacts.0.phone=138 0000 0002")
    rows = find_duplicates(sealed.workspace()).rows
    assert [(row[4], row[5]) for row in rows] == [("phone", "***")]
    with pytest.raises(AmbiguousError):
        find_customer(sealed.workspace(), "13800000002")


def test_who_has_no_key_sees_and_keeps(sealed: SealedLog) -> None:
    """Without a key values show as [sealed], the record is valid, and an edit leaves each as it was."""
    nobody = sealed.with_key(None)
    stored = nobody.stored()
    workspace = nobody.workspace()
    reading = workspace.reader.read(PATH)
    assert reading.problems == ()
    assert reading.record is not None
    for reveal in (True, False):
        record = shown_record(workspace, reading.record, reveal=reveal)
        shown = format_record(record, workspace.catalog.get("customer"), "text")
        assert shown.count("[sealed]") == 6
        assert "age:" not in shown
        assert "age+" not in shown
    nobody.edit("lina", "stage=trial")
    assert nobody.stored() == stored
    assert workspace.index.rows("SELECT count(*) FROM problems") == [(0,)]


def test_who_has_no_key_may_write_what_is_valid(sealed: SealedLog) -> None:
    """A value somebody types without a key is checked before it is sealed, and read by those who have one."""
    nobody = sealed.with_key(None)
    nobody.edit("lina", "contacts.0.phone=13900000009")
    assert sealed.fields()["contacts"][0] == {**sealed.fields()["contacts"][0], "phone": "13900000009"}
    before = nobody.text()
    with pytest.raises(InvalidError):
        nobody.edit("lina", "contacts.0.email=nowhere")
    assert nobody.text() == before


def test_nothing_is_added_to_what_cannot_be_read(sealed: SealedLog) -> None:
    """An addition without the key is refused: it would take the place of all that is sealed; so is the word itself."""
    nobody = sealed.with_key(None)
    before = nobody.text()
    for assignment in ("taboos+=虾", "birthday.lunar=08-15", "contacts.0.wecom=[sealed]"):
        with pytest.raises(InvalidError):
            nobody.edit("lina", assignment)
    assert nobody.text() == before
    sealed.edit("lina", "taboos+=虾")
    assert sealed.fields()["taboos"] == ["花生过敏", "虾"]


def test_an_editor_shows_and_takes_values_open(sealed: SealedLog) -> None:
    """A key holder edits plain text; what was not touched is written back byte for byte."""
    workspace, raw = sealed.workspace(), sealed.text().encode()
    opened = text_to_edit(workspace, PATH, raw)
    assert parse_yaml(opened) == parse_yaml(LINA)
    save_text(workspace, PATH, opened.replace("stage: active", "stage: lost"), raw)
    assert sealed.text() == raw.decode().replace("stage: active", "stage: lost")
    raw = sealed.text().encode()
    save_text(sealed.workspace(), PATH, opened.replace("13800000002", "13900000009"), raw)
    assert "13900000009" not in sealed.text()
    assert sealed.fields()["contacts"][0]["phone"] == "13900000009"


def test_an_editor_leaves_ciphertexts_in_the_quotes_they_had(sealed: SealedLog) -> None:
    """A number that needs quotes and its ciphertext that has none: what was not touched is not touched."""
    path = sealed.create("customer", "name=甲", "id=jia", "contacts.0.name=A", "contacts.0.phone=13700000003").path
    before = sealed.text(path)
    assert "phone: age:" in before
    opened = text_to_edit(sealed.workspace(), path, before.encode())
    assert 'phone: "13700000003"' in opened
    save_text(sealed.workspace(), path, opened.replace("stage: active", "stage: lost"), before.encode())
    assert sealed.text(path) == before.replace("stage: active", "stage: lost")


def test_a_damaged_value_is_told_and_kept(sealed: SealedLog) -> None:
    """Whatever broke one value, the file is read, the place named, every other value open, and the rest writes beside it."""
    good = sealed.stored()[str(("contacts", 0, "wecom"))]
    cut = good[:-9]
    sealed.write(PATH, sealed.text().replace(good, cut))
    for one in (sealed, sealed.with_key(None)):
        workspace = one.workspace()
        reading = workspace.reader.read(PATH)
        problem = reading.problems[0]
        assert (problem.code, problem.line, problem.field) == ("sealed-unreadable", 10, "contacts[0].wecom")
        assert reading.record is not None
        template = workspace.catalog.get("customer")
        assert format_record(reading.record, template, "text").count("[sealed: unreadable]") == 1
    sealed.edit("lina", "stage=trial", "contacts.0.phone=13900000009")
    assert cut in sealed.text()
    _, result = rotate(sealed.workspace(), [], [])
    assert result.left == [f"{PATH}:10: contacts[0].wecom"]
    assert cut in sealed.text()
    assert seal_state(sealed.workspace()).damaged[0].line == 10


def test_a_merge_without_a_key_loses_nothing(sealed: SealedLog) -> None:
    """Two customers whose phones nobody here can compare are not taken for one contact; every value is there afterwards."""
    sealed.create("customer", "name=李娜二", "id=lina2", "contacts.0.name=别人", "contacts.0.phone=13700000003")
    everything = set(sealed.stored().values()) | set(sealed.stored("records/customers/lina2.yaml").values())
    merge_customers(sealed.with_key(None).workspace(), "lina2", "lina")
    assert everything <= set(sealed.stored().values()) | set(sealed.stored("records/customers/lina2.yaml").values())
    assert {item["phone"] for item in sealed.fields()["contacts"]} == {"13800000002", "13700000003"}


def test_a_merge_seals_what_it_takes_over(sealed: SealedLog) -> None:
    """A key holder's merge compares what is behind the seals, and what goes over is sealed in the other file, too."""
    sealed.create("customer", "name=李娜二", "id=lina2", "contacts.0.name=李娜", "contacts.0.phone=13800000002")
    sealed.edit("lina2", "contacts.1.name=弟弟", "contacts.1.phone=13700000003")
    merge_customers(sealed.workspace(), "lina2", "lina")
    assert [item["phone"] for item in sealed.fields()["contacts"]] == ["13800000002", "13700000003"]
    assert "13700000003" not in sealed.text()


def test_birthdays_are_kept_by_key_holders(sealed: SealedLog) -> None:
    """A sealed birthday, lunar ones too, is counted for who can read it; others are told how many are not."""
    sealed.create("customer", "name=乙", "birthday={lunar: 08-15}")
    workspace = sealed.workspace()
    assert {(one.month, one.day, one.is_lunar) for _, one in yearly_dates(workspace)} == {(3, 20, False), (8, 15, True)}
    assert workspace.shut_dates == 0
    nobody = sealed.with_key(None).workspace()
    assert yearly_dates(nobody) == ()
    assert nobody.shut_dates == 2


def test_settings_of_a_stranger_seal_for_nobody(sealed: SealedLog) -> None:
    """Who pulls settings with another recipient writes nothing until that key is confirmed; nothing is written plain."""
    settings_file = sealed.root / "commlog.yaml"
    settings_file.write_text(settings_file.read_text().replace(RECIPIENT, OTHER_RECIPIENT))
    before = sealed.text()
    with pytest.raises(NotWritableError) as caught:
        sealed.edit("lina", "contacts.0.phone=13900000009")
    assert "seal trust" in caught.value.remedy
    with pytest.raises(NotWritableError):
        rotate(sealed.workspace(), [], [])
    assert sealed.text() == before
    sealed.edit("lina", "stage=trial")  # nothing has to be sealed for that
    assert trust_recipients(sealed.workspace()) == (OTHER_RECIPIENT,)
    sealed.edit("lina", "contacts.0.phone=13900000009")
    assert sealed.with_key(OTHER_IDENTITY).fields()["contacts"][0]["phone"] == "13900000009"


def test_rotation_hands_a_log_over(sealed: SealedLog) -> None:
    """Afterwards the new key reads all and the old one nothing; comments and all other lines are as they were."""
    others = "\n".join(line for line in sealed.text().splitlines() if "age" not in line)
    rotate(sealed.workspace(), [OTHER_RECIPIENT], [])
    assert sealed.fields() == sealed.with_key(OTHER_IDENTITY).fields() == parse_yaml(LINA)
    other = sealed.with_key(OTHER_IDENTITY)
    rotate(other.workspace(), [], [RECIPIENT])
    assert other.fields() == parse_yaml(LINA)
    state = seal_state(sealed.workspace())
    assert (state.counts["open"], state.counts["closed"], state.is_rotating) == (0, 8, False)
    assert "\n".join(line for line in sealed.text().splitlines() if "age" not in line) == others
    with pytest.raises(UsageError, match="nobody would be left"):
        rotate(other.workspace(), [], [OTHER_RECIPIENT])


def test_a_rotation_without_a_key_writes_nothing(sealed: SealedLog) -> None:
    """Nobody is locked out by a rotation that could open nothing: settings and records stay."""
    before = (sealed.text(), sealed.text("commlog.yaml"))
    with pytest.raises(InvalidError, match="no key"):
        rotate(sealed.with_key(None).workspace(), [OTHER_RECIPIENT], [RECIPIENT])
    assert (sealed.text(), sealed.text("commlog.yaml")) == before


def test_a_list_of_fields_is_what_is_sealed(plain: SealedLog) -> None:
    """Fields that are named are sealed, personal or not; personal ones that are not stay plain."""
    with (plain.root / "commlog.yaml").open("a") as file:
        file.write(f"seal:\n  recipients: [{RECIPIENT}]\n  fields: [contacts.phone, notes]\n")
    plain.edit("lina", "notes=两位老人")
    turn_on(plain.workspace(), [])
    assert set(plain.stored()) == {str(("contacts", 0, "phone")), str(("notes",))}
    assert plain.fields()["notes"] == "两位老人"
    assert "lina-demo" in plain.text()


def test_a_field_that_no_form_has_is_refused(plain: SealedLog) -> None:
    """A mistyped key would seal nothing, and is told before anybody relies on it."""
    for key in ("contacts.phones", "contacts.phone.x", "nothing"):
        plain.write("commlog.yaml", f"{SETTINGS}seal:\n  recipients: [{RECIPIENT}]\n  fields: [notes, {key}]\n")
        with pytest.raises(InvalidError, match=key):
            turn_on(plain.workspace(), [])


def test_an_import_stops_at_a_stranger(sealed: SealedLog) -> None:
    """Rows are not refused one by one for recipients nobody confirmed: the import stops, and nothing was written."""
    from commlog.exchange.incoming import Incoming, Row

    sealed.write("commlog.yaml", sealed.text("commlog.yaml").replace(RECIPIENT, OTHER_RECIPIENT))
    before = sealed.files()
    item = Incoming(
        row=Row(1, {}, []), key="k", template="customer", fields={"name": "新", "contacts": [{"phone": "13700000005"}]}
    )
    with pytest.raises(NotWritableError):
        import_records(sealed.workspace(), [item], ImportOptions())
    assert sealed.files() == before


def test_values_stay_readable_when_the_setting_is_gone(sealed: SealedLog) -> None:
    """Without `seal` in the settings, what is sealed opens for the key, and an edit elsewhere leaves it sealed."""
    text = sealed.text("commlog.yaml")
    sealed.write("commlog.yaml", text[: text.index("seal:")])
    stored = sealed.stored()
    assert sealed.fields() == parse_yaml(LINA)
    sealed.edit("lina", "stage=trial")
    assert sealed.stored() == stored


def test_a_log_that_seals_nothing_loads_nothing(plain: SealedLog) -> None:
    """Reading and writing without `seal` loads neither the library nor what goes with it."""
    code = (
        "import sys; from datetime import datetime; from pathlib import Path\n"
        "from commlog.workspace import make_workspace; from commlog.log.log import open_log\n"
        "from commlog.records.change import edit_record\n"
        f"root = Path({str(plain.root)!r})\n"
        "w = make_workspace(open_log(root, str(root)), datetime.fromisoformat('2026-03-16T10:00:00+08:00'), 'wang')\n"
        "w.index; edit_record(w, 'lina', ['stage=trial'], [])\n"
        "print([n for n in sys.modules if 'seal' in n or 'pyrage' in n])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


CONTACTS = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from("甲乙丙")}, optional={"phone": st.sampled_from(["13800000001", "13800000002"])}
    ),
    max_size=4,
)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CONTACTS, CONTACTS)
def test_any_change_reads_back_and_seals_only_what_is_new(sealed: SealedLog, one: list[Any], other: list[Any]) -> None:
    """Whatever contacts become, they read back as they are; a phone that is still there costs no new ciphertext."""
    change_record(sealed.workspace(), PATH, lambda fields: {**fields, "contacts": one})
    before = list(sealed.stored().values())
    change_record(sealed.workspace(), PATH, lambda fields: {**fields, "contacts": other})
    assert sealed.fields()["contacts"] == other
    after = list(sealed.stored().values())
    phones = [[item.get("phone") for item in items if item.get("phone")] for items in (one, other)]
    kept = sum(1 for phone in set(phones[0]) & set(phones[1]))
    assert len(set(after) & set(before)) >= 3 + kept  # address, taboos and birthday stay in any case


def _kill_while_rotating(log: SealedLog, files: int) -> None:
    """Rotate in a process of its own, which is killed as soon as it finished so many files more."""
    progress = log.root / ".commlog" / "seal-rotation"
    before = progress.stat().st_size if progress.exists() else 0
    process = os.fork()
    if process == 0:
        try:
            rotate(log.workspace(), [], [])
        finally:
            os._exit(0)
    while os.waitpid(process, os.WNOHANG) == (0, 0):
        if progress.exists() and progress.stat().st_size >= before + 65 * files:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills as on Unix")
def test_a_rotation_that_is_killed_goes_on(plain: SealedLog) -> None:
    """Killed twenty times on its way, it leaves every record whole and readable; called again it ends, and goes on."""
    for number in range(40):
        plain.write(f"records/customers/c{number}.yaml", LINA.replace("id: lina", f"id: c{number}"))
    turn_on(plain.workspace(), [RECIPIENT])
    add_trusted(plain.root, (OTHER_RECIPIENT,))
    file = plain.root / "commlog.yaml"
    file.write_text(file.read_text().replace(RECIPIENT, f"{RECIPIENT}, {OTHER_RECIPIENT}"))
    for number in range(20):
        _kill_while_rotating(plain, number % 3)
        reader = plain.workspace().reader
        assert [path for path in plain.files() if path.endswith(".yaml") and reader.read(path).problems] == []
    other = plain.with_key(OTHER_IDENTITY)
    half = seal_state(other.workspace())
    assert half.is_rotating
    assert half.counts["open"]
    assert half.counts["closed"]
    _, result = rotate(plain.workspace(), [], [])
    assert 0 < result.files < 42
    state = seal_state(other.workspace())
    assert (state.counts["open"], state.counts["closed"], state.plain, state.is_rotating) == (41 * 6 + 2, 0, 0, False)
    assert other.fields("c7") == {**parse_yaml(LINA), "id": "c7"}


def test_a_rotation_skips_what_it_finished(sealed: SealedLog) -> None:
    """Taken up again, files that were finished are not sealed once more; one that changed since, or was not finished, is."""
    for number in range(3):
        sealed.write(f"records/customers/c{number}.yaml", LINA.replace("id: lina", f"id: c{number}"))
    damaged = sealed.stored()[str(("birthday",))]
    sealed.write(PATH, sealed.text().replace(damaged, damaged[:-9]))
    rotate(sealed.workspace(), [], [])  # ends, but not whole: it is to be taken up again
    assert seal_state(sealed.workspace()).is_rotating
    before = {path: sealed.text(path) for path in sealed.files()}
    sealed.edit("c1", "contacts.0.phone=13900000009")
    changed = sealed.text("records/customers/c1.yaml")
    _, result = rotate(sealed.workspace(), [], [])
    assert result.files == 2
    assert sealed.text("records/customers/c1.yaml") != changed
    assert sealed.text("records/customers/c2.yaml") == before["records/customers/c2.yaml"]


def test_reading_with_helpers_or_without_is_the_same(sealed: SealedLog) -> None:
    """A key that is named but of no use is told at once, by whatever process reads."""
    opened = open_log(sealed.root, str(sealed.root))
    catalog = sealed.workspace().catalog
    reader = RecordReader(
        opened, catalog, make_cipher=lambda root, rules: Sealer(root, rules, KeySource(IDENTITY[:-3]))
    )
    with pytest.raises(InvalidError, match="not an age secret key"):
        reader.read(PATH)
