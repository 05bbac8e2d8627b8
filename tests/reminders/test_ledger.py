"""The ledger of what has been said: whatever happens to its file, nothing is invented and nothing whole is lost."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commlog.errors import CommlogError, NotWritableError
from commlog.reminders.ledger import LARGE, LEDGER_FILE, LOCK_FILE, LedgerBusy, open_ledger, read_ledger
from commlog.reminders.ledger_lines import LedgerEntry, format_ledger_line, read_lines
from tests.build import ROOT

NOW = datetime(2026, 3, 16, 2, 0, tzinfo=UTC)
TO = "mailto:wang@example.com"
KEYS = [(f"20260310-aaaaa{number}/1", "2026-03-10T09:00:00+08:00", "2026-03-16", "due_soon") for number in range(4)]
ENTRIES = [
    LedgerEntry(NOW, TO, (KEYS[0],)),
    LedgerEntry(NOW, "wecom:$KEY", tuple(KEYS[1:3])),
    LedgerEntry(NOW, "客户", (KEYS[3],)),
]
LINES = [format_ledger_line(entry) for entry in ENTRIES]
DATA = b"".join(LINES)

needs_rights = pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="nothing is forbidden to this user"
)


def state(root: Path) -> Path:
    return root / ".commlog"


def put(root: Path, data: bytes) -> Path:
    state(root).mkdir(exist_ok=True)
    path = state(root) / LEDGER_FILE
    path.write_bytes(data)
    return path


def test_what_was_said_is_known_to_the_next_run(tmp_path):
    """A notice is known by item, opening, due, stage and recipient, from the next run on."""
    with open_ledger(tmp_path, NOW) as ledger:
        assert not ledger.has(KEYS[0], TO)
        ledger.add(KEYS[:2], TO, NOW)
        assert ledger.has(KEYS[0], TO)
    with open_ledger(tmp_path, NOW) as ledger:
        assert ledger.remarks == ()
        assert ledger.has(KEYS[0], TO)
        assert ledger.has(KEYS[1], TO)
        assert not ledger.has(KEYS[2], TO)
        assert not ledger.has(KEYS[0], "wecom:$KEY")
        for place in range(4):
            other = (*KEYS[0][:place], "other", *KEYS[0][place + 1 :])
            assert not ledger.has(other, TO)
    assert (state(tmp_path) / ".gitignore").read_text() == "*\n"


def test_a_digest_is_one_line(tmp_path):
    """Each digest is one line of JSON with a checksum; one of nothing is none."""
    with open_ledger(tmp_path, NOW) as ledger:
        ledger.add(KEYS, TO, NOW)
        ledger.add([], TO, NOW)
    [line] = (state(tmp_path) / LEDGER_FILE).read_text().splitlines()
    value = json.loads(line)
    assert list(value) == ["at", "to", "told", "sum"]
    assert value["told"] == [list(key) for key in KEYS]


def test_looking_writes_nothing(tmp_path):
    """Reading the ledger makes no file, and what is added to it then is forgotten."""
    ledger = read_ledger(tmp_path, NOW)
    ledger.add(KEYS, TO, NOW)
    ledger.compact(set(), NOW)
    assert ledger.has(KEYS[0], TO)
    assert list(tmp_path.iterdir()) == []
    damaged = put(tmp_path, DATA + b"damaged\n")
    assert read_ledger(tmp_path).remarks[0].startswith("damaged lines in the ledger of reminders: 1;")
    assert damaged.read_bytes() == DATA + b"damaged\n"
    assert [path.name for path in state(tmp_path).iterdir()] == [LEDGER_FILE]


@pytest.mark.slow
def test_a_crash_anywhere_loses_only_the_digest_it_hit(tmp_path):
    """A file cut off anywhere keeps its whole lines, says nothing of it, and takes the next digest."""
    for length in range(len(DATA) + 1):
        path = put(tmp_path, DATA[:length])
        whole = [entry for place, entry in enumerate(ENTRIES) if len(b"".join(LINES[: place + 1])) - 1 <= length]
        with open_ledger(tmp_path, NOW) as ledger:
            assert ledger.remarks == ()
            for entry in ENTRIES:
                assert all(ledger.has(key, entry.to) == (entry in whole) for key in entry.told)
            ledger.add(KEYS, "next", NOW)
        assert read_lines(path.read_bytes()).entries == (*whole, LedgerEntry(NOW, "next", tuple(KEYS)))
        assert read_lines(path.read_bytes()).damaged == 0


def test_a_flipped_byte_anywhere_loses_only_its_line():
    """One wrong byte never makes an entry, and never takes one from another line."""
    starts = [0, len(LINES[0]), len(LINES[0]) + len(LINES[1])]
    for place in range(len(DATA)):
        hit = max(number for number, start in enumerate(starts) if start <= place)
        for byte in {DATA[place] ^ 1, DATA[place] ^ 0x20, DATA[place] ^ 0x80, 0, 10, 0x7B, 0x7D} - {DATA[place]}:
            entries = read_lines(DATA[:place] + bytes([byte]) + DATA[place + 1 :]).entries
            assert set(entries) <= set(ENTRIES)
            assert {entry for number, entry in enumerate(ENTRIES) if number != hit} <= set(entries)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.sampled_from([*LINES, *(line[:40] for line in LINES)]) | st.binary(max_size=40), max_size=8),
    st.sampled_from([b"", b"\n", b"\r\n"]),
)
def test_no_bytes_make_an_entry_that_was_not_written(pieces, between):
    """Of any mixture of lines, halves of lines and noise, exactly lines that were written are read."""
    reading = read_lines(between.join(pieces))
    assert set(reading.entries) <= set(ENTRIES)
    again = read_lines(reading.intact)
    assert (again.entries, again.damaged) == (reading.entries, 0)
    if between:
        assert {entry for entry in ENTRIES if format_ledger_line(entry) in pieces} == set(reading.entries)


@settings(deadline=None, max_examples=100)
@given(
    st.datetimes(timezones=st.just(UTC)),
    st.text(max_size=30),
    st.lists(st.tuples(*[st.text(max_size=12)] * 4), max_size=4),
)
def test_an_entry_is_read_as_it_was_written(at, to, told):
    """Any instant, recipient and keys come back as they were, in one line."""
    entry = LedgerEntry(at, to, tuple(told))
    line = format_ledger_line(entry)
    assert line.count(b"\n") == 1
    assert read_lines(line).entries == (entry,)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(data=st.binary(max_size=200))
def test_random_bytes_are_kept_aside(tmp_path_factory, data):
    """A file of noise is put aside or cut, and the ledger goes on."""
    root = tmp_path_factory.mktemp("log")
    put(root, data)
    with open_ledger(root, NOW) as ledger:
        ledger.add(KEYS, TO, NOW)
        damaged = read_lines(data).damaged
        assert bool(ledger.remarks) == bool(damaged)
    aside = state(root) / f"{LEDGER_FILE}.damaged-1"
    assert (aside.read_bytes() == data) if damaged else not aside.exists()
    assert read_ledger(root).has(KEYS[0], TO)


def test_damage_is_said_once_and_kept(tmp_path):
    """Damaged lines are counted, the file is kept under the next free number, and the next run says nothing."""
    path = put(tmp_path, LINES[0] + b"#" + LINES[1][9:] + LINES[2])
    (state(tmp_path) / f"{LEDGER_FILE}.damaged-1").write_text("earlier")
    before = path.read_bytes()
    with open_ledger(tmp_path, NOW) as ledger:
        texts = [str(remark) for remark in ledger.remarks]
        assert ledger.has(KEYS[0], TO)
        assert not ledger.has(KEYS[1], "wecom:$KEY")
    assert "damaged lines in the ledger of reminders: 1" in texts[0]
    assert f"{LEDGER_FILE}.damaged-2" in texts[1]
    assert (state(tmp_path) / f"{LEDGER_FILE}.damaged-2").read_bytes() == before
    with open_ledger(tmp_path, NOW) as ledger:
        assert ledger.remarks == ()


def test_a_deleted_ledger_is_said(tmp_path):
    """A ledger that is gone after an earlier run is said, once; a first run says nothing."""
    with open_ledger(tmp_path, NOW) as ledger:
        assert ledger.remarks == ()
    (state(tmp_path) / LEDGER_FILE).unlink()
    assert "deleted" in read_ledger(tmp_path).remarks[0]
    with open_ledger(tmp_path, NOW) as ledger:
        assert "deleted" in ledger.remarks[0]
    with open_ledger(tmp_path, NOW) as ledger:
        assert ledger.remarks == ()


def test_entries_of_the_future_are_said_and_count(tmp_path):
    """After the clock was put back by more than a minute, entries of the future are said; they still count."""
    with open_ledger(tmp_path, NOW) as ledger:
        ledger.add(KEYS, TO, NOW)
    with open_ledger(tmp_path, NOW - timedelta(seconds=60)) as ledger:
        assert ledger.remarks == ()
    with open_ledger(tmp_path, NOW - timedelta(seconds=61)) as ledger:
        assert "with a date in the future: 1" in ledger.remarks[0]
        assert ledger.has(KEYS[0], TO)


def test_a_folder_in_its_place_is_said(tmp_path):
    """A folder where the ledger or its lock should be is an error with exit code 7, not a traceback."""
    (state(tmp_path) / LEDGER_FILE).mkdir(parents=True)
    with pytest.raises(NotWritableError, match="not a file"), open_ledger(tmp_path, NOW):
        pass
    with pytest.raises(NotWritableError, match="not a file"):
        read_ledger(tmp_path)
    (state(tmp_path) / LEDGER_FILE).rmdir()
    (state(tmp_path) / LOCK_FILE).unlink()
    (state(tmp_path) / LOCK_FILE).mkdir()
    with pytest.raises(NotWritableError), open_ledger(tmp_path, NOW):
        pass


def test_a_file_in_place_of_the_state_folder_is_said(tmp_path):
    """A file where the state folder should be is an error, and for a dry run no ledger."""
    state(tmp_path).write_text("")
    with pytest.raises(NotWritableError), open_ledger(tmp_path, NOW):
        pass
    assert not read_ledger(tmp_path).has(KEYS[0], TO)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_in_its_place_is_not_waited_for(tmp_path):
    """A pipe where the ledger should be is an error at once."""
    state(tmp_path).mkdir()
    os.mkfifo(state(tmp_path) / LEDGER_FILE)
    with pytest.raises(NotWritableError), open_ledger(tmp_path, NOW):
        pass


def test_lines_of_another_shape_are_damage():
    """A line whose checksum is right but whose content is no entry is damaged, not a crash."""
    bodies = [
        b'{"at":1,"to":"a","told":[]}',
        b'{"at":"2026-03-16T10:00:00","to":"a","told":[]}',
        b'{"at":"2026-03-16T10:00:00+08:00","to":1,"told":[]}',
        b'{"at":"2026-03-16T10:00:00+08:00","to":"a","told":[["b"]]}',
        b'{"at":"2026-03-16T10:00:00+08:00","to":"a"}',
        b'{"at":' + b"[" * 50_000 + b"}",
    ]
    data = b"".join(body[:-1] + b',"sum":%d}\n' % crc32(body) for body in bodies)
    assert read_lines(data).entries == ()
    assert read_lines(data).damaged == len(bodies)


@needs_rights
def test_a_folder_that_takes_nothing_is_said(tmp_path):
    """A state folder without the right to write is an error before anything is delivered."""
    state(tmp_path).mkdir(mode=0o500)
    with pytest.raises(NotWritableError), open_ledger(tmp_path, NOW):
        pass


@needs_rights
def test_a_ledger_that_cannot_be_read_is_said(tmp_path):
    """A ledger without the right to read is an error for a dry run, too."""
    put(tmp_path, DATA).chmod(0)
    with pytest.raises(CommlogError):
        read_ledger(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_said_when_a_digest_is_noted(tmp_path):
    """A disk that takes nothing is an error of the note; the notice does not count as said."""
    with open_ledger(tmp_path, NOW) as ledger:
        (state(tmp_path) / LEDGER_FILE).unlink()
        (state(tmp_path) / LEDGER_FILE).symlink_to("/dev/full")
        with pytest.raises(NotWritableError, match="was sent to mailto:wang"):
            ledger.add(KEYS, TO, NOW)
        assert not ledger.has(KEYS[0], TO)


HOLDER = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from zlib import crc32
from commlog.reminders.ledger import open_ledger
with open_ledger(Path(sys.argv[1]), datetime(2026, 3, 16, tzinfo=UTC)) as ledger:
    ledger.add([("a/1", "o", "d", "s")], "to", datetime(2026, 3, 16, tzinfo=UTC))
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_processes_do_not_speak_at_once(tmp_path):
    """While another process holds the ledger this one is told so at once; one that is killed lets go of it."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LedgerBusy), open_ledger(tmp_path, NOW):
            pass
        assert read_ledger(tmp_path).has(("a/1", "o", "d", "s"), "to")
        other.kill()
        other.wait()
        with open_ledger(tmp_path, NOW) as ledger:
            assert ledger.has(("a/1", "o", "d", "s"), "to")


