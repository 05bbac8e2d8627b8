"""What forgetting a person means for text and data: what identifies them, and what is left without it; how long what is kept."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256
from typing import Final

from commlog.privacy.rules.masking import Span, find_personal, splice
from commlog.records.rules.consistency import SHORTEST_PHONE, fold_text, phone_digits
from commlog.values import ANONYMOUS, CUSTOMER, INTERACTION, ISSUE, SURVEY, Data, Fields, mappings_of, text_of, texts_of
from commlog.worktime.periods import Interval, interval_after

PSEUDONYM: Final = "forgotten-"
# In the profile that is to go: under which name the person is kept from now on. In the one that stays: since when.
_DRAWN: Final = re.compile(r"forgotten-[0-9a-hjkmnp-tv-z]{6}")
FORGOTTEN_AS: Final = "forgotten_as"
FORGOTTEN_ON: Final = "forgotten_on"
DESTROYED_KEYS: Final = "destroyed_keys"
# What stays of a profile: nothing by which a person is known, all that figures count by.
_KEPT: Final = ("type", "stage", "level", "industry", "owner", "cooperation_since", "visit_every")
_SHORTEST_NAME: Final = 2
# A value of fewer letters says too little to be looked for in text: a WeCom account, a street.
_SHORTEST_VALUE: Final = 4
# How one speaks of somebody by their surname alone.
_TITLES: Final = "先生|女士|小姐|太太|老师|阿姨|叔叔|总|姐|哥"
_SERVICE_NUMBER: Final = re.compile(r"[48]00[ \-]?[0-9]")
# What an id becomes in the history: a word that YAML needs no quotes for.
_IN_HISTORY: Final = "forgotten"
_BETWEEN_DIGITS: Final = r"[ ()\-]*"
# China's code may come first, and the 0 of an area is left out after it.
_ABROAD: Final = r"(?:(?:\+|00)?86[ \-]?)?"
_BEFORE: Final = "(?<![0-9A-Za-z_])"
_AFTER: Final = "(?![0-9A-Za-z_])"


@dataclass(frozen=True, slots=True)
class Identity:
    """What identifies a person: their ids and the pseudonym of each, names, phone numbers, and other values.

    `facts` are true of others as well, and tell only in records of theirs: a birthday, what they must not eat.
    """

    ids: tuple[tuple[str, str], ...]
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    def with_names(self, more: Iterable[str]) -> "Identity":
        """The same with names that one record adds."""
        added = [name.strip() for name in more if len(name.strip()) >= _SHORTEST_NAME]
        return replace(self, names=tuple(dict.fromkeys((*self.names, *added))))

    def sure_patterns(self) -> tuple[str, ...]:
        """Regular expressions for what can be nobody else's: numbers and addresses."""
        phones = [f"(?<![0-9]){_ABROAD}{_BETWEEN_DIGITS.join(phone)}(?![0-9])" for phone in self.phones]
        return (*phones, *map(_literal, self.values))

    def fact_patterns(self) -> tuple[str, ...]:
        """Regular expressions for what is true of others, too."""
        return tuple(map(_literal, self.facts))

    def name_patterns(self) -> tuple[str, ...]:
        """Regular expressions for names and ids, which others may bear as well."""
        longest_first = sorted((*self.names, *(one for one, _ in self.ids)), key=len, reverse=True)
        return tuple(map(_literal, longest_first))


@dataclass(frozen=True, slots=True)
class FieldRemoval:
    """A change of one field: where it is, and the text around the gap; never the removed text."""

    field: str
    left: str


@dataclass(frozen=True, slots=True)
class ForgottenFile:
    """A file that forgetting changes: its path now and afterwards, and what changes in it."""

    path: str
    becomes: str
    kind: str
    removals: tuple[FieldRemoval, ...]


