"""A part of a long question is answered by a helper, and by this process when there is none."""

import os
import signal
from pathlib import Path

import pytest

from commlog.database import connection as database
from commlog.database import refresh, worker_processes
from commlog.database.connection import Index
from commlog.database.reader import RecordReader
from commlog.database.refresh import open_index, rebuild_index
from commlog.database.worker_processes import ask_beside
from commlog.forms.catalog import Catalog
from commlog.log.log import open_log

CUSTOMER = "id: {id}\ntemplate: customer\nname: 李娜\ntype: individual\nstage: active\n"


@pytest.fixture
def reader(tmp_path: Path) -> RecordReader:
    """A reader of a log with three customers."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\n")
    (tmp_path / "records/customers").mkdir(parents=True)
    for name in ("li-na", "wu-wei", "xu-yan"):
        (tmp_path / f"records/customers/{name}.yaml").write_text(CUSTOMER.format(id=name))
    return RecordReader(open_log(tmp_path, str(tmp_path)), Catalog())


def count(index: Index) -> tuple[int, int]:
    """Who answers, and the number of records."""
    return os.getpid(), index.rows("SELECT count(*) FROM records")[0][0]


def test_a_helper_answers_for_a_big_copy(reader: RecordReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process gives the same answer from the same copy; a small copy is asked here."""
    monkeypatch.setattr(worker_processes, "count_cores", lambda: 2)
    index = open_index(reader)
    with ask_beside(index, count) as answer:
        assert answer() == (os.getpid(), 3)
    monkeypatch.setattr(database, "_BIG", 0)
    with ask_beside(index, count) as answer:
        process, number = answer()
    assert process != os.getpid()
    assert number == 3


def test_a_question_whose_helper_dies_is_asked_here(reader: RecordReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed helper costs time and nothing else; an answer nobody asks for keeps nobody waiting."""
    monkeypatch.setattr(worker_processes, "count_cores", lambda: 2)
    monkeypatch.setattr(database, "_BIG", 0)
    index, here = open_index(reader), os.getpid()

    def ask(one: Index) -> tuple[int, int]:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return count(one)

    with ask_beside(index, ask) as answer:
        assert answer() == (here, 3)
    with ask_beside(index, lambda _: "x" * 1_000_000):
        pass


def test_a_copy_in_memory_is_asked_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What no other process can open is asked by this one."""
    monkeypatch.setattr(worker_processes, "count_cores", lambda: 2)
    monkeypatch.setattr(database, "_BIG", 0)
    index = refresh.connect(None)
    index.connection.execute("CREATE TABLE records (record INTEGER)")
    with ask_beside(index, count) as answer:
        assert answer() == (os.getpid(), 0)


def test_a_big_copy_is_made_by_a_helper(reader: RecordReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what one made here says, and is made here when the helper dies."""
    expected = rebuild_index(reader).rows("SELECT id, path FROM records ORDER BY id")
    monkeypatch.setattr(refresh, "_MANY", 1)
    here, written = os.getpid(), []
    plain = refresh.empty

    def note(index: Index, key: str) -> None:
        written.append(os.getpid())
        plain(index, key)

    monkeypatch.setattr(refresh, "empty", note)
    assert rebuild_index(reader).rows("SELECT id, path FROM records ORDER BY id") == expected
    assert not written

    def die(index: Index, key: str) -> None:
        if os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        note(index, key)

    monkeypatch.setattr(refresh, "empty", die)
    assert rebuild_index(reader).rows("SELECT id, path FROM records ORDER BY id") == expected
    assert written == [here]
