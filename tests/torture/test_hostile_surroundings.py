"""Disks that are full or closed, folders where files should be, locks of the dead, a copy with wrong bytes."""

import gc
import os
import random
import shutil
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from torture_ground import (
    CREATE,
    IS_LONG,
    NOW,
    call,
    environment,
    listing_of,
    make_log,
    path_of,
    record_id,
    records_of,
    start,
    write,
)

FLIPS = 200 if IS_LONG else 25
READS = (("list", "--format", "json"), ("list", "余额"), ("pending",), ("check",), ("thread", record_id(0)))
WRITES = (
    (*CREATE, "-s", "summary=new"),
    ("edit", record_id(1), "-s", "tags+=new"),
    ("done", f"{record_id(2)}/1", "--result", "new"),
    ("add-follow-up", record_id(3), "action=new; due=2026-03-20"),
)


def said(root):
    """What the commands that read say."""
    return [call(root, *words) for words in READS]


@pytest.fixture
def mounted(tmp_path):
    """Mounts a file system of its own with a log on it, as large as is asked for; only root may."""
    place = tmp_path / "disk"
    place.mkdir()

    def mount(size):
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
        if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
            pytest.skip(
                "NOT TESTED HERE: only root can mount a small disk; the limit on a file's size is tested instead"
            )
        return make_log(place / "log")

    yield mount
    subprocess.run(["umount", "-l", str(place)], capture_output=True)


def test_a_disk_that_fills_up_loses_no_record(mounted):
    """With every few kilobytes less on a small disk, a write is done or ends with 7, and every record stays whole."""
    root = mounted("1536k")
    refused = done = 0
    ballast = root.parent / "ballast"
    disk = os.statvfs(root)
    room = disk.f_bavail * disk.f_frsize
    for free in range(160 if IS_LONG else 24, -1, -4):
        with ballast.open("wb") as file, suppress(OSError):
            file.write(b"x" * max(0, room - free * 1024))
        for words in WRITES[: None if IS_LONG else 2]:
            before = listing_of(root / "records")
            answer = call(root, *words)
            # What was done already is refused, however full the disk is.
            assert answer.code in ({0, 7, 5} if words[0] == "done" else {0, 7}), answer
            assert "Traceback" not in answer.err
            refused, done = refused + (answer.code == 7), done + (answer.code == 0)
            if answer.code:
                assert listing_of(root / "records") == before
        records_of(root)
        full = said(root)
        assert {answer.code for answer in full} == {0}, full
        ballast.unlink()
        shutil.rmtree(root / ".commlog", ignore_errors=True)
        assert said(root) == full
    assert refused
    assert done
    assert call(root, "check").code == 0


def test_a_disk_one_may_only_read_answers(mounted):
    """On a file system mounted for reading only, reads answer as before, writes end with 7, with a copy and without."""
    root = mounted("4m")
    for keep in (True, False):
        expected = said(root)
        if not keep:
            shutil.rmtree(root / ".commlog")
        gc.collect()  # a connection of a call before may hold the copy open
        subprocess.run(["mount", "-o", "remount,ro", str(root.parent)], check=True)
        before = listing_of(root)
        assert said(root) == expected
        for words in WRITES:
            answer = call(root, *words)
            assert (answer.code, "cannot be written" in answer.err) == (7, True), answer
        assert listing_of(root) == before
        subprocess.run(["mount", "-o", "remount,rw", str(root.parent)], check=True)


LIMITED = """
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
from commlog.cli.main import main
main()
"""


@pytest.mark.parametrize("limit", [0, 100, 600, 5_000, 40_000] if IS_LONG else [100, 5_000])
def test_a_limit_on_what_is_written_loses_no_record(folder, limit):
    """When no file may grow beyond so many bytes, a call is done or ends with 7, and no record is half written."""
    expected = said(folder)
    for words in (("index", "rebuild"), *WRITES[:2]):
        before = listing_of(folder / "records")
        command = [sys.executable, "-c", LIMITED, str(limit), *words, "--log", str(folder), "--now", NOW]
        done = subprocess.run(command, capture_output=True, text=True, env=environment(folder.parent))
        assert done.returncode in {0, 7}, done
        assert "Traceback" not in done.stderr
        if done.returncode:
            assert listing_of(folder / "records") == before
        else:
            expected = None
    records_of(folder)
    assert expected in (None, said(folder))
    assert call(folder, "check").code == 0


