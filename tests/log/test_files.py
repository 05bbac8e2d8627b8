"""Files on disk: written whole or not at all, and never over somebody else's change."""

import errno
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from commlog.log import files
from commlog.log.files import FileChangedError, lock, replace_file, write_new


def names(folder):
    """What lies in a folder."""
    return sorted(path.name for path in folder.iterdir())


def run_at_once(count, work):
    """Run the same work in threads; whatever they raise, apart from what the work handles, fails the test."""
    faults = []

    def guarded(number):
        try:
            work(number)
        except BaseException as fault:  # noqa: BLE001 - handed to the test
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_new_file(tmp_path):
    """A new file has its bytes and the usual mode, and nothing else is left in the folder."""
    path = tmp_path / "甲.yaml"
    write_new(path, b"a: 1\n")
    (tmp_path / "plain").touch()
    assert path.read_bytes() == b"a: 1\n"
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert names(tmp_path) == ["plain", "甲.yaml"]


def test_new_file_never_replaces(tmp_path):
    """A file that exists is left as it is, a dangling link too."""
    path, link = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"old")
    link.symlink_to("nowhere")
    for taken in (path, link):
        with pytest.raises(FileExistsError):
            write_new(taken, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a", "b"]


def test_new_file_without_hard_links(tmp_path, monkeypatch):
    """Where the file system has no links, a new file is still written, and still never replaces one."""

    def refuse(*_):
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    write_new(tmp_path / "a", b"1")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"2")
    assert (tmp_path / "a").read_bytes() == b"1"
    assert names(tmp_path) == ["a"]


def test_one_of_many_writers_of_a_new_file_wins(tmp_path):
    """Of many that write the same new file, one does; the others hear of it."""
    taken = []

    def work(number):
        try:
            write_new(tmp_path / "a", str(number).encode())
        except FileExistsError:
            taken.append(number)

    run_at_once(8, work)
    assert len(taken) == 7
    assert int((tmp_path / "a").read_bytes()) not in taken


def test_replace(tmp_path):
    """A file that is as it was read is replaced; its mode stays, and nothing is left beside it."""
    path = tmp_path / ("长" * 80 + ".yaml")
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == [path.name]


def test_replace_through_a_link(tmp_path):
    """A symbolic link stays one; what it points to is replaced, where it lies."""
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(Path("real") / "a")
    replace_file(link, b"new", expected=b"old")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert names(tmp_path / "real") == ["a"]


@pytest.mark.parametrize("current", [b"other", b"", None])
def test_replace_refuses_what_changed(tmp_path, current):
    """A file that was changed or deleted meanwhile is left so."""
    path = tmp_path / "a"
    if current is not None:
        path.write_bytes(current)
    with pytest.raises(FileChangedError):
        replace_file(path, b"new", expected=b"old")
    assert (path.read_bytes() if path.exists() else None) == current
    assert names(tmp_path) == ([] if current is None else ["a"])


def test_change_while_writing_is_noticed(tmp_path, monkeypatch):
    """A change by an editor between the first look and the replacement is noticed."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    write = files._write

    def write_and_disturb(*arguments):
        write(*arguments)
        path.write_bytes(b"editor")

    monkeypatch.setattr(files, "_write", write_and_disturb)
    with pytest.raises(FileChangedError):
        replace_file(path, b"new", expected=b"old")
    assert path.read_bytes() == b"editor"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_full_disk_loses_nothing(tmp_path, monkeypatch, failing):
    """When the disk is full the old content stays, the fault is told, and nothing is left beside it."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "disk full")

    monkeypatch.setattr(*((os, "fsync") if failing == "fsync" else (Path, "replace")), fail)
    with pytest.raises(OSError, match="disk full"):
        replace_file(path, b"new", expected=b"old")
    if failing == "fsync":
        with pytest.raises(OSError, match="disk full"):
            write_new(tmp_path / "b", b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_folder_that_takes_nothing(tmp_path):
    """Where nothing can be written, the system's own error comes through."""
    (tmp_path / "file").write_bytes(b"x")
    for folder in (tmp_path / "absent", tmp_path / "file"):
        with pytest.raises(OSError):
            write_new(folder / "a", b"1")


def test_read_only_folder(tmp_path, monkeypatch):
    """A read-only folder gives an OSError and leaves the file as it was."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    if os.geteuid() == 0:
        # Permissions do not hold for root: let the system call answer as it would for others.
        real_open = os.open

        def refuse(name, flags, *mode):
            if flags & os.O_CREAT:
                raise PermissionError(errno.EACCES, "read-only")
            return real_open(name, flags, *mode)

        monkeypatch.setattr(os, "open", refuse)
    else:
        tmp_path.chmod(0o500)
    try:
        for attempt in (lambda: replace_file(path, b"new", expected=b"old"), lambda: write_new(tmp_path / "b", b"1")):
            with pytest.raises(OSError):
                attempt()
    finally:
        monkeypatch.undo()
        tmp_path.chmod(0o700)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def add_one(path):
    """Add one to the number in a file, again and again until nobody came in between."""
    while True:
        old = path.read_bytes()
        try:
            replace_file(path, str(int(old) + 1).encode(), expected=old)
        except FileChangedError:
            continue
        return


def test_threads_lose_nothing(tmp_path):
    """Many threads that read, change and replace one file lose no change."""
    path = tmp_path / "n"
    path.write_bytes(b"0")
    run_at_once(6, lambda _: [add_one(path) for _ in range(5)])
    assert path.read_bytes() == b"30"
    assert names(tmp_path) == ["n"]


def test_processes_lose_nothing(tmp_path):
    """Many processes that read, change and replace one file lose no change."""
    path = tmp_path / "n"
    path.write_bytes(b"0")
    program = (
        "import sys; from pathlib import Path; from commlog.log.files import FileChangedError, replace_file\n"
        "path, left = Path(sys.argv[1]), 10\n"
        "while left:\n"
        "    old = path.read_bytes()\n"
        "    try: replace_file(path, str(int(old) + 1).encode(), expected=old); left -= 1\n"
        "    except FileChangedError: pass\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, path]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert path.read_bytes() == b"30"


def test_lock_excludes(tmp_path):
    """Whoever holds the lock is alone: a plain read-change-write under it loses nothing."""
    path = tmp_path / "n"
    path.write_bytes(b"0")

    def work(_):
        for _ in range(20):
            with lock(tmp_path / "lock"):
                path.write_bytes(str(int(path.read_bytes()) + 1).encode())

    run_at_once(4, work)
    assert path.read_bytes() == b"80"


def test_lock_of_the_dead_is_free(tmp_path):
    """A process that dies with the lock lets go of it; so does one whose work fails."""
    path = tmp_path / "lock"
    program = "import os, sys; from pathlib import Path; from commlog.log.files import lock\nwith lock(Path(sys.argv[1])): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", program, path], check=False).returncode == 9
    with pytest.raises(KeyError), lock(path):
        raise KeyError
    with lock(path):
        assert path.exists()
