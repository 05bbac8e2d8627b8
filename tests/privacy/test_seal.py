"""Values sealed and opened: with this library, with the age program, damaged, and for strangers."""

import base64
import json
import secrets
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import ConflictError, InvalidError, NotWritableError, UnreadableError
from commlog.log.log import read_settings
from commlog.privacy.cipher import Sealer, new_identity, parse_recipients
from commlog.privacy.rules.sealing import BROKEN, CLOSED, DATA_MARK, OPEN, TEXT_MARK, SealRules, is_sealed
from commlog.privacy.seal_keys import KeySource, add_trusted, hashed_name, read_trusted, write_identity

IDENTITY, RECIPIENT = new_identity()
OTHER_IDENTITY, OTHER_RECIPIENT = new_identity()
PLACE = Path("/nowhere")
VALUES = st.text(min_size=1) | st.lists(st.text()) | st.dictionaries(st.text(), st.text() | st.integers())


def vault(*recipients: str, key: str | None = IDENTITY, root: Path = PLACE) -> Sealer:
    """A vault for recipients (default: ours), with a key (default: ours)."""
    return Sealer(root, SealRules(recipients or (RECIPIENT,)), KeySource(key))


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_what_is_sealed_comes_back(value: object) -> None:
    """Any value comes back as it was from a one-line text that looks like no other, read by somebody who did not write it."""
    stored = vault().seal(value)
    assert is_sealed(stored)
    assert "\n" not in stored
    assert vault().open(stored) == (OPEN, value)


@settings(deadline=None, max_examples=80)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_value_never_opens(at: int, turn: int) -> None:
    """One bit turned or an end cut off, and nothing is read from it at all."""
    stored = vault().seal("13800000001")
    raw = base64.b64decode(stored.removeprefix(TEXT_MARK))
    place = at % len(raw)
    turned = raw[:place] + bytes([raw[place] ^ turn]) + raw[place + 1 :]
    for damaged in (turned, raw[:place]):
        state, value = vault().open(TEXT_MARK + base64.b64encode(damaged).decode())
        assert state in {BROKEN, CLOSED}
        assert value != "13800000001"
    assert vault().open(stored[:-3])[0] == BROKEN


def test_only_recipients_read() -> None:
    """Another key, and none, leave a value closed; each of two recipients reads it."""
    both = vault(RECIPIENT, OTHER_RECIPIENT, root=PLACE)
    both._sealing_keys = parse_recipients(both.rules.recipients)  # trust is another test's
    stored = both.seal("x")
    assert vault(key=OTHER_IDENTITY).open(stored) == (OPEN, "x")
    assert vault().open(stored) == (OPEN, "x")
    mine = vault().seal("x")
    assert vault(key=OTHER_IDENTITY).open(mine) == (CLOSED, mine)
    assert vault(key=None).open(mine) == (CLOSED, mine)


def test_a_stranger_in_the_settings_gets_nothing(tmp_path: Path) -> None:
    """Nothing is sealed for a recipient who was not confirmed on this machine, until they are; one's own key needs no word."""
    one = vault(RECIPIENT, OTHER_RECIPIENT, root=tmp_path)
    with pytest.raises(NotWritableError, match="not confirmed") as caught:
        one.seal("13800000001")
    assert OTHER_RECIPIENT in caught.value.message
    assert RECIPIENT not in caught.value.message
    add_trusted(tmp_path, (OTHER_RECIPIENT,))
    assert read_trusted(tmp_path) == {OTHER_RECIPIENT}
    assert vault(key=OTHER_IDENTITY).open(one.seal("y")) == (OPEN, "y")
    assert (tmp_path / ".commlog" / ".gitignore").read_text() == "*\n"


def test_without_a_key_every_recipient_must_be_confirmed(tmp_path: Path) -> None:
    """Somebody who can only write is asked about every recipient."""
    with pytest.raises(NotWritableError):
        vault(key=None, root=tmp_path).seal("x")


def test_a_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    """A key file is written with mode 0600, is read again, and is never written over."""
    path = tmp_path / "keys" / "key.txt"
    write_identity(path, IDENTITY, RECIPIENT, "2026-03-16T10:00:00+08:00")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Sealer(PLACE, None, KeySource(file=str(path))).own_recipients() == (RECIPIENT,)
    before = path.read_bytes()
    with pytest.raises(ConflictError):
        write_identity(path, OTHER_IDENTITY, OTHER_RECIPIENT, "2026-03-16T10:00:00+08:00")
    assert path.read_bytes() == before


