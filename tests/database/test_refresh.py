"""The copy is always what a rebuild from nothing would make, whatever happened to the files."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commlog.database import worker_processes
from commlog.database.connection import Index, connect
from commlog.database.reader import RecordReader
from commlog.database.refresh import entry_of, open_index, read_entries, rebuild_index
from commlog.database.scan import scan_folders
from commlog.database.tables import ROW_TABLES
from commlog.forms.catalog import Catalog
from commlog.forms.validation import Validator
from commlog.log.log import open_log

RECORD = """\
id: {id}
template: member
customer: li-na
agent: wang
direction: inbound
channel: phone
started_at: 2026-03-10T14:30:00+08:00
recorded_at: 2026-03-10T14:52:00+08:00
subject: {subject}
summary: 来电
core_request: 换货
links: [{{to: 20260309-aaaaaa, type: follows}}]
tags: [售后]
followups:
  - {{n: 1, action: 回电, owner: zhao, due: 2026-03-13, status: open}}
"""
CATALOG = Catalog()
VALIDATOR = Validator(CATALOG)
CUSTOMER = "id: {id}\ntemplate: customer\nname: {subject}\ntype: individual\nstage: active\naliases: [x]\n"
FOLDERS = ("records/interactions/2026/03", "records/interactions/2026/04", "records/customers", "records/odd")
NAMES = ("20260310-aaaaaa", "20260310-bbbbbb", "李娜")
CONTENTS = (RECORD, CUSTOMER, "id: [\n", "", "<<<<<<< a\n=======\n>>>>>>> b\n", "- x\n")


def reader_of(root: Path) -> RecordReader:
    """A reader of the log at a folder."""
    return RecordReader(open_log(root, str(root)), CATALOG, VALIDATOR)


def make_log(root: Path) -> None:
    """An empty log."""
    (root / "commlog.yaml").write_text("timezone: Asia/Shanghai\n")
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)


def contents(index: Index) -> dict[str, list[Any]]:
    """Everything the copy says, without the numbers by which it counts its files."""
    rows: dict[str, list[Any]] = {
        table: sorted(map(repr, index.rows(f"SELECT f.path, t.* FROM {table} t JOIN files f ON f.file = t.{column}")))
        for table, column in ROW_TABLES.items()
    }
    shown = {table: [row.split(", ", 2)[::2] for row in found] for table, found in rows.items()}
    shown["files"] = index.rows("SELECT path, directory, is_readable FROM files ORDER BY path")
    lost = {
        table: index.rows(f"SELECT count(*) FROM {table} WHERE {column} NOT IN (SELECT file FROM files)")
        for table, column in ROW_TABLES.items()
    }
    assert set(map(str, lost.values())) == {"[(0,)]"}
    return shown


def from_nothing(root: Path) -> dict[str, list[Any]]:
    """What a copy made in another place, of the same files, says."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(root, Path(folder) / "log", symlinks=True, ignore=shutil.ignore_patterns(".commlog"))
        index = open_index(reader_of(Path(folder) / "log"))
        found = contents(index)
        index.close()
        return found


places = st.tuples(st.sampled_from(FOLDERS), st.sampled_from(NAMES))
subjects = st.sampled_from(("aaaa", "bbbb", "投诉", "a longer subject"))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Any, ...]:
    """One thing that can happen to a log."""
    kind = draw(
        st.sampled_from(
            (
                "write",
                "write",
                "same size",
                "delete",
                "rename",
                "chmod",
                "touch",
                "folder",
                "move folder",
                "link",
                "link out",
                "refresh",
                "settings",
            )
        )
    )
    return kind, draw(places), draw(places), draw(st.sampled_from(CONTENTS)), draw(subjects)


