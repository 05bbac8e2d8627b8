"""A brief on one screen: what matters most first, without empty sections, long lists cut with their count."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Final

from commlog.customers.rules import brief as rules
from commlog.followups.rules.follow_up import PAUSED
from commlog.messages import mark, translate
from commlog.output.labels import Labels, labelled
from commlog.output.text import format_due, harmless, pad, shorten, width_of, wrap
from commlog.values import Data

BRIEF_FORMATS: Final = ("text", "json", "markdown")
WIDTH: Final = 80
HEIGHT: Final = 40
_INDENT: Final = 2
# Of a longer list the count is enough: `pending` has the rest.
_LISTED: Final = 8
_GAPS: Final = {
    "no_phone": mark("a phone number"),
    "no_preferred_time": mark("when the customer likes to be called"),
    "no_consent": mark("whether we may contact them"),
    "not_verified": mark("whether the details are still correct (last checked {day})"),
}


@dataclass(frozen=True, slots=True)
class _Section:
    """A heading and its entries, of which `shown` are shown; `kept` entries are kept when there is little room."""

    heading: str
    entries: tuple[str, ...]
    kept: int = 1
    shown: int = 0


def format_brief(brief: rules.Brief | rules.UnknownCaller, output_format: str, labels: Labels) -> str:
    """The brief in one of BRIEF_FORMATS: text for 80 columns and 40 lines, Markdown and JSON whole."""
    if output_format == "json":
        import json

        return json.dumps(_object(brief), ensure_ascii=False, indent=2)
    page = _Page(labels)
    if isinstance(brief, rules.UnknownCaller):
        head, sections = page.unknown(brief)
    else:
        head, sections = page.head(brief), list(page.sections(brief))
    if output_format == "markdown":
        return "\n".join(_markdown(head, sections))
    return "\n".join(_fitted(head, sections))


def _object(brief: rules.Brief | rules.UnknownCaller) -> dict[str, Data]:
    if isinstance(brief, rules.UnknownCaller):
        return {"unknown_caller": brief.text, "mentions": [asdict(mention) for mention in brief.mentions]}
    fields = asdict(brief)
    fields["dropped_balls"] = [
        {"rule": ball.rule, "id": ball.record_id, "day": ball.day, "text": ball.text, "path": ball.path}
        for ball in brief.dropped_balls
    ]
    return fields


@dataclass(frozen=True, slots=True)
class _Page:
    """The words of a brief, in the language in use."""

    labels: Labels

    def head(self, brief: rules.Brief) -> list[str]:
        """Who it is, and before everything else whether they want to be left alone."""
        profile = brief.profile
        lines = []
        if profile.do_not_contact:
            lines.append(translate("!! DO NOT CONTACT: the customer asked to be left alone"))
        if profile.consent == "withdrawn":
            text = translate("!! CONSENT WITHDRAWN ({day}): reply, but do not call, survey or advertise")
            lines.append(text.format(day=profile.consent_on or translate("day unknown")))
        if profile.taboo_count and profile.taboos is None:
            text = translate("!! TABOOS RECORDED: {count}; read them before you offer anything: --reveal")
            lines.append(text.format(count=profile.taboo_count))
        value = self.labels.value
        words = [
            profile.id if profile.id != profile.name else "",
            *(value(key, getattr(profile, key) or "") for key in ("type", "level", "stage")),
            profile.company if profile.company != profile.name else "",
            translate("account owner {name}").format(name=value("owner", profile.owner)) if profile.owner else "",
        ]
        lines.append(f"{harmless(profile.name)}  {_line(*words, *profile.labels, between=' · ')}")
        if brief.merged:
            lines.append(translate("merged into one: {ids}").format(ids=", ".join(map(harmless, brief.merged))))
        return lines

    def sections(self, brief: rules.Brief) -> Iterator[_Section]:
        """Everything else that has something to say, the most important first."""
        for heading, entries, kept in (
            (mark("Taboos"), tuple(f"! {harmless(taboo)}" for taboo in brief.profile.taboos or ()), 5),
            (mark("Last"), self._last(brief), 4),
            (mark("Open"), self._owed(brief), 4),
            (mark("Dropped"), self._dropped(brief), 2),
            (mark("Issues"), self._issues(brief), 2),
            (mark("Promised"), self._promises(brief), 2),
            (mark("Reach"), self._reach(brief.profile), 2),
            (mark("Delivery"), tuple(map(harmless, brief.profile.delivery_notes)), 1),
            (mark("Trend"), self._trends(brief), 2),
            (mark("Repeats"), self._repeated(brief), 1),
            (mark("Answer"), self._answer(brief), 1),
            (mark("Ask for"), self._gaps(brief), 1),
            (mark("Care"), self._care(brief), 1),
            (mark("Likes"), _joined(brief.profile.preferences), 1),
            (mark("Notes"), _joined((brief.profile.notes,)), 1),
        ):
            if entries:
                yield _Section(translate(heading), entries, kept)

    def unknown(self, caller: rules.UnknownCaller) -> tuple[list[str], list[_Section]]:
        """What is known of a caller who is no customer."""
        head = translate("Unknown caller: {text} does not belong to any customer; records that mention it: {count}")
        remedy = translate("run commlog customer create, then commlog edit ID --set customer=…")
        return [head.format(text=harmless(caller.text), count=len(caller.mentions))], [
            _Section(translate("Found in"), tuple(map(self._mention, caller.mentions)), 5),
            _Section(translate("Create a customer"), (remedy,), 1),
        ]

    def _mention(self, mention: rules.CallerMention) -> str:
        pending = translate("open: {count}").format(count=mention.pending) if mention.pending else ""
        whose, channel = mention.party or mention.customer, self.labels.value("channel", mention.channel or "")
        return _line(mention.day, mention.id, whose, channel, mention.subject, pending)

    def _last(self, brief: rules.Brief) -> tuple[str, ...]:
        last = brief.last_contact
        if last is None:
            return (translate("none on record"),)
        value = self.labels.value
        agent, contact = value("agent", last.agent or "?"), last.contact or brief.profile.name
        pair = f"{contact} → {agent}" if last.direction == "inbound" else f"{agent} → {contact}"
        when = f"{format_due(last.time)} ({_days_off(-last.days_ago)})"
        lines = [_line(when, value("channel", last.channel or ""), pair, last.id)]
        if last.request:
            lines.append(translate("request: {request}").format(request=harmless(" ".join(last.request.split()))))
        felt = [
            labelled(mark("mood"), value("mood", last.mood)) if last.mood else "",
            labelled(mark("satisfaction"), value("satisfaction", last.satisfaction or ""))
            if last.satisfaction not in {None, "not_rated"}
            else "",
            value("outcome", last.outcome or ""),
            last.mood_note,
        ]
        lines += [_line(*felt, between=" · ")] if any(felt) else []
        if last.attempts:
            lines.append(translate("not reached since: {count}").format(count=last.attempts))
        return tuple(lines)

    def _owed(self, brief: rules.Brief) -> tuple[str, ...]:
        owed = sorted(brief.follow_ups, key=lambda one: (not one.is_overdue, one.status == PAUSED))
        lines = tuple(self._owed_line(one, brief.day) for one in owed)
        return lines if brief.follow_ups and owed[0].is_overdue else tuple(line[2:] for line in lines)

    def _owed_line(self, owed: rules.OwedFollowUp, today: str) -> str:
        due = format_due(owed.due)
        if owed.is_overdue:
            due = translate("LATE by {days} wd ({due})").format(days=owed.late or 0, due=due)
        elif owed.status == PAUSED:
            due = translate("waiting for the customer")
        elif due[:10] == today:
            due = f"{translate('today')}{due[10:]}"
        agreed = translate("agreed with the customer") if owed.agreed_with_customer else ""
        line = _line(due, self.labels.value("owner", owed.owner or "-"), owed.action, agreed, owed.address)
        return ("! " if owed.is_overdue else "  ") + line

    def _dropped(self, brief: rules.Brief) -> tuple[str, ...]:
        return tuple(f"! {ball.day}  {harmless(ball.text)}  {ball.record_id}" for ball in brief.dropped_balls)

    def _issues(self, brief: rules.Brief) -> tuple[str, ...]:
        return tuple(
            _line(
                translate("{days} d").format(days=issue.days),
                *(self.labels.value(key, getattr(issue, key) or "") for key in ("status", "owner")),
                issue.title,
                issue.id,
            )
            for issue in brief.issues
        )

    def _promises(self, brief: rules.Brief) -> tuple[str, ...]:
        return tuple(map(self._promise, brief.promises))

    def _promise(self, promise: rules.OpenPromise) -> str:
        due = translate("by {day}").format(day=format_due(promise.due)) if promise.due else ""
        text = translate("undecided: {text}").format(text=promise.text) if promise.is_open_point else promise.text
        return _line(text, due, promise.day)

    def _reach(self, profile: rules.Profile) -> tuple[str, ...]:
        lines = [harmless(profile.preferred_time)] if profile.preferred_time else []
        return tuple(lines + [self._contact(contact, profile) for contact in profile.contacts])

    def _contact(self, contact: rules.ContactPerson, profile: rules.Profile) -> str:
        channel = self.labels.value("channel", contact.preferred_channel or "")
        return _line(
            contact.name if contact.name != profile.name or contact.role else "",
            contact.role and f"({contact.role})",
            contact.phone,
            contact.email or (None if contact.phone else contact.wecom),
            channel and translate("likes {channel}").format(channel=channel),
            contact.preferred_time,
        )

    def _trends(self, brief: rules.Brief) -> tuple[str, ...]:
        trends = (
            (mark("mood"), "mood", brief.moods),
            (mark("satisfaction"), "satisfaction", brief.satisfaction),
            (mark("surveys"), "", brief.surveys),
        )
        return tuple(
            labelled(name, self._arrows(column, readings))
            for name, column, readings in trends
            if len(readings) > 1 or (readings and not column)
        )

    def _arrows(self, column: str, readings: tuple[rules.TrendPoint, ...]) -> str:
        shown = [self.labels.value(column, reading.value) if column else reading.value for reading in readings]
        return f"{' → '.join(map(harmless, shown))}  ({_span(readings)})"

    def _repeated(self, brief: rules.Brief) -> tuple[str, ...]:
        return _joined(f"{self.labels.value(item.field, item.value)} ×{item.count}" for item in brief.repeated)

    def _answer(self, brief: rules.Brief) -> tuple[str, ...]:
        answer = brief.answer
        if answer is None:
            return ()
        inside = translate("internal only") if answer.audience == "internal" else ""
        return (_line(answer.question, inside, answer.id), shorten(harmless(answer.text), 2 * (WIDTH - _INDENT) - 4))

    def _gaps(self, brief: rules.Brief) -> tuple[str, ...]:
        gaps = [translate(_GAPS[gap.kind]).format(day=gap.day or translate("never")) for gap in brief.to_ask]
        return (translate(", ").join(gaps),) if gaps else ()

    def _care(self, brief: rules.Brief) -> tuple[str, ...]:
        return tuple(
            _line(item.day, self.labels.value("care", item.kind), item.label, _days_off(item.days))
            for item in brief.care
        )


def _span(readings: tuple[rules.TrendPoint, ...]) -> str:
    """The first and the last day, the year once when it is the same."""
    first, last = readings[0].day, readings[-1].day
    if first == last:
        return first
    return f"{first} – {last[5:] if first[:4] == last[:4] else last}"


def _line(*words: str | None, between: str = "  ") -> str:
    """The words that are there, as one line."""
    return between.join(harmless(word) for word in words if word)


def _joined(texts: Iterable[str | None]) -> tuple[str, ...]:
    """Texts as one entry, each on one line; none when there is no text."""
    line = _line(*(" ".join(text.split()) for text in texts if text), between=" · ")
    return (line,) if line else ()


def _days_off(days: int) -> str:
    if days == 0:
        return translate("today")
    return translate("in {days} d").format(days=days) if days > 0 else translate("{days} d ago").format(days=-days)


def _fitted(head: list[str], sections: list[_Section]) -> list[str]:
    """The page in at most HEIGHT lines: lists give way from the least important, never below what they keep."""
    blocks = [replace(section, shown=min(len(section.entries), _LISTED)) for section in sections]
    lines = _lines(head, blocks)
    for allowed in (1, 0):
        for place in range(len(blocks) - 1, -1, -1):
            while len(lines) > HEIGHT and blocks[place].shown > (blocks[place].kept if allowed else 0):
                blocks[place] = replace(blocks[place], shown=blocks[place].shown - 1)
                lines = _lines(head, blocks)
    if len(lines) > HEIGHT:
        more = translate("… more lines: {count}; --format markdown").format(count=len(lines) - HEIGHT + 1)
        lines = [*lines[: HEIGHT - 1], more]
    return lines


def _lines(head: list[str], blocks: list[_Section]) -> list[str]:
    lines = [line for text in head for line in wrap(text, WIDTH)]
    column = max((width_of(block.heading) for block in blocks), default=0) + _INDENT
    for block in blocks:
        shown = [line for entry in block.entries[: block.shown] for line in _wrapped(entry, WIDTH - column)]
        if block.shown < len(block.entries):
            shown.append(translate("… {count} more").format(count=len(block.entries) - block.shown))
        for place, line in enumerate(shown):
            lines.append((pad(block.heading if place == 0 else "", column) + line).rstrip())
    return lines


def _wrapped(entry: str, width: int) -> list[str]:
    """The entry in at most two lines; what goes beyond is cut with an ellipsis."""
    bullet = entry[:2] if entry[:2] in {"! ", "  "} else ""
    first, *more = wrap(entry[len(bullet) :], width - len(bullet))
    rest = " " * len(bullet) + shorten(" ".join(more), width - len(bullet))
    return [bullet + first, *([rest] if more else [])]


def _markdown(head: list[str], sections: list[_Section]) -> Iterator[str]:
    for place, line in enumerate(head):
        yield f"{'# ' if place == len(head) - 1 else ''}{_plain(line)}"
        yield ""
    for section in sections:
        yield f"## {_plain(section.heading)}"
        yield ""
        for entry in section.entries:
            yield f"- {_plain(entry.strip())}"
        yield ""


def _plain(text: str) -> str:
    """Text that Markdown does not take for marks of its own."""
    for sign in ("\\", "`", "*", "_", "<", "[", "|"):
        text = text.replace(sign, f"\\{sign}" if sign != "<" else "&lt;")
    return text
