"""What only the whole log shows, and what `check` is asked about."""

import json
import subprocess
from typing import Any

import pytest

FOLLOWS = "links: [{to: %s, type: follows}]\nfollowups:"
OTHER = "records/interactions/2026/03/20260311-bbbbbb.yaml"


def add(log: Any, record_id: str, **replaced: str) -> str:
    """Write another record of the same shape; give its path."""
    text = log.record.replace(log.bad_id, record_id)
    for old, new in replaced.items():
        text = text.replace(f"{old}:", new)
    return str(log.write(f"records/interactions/2026/03/{record_id}.yaml", text).relative_to(log.root))


def git(log: Any, *words: str) -> None:
    """Run git in the log."""
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=log.root, check=True, capture_output=True
    )


def test_a_good_log_is_silent_on_stdout(log: Any) -> None:
    """A log without problems gives nothing on stdout, one line on stderr, and 0."""
    answer = log.run("check")
    assert (answer.code, answer.stdout, answer.stderr) == (0, "", "commlog: 3 files, no problems\n")


def test_warnings_alone_are_no_failure(log: Any) -> None:
    """A log with nothing but warnings gives exit code 0 and counts them."""
    log.spoil("agent: wang", "agent: nobody")
    answer = log.run("check")
    assert answer.code == 0
    assert f"{log.bad}:4:8: warning: agent: 'nobody' is not a member" in answer.stdout
    assert answer.stderr == "commlog: 4 files: 1 warning in 1 file\n"


def test_two_files_with_one_id(log: Any) -> None:
    """Both files that claim an id are named, each with the other."""
    log.write(log.bad, log.record)
    log.write(OTHER, log.record)
    answer = log.run("check")
    assert answer.code == 3
    assert f"{log.bad}:1:5: error: the id {log.bad_id} is also used by {OTHER}" in answer.stdout
    assert f"{OTHER}:1:5: error: the id {log.bad_id} is also used by {log.bad}" in answer.stdout


def test_an_ambiguous_id_lists_the_candidates_and_an_exact_one_is_never_ambiguous(log: Any) -> None:
    """`show` of a prefix of two ids ends with 4 and lists both; of an exact id it answers."""
    add(log, "20260311-bbbbbb")
    add(log, "20260311-bbbbbc")
    answer = log.run("show", "bbbbb")
    assert answer.code == 4
    assert "20260311-bbbbbb" in answer.stderr
    assert "20260311-bbbbbc" in answer.stderr
    assert log.run("show", "20260311-bbbbbb").code == 0
    assert log.run("show", "nothing").code == 4


def test_records_that_follow_each_other_in_a_circle(log: Any) -> None:
    """Each record on a circle of `follows` is named with the whole circle, at the link."""
    ids = ("20260311-aaaaaa", "20260311-bbbbbb", "20260311-cccccc")
    for record_id, target in zip(ids, (*ids[1:], ids[0]), strict=True):
        add(log, record_id, followups=FOLLOWS % target)
    answer = log.run("check")
    assert answer.code == 3
    assert (
        answer.stdout.count("form a cycle: 20260311-aaaaaa → 20260311-bbbbbb → 20260311-cccccc → 20260311-aaaaaa") == 3
    )
    assert f"{OTHER}:16:14:" in answer.stdout
    for record_id in ids:
        assert log.run("thread", record_id).code == 0


@pytest.mark.slow
def test_a_long_chain_of_follows_is_walked_without_recursion(log: Any) -> None:
    """A thread of two thousand records is checked like any other."""
    for number in range(1, 2001):
        record_id, before = f"20260311-aa{number:04}", f"20260311-aa{number - 1:04}"
        add(log, record_id, followups=FOLLOWS % before if number > 1 else "followups:")
    assert log.run("check").code == 0


def test_a_link_to_a_later_record_is_a_warning(log: Any) -> None:
    """A link that points forward in time is a warning."""
    add(log, "20260311-bbbbbb", followups=FOLLOWS % log.good_id)
    answer = log.run("check")
    assert answer.code == 0
    assert f"{OTHER}:16:14: warning: links: {log.good_id} is later than this record" in answer.stdout


