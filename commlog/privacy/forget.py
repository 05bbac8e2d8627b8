"""Forgetting a person at their request: their records are kept for the figures, but nothing in them identifies the person."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree

from commlog.database.reader import ParsedFile
from commlog.errors import ConflictError, InvalidError, NoLogError, NotFoundError, UnreadableError
from commlog.forms.personal import remove_personal, rewrite_words
from commlog.git import history as git
from commlog.git.objects import iter_blobs
from commlog.log.log import changed_meanwhile
from commlog.log.names import ALPHABET as LETTERS
from commlog.log.names import INDEX_FILE, PAST_FOLDER, RANDOM_LENGTH, RECORDS, SUFFIX, record_path
from commlog.messages import mark, translate
from commlog.privacy.cipher import vault_of
from commlog.privacy.rules import forgetting
from commlog.privacy.rules.sealing import OPEN, SHUT, find_sealed, with_values
from commlog.privacy.seal_state import destroyed_hints
from commlog.records.change import change_record, edited_text, refuse_new_problems
from commlog.records.find import customer_family, find_customer, get_record
from commlog.records.queries import places_of_customers
from commlog.records.revisions import blobs_of, read_versions, steps_of
from commlog.values import ANONYMOUS, CUSTOMER, Data, Fields, Record, mappings_of, show_path, text_of
from commlog.workspace import Workspace, schema_comment
from commlog.yamltext.format import format_document

# The placeholder of what was taken out.
REMOVED = mark("[removed]")
_AROUND = 16

Choose = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Written:
    """A file as it is to be written: what it holds now, where it is to lie, and what it is to hold."""

    file: forgetting.ForgottenFile
    raw: bytes
    text: str


def plan_forgetting(workspace: Workspace, text: str, choose: Choose) -> forgetting.Forgetting:
    """What forgetting the customer people mean would change; nothing is written.

    Raises:
        NotFoundError, AmbiguousError: nobody, or several are called so.
        ConflictError: they were forgotten already, or `anonymous` is meant.
        InvalidError, UnreadableError: a file of theirs cannot be read or changed.
    """
    with workspace.trial():
        return _prepare(workspace, _family(workspace, text, choose))[0]


def forget_customer(workspace: Workspace, plan: forgetting.Forgetting) -> forgetting.Forgetting:
    """What forgetting the customer of a plan changed: everything of theirs in the files, and the index thrown away.

    Their profile first says what is going on, and goes last: whoever is stopped half-way calls it again.

    Raises:
        InvalidError, UnreadableError: as for the plan; nothing was written then.
        ConflictError: somebody changed a file meanwhile; call it again.
        NotWritableError: the disk does not take it; call it again.
    """
    family = dict(plan.identity.ids)
    for customer, pseudonym in family.items():
        change_record(workspace, record_path(CUSTOMER, customer), _mark_as(pseudonym))
    result, files = _prepare(workspace, family)
    with workspace.log.lock():
        for one in sorted(files, key=lambda one: one.file.kind != CUSTOMER):
            _write(workspace, one)
        # Who stays goes last: by that name one can call this again.
        for one in reversed(files):
            if one.file.becomes != one.file.path:
                _remove(workspace, one)
        # Whoever is stopped before this destroys them with `commlog seal destroy`: the profile names them.
        vault_of(workspace).customer_keys.destroy(result.keys)
    workspace.index.close()
    with suppress(OSError):
        # A database keeps what was deleted in its free pages.
        (workspace.log.state_folder / INDEX_FILE).unlink(missing_ok=True)
    # States of the past that --as-of was asked for hold what was; they are made again from git when asked for.
    rmtree(workspace.log.state_folder / PAST_FOLDER, ignore_errors=True)
    return result


def _mark_as(pseudonym: str) -> Callable[[Fields], Fields]:
    def change(fields: Fields) -> Fields:
        return {**fields, "extra": {**forgetting.extra_of(fields), forgetting.FORGOTTEN_AS: pseudonym}}

    return change


def _write(workspace: Workspace, one: _Written) -> None:
    data = one.text.encode("utf-8")
    if one.file.becomes == one.file.path:
        workspace.log.replace_file(one.file.path, data, one.raw)
        return
    # It is there when we were stopped before; the pseudonym is nobody else's.
    with suppress(ConflictError):
        workspace.log.create_file(one.file.becomes, data)


def _remove(workspace: Workspace, one: _Written) -> None:
    """Delete a profile that is kept under another name by now."""
    if workspace.log.read_bytes(one.file.path) != one.raw:
        raise changed_meanwhile(one.file.path)
    (workspace.log.root / one.file.path).unlink()


def _family(workspace: Workspace, text: str, choose: Choose) -> dict[str, str]:
    """The customer and all who were merged into them, each with the pseudonym they have or get."""
    customer = find_customer(workspace, text)
    if customer == ANONYMOUS:
        raise ConflictError(mark("'anonymous' is used for every customer who gave no name; it cannot be forgotten"))
    found: dict[str, str] = {}
    for one in (customer, *(other for other in customer_family(workspace, customer) if other != customer)):
        fields = _read_profile(workspace, one).fields
        if forgetting.is_forgotten(one, fields):
            raise ConflictError(
                mark("'{customer}' has already been forgotten"),
                customer=one,
                remedy=mark("to see whether anything is left: commlog customer forget --verify FILE"),
            )
        begun = forgetting.extra_of(fields).get(forgetting.FORGOTTEN_AS)
        drawn = forgetting.PSEUDONYM + "".join(choose(LETTERS) for _ in range(RANDOM_LENGTH))
        found[one] = begun if isinstance(begun, str) and begun.startswith(forgetting.PSEUDONYM) else drawn
    return found


def refuse_sealed(record: Record, destroyed: frozenset[str] = frozenset()) -> None:
    """Refuse a record of which not everything can be read, but for what nobody can: `destroyed` are hints of keys.

    Raises:
        InvalidError: values in it are sealed, and no key of this call opens them.
    """
    if any(place.state != OPEN and place.hint not in destroyed for place in record.sealed):
        raise InvalidError(
            mark("it contains sealed values that cannot be read"),
            file=record.path,
            remedy=mark("set $COMMLOG_AGE_KEY_FILE to your key file"),
        )


def _read_profile(workspace: Workspace, customer: str) -> Record:
    return get_record(workspace.reader.read(record_path(CUSTOMER, customer)))


def _prepare(workspace: Workspace, family: Mapping[str, str]) -> tuple[forgetting.Forgetting, list[_Written]]:
    """What forgetting changes, and every file as it is to be written, checked before the first of them is."""
    profiles = [_read_profile(workspace, customer) for customer in family]
    task = _Task(workspace, family, [record.fields for record in profiles])
    for record in profiles:
        refuse_sealed(record, task.destroyed)
    files = [task.profile(record) for record in profiles]
    skipped = {record.path for record in profiles}
    for path in _paths(workspace):
        if path not in skipped:
            files += task.file(path)
    customer = next(iter(family))
    told = tuple(one.file for one in files)
    keys = vault_of(workspace).customer_keys.of(family)
    return forgetting.Forgetting(customer, family[customer], task.identity, told, tuple(task.doubts), keys), files


def _paths(workspace: Workspace) -> Iterator[str]:
    root = workspace.log.root
    for path in sorted((root / RECORDS).rglob(f"*{SUFFIX}")):
        if path.is_file() and not path.name.startswith("."):
            yield path.relative_to(root).as_posix()


class _Task:
    """One forgetting while it is worked out; `destroyed` are the hints of keys that nobody has any longer."""

    def __init__(self, workspace: Workspace, family: Mapping[str, str], profiles: list[Fields]) -> None:
        self.workspace = workspace
        self.family = dict(family)
        # Also what they were called and where they were reached before: old records and commits speak of that.
        former = (fields for customer in family for fields in former_profiles(workspace, customer))
        self.identity = forgetting.identity_of([*profiles, *former], self.family)
        self.destroyed = destroyed_hints(workspace)
        self._keys = frozenset(vault_of(workspace).customer_keys.of(family))
        self.doubts: list[forgetting.ManualCheck] = []
        self.placeholder = translate(REMOVED)
        self._names = forgetting.name_regex(self.identity)
        self._sure = forgetting.sure_regex(self.identity)
        self._surname = forgetting.surname_pattern(self.identity)
        self._scrubber = forgetting.Scrubber(self.identity, self.placeholder)
        # A file without any of this has nothing of theirs.
        self._mention = re.compile(
            "|".join(pattern.pattern for pattern in (self._names, self._sure) if pattern), re.IGNORECASE
        )
        self._own_paths = {one.path for one in places_of_customers(workspace.index, list(self.family))}

    def profile(self, record: Record) -> _Written:
        """The profile as it stays: under another name, and nearly empty."""
        keys = vault_of(self.workspace).customer_keys.of([record.id])
        today = self.workspace.now.date().isoformat()
        fields = forgetting.pseudonymous_profile(record.fields, self.family, today, keys)
        path = record_path(CUSTOMER, str(fields["id"]))
        text = format_document(fields, schema_comment(self.workspace, record.template, path))
        raw = self.workspace.log.read_bytes(record.path)
        gone = tuple(
            forgetting.FieldRemoval(key, "")
            for key in record.fields
            if key not in fields or fields[key] != record.fields[key]
        )
        self._attachments(record)
        return _Written(forgetting.ForgottenFile(record.path, path, CUSTOMER, gone), raw, text)

    def file(self, path: str) -> list[_Written]:
        """The file as it is to be written; none when nothing in it changes."""
        try:
            raw = self.workspace.log.read_bytes(path)
        except (NotFoundError, UnreadableError) as fault:
            self.doubts.append(forgetting.ManualCheck(path, 0, fault.message))
            return []
        text = raw.decode("utf-8", "replace")
        rests = any(f"@{hint}:" in text for hint in self._keys)
        # What is written with escapes shows only when it is read.
        if path not in self._own_paths and not rests and "\\" not in text and not self._mention.search(text):
            return []
        reading = self.workspace.reader.read_raw(path, raw)
        if reading.record is None:
            self.doubts.append(
                forgetting.ManualCheck(path, 0, translate("it cannot be read, and mentions the customer"))
            )
            return []
        return self._record(reading, reading.record)

    def _record(self, reading: ParsedFile, record: Record) -> list[_Written]:
        is_own = record.fields.get("customer") in self.family and record.kind != CUSTOMER
        if is_own or self._rests(record):
            refuse_sealed(record, self.destroyed)
        elif any(place.state != OPEN for place in record.sealed):
            self.doubts.append(forgetting.ManualCheck(record.path, 0, translate("sealed values in it cannot be read")))
            return []
        fields = self._own(record) if is_own else self._other(record)
        is_same = fields == record.fields and not self._rests(record)
        text = reading.text if is_same else edited_text(self.workspace, reading.text, record, fields)
        self._doubt(record.path, text, is_own=is_own)
        if is_own:
            self._attachments(record)
        if text == reading.text:
            return []
        changed = self.workspace.reader.read_raw(record.path, text.encode("utf-8"))
        refuse_new_problems(changed.problems, reading.problems, text)
        # Around a gap in another's words a name of theirs may stand.
        removals = tuple(
            replace(one, left=self._scrubber.scrub_own(one.left))
            for one in _differences(record.fields, fields, self.placeholder)
        )
        file = forgetting.ForgottenFile(record.path, record.path, record.kind, removals)
        return [_Written(file, reading.raw, text)]

    def _rests(self, record: Record) -> bool:
        """Whether something in it is sealed with a key that is to be destroyed."""
        return any(place.hint in self._keys for place in record.sealed)

    def _own(self, record: Record) -> Fields:
        """A record of theirs: the customer's pseudonym, nobody's name, number or address."""
        party = record.fields.get("party")
        told = [text_of(record.fields, "contact") or ""]
        told += [text_of(party, key) or "" for key in ("name", "contact", "company")] if isinstance(party, dict) else []
        scrubber = forgetting.Scrubber(self.identity.with_names(told), self.placeholder)
        template = self.workspace.catalog.get(record.template)
        required = {field.key for field in template.fields if field.required}
        fields = remove_personal(template, record.fields, self.placeholder)
        for key in ("party", "contact"):
            if key in fields and key not in required:
                del fields[key]
        fields = rewrite_words(template, fields, scrubber.scrub_own)
        return {**fields, "customer": self.family[str(record.fields["customer"])]}

    def _other(self, record: Record) -> Fields:
        """Another's record: without numbers and addresses that are theirs; pointers follow."""
        template = self.workspace.catalog.get(record.template)
        fields = rewrite_words(template, record.fields, self._scrubber.scrub_other)
        into = fields.get("merged_into")
        if record.kind == CUSTOMER and into in self.family:
            fields["merged_into"] = self.family[str(into)]
        return fields

    def _doubt(self, path: str, text: str, *, is_own: bool) -> None:
        """Note the lines that still speak of them, or may."""
        reasons = [
            (self._sure, translate("a number or an address of this person")),
            (self._names, translate("a name of this person, or of somebody with the same name")),
            (self._surname if is_own else None, translate("somebody mentioned by this person's surname")),
        ]
        for number, line in enumerate(text.splitlines(), start=1):
            found = next((reason for pattern, reason in reasons if pattern and pattern.search(line)), None)
            if found:
                self.doubts.append(forgetting.ManualCheck(path, number, found))

    def _attachments(self, record: Record) -> None:
        for item in mappings_of(record.fields, "attachments"):
            place = text_of(item, "location")
            if place and "://" not in place and (self.workspace.log.root / Path(place)).is_file():
                self.doubts.append(forgetting.ManualCheck(place, 0, translate("a file of this person: delete it")))


