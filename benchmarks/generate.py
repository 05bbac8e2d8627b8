"""Writes a realistic log of any size from a seed: `python benchmarks/generate.py DIR --records N`."""

import argparse
import shutil
from datetime import date
from pathlib import Path

from deadlines import holidays, make_up_days
from plan import FIRST_DAY, SEED, iter_conversations, plan_customers
from record_text import format_conversation, format_customer, record_path
from vocabulary import BRANCHES, MEMBERS

# To be raised whenever other bytes are written for the same seed and size: kept data are then made anew.
VERSION = 1
_SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


def write_log(folder: Path, records: int, seed: int = SEED, *, schemas: Path | None = None) -> int:
    """Write a log of so many conversations into an empty folder; give the number of record files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "commlog.yaml").write_text(_format_settings(), encoding="utf-8")
    (folder / "calendar.yaml").write_text(_format_calendar(), encoding="utf-8")
    (folder / ".gitignore").write_text(".commlog/\n*.tmp\n", encoding="utf-8")
    if schemas is not None:
        shutil.copytree(schemas, folder / "schemas")
    customers = folder / "records/customers"
    customers.mkdir(parents=True)
    planned = plan_customers(records, seed)
    for customer in planned:
        _write(customers / f"{customer.id}.yaml", format_customer(customer))
    made: set[str] = set()
    for conversation in iter_conversations(records, seed):
        path = record_path(conversation)
        parent = path[:-21]
        if parent not in made:
            (folder / parent).mkdir(parents=True)
            made.add(parent)
        _write(folder / path, format_conversation(conversation))
    return len(planned) + records


def _write(path: Path, text: str) -> None:
    with path.open("wb") as file:
        file.write(text.encode())


def _format_settings() -> str:
    members = "".join(f"  - {{id: {member}, name: {name}, notify: {member}@example.com}}\n" for member, name in MEMBERS)
    return (
        "timezone: Asia/Shanghai\n"
        "language: zh\n"
        f"members:\n{members}"
        "priorities:\n"
        "  urgent: 24h\n"
        "  important: 3wd\n"
        "  routine: 7wd\n"
        f"branches: [{', '.join(BRANCHES)}]\n"
    )


def _format_calendar() -> str:
    first, last = FIRST_DAY, date(2026, 12, 31)
    parts = []
    for key, days in (("off", holidays(first, last)), ("work", make_up_days(first, last))):
        parts.append(f"{key}:\n")
        parts += [f"  {day}: {name}\n" for day, name in days.items()]
    return "".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="an empty or new folder")
    parser.add_argument("--records", type=int, default=10_000, help="how many conversations (10000)")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--no-schemas", action="store_true", help="leave the templates to the shipped ones")
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty")
    schemas = None if options.no_schemas or not _SCHEMAS.is_dir() else _SCHEMAS
    count = write_log(options.folder, options.records, options.seed, schemas=schemas)
    print(f"{count} record files in {options.folder}")


if __name__ == "__main__":
    main()