@dataclass(frozen=True, slots=True)
class ManualCheck:
    """Something a person has to look at: the file, the line (0: the file itself) and the reason."""

    path: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What forgetting a customer did or would do: files changed, doubts to look at, ways to find what is left.

    `keys` are the hints of the customer's own keys that are destroyed: what they sealed, in whatever commit, stays shut.
    """

    customer: str
    pseudonym: str
    identity: Identity
    files: tuple[ForgottenFile, ...]
    doubts: tuple[ManualCheck, ...]
    keys: tuple[str, ...] = ()


def identity_of(profiles: Sequence[Fields], ids: Mapping[str, str]) -> Identity:
    """What identifies a person, from all of their profiles; `ids` gives the pseudonym of each."""
    names: list[str] = []
    phones: list[str] = []
    values: list[str] = []
    facts: list[str] = []
    for fields in profiles:
        company = text_of(fields, "company") or ""
        names += [text_of(fields, "name") or "", *texts_of(fields, "aliases")]
        # A short one is a word of the language rather than somebody's employer.
        names += [company] if len(company.strip()) >= _SHORTEST_VALUE else []
        for person in (fields, *mappings_of(fields, "contacts")):
            names.append(text_of(person, "name") or "")
            phones.append(phone_digits(text_of(person, "phone") or ""))
            values += [text_of(person, "email") or "", text_of(person, "wecom") or ""]
        values += [text_of(item, "address") or "" for item in mappings_of(fields, "addresses")]
        facts += [*texts_of(fields, "taboos"), text_of(fields, "birthday") or ""]
    lines = [line.strip() for value in values for line in value.splitlines()]
    return Identity(
        tuple(ids.items()),
        tuple(dict.fromkeys(name.strip() for name in names if len(name.strip()) >= _SHORTEST_NAME)),
        tuple(dict.fromkeys(phone for phone in phones if len(phone) >= SHORTEST_PHONE)),
        tuple(dict.fromkeys(line for line in lines if len(line) >= _SHORTEST_VALUE)),
        tuple(dict.fromkeys(fact.strip() for fact in facts if len(fact.strip()) >= _SHORTEST_NAME)),
    )


class Scrubber:
    """Takes one person out of text: `placeholder` replaces what was there."""

    def __init__(self, identity: Identity, placeholder: str) -> None:
        self._placeholder = placeholder
        self._ids = {fold_text(one): pseudonym for one, pseudonym in identity.ids}
        self._names = _pattern((*identity.sure_patterns(), *identity.fact_patterns(), *identity.name_patterns()))
        self._sure = _pattern(identity.sure_patterns())

    def scrub_own(self, text: str) -> str:
        """Text of their own record: without their names, and without any number or address but that of a service."""
        without = self._names.sub(self._stand_in, text) if self._names else text
        spans = [
            Span(start, end, self._placeholder)
            for start, end, _ in find_personal(without)
            if not _SERVICE_NUMBER.match(without[start:end])
        ]
        return splice(without, spans)

    def scrub_other(self, text: str) -> str:
        """Text of another's record: without what can be nobody else's."""
        return self._sure.sub(self._placeholder, text) if self._sure else text

    def _stand_in(self, found: re.Match[str]) -> str:
        return self._ids.get(fold_text(found[0]), self._placeholder)


def pseudonymous_profile(fields: Fields, ids: Mapping[str, str], day: str, keys: Sequence[str] = ()) -> Fields:
    """The profile that is left of a person forgotten on a day: no data about them, and that they must not be contacted.

    `keys` are the hints of the keys destroyed, by which the other machines destroy theirs.
    """
    pseudonym = ids[str(fields["id"])]
    kept: Fields = {key: fields[key] for key in _KEPT if key in fields}
    into = fields.get("merged_into")
    pointer = {"merged_into": ids.get(into, into)} if isinstance(into, str) else {}
    return {
        "id": pseudonym,
        "template": fields["template"],
        **({"recorded_at": fields["recorded_at"]} if "recorded_at" in fields else {}),
        "name": pseudonym,
        **kept,
        "do_not_contact": True,
        **pointer,
        "extra": {FORGOTTEN_ON: day, **({DESTROYED_KEYS: list(keys)} if keys else {})},
    }


def receipt_of(forgetting: Forgetting, at: str, by: str) -> dict[str, Data]:
    """What shows that somebody was forgotten, without saying who: files, when, by whom, and a digest of all that."""
    receipt: dict[str, Data] = {
        "receipt": "forgotten",
        "customer": forgetting.pseudonym,
        "merged": [pseudonym for _, pseudonym in forgetting.identity.ids if pseudonym != forgetting.pseudonym],
        "at": at,
        "by": by,
        "files": [{"path": one.becomes, "kind": one.kind, "changes": len(one.removals)} for one in forgetting.files],
        "doubts": len(forgetting.doubts),
        **({DESTROYED_KEYS: list(forgetting.keys)} if forgetting.keys else {}),
    }
    canonical = json.dumps(receipt, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return {**receipt, "sha256": sha256(canonical.encode("utf-8")).hexdigest()}


def is_pseudonym(customer: str) -> bool:
    """Whether an id is one that was drawn for somebody forgotten."""
    return _DRAWN.fullmatch(customer) is not None


def extra_of(fields: Mapping[str, Data]) -> dict[str, Data]:
    """What a profile has beside the fields of its form; empty for nothing."""
    extra = fields.get("extra")
    return extra if isinstance(extra, dict) else {}


def is_forgotten(customer: str, fields: Mapping[str, Data]) -> bool:
    """Whether a profile is that of a person who was forgotten already."""
    return customer.startswith(PSEUDONYM) and FORGOTTEN_ON in extra_of(fields)


def destroyed_keys(customer: str, fields: Mapping[str, Data]) -> tuple[str, ...]:
    """The hints of the keys that were destroyed when a person was forgotten, as their profile says."""
    return tuple(texts_of(extra_of(fields), DESTROYED_KEYS)) if is_forgotten(customer, fields) else ()


def surname_pattern(identity: Identity) -> re.Pattern[str] | None:
    """What somebody is called by surname and title, for Chinese names of persons: 李女士."""
    surnames = {name[0] for name in identity.names if 2 <= len(name) <= 3 and not name.isascii()}
    return re.compile(f"[{''.join(map(re.escape, sorted(surnames)))}](?:{_TITLES})") if surnames else None


def name_regex(identity: Identity) -> re.Pattern[str] | None:
    """Every name and id of a person, wherever it is in a text."""
    return _pattern(identity.name_patterns())


def sure_regex(identity: Identity) -> re.Pattern[str] | None:
    """Every number and address of a person, wherever it is in a text."""
    return _pattern(identity.sure_patterns())


def purge_lines(identity: Identity, placeholder: str) -> tuple[str, ...]:
    """One line for each thing to look for in the history, as `git filter-repo --replace-text` and BFG read it."""
    ids = {one for one, _ in identity.ids}
    sure = [f"regex:{pattern}==>{placeholder}" for pattern in identity.sure_patterns()]
    names = sorted({*identity.names, *ids}, key=lambda name: (-len(name), name))
    return (*sure, *(f"regex:{_literal(name)}==>{_IN_HISTORY if name in ids else placeholder}" for name in names))


def read_purge_lines(text: str) -> re.Pattern[str]:
    """What to look for, from the lines that were written for purging the history.

    Raises:
        ValueError: a line is no such line, or there is none.
    """
    patterns = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("regex:") or "==>" not in line:
            raise ValueError(line)
        patterns.append(line.removeprefix("regex:").rpartition("==>")[0])
    try:
        found = _pattern(patterns)
    except re.error as fault:
        raise ValueError(str(fault)) from None
    if found is None:
        raise ValueError(text)
    return found


def _pattern(patterns: Sequence[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE) if patterns else None


def _literal(text: str) -> str:
    """The text as a whole: Latin letters and digits at its ends must not go on."""
    begins, ends = text[0], text[-1]
    before = _BEFORE if begins.isascii() and begins.isalnum() else ""
    after = _AFTER if ends.isascii() and ends.isalnum() else ""
    return before + re.escape(text) + after


# The kinds a rule may name, as their folders are called.
RULE_KINDS: Final[Mapping[str, str]] = {
    INTERACTION: "interactions",
    ISSUE: "issues",
    SURVEY: "surveys",
    CUSTOMER: "customers",
}


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How long what is kept, by the name of a kind, `anonymous` or a template; None is for ever."""

    intervals: Mapping[str, Interval | None] = field(default_factory=dict)

    def rule_for(self, kind: str, template: str, *, is_anonymous: bool) -> str:
        """The name of the rule for a record: its template's, else that of anonymous ones, else its kind's; empty for none."""
        names = (template if template != kind else "", ANONYMOUS if is_anonymous else "", RULE_KINDS.get(kind, ""))
        return next((name for name in names if name and name in self.intervals), "")

    def due_on(self, rule: str, day: date) -> date | None:
        """The day from which a record of a day is due to go; None when it is kept for ever."""
        interval = self.intervals.get(rule)
        return None if interval is None else interval_after(interval, day)
