"""What helpers see of a log while the command is loaded changes no answer."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from commlog.database import glimpse
from commlog.database.glimpse import Glimpse, start_glimpse
from commlog.database.reader import RecordReader
from commlog.database.refresh import open_index
from commlog.database.scan import WHOLE, Share, scan_folders
from commlog.forms.catalog import Catalog
from commlog.forms.validation import Validator
from commlog.log.log import open_log

ROOT = Path(__file__).parents[2]
CATALOG = Catalog()
VALIDATOR = Validator(CATALOG)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example log, big enough for helpers."""
    monkeypatch.setattr(glimpse, "_BIG", 0)
    for name in ("commlog.yaml", "calendar.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "records", tmp_path / "records")
    ids_of(tmp_path, None)
    return tmp_path


def ids_of(root: Path, seen: Glimpse | None) -> list[str]:
    reader = RecordReader(open_log(root, str(root)), CATALOG, VALIDATOR)
    index = open_index(reader, seen)
    try:
        return [row[0] for row in index.rows("SELECT path FROM files ORDER BY path")]
    finally:
        index.close()


def started(root: Path) -> Glimpse:
    found = start_glimpse(root)
    assert found is not None
    return found


def test_the_shares_together_are_the_whole(log: Path) -> None:
    """Every folder belongs to exactly one share, whatever the number of shares."""
    whole = sorted(state.directory for state in scan_folders(log, WHOLE))
    for parts in (1, 2, 3, 7):
        shares = [state.directory for number in range(parts) for state in scan_folders(log, Share(number, parts))]
        assert sorted(shares) == whole


def test_helpers_see_what_a_scan_sees(log: Path) -> None:
    """The fingerprints that helpers give are those of a scan in this process."""
    assert started(log).fingerprints() == {state.directory: state.fingerprint for state in scan_folders(log)}


def test_a_small_log_sends_no_helpers(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the size at which it pays, nobody is sent out; neither where there is no copy yet."""
    monkeypatch.setattr(glimpse, "_BIG", 10**12)
    assert start_glimpse(log) is None
    monkeypatch.setattr(glimpse, "_BIG", 0)
    (log / ".commlog/index.sqlite").unlink()
    assert start_glimpse(log) is None


@pytest.mark.parametrize("change", ["none", "edited", "new", "deleted", "emptied"])
def test_a_refresh_with_helpers_answers_as_one_without(log: Path, change: str) -> None:
    """After any change before or while helpers look, the copy shows the files as they are."""
    folder = log / "records/surveys/2026"
    files = sorted(folder.iterdir())
    before = started(log)
    if change == "edited":
        files[0].write_bytes(files[0].read_bytes() + b"# x\n")
    elif change == "new":
        shutil.copy(files[0], log / "records/surveys/2026/20260101-aaaaaa.yaml")
    elif change == "deleted":
        files[0].unlink()
    elif change == "emptied":
        shutil.rmtree(folder)
    ids_of(log, before)
    assert ids_of(log, started(log)) == sorted(
        path.relative_to(log).as_posix() for path in (log / "records").rglob("*.yaml")
    )


def test_a_helper_that_dies_is_not_believed(log: Path) -> None:
    """When a helper is killed its answer counts for nothing, and the files are looked at here."""
    seen = started(log)
    os.kill(seen.helpers[0][0], signal.SIGKILL)
    found = seen.fingerprints()
    assert found is None or found == {state.directory: state.fingerprint for state in scan_folders(log)}
    killed = started(log)
    os.kill(killed.helpers[1][0], signal.SIGKILL)
    assert ids_of(log, killed) == ids_of(log, None)


def test_a_folder_whose_name_is_not_utf8_is_left_to_the_scan(log: Path) -> None:
    """Helpers do not answer for a name they cannot hand over."""
    odd = os.fsencode(log / "records" / "interactions") + b"/2026/\xff"
    try:
        os.mkdir(odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    with open(odd + b"/20260101-aaaaaa.yaml", "wb") as file:
        file.write(b"id: x\n")
    assert started(log).fingerprints() is None
    assert len(ids_of(log, started(log))) == len(ids_of(log, None)) == 51
