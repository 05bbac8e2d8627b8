"""`--as-of`: the answer is the one that was given then, byte for byte, and stays so."""

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from commlog.messages import use_language
from tests.recorded_log import ACME, LATER, LI, PATH, SETTINGS, VISIT, RecordedLog, start_log

OTHER = PATH.replace("0302-aaaaaa", "0304-bbbbbb")
RENAMED = PATH.replace("0302-aaaaaa", "0302-cccccc")
QUESTIONS = (
    ("list",),
    ("list", "--format", "json", "--limit", "0"),
    ("list", "followup.owner:wang", "--format", "csv"),
    ("pending",),
    ("pending", "--format", "json"),
    ("pending", "--overdue", "--format", "ids"),
    ("pending", "--by", "owner"),
    ("brief", "acme"),
    ("brief", "acme", "--format", "json"),
    ("brief", "acme", "--format", "markdown"),
    ("summarize",),
    ("summarize", "2026-03", "--format", "json"),
    ("summarize", "2026-03", "--by", "agent", "--format", "csv"),
    ("summarize", "2026-03", "--records", "overdue"),
)
SOME = (QUESTIONS[0], QUESTIONS[4], QUESTIONS[7], QUESTIONS[11])


class Answer(NamedTuple):
    """What a call gave."""

    code: int
    out: str
    err: str

    @property
    def remarks(self) -> str:
        """The remarks without the first line, which says which commit answers."""
        return self.err.partition("\n")[2]


@dataclass(frozen=True)
class Told:
    """A state of the log: the commit, its tag, when it was made, and the files as somebody kept them then."""

    commit: str
    tag: str
    at: str
    copy: Path


