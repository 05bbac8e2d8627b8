"""A new log: settings, calendar, templates, the files git needs, and a repository."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from commlog.calendar.file import insert_days
from commlog.calendar.holidays import country_of_zone, read_public_holidays
from commlog.errors import ConflictError
from commlog.forms.schemas import shipped_folder
from commlog.git.hooks import ATTRIBUTES, install
from commlog.git.run import create_repository, is_inside_repository
from commlog.log.files import write_new
from commlog.log.log import SCHEMAS_FOLDER, not_writable
from commlog.log.names import RECORDS, STATE_FOLDER
from commlog.log.settings import CALENDAR_FILE, SETTINGS_FILE
from commlog.messages import mark

_SETTINGS: Final = """\
# yaml-language-server: $schema=schemas/settings/commlog.json
timezone: {timezone}
language: {language}

{of_members}
members:
{members}
calendar:
{country}  hours:
    mon-fri: ["09:00-12:00", "13:30-18:00"]

{of_priorities}
priorities:
  urgent: 24h
  important: 3wd
  routine: 7wd
"""
# What the settings say in comments, by the log's language.
_COMMENTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "of_members": "# Who writes records and owns follow-ups. `email` is git's user.email: it tells who you are.\n"
        "# A lead is told what nobody else can be told.",
        "of_priorities": "# How long a follow-up may take: 24h (elapsed), 3wd (working days), 8wh (working hours), 2d, eow, eom,"
        " none.",
        "of_notify": "# where reminders go: commlog remind --test",
    },
    "zh": {
        "of_members": "# 谁写记录、谁负责跟进。`email` 即 git 的 user.email，据此认出你是谁。\n"
        "# 没有其他人可通知的事，会通知主管（role: lead）。",
        "of_priorities": "# 跟进的时限：24h（自然小时）、3wd（工作日）、8wh（工作小时）、2d（自然日）、eow（本周内）、eom（月底）、"
        "none（不限）。",
        "of_notify": "# 提醒发到哪里；试发：commlog remind --test",
    },
}
_CALENDAR: Final = """\
# yaml-language-server: $schema=schemas/settings/calendar.json
{comments}
off: {{}}
work: {{}}
"""
_CALENDAR_COMMENTS: Final = {
    "en": "# Days off, and days worked although they are weekend; e.g.\n#   2026-10-01: 国庆节\n"
    "# A country's holidays of a year, once they are announced: commlog calendar import CN {year}",
    "zh": "# 休息日，以及虽是周末仍上班的日子；例如：\n#   2026-10-01: 国庆节\n"
    "# 某国某年的节假日公布后：commlog calendar import CN {year}",
    "CN": "# 国务院办公厅公布的放假安排；work 为调休上班日。公司自己的休息日也写在这里。\n"
    "# 下一年的安排公布后（通常在十一月）：commlog calendar import CN {year}",
}
_UNFIT: Final = re.compile(r"[^\w.-]+")
_IGNORED: Final = f"{STATE_FOLDER}/\n.*.tmp\n"
_ATTRIBUTES: Final = "\n".join(("*.yaml text eol=lf", "*.schema.json text eol=lf", *ATTRIBUTES, ""))


@dataclass(frozen=True, slots=True)
class NewLog:
    """What was made, and the choices that went in."""

    root: Path
    files: tuple[str, ...]
    has_repository: bool


@dataclass(frozen=True, slots=True)
class NewLogOptions:
    """What a new log starts with; `member` is a pair of id and e-mail when git knows who works here.

    `name` is what the member is called, their id when nobody says. `year` is the year it is there, 0 when nobody says:
    the holidays from then on come with the log where they are known.
    """

    timezone: str
    language: str
    member: tuple[str, str] | None = None
    use_git: bool = True
    with_example: bool = False
    year: int = 0
    name: str = ""


def init_log(root: Path, choices: NewLogOptions) -> NewLog:
    """Make a log at a folder, new or existing; nothing that is there already is touched.

    The repository it is in learns to merge records, unless git is not to be used.

    Raises:
        ConflictError: the folder is a log already.
        NotWritableError: the folder cannot be written.
    """
    if (root / SETTINGS_FILE).exists():
        raise ConflictError(mark("{folder} is already a log"), folder=str(root), remedy=mark("use it: cd {folder}"))
    country = country_of_zone(choices.timezone)
    own = {SETTINGS_FILE: _settings_of(country, choices), CALENDAR_FILE: _calendar_of(country, choices)}
    example = {name: (example_folder() / name).read_text(encoding="utf-8") for name in own if choices.with_example}
    texts = {**own, **example, ".gitignore": _IGNORED, ".gitattributes": _ATTRIBUTES}
    try:
        root.mkdir(parents=True, exist_ok=True)
        made = [name for name, text in texts.items() if _write(root / name, text)]
        made += _copy_missing(shipped_folder(), root / SCHEMAS_FOLDER, "*.json")
        if choices.with_example:
            made += _copy_missing(example_folder() / RECORDS, root / RECORDS, "*.yaml")
        (root / RECORDS).mkdir(exist_ok=True)
    except OSError as fault:
        raise not_writable(str(root), fault) from None
    has_repository = is_inside_repository(root) or (choices.use_git and create_repository(root))
    if has_repository and choices.use_git:
        install(root)
    return NewLog(root, tuple(made), has_repository)


def _settings_of(country: str | None, choices: NewLogOptions) -> str:
    """The text of the settings, their comments in the log's language."""
    comments = _COMMENTS.get(choices.language, _COMMENTS["en"])
    member_id, email = choices.member or ("", "")
    members = "  []\n"
    # What git calls somebody may be more than a name can have.
    member_id = _UNFIT.sub("-", member_id).strip("-._")
    if member_id:
        members = f"  - id: {_quoted(member_id)}\n    name: {_quoted(choices.name or member_id)}\n    role: lead\n"
        if email:
            members += f"    email: {_quoted(email)}\n    # notify: {_quoted(email)}   {comments['of_notify']}\n"
    return _SETTINGS.format(
        timezone=choices.timezone,
        language=choices.language,
        members=members,
        country=f"  country: {country}\n" if country else "",
        of_members=comments["of_members"],
        of_priorities=comments["of_priorities"],
    )


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _calendar_of(country: str | None, choices: NewLogOptions) -> str:
    """The text of the calendar, with a country's holidays of this year and the next one as far as they are known."""
    years = (choices.year, choices.year + 1)
    days = [day for year in years for day in read_public_holidays(country, year)] if country else []
    comments = _CALENDAR_COMMENTS[(country or "zh") if choices.language == "zh" else "en"]
    next_year = days[-1].date.year + 1 if days else choices.year or 2026
    return insert_days(_CALENDAR.format(comments=comments.format(year=next_year)), days)


def _write(path: Path, text: str) -> bool:
    try:
        write_new(path, text.encode("utf-8"))
    except FileExistsError:
        return False
    return True


def _copy_missing(source: Path, target: Path, pattern: str) -> list[str]:
    """Copy the files below a folder that are not there yet; editors find templates so, and the team can change them."""
    made = []
    for path in sorted(source.rglob(pattern)):
        copy = target / path.relative_to(source)
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            made.append(f"{target.name}/{path.relative_to(source).as_posix()}")
    return made


def example_folder() -> Path:
    """The example log: inside an installed package, or this repository itself."""
    packaged = Path(__file__).parents[1] / "example"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]
