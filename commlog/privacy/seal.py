"""Sealing a log: what is plain in it, and everything again for other recipients or with other keys; destroying keys."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from commlog.database.reader import ParsedFile
from commlog.database.seal_fields import customer_of, has_field
from commlog.errors import InvalidError, UnreadableError, UsageError
from commlog.log.log import Log, ensure_state_folder, read_settings
from commlog.log.settings import SETTINGS_FILE
from commlog.messages import mark
from commlog.privacy.cipher import parse_recipients, vault_of
from commlog.privacy.queries import customers_in_use
from commlog.privacy.rules.sealing import OPEN, RECIPIENT, SealRules
from commlog.privacy.seal_keys import add_trusted
from commlog.privacy.seal_state import count_plain, destroyed_hints, for_the_team, iter_files, line_of, rotation_file
from commlog.records.change import PreparedChange, edited_text, retry_write, write_prepared
from commlog.values import Record, show_path
from commlog.workspace import Workspace, make_workspace
from commlog.yamltext.edit import edit
from commlog.yamltext.parse import decode, parse_yaml
from commlog.yamltext.scalars import YamlError


@dataclass(slots=True)
class SealResult:
    """What sealing did: files written, values sealed that were plain, sealed again, and left as they were."""

    files: int = 0
    sealed: int = 0
    renewed: int = 0
    left: list[str] = field(default_factory=list)


def trust_recipients(workspace: Workspace, recipients: Sequence[str] = ()) -> tuple[str, ...]:
    """Confirm on this machine those named, else all the settings name; gives them.

    Raises:
        UsageError: one is not in the settings, or nothing is sealed.
        NotWritableError: the state folder cannot be written.
    """
    rules = _rules_of(workspace)
    _require_known(recipients, rules.recipients)
    chosen = tuple(recipients) or rules.recipients
    parse_recipients(chosen)
    add_trusted(workspace.log.root, chosen)
    return chosen


def turn_on(
    workspace: Workspace, recipients: Sequence[str], *, per_customer: bool = False
) -> tuple[Workspace, SealResult]:
    """The log with these recipients added to its settings, and everything sealed in it that was plain.

    `per_customer` asks for a key per customer from now on; what is sealed for the team by then is sealed again.

    Raises:
        UsageError: nobody is named and the settings name nobody.
        NotWritableError: a recipient of the settings was not confirmed on this machine.
        InvalidError: a public key has a typing mistake, or a field to seal is in no template.
    """
    known = _rules_of(workspace) if not recipients else workspace.log.settings.seal or SealRules()
    wanted = (*known.recipients, *(one for one in recipients if one not in known.recipients))
    workspace = _with_rules(
        workspace, replace(known, recipients=wanted, per_customer=per_customer or known.per_customer), recipients
    )
    result, vault = SealResult(), vault_of(workspace)
    with workspace.log.lock():
        if vault.rules.per_customer:
            vault.customer_keys.make_folder()
        if wanted != known.recipients:
            result.left += wrap_keys(workspace)
        for path, _, data, places in iter_files(workspace):
            shared = for_the_team(workspace, data, places)
            if shared or count_plain(workspace, data):
                _reseal(workspace, path, result, renew=bool(shared))
    return workspace, result


def rotate(workspace: Workspace, added: Sequence[str], removed: Sequence[str]) -> tuple[Workspace, SealResult]:
    """The log with other recipients, and every value in it sealed again for those it has then.

    One that was stopped, however rudely, goes on where it was when it is called again.

    Raises:
        UsageError: nothing is sealed, a recipient to remove is not there, or none would be left.
        NotWritableError: a recipient of the settings was not confirmed on this machine.
        InvalidError: a public key has a typing mistake, or there is no key to open the values with.
    """
    rules = _rules_of(workspace)
    if not workspace.reader.cipher.identities:
        raise InvalidError(
            mark("there is no key to open the sealed values with; nothing was written"),
            remedy=mark("set $COMMLOG_AGE_KEY_FILE to your key file"),
        )
    if rules.per_customer and not set(vault_of(workspace).own_recipients()) - set(removed):
        raise UsageError(
            mark("your own key would be removed, so what has to be sealed again could not be opened"),
            remedy=mark("ask a member who remains a recipient to run it"),
        )
    wanted = replace(rules, recipients=_changed(rules.recipients, added, removed))
    workspace = _with_rules(workspace, wanted, added)
    result, vault = SealResult(), vault_of(workspace)
    with workspace.log.lock(), _Progress(workspace) as progress:
        # Also of who has nothing sealed just now: a member who leaves may know the key there was.
        for customer in sorted(vault.customer_keys.customers):
            vault.renew(customer)
        for path, text, data, places in iter_files(workspace):
            is_done = progress.is_done(path, text)
            if not is_done and (places or count_plain(workspace, data)):
                left = len(result.left)
                sealed = _reseal(workspace, path, result, renew=True)
                # What stayed as it was is tried again next time.
                if len(result.left) == left:
                    progress.note(path, sealed)
        # Last, for the values above are opened with them; a new recipient reads old commits, too.
        result.left += wrap_keys(workspace)
        progress.finish(is_whole=not result.left)
    return workspace, result


def _rules_of(workspace: Workspace) -> SealRules:
    """The rules of a log that seals.

    Raises:
        UsageError: it seals nothing yet.
    """
    rules = workspace.log.settings.seal
    if rules is None:
        raise UsageError(
            mark("this log seals nothing yet"),
            remedy=mark("create a key with commlog seal init, then: commlog seal on --recipient age1…"),
        )
    return rules


def _require_known(named: Sequence[str], known: Sequence[str]) -> None:
    """Refuse a recipient that is not in the settings."""
    for one in named:
        if one not in known:
            raise UsageError(
                mark("'{recipient}' is not among the recipients in commlog.yaml"),
                recipient=one,
                remedy=mark("available: {known}"),
                known=", ".join(known),
            )


def wrap_keys(workspace: Workspace) -> list[str]:
    """Seal every customer's key for the recipients there are now; gives those no key here opens."""
    vault = vault_of(workspace)
    return [f"{vault.customer_keys.folder}: @{hint}" for hint in vault.wrap_customer_keys()]