@dataclass(frozen=True)
class Diary:
    """A log with its states, the oldest first."""

    log: RecordedLog
    states: list[Told]

    def commit(self, at: str, by: str = LI) -> Told:
        """Commit all there is, and keep a copy of it."""
        commit, number = self.log.commit(at, by), len(self.states)
        copy = self.log.root.parent / f"kept-{number}"
        shutil.copytree(self.log.root, copy, symlinks=True, ignore=shutil.ignore_patterns(".git", ".commlog"))
        self.log.git("tag", f"state-{number}", at=at)
        self.states.append(Told(commit, f"state-{number}", at, copy))
        return self.states[-1]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of the tester's own habits; the language is English afterwards too."""
    for name in [name for name in os.environ if name.startswith(("COMMLOG_", "GIT_"))]:
        monkeypatch.delenv(name)
    plain = {"COMMLOG_MEMBER": "wang", "LANGUAGE": "en", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    for name, value in plain.items():
        monkeypatch.setenv(name, value)
    yield
    use_language("en")


def ask(root: Path, *words: str, now: str = "") -> Answer:
    """The program's answer, in whatever language the log asks for."""
    from commlog.cli.app import run

    os.environ["LANGUAGE"] = "en"  # a call before this one left its own
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    with redirect_stdout(out), redirect_stderr(err):
        code = run(["--log", str(root), *(("--now", now) if now else ()), *words])
    for stream in (out, err):
        stream.flush()
    shown = [stream.buffer.getvalue().decode("utf-8") for stream in (out, err)]  # type: ignore[attr-defined]
    return Answer(int(code), *shown)


@pytest.fixture
def diary(tmp_path: Path) -> Diary:
    """A log of March: a promise is moved, another record comes, words, team and language change, a record breaks."""
    log = start_log(tmp_path / "log")
    diary = Diary(log, [])
    diary.commit("2026-03-02T11:00:00+08:00")
    log.change(PATH, LATER)
    log.write(OTHER, VISIT.replace("0302-aaaaaa", "0304-bbbbbb").replace("2026-03-02T", "2026-03-04T"))
    log.write("calendar.yaml", "off:\n  2026-03-11: 厂休\n")
    log.write("commlog.yaml", SETTINGS.replace("language: en", "language: auto"))
    diary.commit("2026-03-05T20:00:00+08:00")
    log.change(OTHER, ("    status: open\n", "    status: done\n    result: ok\n"))
    log.write("records/customers/acme.yaml", ACME.replace("艾克米公司", "新名公司"))
    log.write("commlog.yaml", SETTINGS.replace("language: en", "language: zh").replace("王芳", "王芳芳"))
    diary.commit("2026-03-10T23:59:59+08:00")
    log.write(OTHER, "a: [\n")
    diary.commit("2026-03-12T10:00:00+08:00")
    return diary


def go_on(diary: Diary) -> None:
    """Rename a record, take the customer's file away, change the settings, break and mend things, in later commits."""
    log = diary.log
    log.git("mv", PATH, RENAMED)
    log.change(RENAMED, ("20260302-aaaaaa", "20260302-cccccc"), ("subject: 回访", "subject: 改过"))
    log.git("rm", "-q", "-f", OTHER)
    log.commit("2026-03-13T10:00:00+08:00")
    log.git("mv", "records/customers/acme.yaml", "records/customers/acme-2.yaml")
    log.change("records/customers/acme-2.yaml", ("id: acme", "id: acme-2"))
    log.write("commlog.yaml", SETTINGS.replace("language: en", "language: auto"))
    log.write("calendar.yaml", "off:\n  2026-03-03: x\n")
    log.commit("2026-03-15T10:00:00+08:00")
    log.change(RENAMED, ("改过", "没有提交"))


@pytest.mark.slow
def test_the_answer_is_the_one_that_was_given_then(diary: Diary) -> None:
    """Every question as of a commit, named by its hash, its tag or its instant, is answered as the kept files of that
    time answer at that time: the same bytes, the same exit code, the same remarks."""
    go_on(diary)
    for state in diary.states:
        for words in QUESTIONS:
            given = ask(state.copy, *words, now=state.at)
            for text in (state.commit, state.tag) if words[0] == "pending" else (state.commit[:12],):
                answer = ask(diary.log.root, *words, "--as-of", text)
                assert answer[:2] == given[:2], (words, state)
                assert answer.remarks == given.err, (words, state)


@pytest.mark.parametrize(
    ("text", "number", "now"),
    [
        ("2026-03-02", 0, "2026-03-02T23:59:59+08:00"),
        ("2026-03-04", 0, "2026-03-04T23:59:59+08:00"),
        ("2026-03-05 19:59", 0, "2026-03-05T19:59:00+08:00"),
        ("2026-03-05T12:00:00Z", 1, "2026-03-05T20:00:00+08:00"),
        ("2026-03-09", 1, "2026-03-09T23:59:59+08:00"),
        ("2026-03-10", 2, "2026-03-10T23:59:59+08:00"),
        ("2026-03-11", 2, "2026-03-11T23:59:59+08:00"),
        ("2026-03-12", 3, "2026-03-12T23:59:59+08:00"),
        ("2026-12-31", 3, "2026-12-31T23:59:59+08:00"),
    ],
)
def test_a_day_is_answered_as_on_its_evening(diary: Diary, text: str, number: int, now: str) -> None:
    """As of a day the answer is that of its last second, as of an instant that of the instant; one to come is answered
    from what is committed now."""
    for words in SOME:
        given = ask(diary.states[number].copy, *words, now=now)
        answer = ask(diary.log.root, *words, "--as-of", text)
        assert (*answer[:2], answer.remarks) == given, words
        assert diary.states[number].commit[:10] in answer.err.partition("\n")[0]


def test_the_instant_asked_for_is_kept_with_another_clock(diary: Diary) -> None:
    """With --now the state is the one asked for and the clock the one given."""
    for words in SOME:
        given = ask(diary.states[1].copy, *words, now="2026-03-20T09:00:00+08:00")
        answer = ask(diary.log.root, *words, "--as-of", "2026-03-06", now="2026-03-20T09:00:00+08:00")
        assert (*answer[:2], answer.remarks) == given, words


@pytest.mark.slow
def test_the_answer_stays_the_same(diary: Diary, tmp_path: Path) -> None:
    """Asked twice, with changes in the work tree, after later commits and renames, and in another clone that has
    nothing kept: the same bytes."""
    texts = ("2026-03-04", "2026-03-10", diary.states[1].commit)
    first = {(words, text): ask(diary.log.root, *words, "--as-of", text) for words in SOME for text in texts}
    for (words, text), given in first.items():
        assert ask(diary.log.root, *words, "--as-of", text) == given
    go_on(diary)
    for place in (diary.log.root, diary.log.clone(tmp_path / "clone").root):
        for (words, text), given in first.items():
            answer = ask(place, *words, "--as-of", text)
            # Which commit answers is said in the language of today.
            assert (*answer[:2], answer.remarks) == (*given[:2], given.remarks), (place, words, text)


def test_a_state_that_was_pushed_out_is_the_same_again(diary: Diary) -> None:
    """A state that is kept no more, or of which only the copy for questions is gone, is answered as before."""
    first = ask(diary.log.root, "list", "--as-of", "2026-03-04")
    kept = diary.log.root / ".commlog/past"
    for number in range(5):
        diary.log.write("commlog.yaml", SETTINGS + f"# {number}\n")
        diary.commit(f"2026-03-1{number + 4}T10:00:00+08:00")
        assert ask(diary.log.root, "list", "--as-of", "HEAD").code == 6
    assert len(list(kept.iterdir())) <= 4
    assert ask(diary.log.root, "list", "--as-of", "2026-03-04")[:2] == first[:2]
    for state in kept.iterdir():
        shutil.rmtree(state / ".commlog")
    assert ask(diary.log.root, "list", "--as-of", "2026-03-04")[:2] == first[:2]


def test_a_shorter_past_answers_as_the_long_one(diary: Diary, tmp_path: Path) -> None:
    """A shallow clone answers of what it has, and says of what it has not that it is shallow."""
    shallow = diary.log.clone(tmp_path / "shallow", "--depth", "2").root
    for words in SOME:
        assert ask(shallow, *words, "--as-of", "2026-03-10") == ask(diary.log.root, *words, "--as-of", "2026-03-10")
        missing = ask(shallow, *words, "--as-of", "2026-03-04")
        assert (missing.code, missing.out) == (4, "")
        assert "git fetch --unshallow" in missing.err


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("2026-03-01", 4, "no commit of this branch is that old"),
        ("1960-01-01", 4, "no commit of this branch is that old"),
        ("0001-01-01", 4, "no commit of this branch is that old"),
        ("2099-12-31", 0, "as of 2099-12-31 23:59: answering from commit"),
        ("9999-12-31", 2, "there is no day or time '9999-12-31'"),
        ("2026-02-30", 2, "there is no day or time '2026-02-30'"),
        ("no-such-branch", 4, "'no-such-branch' is neither a day nor a commit"),
        ("ffffffffff", 4, "'ffffffffff' is neither a day nor a commit"),
        ("HEAD~99", 4, "'HEAD~99' is neither a day nor a commit"),
        ("tomorrow", 4, "'tomorrow' is neither a day nor a commit"),
    ],
)
def test_what_cannot_be_answered_is_told(diary: Diary, text: str, code: int, told: str) -> None:
    """Before the first commit, no day, no commit: an exit code that is documented, words that say it, nothing on stdout."""
    for words in (("list",), ("pending",), ("brief", "acme"), ("summarize", "2026-03")):
        answer = ask(diary.log.root, "--language", "en", *words, "--as-of", text)
        assert answer.code in {code, 6 if code == 0 else code}, (words, answer)
        assert told in answer.err
        assert "Traceback" not in answer.err
        assert bool(answer.out) == (code == 0)


def test_without_git_there_is_no_past(diary: Diary, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log outside of git, one without a commit, and a machine without git are told so; the present is answered."""
    kept = diary.states[0].copy
    cases = [(kept, "2026-03-02", 7, "git"), (kept, "HEAD", 7, "git")]
    for root, text, code, told in cases:
        answer = ask(root, "pending", "--as-of", text)
        assert (answer.code, answer.out) == (code, "")
        assert told in answer.err
    empty = start_log(kept.parent / "empty", commits=False)
    answer = ask(empty.root, "pending", "--as-of", "2026-03-02")
    assert (answer.code, answer.out) == (4, "")
    assert "there is no commit yet" in answer.err
    monkeypatch.setenv("PATH", str(kept))
    answer = ask(diary.log.root, "pending", "--as-of", "2026-03-02")
    assert (answer.code, answer.out) == (7, "")
    assert ask(kept, "pending", now="2026-03-02T11:00:00+08:00").code == 0