def test_the_ledger_is_free_after_a_fault(tmp_path):
    """A run that ends in an error lets go of the ledger."""
    with pytest.raises(RuntimeError), open_ledger(tmp_path, NOW):
        raise RuntimeError
    with open_ledger(tmp_path, NOW):
        pass


def test_a_large_ledger_lets_go_of_the_old_and_dead(tmp_path):
    """Above 512 KB the notices of dead items older than 30 days go; live ones and recent ones stay."""
    old, recent = NOW - timedelta(days=31), NOW - timedelta(days=29)
    dead, live = ("dead/1", "o", "d", "s"), ("live/1", "o", "d", "s")
    filler = tuple((f"dead/{number}", "o", "d", "s" * 100) for number in range(5000))
    lines = [LedgerEntry(old, TO, (dead, live)), LedgerEntry(old, TO, filler), LedgerEntry(recent, "b", (dead,))]
    path = put(tmp_path, b"".join(map(format_ledger_line, lines)))
    with open_ledger(tmp_path, NOW) as ledger:
        ledger.compact({"live/1"}, NOW)
        ledger.add([dead], "c", NOW)
    assert path.stat().st_size < LARGE
    ledger = read_ledger(tmp_path)
    assert ledger.has(live, TO)
    assert ledger.has(dead, "b")
    assert ledger.has(dead, "c")
    assert not ledger.has(dead, TO)


def test_a_small_ledger_keeps_everything(tmp_path):
    """Below 512 KB nothing is rewritten."""
    path = put(tmp_path, DATA)
    with open_ledger(tmp_path, NOW) as ledger:
        ledger.compact(set(), NOW + timedelta(days=1000))
    assert path.read_bytes() == DATA