# What stands where something else should be: the path, and whether it is a folder.
OUT_OF_PLACE = {
    "records is a file": ("records", False),
    "customers is a file": ("records/customers", False),
    "a month is a file": ("records/interactions/2026/03", False),
    "a record is a folder": (path_of(record_id(1)), True),
    "a customer is a folder": ("records/customers/acme.yaml", True),
    "the settings are a folder": ("commlog.yaml", True),
    "the calendar is a folder": ("calendar.yaml", True),
    "schemas is a file": ("schemas", False),
    "a template is a folder": ("schemas/chat.schema.json", True),
    "the state is a file": (".commlog", False),
    "the copy is a folder": (".commlog/index.sqlite", True),
    "its journal is a folder": (".commlog/index.sqlite-journal", True),
    "the lock is a folder": (".commlog/write.lock", True),
    "the ledger is a folder": (".commlog/reminders.jsonl", True),
    "git is a file": (".git", False),
}


@pytest.mark.parametrize("case", OUT_OF_PLACE)
def test_a_thing_out_of_place_is_told(folder, case):
    """A file where a folder should be, or a folder for a file: every command ends with a documented code, none with a traceback."""
    path, as_folder = OUT_OF_PLACE[case]
    call(folder, "list")
    target = folder / path
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)
    if as_folder:
        write(folder, f"{path}/x", "x")
    else:
        write(folder, path, "x")
    before = listing_of(folder.parent)
    commands = (*READS, ("show", record_id(1)), ("remind",), ("doctor",), ("index", "rebuild"), ("audit",), ("care",))
    for words in (*commands, *WRITES, ("customer", "create", "-s", "name=Beta"), ("sync",)):
        answer = call(folder, *words)
        assert answer.code in {0, 2, 3, 4, 5, 6, 7, 8, 10}, (words, answer)
        assert "Traceback" not in answer.err
        assert not answer.code or answer.err or answer.out, words
    after = listing_of(folder.parent)
    assert set(before) <= set(after)
    assert {name for name in after if not name.startswith("log/")} == {
        name for name in before if not name.startswith("log/")
    }


def test_a_lock_of_a_dead_process_blocks_nobody(folder):
    """The locks of a process that was killed while it held them, and lock files with any content, keep nobody waiting."""
    call(folder, "list")
    names = ("write.lock", "rebuild.lock", "reminders.lock", "tick")
    holder = (
        "import fcntl, os, sys, time\nfiles = [open(name, 'a') for name in sys.argv[1:]]\n"
        "[fcntl.flock(file, fcntl.LOCK_EX) for file in files]\nprint(flush=True)\ntime.sleep(60)"
    )
    paths = [str(folder / ".commlog" / name) for name in names]
    process = subprocess.Popen([sys.executable, "-c", holder, *paths], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    for name in names:
        (folder / ".commlog" / name).write_text(f"{process.pid}\n")
    for words in WRITES:
        assert start(folder, *words).code == 0
    assert start(folder, "check").code == 0


def spoil(path, dice, count):
    """Change so many bytes of a file at random places."""
    raw = bytearray(path.read_bytes())
    for _ in range(count):
        raw[dice.randrange(len(raw))] ^= dice.randrange(1, 256)
    path.write_bytes(raw)


def test_wrong_bytes_in_the_copy_end_no_command(folder, record_property, capsys):
    """With one byte wrong anywhere in the copy, no call crashes, no record is touched, and `index rebuild` mends every answer."""
    dice = random.Random(1)
    expected = said(folder)
    pristine = (folder / ".commlog/index.sqlite").read_bytes()
    records = listing_of(folder / "records")
    different = 0
    for _ in range(FLIPS):
        (folder / ".commlog/index.sqlite").write_bytes(pristine)
        spoil(folder / ".commlog/index.sqlite", dice, 1)
        got = said(folder)
        assert {answer.code for answer in got} <= {0, 2, 3, 4, 5, 6, 7, 8, 10}, got
        assert not any("Traceback" in answer.err for answer in got)
        if got != expected:
            different += 1
            assert call(folder, "index", "rebuild").code == 0
            assert said(folder) == expected
    assert listing_of(folder / "records") == records
    record_property("different", different)
    if IS_LONG:
        with capsys.disabled():
            print(f"\none wrong byte in the copy: {FLIPS} times, {different} with another answer until the rebuild")