def test_a_key_that_is_of_no_use_is_told(tmp_path: Path) -> None:
    """A missing key file, one without a key, and a key that is cut are three different faults; none shows the key."""
    with pytest.raises(UnreadableError):
        Sealer(PLACE, None, KeySource(file=str(tmp_path / "none"))).identities
    (tmp_path / "empty").write_text("# nothing\n")
    with pytest.raises(InvalidError, match="contains no age secret key"):
        Sealer(PLACE, None, KeySource(file=str(tmp_path / "empty"))).identities
    with pytest.raises(InvalidError) as caught:
        vault(key=IDENTITY[:-4]).open(vault().seal("x"))
    assert IDENTITY[20:40] not in caught.value.message
    assert IDENTITY[20:40] not in repr(KeySource(IDENTITY))


def test_names_are_hashed_with_the_key() -> None:
    """A name's hash is the same with the same key, another with another, and tells nothing without."""
    ours = hashed_name((IDENTITY,), "13800000001")
    assert ours == hashed_name((IDENTITY,), "13800000001")
    assert ours != hashed_name((OTHER_IDENTITY,), "13800000001")
    assert vault(key=None).hashed("13800000001") is None


@pytest.mark.skipif(
    shutil.which("age") is None, reason="the age program is NOT installed: compatibility was not tested"
)
def test_the_age_program_reads_what_is_sealed(tmp_path: Path) -> None:
    """A text decrypted by hand is the value itself; a list is JSON."""
    write_identity(tmp_path / "key", IDENTITY, RECIPIENT, "")
    for value, expected in (
        ("021-5555 0101", b"021-5555 0101"),
        (["花生"], json.dumps(["花生"], ensure_ascii=False).encode()),
    ):
        sealed = base64.b64decode(vault().seal(value).partition(":")[2])
        command = ["age", "-d", "-i", str(tmp_path / "key")]
        assert subprocess.run(command, input=sealed, capture_output=True, check=True).stdout == expected


@pytest.mark.skipif(
    shutil.which("age") is None, reason="the age program is NOT installed: compatibility was not tested"
)
def test_what_the_age_program_seals_is_read() -> None:
    """A value somebody sealed by hand stands open, text and JSON alike."""
    for mark, plain, value in ((TEXT_MARK, "李娜", "李娜"), (DATA_MARK, '{"lunar": "08-15"}', {"lunar": "08-15"})):
        command = ["age", "-r", RECIPIENT]
        sealed = subprocess.run(command, input=plain.encode(), capture_output=True, check=True).stdout
        assert vault().open(mark + base64.b64encode(sealed).decode()) == (OPEN, value)


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("seal: yes", 2),
        ("seal: {}", 2),
        ("seal:\n  recipients: []", 3),
        ("seal:\n  recipients:\n    - age1x", 4),
        (f"seal:\n  recipients: [{RECIPIENT}]\n  fields: [name]", 4),
        (f"seal:\n  recipients: [{RECIPIENT}]\n  fields: all", 4),
        (f"seal:\n  recipients: [{RECIPIENT}]\n  fields: [contacts.0.phone]", 4),
        (f"seal:\n  recipients: [{RECIPIENT}]\n  field: personal", 4),
    ],
    # The key in them is another one each time.
    ids=[f"case-{number}" for number in range(8)],
)
def test_wrong_settings_are_told_where_they_stand(tmp_path: Path, told: str, line: int) -> None:
    """Whatever is wrong under `seal` is refused at its line: half a setting must not mean that nothing is sealed."""
    (tmp_path / "commlog.yaml").write_text(f"timezone: Asia/Shanghai\n{told}\n", encoding="utf-8")
    with pytest.raises(InvalidError) as caught:
        read_settings(tmp_path)
    assert next(getattr(problem, "line", 0) for problem in caught.value.problems) == line


def test_settings_name_recipients_and_fields(tmp_path: Path) -> None:
    """The settings give the recipients once each, and the fields; without the key nothing is sealed."""
    file = tmp_path / "commlog.yaml"
    file.write_text("timezone: Asia/Shanghai\n")
    assert read_settings(tmp_path).seal is None
    file.write_text(f"timezone: Asia/Shanghai\nseal:\n  recipients: [{RECIPIENT}, {RECIPIENT}]\n  fields: personal\n")
    assert read_settings(tmp_path).seal == SealRules((RECIPIENT,), None)
    file.write_text(f"timezone: Asia/Shanghai\nseal:\n  recipients: [{RECIPIENT}]\n  fields: [contacts.phone, notes]\n")
    assert read_settings(tmp_path).seal == SealRules((RECIPIENT,), ("contacts.phone", "notes"))


def test_a_sealed_value_is_told_from_words() -> None:
    """Only what is base64 behind the mark counts as sealed, however the words begin."""
    assert not any(
        map(is_sealed, ("age: 45", "aged", "age:45", f"age: {secrets.token_hex(20)}", "", None, 3, ["age:"]))
    )