def test_outside_numbers_are_no_links(log: Any) -> None:
    """A target that starts with `ref:` is never looked for."""
    add(log, "20260311-bbbbbb", followups=FOLLOWS % "'ref: 4711'")
    assert log.run("check").code == 0


def test_an_unreadable_target_is_one_problem_not_two(log: Any) -> None:
    """A link to a record that cannot be read is not dangling, and a customer whose file cannot be read is not unknown."""
    add(log, "20260311-bbbbbb", followups=FOLLOWS % log.bad_id)
    log.write(log.bad, "id: [\n")
    log.write("records/customers/li-na.yaml", "id: [\n")
    answer = log.run("check")
    assert "dangling" not in answer.stdout
    assert "no record" not in answer.stdout
    assert "has no file" not in answer.stdout
    assert "2 errors in 2 files" in answer.stderr


def test_a_near_id_is_suggested_for_a_dangling_link(log: Any) -> None:
    """A mistyped target is answered with the record that was meant."""
    add(log, "20260313-bbbbbb", followups=FOLLOWS % "20260312-0mg6aq")
    assert f"did you mean {log.good_id}?" in log.run("check").stdout


def test_customers_merged_into_each_other(log: Any) -> None:
    """Customers merged in a circle, or into nobody, are errors, and listings still end."""
    customer = (log.root / "records/customers/li-na.yaml").read_text()
    log.write("records/customers/li-na.yaml", f"{customer}merged_into: a\n")
    log.write("records/customers/a.yaml", f"{customer.replace('li-na', 'a')}merged_into: li-na\n")
    log.write("records/customers/b.yaml", f"{customer.replace('li-na', 'b')}merged_into: nobody\n")
    answer = log.run("check")
    assert answer.code == 3
    assert answer.stdout.count("merged_into forms a cycle: a → li-na → a") == 2
    assert "records/customers/b.yaml:6:14: error: merged_into: the customer 'nobody' has no file" in answer.stdout
    assert log.run("list", "customer:a").code == 0


def test_an_expired_answer_is_a_warning_from_the_day_after(log: Any) -> None:
    """A standard answer is good on its last day and a warning on the next."""
    answer_text = "id: 20260101-aaaaaa\ntemplate: answer\nquestion: 保修多久\nanswer: 两年\nvalid_until: %s\n"
    path = "records/answers/2026/20260101-aaaaaa.yaml"
    log.write(path, answer_text % "2026-03-16")
    assert log.run("check").stderr == "commlog: 4 files, no problems\n"
    log.write(path, answer_text % "2026-03-15")
    answer = log.run("check")
    assert answer.code == 0
    assert f"{path}:5:14: warning: the answer was valid until 2026-03-15" in answer.stdout


def test_a_promise_needs_a_follow_up(log: Any) -> None:
    """Something we agreed to do, with no follow-up in the record or in one linked to it, is a warning."""
    text = (
        log.record.replace(log.bad_id, "20260311-bbbbbb")
        .split("scenario")[0]
        .replace("template: service", "template: relationship")
    )
    text += "summary: a\nneed_type: other\nurgency: low\noutcome: resolved\nagreements:\n  - {by: us, what: 发资料, due: 2026-03-20}\n"
    log.write(OTHER, text)
    answer = log.run("check")
    assert f"{OTHER}:16:3: warning: agreements: something was promised" in answer.stdout, answer.stdout
    add(log, "20260313-bbbbbb", followups=FOLLOWS % "20260311-bbbbbb")
    assert "promised" not in log.run("check").stdout


def test_a_stray_file_is_a_warning(log: Any) -> None:
    """A file that only looks like a record is named, for nobody else would miss it."""
    log.write("records/customers/acme.yml", "id: acme\n")
    assert "records/customers/acme.yml: warning: is not read" in log.run("check").stdout


