"""Batches of new files: whole or absent, in order, never over another file."""

import errno
from pathlib import Path

import pytest

from commlog.errors import NotWritableError
from commlog.log.log import Log, Staging, open_log


@pytest.fixture
def root(tmp_path: Path) -> Log:
    """A log without records."""
    (tmp_path / "commlog.yaml").write_text("timezone: Asia/Shanghai\n", encoding="utf-8")
    return open_log(tmp_path, str(tmp_path))


def test_files_appear_with_the_flush(root):
    """Files have their names after the flush, not before; nothing else is left, staged files included."""
    with Staging(root, batch=2) as staging:
        staging.add("records/a/1.yaml", b"one")
        assert not staging.is_full
        staging.add("records/b/2.yaml", b"two")
        assert staging.is_full
        assert not (root.root / "records").exists()
        assert staging.flush() == ()
        assert staging.flush() == ()
        staging.add("records/a/3.yaml", b"dropped")
    assert sorted(path.name for path in (root.root / "records").rglob("*.yaml")) == ["1.yaml", "2.yaml"]
    assert (root.root / "records/b/2.yaml").read_bytes() == b"two"
    assert list(root.state_folder.glob("staged-*")) == []


@pytest.mark.parametrize("has_links", [True, False])
def test_taken_names_are_told(root, monkeypatch, has_links):
    """A file that exists by then is left as it is and its path told, with hard links and without."""
    if not has_links:

        def link(source, target):
            raise OSError(errno.ENOTSUP, "no links here")

        monkeypatch.setattr("commlog.log.log.os.link", link)
    (root.root / "records").mkdir()
    (root.root / "records/1.yaml").write_bytes(b"mine")
    with Staging(root) as staging:
        staging.add("records/1.yaml", b"theirs")
        staging.add("records/2.yaml", b"new")
        assert staging.flush() == ("records/1.yaml",)
    assert (root.root / "records/1.yaml").read_bytes() == b"mine"
    assert (root.root / "records/2.yaml").read_bytes() == b"new"


def test_a_log_that_takes_nothing_is_told(root):
    """Where the state folder cannot be made, the error is that of any write."""
    (root.root / ".commlog").write_text("a file in the way", encoding="utf-8")
    with Staging(root) as staging, pytest.raises(NotWritableError):
        staging.add("records/1.yaml", b"x")
