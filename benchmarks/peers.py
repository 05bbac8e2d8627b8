"""The other side of each comparison: the same follow-ups as Taskwarrior data, and the commands of the peers.

`python benchmarks/peers.py DIR --records N` writes the follow-ups of a generated log as Taskwarrior files.
"""

import argparse
import shutil
import sys
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plan import NOW, SEED, FollowUp, iter_conversations

HERE = Path(__file__).resolve().parent
_SETTINGS = """\
data.location={folder}
confirmation=no
hooks=no
news.version=2.6.0
verbose=label,footnote
"""
_STATUSES = {"done": "completed", "closed": "completed", "awaiting_customer": "waiting"}


def find_program(name: str) -> str | None:
    """Find a program beside this Python or on the path."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def write_taskwarrior(folder: Path, records: int, seed: int = SEED) -> int:
    """Write all follow-ups as Taskwarrior tasks and give how many of them are overdue.

    Taskwarrior knows no other clock than the machine's: all dates are moved so that today stands for NOW.
    """
    folder.mkdir(parents=True)
    shift = datetime.now(UTC) - NOW
    overdue = 0
    with (
        (folder / "pending.data").open("w", encoding="utf-8") as pending,
        (folder / "completed.data").open("w", encoding="utf-8") as completed,
    ):
        for conversation in iter_conversations(records, seed):
            for number, followup in enumerate(conversation.followups, 1):
                name = f"{conversation.id}/{number}"
                is_finished = _STATUSES.get(followup.status) == "completed"
                line = _format_task(name, conversation.customer.id, followup, shift)
                (completed if is_finished else pending).write(line)
                overdue += followup.is_overdue
    (folder / "taskrc").write_text(_SETTINGS.format(folder=folder.resolve()), encoding="utf-8")
    return overdue


def _format_task(name: str, customer: str, followup: FollowUp, shift: timedelta) -> str:
    def seconds(moment: datetime) -> int:
        return int((moment + shift).timestamp())

    status = _STATUSES.get(followup.status, "pending")
    last = seconds(followup.history[-1].at)
    values = {
        "description": f"{followup.action} {name}",
        "due": seconds(followup.due) if followup.due else "",
        "end": last if status == "completed" else "",
        "entry": seconds(followup.history[0].at),
        "modified": last,
        "priority": {"urgent": "H", "high": "H", "important": "M"}.get(followup.priority, "L"),
        "project": customer,
        "start": last if followup.status == "in_progress" else "",
        "status": status,
        "tags": followup.owner,
        "uuid": uuid.uuid5(uuid.NAMESPACE_OID, name),
        "wait": seconds(NOW + timedelta(days=3650)) if status == "waiting" else "",
    }
    # `:` and brackets are the only characters of ours that the format must not have bare.
    return "[" + " ".join(f'{key}:"{value}"' for key, value in values.items() if value != "") + "]\n"


def taskwarrior_command(folder: Path, *words: str) -> tuple[str, ...] | None:
    """Build the call of Taskwarrior on a data folder, or None when it is not installed."""
    program = find_program("task")
    return (program, f"rc:{folder / 'taskrc'}", *words) if program else None


def floor_command() -> tuple[str, ...]:
    """Build the call of the smallest Typer app, the floor of start-up."""
    return (sys.executable, str(HERE / "one_command.py"))


def plain_loop_command(schemas: Path, listed: Path) -> tuple[str, ...]:
    """Build the call that checks the listed files by PyYAML and jsonschema."""
    return (sys.executable, str(HERE / "plain_loop.py"), str(schemas), str(listed))


def check_jsonschema_command(schema: Path, paths: list[Path]) -> tuple[str, ...] | None:
    """Build the call that checks files by check-jsonschema, or None when it is not installed."""
    program = find_program("check-jsonschema")
    return (program, "--schemafile", str(schema), *map(str, paths)) if program else None


def git_status_command(folder: Path) -> tuple[str, ...] | None:
    """Build the call of git status on a log, or None when git is not installed."""
    program = find_program("git")
    return (program, "-C", str(folder), "status", "--short") if program else None


def grep_command(folder: Path, word: str) -> tuple[str, ...] | None:
    """Build the call that finds a word in the records of a log, or None when there is no grep."""
    program = find_program("grep")
    return (program, "-rlF", word, str(folder / "records")) if program else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="a new folder")
    parser.add_argument("--records", type=int, default=10_000)
    options = parser.parse_args()
    print(write_taskwarrior(options.folder, options.records))


if __name__ == "__main__":
    main()