def _refuse_unknown_fields(workspace: Workspace) -> None:
    """Refuse to say that a log is sealed when a key in its settings seals nothing.

    Raises:
        InvalidError: a field is in no template.
    """
    rules, catalog = workspace.log.settings.seal, workspace.catalog
    for key in (rules.fields if rules else None) or ():
        if not any(has_field(catalog.get(name).fields, key) for name in catalog.names()):
            raise InvalidError(
                mark("seal: no template has the field '{key}', so nothing is sealed by it"),
                file=SETTINGS_FILE,
                key=key,
                remedy=mark("write it as commlog template show names it, without numbers: contacts.phone"),
            )


def _changed(known: tuple[str, ...], added: Sequence[str], removed: Sequence[str]) -> tuple[str, ...]:
    _require_known(removed, known)
    kept = [one for one in (*known, *added) if one not in removed]
    if not kept:
        raise UsageError(
            mark("nobody would be left who can read"), remedy=mark("also add another recipient with --add")
        )
    return tuple(dict.fromkeys(kept))


def _with_rules(workspace: Workspace, wanted: SealRules, named: Sequence[str]) -> Workspace:
    """The log with these rules in its settings; recipients the caller names are confirmed by that.

    Raises:
        UsageError: a recipient is no public key.
        InvalidError: the settings cannot be changed in place, or a field to seal is in no template.
        NotWritableError: another recipient of the settings was not confirmed on this machine.
    """
    for one in named:
        if not RECIPIENT.fullmatch(one):
            raise UsageError(
                mark("'{recipient}' is not an age public key"),
                recipient=one,
                remedy=mark("a public key starts with age1 and has 62 characters; never write the secret key here"),
            )
    parse_recipients(wanted.recipients)
    log = workspace.log
    if log.settings.seal != wanted:
        raw = log.read_bytes(SETTINGS_FILE)
        text = decode(raw)
        fields = parse_yaml(text)
        own = {"recipients": list(wanted.recipients), **({"per_customer": True} if wanted.per_customer else {})}
        wanted_fields = {**fields, "seal": {**(fields.get("seal") or {}), **own}}
        try:
            edited = edit(text, wanted_fields)
        except YamlError:
            raise InvalidError(
                mark("cannot be changed in place"),
                file=SETTINGS_FILE,
                remedy=mark("write `seal:` with `recipients:` and one public key a line, and run this again"),
            ) from None
        log.replace_file(SETTINGS_FILE, edited.encode("utf-8"), raw)
    add_trusted(log.root, tuple(named))
    opened = Log(log.root, read_settings(log.root))
    changed = make_workspace(opened, workspace.now, workspace.who, make_cipher=workspace.reader.cipher.elsewhere)
    vault_of(changed).require_trust()
    _refuse_unknown_fields(changed)
    return changed