def _differences(
    before: Data, after: Data, placeholder: str, path: tuple[str | int, ...] = ()
) -> Iterator[forgetting.FieldRemoval]:
    """Every place at which a value changed, with the words around the first gap; nothing of what was there."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key in before:
            if key in after:
                yield from _differences(before[key], after[key], placeholder, (*path, key))
            else:
                yield forgetting.FieldRemoval(show_path((*path, key)), "")
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(old, new, placeholder, (*path, place))
    else:
        text = str(after)
        place = max(0, text.find(placeholder))
        start, stop = max(0, place - _AROUND), place + len(placeholder) + _AROUND
        cut = " ".join(text[start:stop].split())
        yield forgetting.FieldRemoval(show_path(path), f"{'…' if start else ''}{cut}{'…' if stop < len(text) else ''}")


def former_profiles(workspace: Workspace, customer: str) -> list[Fields]:
    """Every version of a customer's profile in git's history that can be read, a word in place of what stays sealed.

    Nothing without git, and nothing of what a shallow clone does not hold.
    """
    root, path = workspace.log.root, record_path(CUSTOMER, customer)
    try:
        steps = list(steps_of(git.list_file_commits(root, path))) if git.head_of(root) is not None else []
    except NoLogError:
        return []
    versions = read_versions(workspace.reader, path, iter_blobs(root, blobs_of(steps)))
    found = [version.fields for version in versions.values() if version.fields is not None]
    return [with_values(fields, {place: SHUT for place, _ in find_sealed(fields)}) for fields in found]
