"""A digest as text for a mail, a group chat or a terminal, as an HTML page, and its items as JSON."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final, NamedTuple

from commlog.followups.rules.dropped import CALL_BACK, MISSING_LINK
from commlog.log.members import Member
from commlog.messages import current_language, mark, translate, translate_plural
from commlog.output.text import harmless, pad, shell_word, shorten, width_of
from commlog.privacy.rules.masking import mask_name, mask_text
from commlog.reminders.rules.digest import Digest, DigestLine, DigestSection, Item, Urgency
from commlog.worktime.moment import format_instant

# So many lines of one owner are shown; the others are counted.
MOST_LINES: Final = 40
_WIDEST_ACTION: Final = 100
_NAMED_FILES: Final = 3
_CUSTOMERS: Final = "records/customers/"
_ADDRESS: Final = re.compile(r"[\w][\w.\-]*(?:/[0-9]+)?")
_PLAIN: Final = re.compile(r"[\w.\-]+")
# What a day of care is, where the digest names it.
CARE_WORDS: Final[Mapping[str, str]] = {
    "birthday": mark("birthday"),
    "anniversary": mark("anniversary"),
    "visit": mark("a visit is due"),
    "dormant": mark("no contact for a long time"),
    "verify": mark("information to be checked"),
}


@dataclass(frozen=True, slots=True)
class DigestContext:
    """For whom a digest is written: the names of members by id, and whether personal data are shown."""

    names: Mapping[str, str]
    is_revealed: bool = False

    def owner(self, owner: str) -> str:
        """What an owner is called."""
        return self.names.get(owner, owner) or translate("nobody")

    def customer(self, item: Item) -> str:
        """What the customer is called here."""
        name = item.customer_name or item.customer
        return name if self.is_revealed else mask_name(name, is_company=item.is_company)

    def text(self, item: Item) -> str:
        """The action, what is dropped, or what the day is, on one line."""
        text = " ".join(item.text.split())
        if item.is_care:
            # A birthday is named after whose it is.
            text = mask_name(text) if text and item.kind == "birthday" and not self.is_revealed else text
            text = " ".join(filter(None, (translate(CARE_WORDS.get(item.kind, item.kind)), text)))
        return text if self.is_revealed else mask_text(text, item.customer_name, is_company=item.is_company)


def format_subject(digest: Digest) -> str:
    """The subject of a digest: how much of what; no name, no personal data."""
    return translate("[commlog] {what}").format(what=format_due_counts(digest))


def format_due_counts(digest: Digest) -> str:
    """How much a digest holds: `3 overdue, 2 due today`."""
    urgencies = [line.item.urgency for line in digest.lines]
    late = sum(urgency <= Urgency.OVERDUE for urgency in urgencies)
    counts = (
        (late, translate("{count} overdue")),
        (urgencies.count(Urgency.TODAY), translate("{count} due today")),
        (urgencies.count(Urgency.SOON), translate("{count} due soon")),
        (urgencies.count(Urgency.DROPPED), translate("{count} dropped")),
        (urgencies.count(Urgency.CARE), translate("{count} to care for")),
    )
    return translate(", ").join(text.format(count=count) for count, text in counts if count)


class _Block(NamedTuple):
    """The section of one owner as people read it: its heading, the cells of its items, and how many are not shown."""

    heading: str
    rows: list[tuple[str, ...]]
    note: str


def _blocks(digest: Digest, reading: DigestContext) -> Iterator[_Block]:
    for section in digest.sections:
        rows = [_cells(line, digest, reading) for line in section.lines[:MOST_LINES]]
        yield _Block(heading_of(section, reading), rows, more_note(section))


def _cells(line: DigestLine, digest: Digest, reading: DigestContext) -> tuple[str, ...]:
    """When an item is due, for whom it is, what is to be done, and the command that closes it, each on one line."""
    item = line.item
    how = _how(item, digest.at)
    how = translate("promised, {how}").format(how=how) if item.is_agreed and not item.is_care else how
    action = shorten(harmless(reading.text(item)), _WIDEST_ACTION)
    return how, harmless(" ".join(reading.customer(item).split())), action, closing_command(item)


def format_digest(digest: Digest, reading: DigestContext) -> str:
    """The sections of a digest as text, without its subject: two lines an item."""
    blocks = []
    for heading, rows, note in _blocks(digest, reading):
        widths = [max(width_of(row[place]) for row in rows) for place in (0, 1)]
        lines = [f"■ {heading}"]
        for how, customer, action, command in rows:
            lines.append(f"{pad(how, widths[0])}  {pad(customer, widths[1])}  {action}".rstrip())
            lines.append(f"    {command}")
        blocks.append("\n".join(filter(None, (*lines, note))))
    return "\n\n".join(filter(None, (*blocks, unreadable_note(digest.unreadable))))


def heading_of(section: DigestSection, reading: DigestContext) -> str:
    """Whose section it is, and why the reader gets it."""
    owner = harmless(reading.owner(section.owner))
    why = translate("; ").join(harmless(reason.message) for reason in section.reasons)
    count = translate("{count} items").format(count=len(section.lines)) if len(section.lines) > 1 else ""
    details = translate("; ").join(filter(None, (count, why)))
    return translate("{owner} ({details})").format(owner=owner, details=details) if details else owner


def closing_command(item: Item) -> str:
    """The command that closes an item; of what was dropped, the one that picks it up."""
    if item.is_care:
        return "commlog care"
    if not item.is_dropped:
        return f"commlog done {_quoted(item.address)} --result …"
    if item.opened_at == MISSING_LINK:
        return f"commlog link {_quoted(item.address)} {_quoted(item.suggestion)}"
    if item.opened_at == CALL_BACK:
        record_id = item.address.rpartition("/")[0] or item.address
        return f"commlog create … --link {_quoted(record_id)}:answers"
    return f"commlog add-follow-up {_quoted(item.address)} …"


def more_note(section: DigestSection) -> str:
    """How many lines of a section are not shown and the command that lists them; empty when all are."""
    hidden = [line.item for line in section.lines[MOST_LINES:]]
    if not hidden:
        return ""
    pending = [item for item in hidden if not item.is_care and not item.is_dropped]
    commands = []
    if pending:
        terms = " ".join(
            (*_owner_term(section.owner), *(("due:overdue",) if all(item.is_late for item in pending) else ()))
        )
        commands.append("commlog pending " + (f"'{terms}'" if '"' in terms else terms) if terms else "commlog pending")
    if any(item.is_dropped for item in hidden):
        commands.append("commlog check")
    if any(item.is_care for item in hidden):
        commands.append("commlog care")
    command = harmless("; ".join(commands))
    return translate("… and {count} more: {command}").format(count=len(hidden), command=command)


def unreadable_note(files: tuple[str, ...]) -> str:
    """That some files cannot be read, empty when all can; a customer's file is not named: it may be called after the customer."""
    if not files:
        return ""
    named = [_CUSTOMERS + "…" if file.startswith(_CUSTOMERS) else harmless(file) for file in files[:_NAMED_FILES]]
    more = ["…"] if len(files) > _NAMED_FILES else []
    text = translate_plural("{count} file cannot be read: {files}", "{count} files cannot be read: {files}", len(files))
    return text.format(count=len(files), files=translate(", ").join([*named, *more]))