def apply(root: Path, edit: tuple[Any, ...]) -> None:
    """Do it, as far as it can be done."""
    kind, (folder, name), (other_folder, other_name), content, subject = edit
    path, other = root / folder / f"{name}.yaml", root / other_folder / f"{other_name}.yaml"
    text = content.format(id=name, subject=subject) if "{id}" in content else content
    is_file = path.is_file() and not path.is_symlink()
    if kind == "write" and not path.is_dir() and path.parent.is_dir():
        path.unlink(missing_ok=True)
        path.write_text(text)
    elif kind == "same size" and is_file:
        # Same size, same inode, same modification time: only the system's own clock tells.
        status = path.stat()
        path.write_bytes(path.read_bytes().replace(b"a", b"c"))
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    elif kind == "delete" and (is_file or path.is_symlink()):
        path.unlink()
    elif kind == "rename" and is_file and not other.is_dir() and other.parent.is_dir():
        path.replace(other)
    elif kind == "chmod" and is_file:
        path.chmod(0o600)
    elif kind == "touch" and is_file:
        os.utime(path, ns=(1, 1))
    elif kind == "folder" and path.parent.is_dir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
        path.mkdir()
        (path / "inner.yaml").write_text(text)
    elif kind == "move folder" and (root / folder).is_dir() and folder != other_folder:
        (root / folder).rename(root / other_folder / name) if (root / other_folder).is_dir() and not (
            root / other_folder / name
        ).exists() else None
        (root / folder).mkdir(parents=True, exist_ok=True)
    elif kind in {"link", "link out"} and not path.exists() and path.parent.is_dir():
        path.unlink(missing_ok=True)
        # Relative, so that it leads to the same place in a copy of the log.
        path.symlink_to("/etc/hostname" if kind == "link out" else os.path.relpath(other, path.parent))
    elif kind == "settings":
        (root / "commlog.yaml").write_text(f"timezone: Asia/Shanghai\nmembers: [{{id: {subject.split()[0]}}}]\n")


