"""A digest as plain text: two lines an item, readable in a mail, in a group chat and at a terminal."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from typing import Any, Final

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


def format_digest(digest: Digest, reading: DigestContext) -> str:
    """The sections of a digest as text, without its subject."""
    blocks = [_format_section(section, digest, reading) for section in digest.sections]
    if digest.unreadable:
        blocks.append(unreadable_note(digest.unreadable))
    return "\n\n".join(blocks)


def heading_of(section: DigestSection, reading: DigestContext) -> str:
    """Whose section it is, and why it is told here."""
    owner = harmless(reading.owner(section.owner))
    why = translate("; ").join(harmless(reason.message) for reason in section.reasons)
    count = translate("{count} items").format(count=len(section.lines)) if len(section.lines) > 1 else ""
    details = translate("; ").join(filter(None, (count, why)))
    return translate("{owner} ({details})").format(owner=owner, details=details) if details else owner


def item_state(line: DigestLine, now: datetime) -> str:
    """How late an item is, or when it is due."""
    item = line.item
    how = _how(item, now)
    return translate("promised, {how}").format(how=how) if item.is_agreed and not item.is_care else how


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
        terms = " ".join((*_owner_term(section.owner), *(("due:overdue",) if _all_late(pending) else ())))
        commands.append(f"commlog pending {_in_one_word(terms)}".rstrip())
    if any(item.is_dropped for item in hidden):
        commands.append("commlog check")
    if any(item.is_care for item in hidden):
        commands.append("commlog care")
    command = harmless("; ".join(commands))
    return translate("… and {count} more: {command}").format(count=len(hidden), command=command)


def unreadable_note(files: tuple[str, ...]) -> str:
    """That some files are in no answer; a customer's file is not named, for it may be called after the customer."""
    named = [_CUSTOMERS + "…" if file.startswith(_CUSTOMERS) else harmless(file) for file in files[:_NAMED_FILES]]
    more = ["…"] if len(files) > _NAMED_FILES else []
    text = translate_plural("{count} file cannot be read: {files}", "{count} files cannot be read: {files}", len(files))
    return text.format(count=len(files), files=translate(", ").join([*named, *more]))


def digest_cells(line: DigestLine, digest: Digest, reading: DigestContext) -> tuple[str, str, str]:
    """How an item stands, for whom it is, and what is to be done, each on one line."""
    item = line.item
    action = shorten(harmless(reading.text(item)), _WIDEST_ACTION)
    return item_state(line, digest.at), harmless(" ".join(reading.customer(item).split())), action


def _format_section(section: DigestSection, digest: Digest, reading: DigestContext) -> str:
    rows = [(line, digest_cells(line, digest, reading)) for line in section.lines[:MOST_LINES]]
    widths = [max(width_of(cells[place]) for _, cells in rows) for place in (0, 1)]
    lines = [f"■ {heading_of(section, reading)}"]
    for line, (how, customer, action) in rows:
        lines.append(f"{pad(how, widths[0])}  {pad(customer, widths[1])}  {action}".rstrip())
        lines.append(f"    {closing_command(line.item)}")
    note = more_note(section)
    return "\n".join([*lines, note] if note else lines)


def _owner_term(owner: str) -> tuple[str, ...]:
    """What a query for an owner says; quoted for the query where it must be, without what would end a quote."""
    if not owner:
        return ()
    return (f"owner:{owner}" if _PLAIN.fullmatch(owner) else 'owner:"' + re.sub(r"""["'\\]""", "", owner) + '"',)


def _in_one_word(terms: str) -> str:
    return f"'{terms}'" if '"' in terms else terms


def _quoted(address: str) -> str:
    """An address for a command line: an id written by hand must not become a command when somebody pastes the line."""
    if _ADDRESS.fullmatch(address):
        return address
    return shell_word(harmless(address))


def _all_late(items: list[Item]) -> bool:
    return all(item.urgency <= Urgency.OVERDUE for item in items)


def _how_care(day: date, today: date) -> str:
    if day < today:
        return translate("since {day}").format(day=day.isoformat())
    return translate("today") if day == today else day.isoformat()


def _how(item: Item, now: datetime) -> str:
    if item.is_dropped and item.day:
        return translate("since {day}").format(day=item.day.isoformat())
    if item.due_at is None:
        return _how_care(item.day or now.date(), now.date())
    time = f"{item.due_at:%H:%M}"
    day = f"{item.due_at:%Y-%m-%d}" if item.due_at.year != now.year else f"{item.due_at:%m-%d}"
    if item.urgency <= Urgency.OVERDUE:
        if item.late:
            text = translate_plural("{count} working day late", "{count} working days late", item.late)
            return text.format(count=item.late)
        moment = time if item.due_at.date() == now.date() else f"{day} {time}"
        return translate("overdue since {moment}").format(moment=moment)
    if item.urgency is Urgency.TODAY:
        return translate("due today {time}").format(time=time)
    minutes = item.left // 60
    return translate("due {moment}, {hours} h of working time left").format(
        moment=f"{day} {time}", hours=f"{minutes // 60}:{minutes % 60:02}"
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
        "is_overdue": item.urgency <= Urgency.OVERDUE,
        "late": item.late if item.urgency <= Urgency.OVERDUE else None,
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
        *(_section_as_html(section, digest, reading) for section in digest.sections),
    ]
    if digest.unreadable:
        parts.append(f"<p>{escape(unreadable_note(digest.unreadable))}</p>")
    return "\n".join((*parts, "</body></html>", ""))


def _section_as_html(section: DigestSection, digest: Digest, reading: DigestContext) -> str:
    rows = []
    for line in section.lines[:MOST_LINES]:
        how, customer, action = (escape(cell) for cell in digest_cells(line, digest, reading))
        code = f'<code style="{_CODE}">{escape(closing_command(line.item))}</code>'
        rows.append(
            f'<tr><td style="{_CELL};white-space:nowrap">{how}</td><td style="{_CELL};white-space:nowrap">{customer}</td>'
            f'<td style="{_CELL}">{action}<br>{code}</td></tr>'
        )
    note = more_note(section)
    return "\n".join(
        (
            f'<h3 style="margin:16px 0 4px;font-size:15px">{escape(heading_of(section, reading))}</h3>',
            '<table style="border-collapse:collapse">',
            *rows,
            "</table>",
            *((f"<p>{escape(note)}</p>",) if note else ()),
        )
    )
