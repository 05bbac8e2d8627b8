"""What a worker process sees of a log's files changes no answer."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from commlog.database import connection as database
from commlog.database import worker_processes
from commlog.database.reader import RecordReader
from commlog.database.refresh import open_index
from commlog.database.scan import WHOLE, FolderShare, LogFolders, read_fingerprints, scan_folders
from commlog.forms.catalog import Catalog
from commlog.log.log import open_log

ROOT = Path(__file__).parents[2]
CATALOG = Catalog()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example log, big enough for a worker, on two cores."""
    monkeypatch.setattr(database, "_BIG", 0)
    monkeypatch.setattr(worker_processes, "count_cores", lambda: 2)
    for name in ("commlog.yaml", "calendar.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "records", tmp_path / "records")
    paths_of(tmp_path)
    return tmp_path


def paths_of(root: Path) -> list[str]:
    index = open_index(RecordReader(open_log(root, str(root)), CATALOG))
    try:
        return [row[0] for row in index.rows("SELECT path FROM files ORDER BY path")]
    finally:
        index.close()


def kill_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every worker be killed as soon as it is started."""
    start = worker_processes._start

    def start_and_kill(*arguments):
        worker = start(*arguments)
        os.kill(worker.process, signal.SIGKILL)
        return worker

    monkeypatch.setattr(worker_processes, "_start", start_and_kill)


def test_the_shares_together_are_the_whole(log: Path) -> None:
    """Every folder belongs to exactly one share, whatever the number of shares."""
    whole = sorted(name for name, _ in scan_folders(log, WHOLE))
    for parts in (1, 2, 3, 7):
        shares = [name for number in range(parts) for name, _ in scan_folders(log, FolderShare(number, parts))]
        assert sorted(shares) == whole


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_worker_sees_what_a_scan_sees(log: Path, monkeypatch: pytest.MonkeyPatch, is_killed: bool) -> None:
    """The fingerprints are those of one process alone, also when the worker is killed."""
    if is_killed:
        kill_each(monkeypatch)
    assert read_fingerprints(log, is_big=True) == read_fingerprints(log, is_big=False)


@pytest.mark.parametrize("change", ["none", "edited", "new", "deleted", "emptied"])
def test_a_refresh_with_a_worker_shows_the_files_as_they_are(log: Path, change: str) -> None:
    """After any change the index of a big log shows the files as they are."""
    folder = log / "records/surveys/2026"
    files = sorted(folder.iterdir())
    if change == "edited":
        files[0].write_bytes(files[0].read_bytes() + b"# x\n")
    elif change == "new":
        shutil.copy(files[0], log / "records/surveys/2026/20260101-aaaaaa.yaml")
    elif change == "deleted":
        files[0].unlink()
    elif change == "emptied":
        shutil.rmtree(folder)
    assert paths_of(log) == sorted(path.relative_to(log).as_posix() for path in (log / "records").rglob("*.yaml"))


def test_a_folder_that_is_emptied_after_the_first_look_is_gone(log: Path) -> None:
    """What was there when the fingerprints were read and is not there when its files are read again counts as gone."""
    known = dict.fromkeys(read_fingerprints(log, is_big=False), b"other")
    view = LogFolders(log)
    shutil.rmtree(log / "records/surveys/2026")
    states, gone = view.differing(known)
    assert gone == ["records/surveys/2026"]
    assert len(states) == len(known) - 1


def test_a_folder_whose_name_is_not_utf8_is_indexed(log: Path) -> None:
    """The files of a folder whose name is no text are in the index, and are looked at again when they change."""
    odd = os.fsencode(log / "records" / "interactions") + b"/2026/\xff"
    try:
        os.mkdir(odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    with open(odd + b"/20260101-aaaaaa.yaml", "wb") as file:
        file.write(b"id: x\n")
    assert len(paths_of(log)) == len(paths_of(log)) == 51
    os.unlink(odd + b"/20260101-aaaaaa.yaml")
    assert len(paths_of(log)) == 50