def _owner_term(owner: str) -> tuple[str, ...]:
    """What a query for an owner says; quoted for the query where it must be, without what would end a quote."""
    if not owner:
        return ()
    return (f"owner:{owner}" if _PLAIN.fullmatch(owner) else 'owner:"' + re.sub(r"""["'\\]""", "", owner) + '"',)


def _quoted(address: str) -> str:
    """An address for a command line: an id written by hand must not become a command when somebody pastes the line."""
    if _ADDRESS.fullmatch(address):
        return address
    return shell_word(harmless(address))


def _how(item: Item, now: datetime) -> str:
    if item.due_at is None:
        day, today = item.day or now.date(), now.date()
        if item.is_dropped or day < today:
            return translate("since {day}").format(day=day.isoformat())
        return translate("today") if day == today else day.isoformat()
    time = f"{item.due_at:%H:%M}"
    moment = f"{item.due_at:%Y-%m-%d %H:%M}" if item.due_at.year != now.year else f"{item.due_at:%m-%d %H:%M}"
    if item.is_late:
        if item.late:
            text = translate_plural("{count} working day late", "{count} working days late", item.late)
            return text.format(count=item.late)
        since = time if item.due_at.date() == now.date() else moment
        return translate("overdue since {moment}").format(moment=since)
    if item.urgency is Urgency.TODAY:
        return translate("due today {time}").format(time=time)
    minutes = item.left // 60
    return translate("due {moment}, {hours} h of working time left").format(
        moment=moment, hours=f"{minutes // 60}:{minutes % 60:02}"
    )


