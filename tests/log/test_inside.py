"""Links in a log: those that stay in it are followed, those that lead out of it are neither read nor written."""

from pathlib import Path

import pytest

from commlog.errors import ConflictError, ExitCode
from commlog.log.inside import OutsideLinkError, leads_out, real_place
from commlog.log.log import Log, Staging, open_log

FILE = "records/customers/acme.yaml"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """A log with one file, beside a folder that is not its own."""
    root = tmp_path / "log"
    (root / "records/customers").mkdir(parents=True)
    (root / "commlog.yaml").write_text("timezone: Asia/Shanghai\n", encoding="utf-8")
    (root / FILE).write_bytes(b"old")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/acme.yaml").write_bytes(b"secret")
    return open_log(root, str(root))


def link(log: Log, path: str, target: str | Path) -> Path:
    """Put a link in a file's place."""
    place = log.root / path
    place.unlink(missing_ok=True)
    place.symlink_to(target)
    return place


@pytest.mark.parametrize(
    "target", ["../../../outside/acme.yaml", "/etc/hostname", "../../../absent", "../../.commlog/x"]
)
def test_a_link_out_is_not_read_and_not_written(log, target):
    """A file that is a link out of the log is refused by name, whichever way it is asked for, and nothing changes."""
    place = link(log, FILE, target)
    outside = (log.root.parent / "outside/acme.yaml").read_bytes()
    for attempt in (
        lambda: log.read_bytes(FILE),
        lambda: log.replace_file(FILE, b"new", b"secret"),
        lambda: real_place(log.root, FILE),
    ):
        with pytest.raises(OutsideLinkError) as caught:
            attempt()
        assert (caught.value.file, caught.value.exit_code) == (FILE, ExitCode.UNREADABLE)
        assert caught.value.remedy
    with pytest.raises(ConflictError):
        log.create_file(FILE, b"new")
    assert place.is_symlink()
    assert (log.root.parent / "outside/acme.yaml").read_bytes() == outside
    assert leads_out(log.root, FILE)


def test_a_folder_that_leads_out_is_named(log):
    """Below a folder that is a link out of the log nothing is read, written or made; the folder is named."""
    link(log, "records/interactions", log.root.parent / "outside")
    path = "records/interactions/2026/03/20260310-aaaaaa.yaml"
    with Staging(log) as staging:
        staging.add(path, b"new")
        for attempt in (lambda: log.read_bytes(path), lambda: log.create_file(path, b"new"), staging.flush):
            with pytest.raises(OutsideLinkError) as caught:
                attempt()
            assert caught.value.file == "records/interactions"
    assert [entry.name for entry in (log.root.parent / "outside").iterdir()] == ["acme.yaml"]


def test_a_link_inside_works_as_a_file(log):
    """A link from one place of the log to another is read and written through, and stays a link."""
    (log.root / "kept").mkdir()
    (log.root / "kept/acme.txt").write_bytes(b"old")
    place = link(log, FILE, "../../kept/acme.txt")
    (log.root / "records/alias").symlink_to("customers")
    assert log.read_bytes(FILE) == log.read_bytes("records/alias/acme.yaml") == b"old"
    log.replace_file("records/alias/acme.yaml", b"new", b"old")
    log.create_file("records/alias/more.yaml", b"more")
    assert place.is_symlink()
    assert (log.root / "kept/acme.txt").read_bytes() == b"new"
    assert (log.root / "records/customers/more.yaml").read_bytes() == b"more"


@pytest.mark.parametrize("step", [FILE, "records/customers"])
def test_a_link_that_comes_between_reading_and_writing_is_not_followed(log, step):
    """A link out that takes the place of the file, or of its folder, after it was read is not written through."""
    twin = log.root.parent / "outside"
    (twin / "acme.yaml").write_bytes(b"old")
    expected = log.read_bytes(FILE)
    (log.root / step).rename(log.root.parent / "was")
    (log.root / step).symlink_to(twin / "acme.yaml" if step == FILE else twin)
    with pytest.raises(OutsideLinkError):
        log.replace_file(FILE, b"new", expected)
    assert (twin / "acme.yaml").read_bytes() == b"old"
    assert [entry.name for entry in twin.iterdir()] == ["acme.yaml"]


def test_a_link_that_comes_while_writing_is_not_followed(log, monkeypatch):
    """A link that takes the file's place while its new content is written is somebody's change, and left alone."""
    from commlog.log import files

    target = log.root.parent / "outside/acme.yaml"
    target.write_bytes(b"old")
    write = files._write

    def write_and_disturb(*arguments):
        write(*arguments)
        link(log, FILE, target)

    monkeypatch.setattr(files, "_write", write_and_disturb)
    with pytest.raises(ConflictError):
        log.replace_file(FILE, b"new", b"old")
    assert target.read_bytes() == b"old"
    assert (log.root / FILE).is_symlink()


@pytest.mark.parametrize(
    "name", ["commlog.yaml", "calendar.yaml", "schemas/chat.schema.json", "schemas/parts/x.json", "schemas/parts"]
)
def test_own_files_are_no_links_out(log, name):
    """A log whose settings, calendar or templates are a link out of it is not opened; the file is named."""
    target = log.root.parent / "outside/own"
    (log.root / name).parent.mkdir(parents=True, exist_ok=True)
    if name == "schemas/parts":
        target.mkdir()
    else:
        target.write_text("timezone: UTC\n", encoding="utf-8")
    link(log, name, target)
    with pytest.raises(OutsideLinkError) as caught:
        open_log(log.root, str(log.root))
    assert caught.value.file == name


def test_own_folders_kept_elsewhere_are_the_logs(log):
    """Templates in a folder that is kept elsewhere, a calendar that is a link in the log, and a log named by a link are read."""
    (log.root / "kept.yaml").write_text("off: {2026-03-04: x}\n", encoding="utf-8")
    link(log, "calendar.yaml", "kept.yaml")
    (log.root / "schemas").symlink_to(log.root.parent / "outside")
    (log.root.parent / "named").symlink_to(log.root)
    opened = open_log(log.root.parent, str(log.root.parent / "named"))
    assert opened.root == log.root
    assert opened.read_bytes("schemas/acme.yaml") == b"secret"


@pytest.mark.parametrize("link", [".commlog", ".commlog/past", ".commlog/index.sqlite", ".commlog/drafts"])
def test_a_log_whose_state_is_a_link_is_not_opened(tmp_path: Path, link: str) -> None:
    """The program writes and deletes in its state folder: a link there, which a commit may have brought, ends every command."""
    root, elsewhere = tmp_path / "log", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    (root / "commlog.yaml").write_text("timezone: Asia/Shanghai\nlanguage: en\n", encoding="utf-8")
    (root / link).parent.mkdir(exist_ok=True)
    (root / link).symlink_to(elsewhere)
    with pytest.raises(OutsideLinkError) as caught:
        open_log(root, str(root))
    assert caught.value.file == link