@pytest.mark.slow
@given(st.lists(edits(), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_after_any_edits_the_copy_equals_a_rebuild(history: list[tuple[Any, ...]]) -> None:
    """Whatever is written, overwritten, deleted, renamed, moved or linked: refreshed and rebuilt say the same."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_log(root)
        open_index(reader_of(root)).close()
        for edit in history:
            apply(root, edit)
            if edit[0] == "refresh":
                open_index(reader_of(root)).close()
        index = open_index(reader_of(root))
        found = contents(index)
        index.close()
        assert found == from_nothing(root)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A log with two records."""
    make_log(tmp_path)
    write(tmp_path, NAMES[0], "aaaa")
    write(tmp_path, NAMES[1], "bbbb")
    return tmp_path


def write(root: Path, name: str, subject: str) -> Path:
    """Write a record in place."""
    path = root / FOLDERS[0] / f"{name}.yaml"
    path.write_text(RECORD.format(id=name, subject=subject))
    return path


def subjects_of(index: Index) -> list[str]:
    """The subjects the copy knows."""
    return [row[0] for row in index.rows("SELECT subject FROM records ORDER BY id")]


def answer(root: Path) -> list[str]:
    """The subjects a fresh command would see."""
    index = open_index(reader_of(root))
    try:
        return subjects_of(index)
    finally:
        index.close()


def test_edits_within_one_tick_of_the_clock_are_seen(root: Path) -> None:
    """A file overwritten with as many bytes right after each refresh is seen every time."""
    for number in range(60):
        write(root, NAMES[0], f"{number:04}")
        assert answer(root)[0] == f"{number:04}"


def test_a_file_that_may_change_unseen_is_read_again(root: Path) -> None:
    """A file as young as the refresh itself is never believed: its next content is seen though every stamp stands still."""
    path = write(root, NAMES[0], "aaaa")
    for subject in ("aaaa", "cccc", "dddd"):
        path.write_text(path.read_text().replace("subject: aaaa", f"subject: {subject}"))
        os.utime(path, ns=(2**62, 2**62))  # a clock that runs ahead: as young as can be
        assert answer(root) == [subject, "bbbb"]
        path.write_text(path.read_text().replace(f"subject: {subject}", "subject: aaaa"))
        index = connect(root / ".commlog")
        assert index.rows("SELECT size FROM files WHERE path LIKE ?", (f"%{NAMES[0]}%",)) == [(-1,)]
        index.close()


def test_an_unchanged_log_is_neither_read_nor_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refresh that finds nothing new reads no record and leaves the copy's bytes alone."""
    unsure = [(1,)]
    while unsure != [(0,)]:  # until the clock has moved on
        answer(root)
        index = connect(root / ".commlog")
        unsure = index.rows("SELECT count(*) FROM files WHERE size < 0")
        index.close()
    before = (root / ".commlog/index.sqlite").read_bytes()
    monkeypatch.setattr(RecordReader, "read", lambda *_: pytest.fail("was read"))
    assert answer(root) == ["aaaa", "bbbb"]
    assert (root / ".commlog/index.sqlite").read_bytes() == before


def test_a_file_deleted_between_listing_and_reading_is_not_unreadable(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A record that vanishes while the folder is read is gone, not a file that cannot be read."""
    read = RecordReader.read

    def read_late(reader: RecordReader, path: str) -> Any:
        (reader.log.root / path).unlink()
        return read(reader, path)

    monkeypatch.setattr(RecordReader, "read", read_late)
    index = open_index(reader_of(root))
    assert index.rows("SELECT * FROM files") == []
    assert index.rows("SELECT * FROM problems") == []


def test_a_warm_copy_still_reports_problems(root: Path) -> None:
    """What was wrong with a file is known without reading it again."""
    (root / FOLDERS[0] / f"{NAMES[0]}.yaml").write_text("id: [\n")
    first = open_index(reader_of(root)).rows("SELECT code, line FROM problems ORDER BY 1")
    second = open_index(reader_of(root)).rows("SELECT code, line FROM problems ORDER BY 1")
    assert first == second
    assert ("yaml-syntax", 2) in first


def test_other_settings_make_another_copy(root: Path) -> None:
    """A change of the log's settings or templates is a change of every row that depends on them."""
    before = contents(open_index(reader_of(root)))
    (root / "commlog.yaml").write_text("timezone: America/New_York\n")
    index = open_index(reader_of(root))
    assert contents(index) == from_nothing(root) != before


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["0", "1"])
def test_two_commands_at_once_do_no_harm(root: Path, mode: str) -> None:
    """Eight processes that refresh or rebuild at once each get the right answer and leave a sound copy."""
    for number in range(200):
        write(root, f"20260310-aaa{number:03}", "aaaa")
    program = "import sys; from commlog.cli.main import main; sys.argv = ['commlog', *sys.argv[1:]]; main()"
    command = [sys.executable, "-c", program, "list", "--format", "ids", "--log", str(root)]
    if mode == "1":
        (root / ".commlog").mkdir()
        (root / ".commlog/index.sqlite").write_bytes(b"garbage" * 1000)
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    for process in running:
        stdout, stderr = process.communicate(timeout=120)
        assert (process.returncode, stderr) == (0, "")
        assert len(stdout.split()) == 202
    assert connect(root / ".commlog").rows("PRAGMA integrity_check") == [("ok",)]
    assert contents(open_index(reader_of(root))) == from_nothing(root)


@pytest.mark.slow
@pytest.mark.parametrize("written", [0, 1, 450, 900])
def test_a_killed_refresh_leaves_a_copy_that_can_be_used(root: Path, written: int) -> None:
    """A process killed in the middle of its transaction leaves what was there before, and no helper process."""
    assert answer(root) == ["aaaa", "bbbb"]
    for number in range(1000):
        write(root, f"20260310-aaa{number:03}", "aaaa")
    program = f"""
import os, signal
from pathlib import Path
from commlog.database import refresh as writing
from commlog.database.refresh import open_index
from commlog.database.reader import RecordReader
from commlog.log.log import open_log
from commlog.forms.catalog import Catalog
from commlog.forms.validation import Validator
def die_in_the_middle(reader, paths):
    for place, entry in enumerate(original(reader, paths)):
        if place == {written}:
            os.kill(os.getpid(), signal.SIGKILL)
        yield entry
original = writing.read_entries
writing.read_entries = die_in_the_middle
catalog = Catalog()
open_index(RecordReader(open_log(Path({str(root)!r}), {str(root)!r}), catalog, Validator(catalog)))
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL  # the pipes are closed: no helper holds them
    assert connect(root / ".commlog").rows("SELECT count(*) FROM records") == [(2,)]
    assert len(answer(root)) == 1002


@pytest.mark.slow
def test_many_files_are_read_in_order_by_several_processes(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Helpers give each file's rows once and in order, also when one of them is killed."""
    monkeypatch.setattr(worker_processes, "count_cores", lambda: 3)
    for number in range(600):
        write(root, f"20260310-aaa{number:03}", "aaaa")
    reader = reader_of(root)
    paths = [path for _, state in scan_folders(root) for path, _ in state.iter_files()]
    alone = [entry_of(reader, path) for path in paths]
    assert list(read_entries(reader, paths)) == alone
    start = worker_processes._start

    def start_and_kill(task: Any, team: Any) -> Any:
        worker = start(task, team)
        if len(team) == 1:
            os.kill(worker.process, signal.SIGKILL)
        return worker

    monkeypatch.setattr(worker_processes, "_start", start_and_kill)
    assert list(read_entries(reader, paths)) == alone


def test_a_reader_that_stops_early_leaves_no_process(root: Path) -> None:
    """Helpers end when nobody reads on."""
    for number in range(900):
        write(root, f"20260310-aaa{number:03}", "aaaa")
    reader = reader_of(root)
    before = own_processes()
    entries = read_entries(reader, [path for _, state in scan_folders(root) for path, _ in state.iter_files()])
    next(entries)
    assert own_processes() > before
    entries.close()  # type: ignore[attr-defined]
    assert own_processes() == before


def own_processes() -> set[str]:
    """The processes this one has started and not yet waited for."""
    return {pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def full_disk(index: Index) -> None:
    """As if no page more could be written."""
    pages = index.rows("PRAGMA page_count")[0][0]
    index.connection.execute(f"PRAGMA max_page_count = {max(pages, 1)}")


def read_only(index: Index) -> None:
    """As if the file might not be written."""
    index.connection.execute("PRAGMA query_only = ON")


@pytest.mark.slow
@pytest.mark.parametrize("hinder", [full_disk, read_only])
@pytest.mark.parametrize("is_warm", [True, False])
def test_a_disk_that_takes_nothing_gives_the_same_answers(
    root: Path, hinder: Callable[[Index], None], is_warm: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room or permission for the copy, the answer comes from memory and the stored copy stays."""
    if is_warm:
        answer(root)
    for number in range(300):
        write(root, f"20260310-aaa{number:03}", "a" * 200)
    from commlog.database import refresh

    connected = refresh.connect

    def connect_hindered(folder: Path | None) -> Index:
        index = connected(folder)
        if folder is not None:
            hinder(index)
        return index

    monkeypatch.setattr(refresh, "connect", connect_hindered)
    assert len(answer(root)) == 302
    monkeypatch.undo()
    assert connect(root / ".commlog").rows("PRAGMA integrity_check") == [("ok",)]
    assert len(answer(root)) == 302


def test_a_rebuild_in_place_keeps_readers_alive(root: Path) -> None:
    """A sound copy is rebuilt in one transaction: who has it open goes on reading."""
    open_one = open_index(reader_of(root))
    inode = (root / ".commlog/index.sqlite").stat().st_ino
    write(root, NAMES[0], "cccc")
    assert subjects_of(rebuild_index(reader_of(root))) == ["cccc", "bbbb"]
    assert (root / ".commlog/index.sqlite").stat().st_ino == inode
    assert subjects_of(open_one) == ["cccc", "bbbb"]


def test_damage_found_by_a_question_is_mended(root: Path) -> None:
    """A copy that proves damaged only when it is asked is made anew, and the question answered."""
    index = open_index(reader_of(root))
    file = root / ".commlog/index.sqlite"
    raw = file.read_bytes()
    file.write_bytes(raw[:4096] + b"\xff" * (len(raw) - 4096))
    index.connection.execute("PRAGMA shrink_memory")
    fresh = open_index(reader_of(root))
    assert subjects_of(fresh) == ["aaaa", "bbbb"]
    assert subjects_of(open_index(reader_of(root))) == ["aaaa", "bbbb"]


def test_an_error_of_a_question_is_no_damage(root: Path) -> None:
    """A question that is wrong is told so; the copy stays."""
    index = open_index(reader_of(root))
    with pytest.raises(sqlite3.OperationalError):
        index.rows("SELECT nothing FROM nowhere")
    assert subjects_of(index) == ["aaaa", "bbbb"]


def unread(root: Path) -> dict[str, tuple[int, str]]:
    """The files the copy could not read, by their names: that they are not readable, and why."""
    index = open_index(reader_of(root))
    try:
        rows = index.rows(
            "SELECT path, is_readable, code FROM files JOIN problems USING (file) "
            "WHERE code IN ('outside-link', 'unreadable-file')"
        )
    finally:
        index.close()
    return {path.rpartition("/")[2]: (readable, code) for path, readable, code in rows}


def test_a_link_that_takes_a_files_place_is_seen_and_back(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The copy follows when a file becomes a link out of the log, a link in it, and a file again."""
    path = root / FOLDERS[0] / f"{NAMES[0]}.yaml"
    text = path.read_text()
    outside = tmp_path_factory.mktemp("outside") / "other.yaml"
    outside.write_text(text.replace("subject: aaaa", "subject: TOP SECRET"))
    inside = root / FOLDERS[1] / "kept.txt"
    inside.write_text(text.replace("subject: aaaa", "subject: kept"))
    for _ in range(2):
        path.unlink()
        path.symlink_to(outside)
        assert answer(root) == ["bbbb"]
        assert unread(root)[path.name] == (0, "outside-link")
        outside.write_text(outside.read_text() + "# longer\n")
        assert answer(root) == ["bbbb"]
        path.unlink()
        path.symlink_to(inside)
        assert answer(root) == ["kept", "bbbb"]
        path.unlink()
        path.write_text(text)
        assert answer(root) == ["aaaa", "bbbb"]
        assert path.name not in unread(root)


def test_a_link_to_nowhere_that_becomes_a_circle_has_its_new_reason(root: Path) -> None:
    """Why a link cannot be read is in the index as it is now, also when the link itself is as it was."""
    one, other = (root / FOLDERS[0] / f"20260310-{name}.yaml" for name in ("cccccc", "dddddd"))
    one.symlink_to(other.name)
    for make, reason in ((lambda: other.symlink_to(one.name), "Too many levels"), (other.unlink, "no such file")):
        answer(root)
        make()
        index = open_index(reader_of(root))
        facts = index.texts("SELECT facts FROM problems JOIN files USING (file) WHERE path LIKE ?", (f"%{one.name}",))
        index.close()
        assert [reason in text for text in facts] == [True]


def test_a_folder_that_becomes_a_link_out_is_no_folder_of_the_log(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A folder moved out of the log and linked is one unreadable entry; its records are in no answer until it is back."""
    folder = root / FOLDERS[0]
    away = tmp_path_factory.mktemp("away") / "03"
    assert answer(root) == ["aaaa", "bbbb"]
    folder.rename(away)
    folder.symlink_to(away)
    assert answer(root) == []
    assert unread(root) == {"03": (0, "outside-link")}
    folder.unlink()
    away.rename(folder)
    assert answer(root) == ["aaaa", "bbbb"]


def test_links_that_lead_nowhere_are_unreadable_files(root: Path) -> None:
    """A dangling link and a loop in the log are files that cannot be read; a dangling one that leads out is a link out."""
    folder = root / FOLDERS[0]
    (folder / "nothing.yaml").symlink_to("absent.yaml")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "out.yaml").symlink_to("/nowhere/at/all.yaml")
    found = unread(root)
    assert found["nothing.yaml"] == (0, "unreadable-file")
    assert found["loop.yaml"] == (0, "unreadable-file")
    assert found["out.yaml"] == (0, "outside-link")
    (folder / "absent.yaml").write_text(RECORD.format(id="absent", subject="now"))
    assert "now" in answer(root)


def test_records_kept_elsewhere_by_a_link_are_the_logs(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """When records/ itself is a link, or the way to the log is one, its files are read as ever."""
    place = tmp_path_factory.mktemp("place")
    (root / "records").rename(place / "kept")
    (root / "records").symlink_to(place / "kept")
    (place / "log").symlink_to(root)
    assert answer(root) == ["aaaa", "bbbb"]
    assert answer(place / "log") == ["aaaa", "bbbb"]
    (root / FOLDERS[0] / "out.yaml").symlink_to("/etc/hostname")
    assert unread(place / "log")["out.yaml"] == (0, "outside-link")
    states = [list(state.iter_files()) for _, state in scan_folders(place / "log")]
    assert states == [list(state.iter_files()) for _, state in scan_folders(root)]
