"""Everything the log contains about one person, at their own request: in full, and personal data of others masked."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from typing import Final

from commlog.errors import ConflictError
from commlog.forms.catalog import Template
from commlog.forms.personal import rewrite_words
from commlog.log.names import record_path
from commlog.messages import mark, translate
from commlog.privacy.forget import refuse_sealed
from commlog.privacy.queries import texts_of_others
from commlog.privacy.rules.forgetting import identity_of, name_regex
from commlog.privacy.rules.masking import Span, find_personal, mask_name, splice
from commlog.records.find import customer_family, find_customer, get_record
from commlog.records.queries import places_of_customers, read_customers
from commlog.records.rules.consistency import fold_text, phone_digits
from commlog.records.text import format_record
from commlog.values import ANONYMOUS, CUSTOMER, INTERACTION, ISSUE, SURVEY, Fields, Record, mappings_of, text_of
from commlog.workspace import Workspace

_PARTS: Final = ((INTERACTION, "interactions"), (ISSUE, "issues"), (SURVEY, "surveys"))
_INCLUDED: Final = mark(
    "the profile, and those of duplicates merged into it; every record of this person with its follow-ups"
)
_NOT_INCLUDED: Final = (
    mark("earlier versions of these files in git's history: git log -p -- {paths}"),
    mark("records of other customers, and anonymous ones, that mention this person: {mentions}"),
    mark(
        "personal data of others in these records: names of other customers, numbers and addresses that are not in the profile; masked"
    ),
    mark("content outside the log: mails, chats, orders, and attachments that are not in its folder"),
)


@dataclass(frozen=True, slots=True)
class CustomerExport:
    """What the log contains about one person: their profiles, the kept one first, their records by day, their files."""

    customer: str
    made_at: str
    profiles: tuple[Record, ...]
    records: tuple[Record, ...]
    attachments: tuple[str, ...]
    mentions: tuple[str, ...]

    def as_mapping(self) -> Fields:
        """The whole as one mapping, for JSON."""
        parts = {name: [one.fields for one in self.records if one.kind == kind] for kind, name in _PARTS}
        return {
            "customer": self.customer,
            "made_at": self.made_at,
            "profile": self.profiles[0].fields,
            "merged_profiles": [one.fields for one in self.profiles[1:]],
            **parts,
            "attachments": list(self.attachments),
            "mentioned_in": list(self.mentions),
        }


def collect_customer(workspace: Workspace, text: str) -> CustomerExport:
    """Everything on the customer people mean, and on all who were merged into them.

    Raises:
        NotFoundError, AmbiguousError: nobody, or several are called so.
        ConflictError: `anonymous` is meant, or a file holds the markers of a merge.
        UnreadableError: a profile or a record cannot be read.
        InvalidError: values in one are sealed, and no key opens them.
    """
    customer = find_customer(workspace, text)
    if customer == ANONYMOUS:
        raise ConflictError(
            mark("'anonymous' is used for every customer who gave no name"),
            remedy=mark("search for what the person says about themselves: commlog search …"),
        )
    family = (customer, *(one for one in customer_family(workspace, customer) if one != customer))
    profiles = tuple(_read(workspace, record_path(CUSTOMER, one)) for one in family)
    places = places_of_customers(workspace.index, family)
    records = tuple(_read(workspace, one.path) for one in places if one.kind != CUSTOMER)
    cover = _Cover(workspace, [one.fields for one in profiles], records)
    return CustomerExport(
        customer,
        workspace.stamp,
        profiles,
        tuple(replace(one, fields=cover.fields_of(one)) for one in records),
        _attachments(workspace, records),
        _mentions(workspace, [one.fields for one in profiles], family),
    )


def _read(workspace: Workspace, path: str) -> Record:
    record = get_record(workspace.reader.read(path))
    refuse_sealed(record)
    return record


class _Cover:
    """What hides others in one person's records: numbers and addresses that are not theirs, names of other customers."""

    def __init__(self, workspace: Workspace, profiles: Sequence[Fields], records: Sequence[Record]) -> None:
        self._workspace = workspace
        identity = identity_of(profiles, {})
        given = [part for one in records for part in _given(one.fields)]
        self._numbers = {*identity.phones, *filter(None, map(phone_digits, given))}
        self._words = {*map(fold_text, identity.values), *map(fold_text, given)}
        own = fold_text(" ".join((*identity.names, *given)))
        named = {one.name for one in read_customers(workspace.index) if one.type == "individual" and one.name}
        others = [name for name in named if len(name) > 1 and fold_text(name) not in own]
        self._names = re.compile("|".join(map(re.escape, sorted(others, key=len, reverse=True)))) if others else None

    def fields_of(self, record: Record) -> Fields:
        """The record's fields without what identifies others."""
        return rewrite_words(self._workspace.catalog.get(record.template), record.fields, self._hide)

    def _hide(self, text: str) -> str:
        spans = [one for one in find_personal(text) if not self._is_own(text[one.start : one.end])]
        hidden = splice(text, [Span(*one) for one in spans])
        return self._names.sub(lambda found: mask_name(found[0]), hidden) if self._names else hidden

    def _is_own(self, text: str) -> bool:
        return fold_text(text) in self._words or phone_digits(text) in self._numbers