def _reseal(workspace: Workspace, path: str, result: SealResult, *, renew: bool) -> str:
    """Seal what is plain in a file, and again what is sealed when it is to be renewed; gives the text it has then."""

    def write() -> str:
        reading = workspace.reader.read(path)
        record = reading.record
        if record is None:
            result.left.append(path)
            return reading.text
        text, renewed = _renewed(workspace, record, reading.text) if renew else (reading.text, 0)
        text, sealed = _sealed(workspace, path, text)
        write_prepared(workspace, PreparedChange(reading, text, record))
        result.files += text != reading.text
        result.renewed += renewed
        result.sealed += sealed
        result.left += _left_in(reading, record) if renew else []
        return text

    return retry_write(write)


def _renewed(workspace: Workspace, record: Record, text: str) -> tuple[str, int]:
    """The text with each value that opens sealed again: a ciphertext is in a text once, and is replaced alone."""
    vault, count = vault_of(workspace), 0
    customer = customer_of(workspace.reader, record.template, record.fields)
    for place in record.sealed:
        if place.state == OPEN and place.stored in text:
            text = text.replace(place.stored, vault.seal(vault.open(place.stored)[1], customer))
            count += 1
    return text, count


def _sealed(workspace: Workspace, path: str, text: str) -> tuple[str, int]:
    """The text with each plain value sealed that is to be, and how many these were."""
    reading = workspace.reader.read_raw(path, text.encode("utf-8"))
    assert reading.record is not None  # it was one before its ciphertexts changed
    count = count_plain(workspace, parse_yaml(text))
    if not count:
        return text, 0
    return edited_text(workspace, text, reading.record, reading.record.fields), count


def _left_in(reading: ParsedFile, record: Record) -> list[str]:
    """Where a file has values that could not be opened: they stay sealed for whom they were sealed."""
    return [
        f"{record.path}:{line_of(reading.text, place.stored)}: {show_path(place.path)}"
        for place in record.sealed
        if place.state != OPEN
    ]


def keys_to_destroy(workspace: Workspace) -> tuple[str, ...]:
    """The hints of keys that lie here although the customer they are of was forgotten.

    With one that a profile names go all of the same customer. A file from elsewhere must not cost anybody else's records:
    no key goes whose customer is in the log, or that any file still needs.

    Raises:
        UnreadableError: a file cannot be read that may need a key, or say which is needed no more.
    """
    keys = vault_of(workspace).customer_keys
    named = destroyed_hints(workspace) & keys.hints if keys.hints else set()
    if not named:
        return ()
    unreadable = workspace.unreadable_files()
    if unreadable:
        raise UnreadableError(
            mark("cannot be read, and may need a key; nothing was destroyed"),
            file=unreadable[0],
            remedy=mark("see what is wrong with it: commlog check"),
        )
    gone = {keys.customer_of(hint) for hint in named} - customers_in_use(workspace.index)
    needed = {place.hint for *_, places in iter_files(workspace) for place in places}
    return tuple(hint for hint in keys.of(gone) if hint not in needed)


def destroy_keys(workspace: Workspace) -> tuple[str, ...]:
    """The hints of the keys that are no more.

    Raises:
        UnreadableError: a forgotten customer's profile cannot be read.
        NotWritableError: the key folder does not let go of one.
    """
    return vault_of(workspace).customer_keys.destroy(keys_to_destroy(workspace))


class _Progress:
    """Which files a rotation finished, kept beside the index until it is through: by whom it is for, path and content."""

    def __init__(self, workspace: Workspace) -> None:
        self._path = rotation_file(workspace)
        rules = workspace.log.settings.seal
        assert rules is not None  # a log that seals nothing has nothing to rotate
        self._target = _hash(" ".join(sorted(rules.recipients)))
        self._done: set[str] = set()
        ensure_state_folder(workspace.log.root)

    def __enter__(self) -> Self:
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        if lines[:1] == [self._target]:
            self._done = set(lines[1:])
        else:
            self._path.write_text(f"{self._target}\n", encoding="utf-8")
        self._file = self._path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def is_done(self, path: str, text: str) -> bool:
        """Whether a file is as the rotation left it."""
        return _hash(f"{path}\n{text}") in self._done

    def note(self, path: str, text: str) -> None:
        """Remember a file as finished."""
        self._file.write(_hash(f"{path}\n{text}") + "\n")
        self._file.flush()

    def finish(self, *, is_whole: bool) -> None:
        """Forget it all: every file was looked at; what could not be opened is tried again next time."""
        if is_whole:
            self._path.unlink(missing_ok=True)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