def format_items(digest: Digest, reading: DigestContext) -> str:
    """The items of a digest as a JSON list, the most urgent first."""
    lines = sorted(digest.lines, key=lambda line: line.item.rank)
    return _dump([_item(line, reading) for line in lines])


def format_deliveries(deliveries: Iterable[tuple[str, Sequence[Member], Digest]], reading: DigestContext) -> str:
    """What would go to each address as a JSON list; addresses are masked."""
    return _dump(
        [
            {
                "to": mask_text(address),
                "members": [member.id for member in members],
                "subject": format_subject(digest),
                "items": [
                    {**_item(line, reading), "reasons": [reason.message for reason in line.reasons]}
                    for line in digest.lines
                ],
            }
            for address, members, digest in deliveries
        ]
    )


def _item(line: DigestLine, reading: DigestContext) -> dict[str, Any]:
    item = line.item
    return {
        "kind": item.kind,
        "address": item.address,
        "owner": item.owner or None,
        "customer": item.customer or None,
        "customer_name": reading.customer(item),
        "action": reading.text(item),
        "opened_at": None if item.is_care or item.is_dropped else item.opened_at or None,
        "due": item.due or None,
        "due_at": item.due_at and format_instant(item.due_at),
        "is_overdue": item.is_late,
        "late": item.late if item.is_late else None,
        "agreed_with_customer": item.is_agreed,
        "rule": item.opened_at if item.is_dropped else None,
        "since": item.day.isoformat() if item.is_dropped and item.day else None,
        "stages": list(line.stages),
    }


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


_LANGUAGES: Final = {"zh": "zh-Hans", "en": "en"}
_FONT: Final = (
    "font-family:-apple-system,'Segoe UI','PingFang SC','Microsoft YaHei',sans-serif;font-size:14px;line-height:1.5"
)
# No colour of its own: it takes those of a light or a dark reader.
_CELL: Final = "padding:4px 12px 4px 0;vertical-align:top;border-top:1px solid rgba(128,128,128,.35)"
_CODE: Final = "font-family:ui-monospace,Menlo,Consolas,monospace;font-size:12px"


def format_html(digest: Digest, reading: DigestContext) -> str:
    """A digest as a page of its own."""
    subject = escape(format_subject(digest))
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="{_LANGUAGES[current_language()]}"><head><meta charset="utf-8">',
        '<meta name="color-scheme" content="light dark">',
        f'<title>{subject}</title></head><body style="{_FONT}">',
        *map(_block_as_html, _blocks(digest, reading)),
        *((f"<p>{escape(unreadable_note(digest.unreadable))}</p>",) if digest.unreadable else ()),
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _block_as_html(block: _Block) -> str:
    cell, narrow = f'<td style="{_CELL}">', f'<td style="{_CELL};white-space:nowrap">'
    rows = (
        f"<tr>{narrow}{how}</td>{narrow}{customer}</td>"
        f'{cell}{action}<br><code style="{_CODE}">{command}</code></td></tr>'
        for how, customer, action, command in (map(escape, row) for row in block.rows)
    )
    return "\n".join(
        (
            f'<h3 style="margin:16px 0 4px;font-size:15px">{escape(block.heading)}</h3>',
            '<table style="border-collapse:collapse">',
            *rows,
            "</table>",
            *((f"<p>{escape(block.note)}</p>",) if block.note else ()),
        )
    )