def test_a_misplaced_file_is_a_warning_and_found_all_the_same(log: Any) -> None:
    """A record in another folder than its id says is listed, with a warning where it belongs."""
    log.write("records/interactions/20260311-bbbbbb.yaml", log.record.replace(log.bad_id, "20260311-bbbbbb"))
    assert f"a service belongs under {OTHER}" in log.run("check").stdout
    assert "20260311-bbbbbb" in log.run("list").stdout


def test_named_files_and_folders(log: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are taken relative to here or to the log; only their problems are told."""
    log.write(log.bad, "id: [\n")
    log.write("records/customers/li-na.yaml", "id: [\n")
    assert log.run("check", log.bad).stderr == "commlog: 1 file: 1 error in 1 file\n"
    assert "2 files: 1 error in 1 file" in log.run("check", "records/interactions").stderr
    assert "3 files: 2 errors in 2 files" in log.run("check", str(log.root / "records")).stderr
    monkeypatch.chdir(log.root / "records/customers")
    assert "1 file: 1 error" in log.run("check", "li-na.yaml").stderr
    assert "1 file: 1 error" in log.run("check", "records/customers").stderr
    assert log.run("check", log.good).code == 0


@pytest.mark.parametrize(
    ("path", "code"), [("nowhere.yaml", 4), ("/etc/passwd", 2), ("..", 2), ("a\0b", 4), ("x" * 5000, 4)]
)
def test_paths_outside_the_log_are_refused(log: Any, path: str, code: int) -> None:
    """A path that is not there ends with 4, one outside the log with 2; both are named."""
    answer = log.run("check", path)
    assert answer.code == code
    assert "commlog: error: " in answer.stderr


def test_json_has_every_fact(log: Any) -> None:
    """The JSON answer holds place, code, severity, words and facts of each problem; an empty list when all is well."""
    assert json.loads(log.run("check", "--format", "json").stdout) == []
    log.spoil("customer: li-na", "customer: li-an")
    (item,) = json.loads(log.run("check", "--format", "json").stdout)
    assert item == {
        "path": log.bad,
        "line": 3,
        "column": 11,
        "field": "customer",
        "code": "unknown-customer",
        "severity": "error",
        "message": "customer: the customer 'li-an' has no file",
        "remedy": "correct the name (near: li-na), or: commlog customer create",
        "facts": {"value": "li-an", "suggestion": "li-na"},
    }


def test_github_annotations_name_the_path_in_the_repository(log: Any) -> None:
    """An annotation has the file's path from the top of the repository, its line, and no line break."""
    log.spoil("subject:", "subjet:")
    answer = log.run("check", "--format", "github")
    assert answer.stdout.startswith(f"::error file={log.bad},line=1")
    assert "title=missing-field::subject: is required" in answer.stdout
    subprocess.run(["git", "init", "-q", str(log.root.parent)], check=True)
    try:
        assert f"::error file={log.root.name}/{log.bad},line=" in log.run("check", "--format", "github").stdout
    finally:
        subprocess.run(["rm", "-rf", str(log.root.parent / ".git")], check=True)


@pytest.mark.parametrize("words", [("--format", "xml"), ("--changed", "--staged"), ("--changed",), ("--staged",)])
def test_wrong_options_are_usage_errors(log: Any, words: tuple[str, ...]) -> None:
    """An unknown format, both scopes, and a scope outside a repository end with 2."""
    answer = log.run("check", *words)
    assert answer.code == 2
    assert words[0].lstrip("-") in answer.stderr


def test_changed_files_only(log: Any) -> None:
    """--changed looks at what differs from the last commit, new files included, and at what deletions left behind."""
    git(log, "init", "-q")
    log.write("records/customers/acme.yaml", "id: [\n")
    assert "5 files" not in log.run("check", "--changed").stderr
    git(log, "add", "-A")
    git(log, "commit", "-qm", "x")
    assert log.run("check", "--changed").stderr == "commlog: 0 files, no problems\n"
    log.spoil("subject:", "subjet:")
    answer = log.run("check", "--changed")
    assert answer.stderr == "commlog: 1 file: 2 errors in 1 file\n"
    (log.root / "records/customers/li-na.yaml").unlink()
    answer = log.run("check", "--changed")
    assert f"{log.good}:3:11: error: customer: the customer 'li-na' has no file" in answer.stdout


def test_what_is_staged_is_checked_not_what_lies_there(log: Any) -> None:
    """--staged judges git's index: a fault repaired only in the work tree is told, one made only there is not."""
    git(log, "init", "-q")
    git(log, "add", "-A")
    git(log, "commit", "-qm", "x")
    log.spoil("subject:", "subjet:")
    git(log, "add", log.bad)
    log.write(log.bad, log.record)
    before = log.files()
    assert log.run("check").code == 0
    answer = log.run("check", "--staged")
    assert answer.code == 3
    assert f"{log.bad}:10:" in answer.stdout
    assert "subjet: 空调安装后不制冷" in answer.stdout
    assert "1 file: 2 errors in 1 file" in answer.stderr
    git(log, "add", log.bad)
    log.spoil("subject:", "subjet:")
    assert log.run("check", "--staged").code == 0
    assert log.run("check").code == 3
    log.write(log.bad, log.record)
    assert log.files() == before


def test_a_staged_link_to_a_file_git_does_not_know_is_dangling(log: Any) -> None:
    """What is not staged does not exist for --staged, though it lies in the folder."""
    git(log, "init", "-q")
    path = add(log, "20260313-bbbbbb", followups=FOLLOWS % "20260311-bbbbbb")
    add(log, "20260311-bbbbbb")
    git(log, "add", "commlog.yaml", "records/customers", path)
    assert log.run("check").code == 0
    answer = log.run("check", "--staged")
    assert answer.code == 3
    assert f"{path}:16:14: error: links: there is no record '20260311-bbbbbb'" in answer.stdout


def test_staged_settings_count_for_staged_records(log: Any) -> None:
    """When the settings are staged otherwise than they lie there, the staged ones decide."""
    git(log, "init", "-q")
    settings = (log.root / "commlog.yaml").read_text()
    log.spoil("priority: important", "priority: gold")
    log.write("commlog.yaml", f"{settings}priorities: {{gold: 2h}}\n")
    git(log, "add", "-A")
    log.write("commlog.yaml", settings)
    assert log.run("check").code == 3
    assert log.run("check", "--staged").code == 0
    git(log, "add", "-A")
    log.write("commlog.yaml", f"{settings}priorities: {{gold: 2h}}\n")
    assert log.run("check").code == 0
    answer = log.run("check", "--staged")
    assert answer.code == 3
    assert f"{log.bad}:20:15: error: followups[0].priority: 'gold'" in answer.stdout


def test_a_pre_commit_hook_in_a_log_below_the_top(log: Any) -> None:
    """Called by git from a hook, with the log in a folder of the repository, --staged stops a bad commit."""
    top = log.root / "top"
    subprocess.run(["git", "init", "-q", str(top)], check=True)
    below = top / "log"
    for path, raw in log.files().items():
        (below / path).parent.mkdir(parents=True, exist_ok=True)
        (below / path).write_bytes(raw)
    (below / log.bad).write_text(log.record.replace("subject:", "subjet:"))
    import sys

    hook = top / ".git/hooks/pre-commit"
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m commlog --log log --language en check --staged\n")
    hook.chmod(0o755)
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "x"]
    subprocess.run(["git", "add", "-A"], cwd=top, check=True)
    (below / log.bad).write_text(log.record)
    refused = subprocess.run(commit, cwd=top, capture_output=True, text=True)
    assert refused.returncode == 1
    assert f"{log.bad}:10:" in refused.stdout + refused.stderr
    subprocess.run(["git", "add", "-A"], cwd=top, check=True)
    assert subprocess.run(commit, cwd=top, capture_output=True, text=True).returncode == 0


def test_a_warm_copy_made_in_another_language_answers_in_ours(log: Any) -> None:
    """Problems stored while Chinese was spoken are told in English, as if the copy had never been."""
    log.spoil("channel: phone", "channel: fone")
    expected = log.run("check")
    import shutil

    shutil.rmtree(log.root / ".commlog")
    log.call("check", "--log", str(log.root), "--language", "zh")
    assert log.run("check") == expected