def _given(fields: Fields) -> list[str]:
    """What the person said of themselves in one record."""
    party = fields.get("party")
    told = [text_of(party, key) or "" for key in ("name", "contact")] if isinstance(party, dict) else []
    return [text for text in (*told, text_of(fields, "contact") or "") if text]


def _attachments(workspace: Workspace, records: Sequence[Record]) -> tuple[str, ...]:
    """The files of their records that lie in the log's folder; a path that leads out of it is none."""
    root = workspace.log.root
    places = (text_of(item, "location") or "" for one in records for item in mappings_of(one.fields, "attachments"))
    found = [place for place in places if place and "://" not in place]
    inside = [place for place in found if (root / place).resolve().is_relative_to(root) and (root / place).is_file()]
    return tuple(dict.fromkeys(inside))


def _mentions(workspace: Workspace, profiles: Sequence[Fields], family: Sequence[str]) -> tuple[str, ...]:
    """The ids of others' records that mention a name, a number or an address of theirs."""
    identity = identity_of(profiles, {})
    names = name_regex(identity)
    patterns = [*identity.sure_patterns(), *([names.pattern] if names else [])]
    if not patterns:
        return ()
    wanted = re.compile("|".join(patterns), re.IGNORECASE)
    others = texts_of_others(workspace.index, family)
    return tuple(one.id for one in others if wanted.search(one.folded))


# ZIP knows no earlier year.
_FIRST_YEAR = 1980


def pack_files(files: Mapping[str, bytes], made_at: datetime) -> bytes:
    """An archive of files by name, each dated with an instant in the log's zone."""
    from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

    target = BytesIO()
    moment = (max(made_at.year, _FIRST_YEAR), made_at.month, made_at.day, made_at.hour, made_at.minute, made_at.second)
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = ZipInfo(name, moment)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, data)
    return target.getvalue()


def format_customer_export(export: CustomerExport, find_template: Callable[[str], Template]) -> tuple[str, str]:
    """The export as JSON and as text: what is included and what not, and every record in full, the profile first."""
    facts = {"paths": " ".join(one.path for one in export.profiles), "mentions": ", ".join(export.mentions) or "-"}
    included, missing = translate(_INCLUDED), [translate(note).format(**facts) for note in _NOT_INCLUDED]
    document = {**export.as_mapping(), "included": included, "not_included": missing}
    lines = [translate("Included:"), f"  {included}", translate("Not included:"), *(f"  {note}" for note in missing)]
    records = (*export.profiles, *export.records)
    blocks = ("\n".join(lines), *(format_record(one, find_template(one.template), "text") for one in records))
    rule = "\n\n" + "─" * 40 + "\n\n"
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n", rule.join(blocks) + "\n"
