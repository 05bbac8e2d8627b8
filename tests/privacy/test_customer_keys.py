"""A log in which each customer has a key of their own: sealed, shared, rotated, and destroyed with whoever is forgotten."""

import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from commlog.errors import InvalidError, NotWritableError, UnreadableError, UsageError
from commlog.exchange.import_records import ImportOptions, import_records
from commlog.privacy.cipher import Sealer
from commlog.privacy.forget import forget_customer, plan_forgetting
from commlog.privacy.rules.forgetting import purge_lines
from commlog.privacy.rules.sealing import BROKEN, CLOSED, OPEN, find_stored, parse_sealed
from commlog.privacy.seal import destroy_keys, keys_to_destroy, rotate, turn_on
from commlog.privacy.seal_keys import KeySource
from commlog.privacy.seal_state import seal_state
from commlog.privacy.verify_forgotten import verify_forgotten
from commlog.records.change import edit_record
from commlog.records.find import find_customer, read_record
from commlog.team.history import read_history
from commlog.team.past_log import find_past, open_past
from tests.sealed_log import IDENTITY, OTHER_IDENTITY, OTHER_RECIPIENT, RECIPIENT, SETTINGS, HeldLog

PROFILE = """\
id: {id}
template: customer
name: {name}
type: individual
stage: active
contacts:
  - {{name: {name}, phone: "{phone}"}}
"""
PHONES = {"lina": "13800000002", "acme": "13800000001"}
CALL = ["channel=phone", "subject=s", "summary=s", "request=c"]


class SealedLog(HeldLog):
    """Such a log in git, with a key folder."""

    @property
    def vault(self) -> Sealer:
        """What opens and seals."""
        return self.workspace().reader.cipher

    @property
    def keys(self) -> list[str]:
        """The files in the key folder."""
        return sorted(path.name for path in self.folder.glob("*.age"))

    @property
    def folder(self) -> Path:
        """The key folder."""
        return self.root / ".git" / "commlog-keys"

    def stored(self, path: str) -> list[str]:
        """The sealed values of a file."""
        return list(find_stored((self.root / path).read_text(encoding="utf-8")))

    def hints(self, path: str) -> set[str]:
        """Which keys the values of a file are sealed with; empty for the team's."""
        return {parts.hint for parts in map(parse_sealed, self.stored(path)) if parts}

    def forget(self, customer: str) -> None:
        """Forget a customer."""
        forget_customer(self.workspace(), plan_forgetting(self.workspace(), customer, secrets.choice))

    def git(self, *words: str) -> str:
        """Run git in the log."""
        command = ["git", "-C", str(self.root), "-c", "user.name=t", "-c", "user.email=t@t.example", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def commit(self) -> str:
        """Commit everything; the commit's name."""
        self.git("add", "-A")
        self.git("commit", "-qm", "x")
        return self.git("rev-parse", "HEAD").strip()


@pytest.fixture
def plain(tmp_path: Path) -> SealedLog:
    """A log in git with two customers that seals nothing yet."""
    log = SealedLog(tmp_path / "log")
    (log.root / "records" / "customers").mkdir(parents=True)
    (log.root / "commlog.yaml").write_text(SETTINGS, encoding="utf-8")
    (log.root / ".gitignore").write_text(".commlog/\n", encoding="utf-8")
    for customer, phone in PHONES.items():
        text = PROFILE.format(id=customer, name=f"{customer} 客户", phone=phone)
        (log.root / path_of(customer)).write_text(text, encoding="utf-8")
    log.git("init", "-q", "-b", "main")
    return log


@pytest.fixture
def log(plain: SealedLog) -> SealedLog:
    """The same log, each customer sealed with a key of their own."""
    turn_on(plain.workspace(), [RECIPIENT], per_customer=True)
    return plain


def path_of(customer: str) -> str:
    """The file of a customer."""
    return f"records/customers/{customer}.yaml"


def test_each_customer_has_a_key_and_nobodys_records_have_the_teams(log: SealedLog) -> None:
    """The profile and the records of one customer share a key no other has; who gave no name is sealed for the team."""
    call = log.create(
        "member", "customer=lina", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    nobody = log.create(
        "member", "customer=anonymous", "party.name=路人", "party.contact=13700000005", *CALL[:3], "core_request=c"
    )
    assert log.hints(path_of("lina")) == log.hints(call.path)
    assert len(log.hints(path_of("lina")) | log.hints(path_of("acme"))) == 2
    assert log.hints(nobody.path) == {""}
    assert log.fields("lina")["contacts"][0]["phone"] == PHONES["lina"]
    assert call.fields["party"]["contact"] == "13700000004"


def test_git_never_keeps_a_key(log: SealedLog) -> None:
    """Adding all adds no key, cleaning all that is ignored takes none, and a commit of somebody's own key folder is not looked at."""
    log.commit()
    keys = log.keys
    assert len(keys) == 2
    planted = log.root / ".commlog-keys" / keys[0].replace("@1-", "@9-")
    planted.parent.mkdir()
    shutil.copy(log.folder / keys[0], planted)
    log.git("add", "-Af")
    log.git("commit", "-qm", "planted")
    log.git("clean", "-fdXq")
    assert "age" in log.git("ls-files")
    assert log.keys == keys
    assert seal_state(log.workspace()).customer_keys == 2


def test_turning_it_on_seals_anew_what_was_sealed_for_the_team(plain: SealedLog) -> None:
    """A log that was sealed for the team has no value left under the team's key, and says the same."""
    turn_on(plain.workspace(), [RECIPIENT])
    assert plain.hints(path_of("lina")) == {""}
    before = plain.fields("lina")
    _, result = turn_on(plain.workspace(), [], per_customer=True)
    assert (result.sealed, result.renewed) == (0, 2)
    assert "" not in plain.hints(path_of("lina"))
    assert plain.fields("lina") == before
    assert seal_state(plain.workspace()).for_the_team == 0


def test_forgetting_makes_every_past_commit_unreadable(log: SealedLog) -> None:
    """Before, each version in history opens with the keys at hand; afterwards none does, and the other customer's still do."""
    first = log.commit()
    edit_record(log.workspace(), "lina", ["contacts.0.phone=13800000003"], [])
    rotate(log.workspace(), [], [])
    second = log.commit()
    past = {
        (commit, customer): list(find_stored(log.git("show", f"{commit}:{path_of(customer)}")))
        for commit in (first, second)
        for customer in PHONES
    }
    assert all(past.values())
    assert {log.vault.open(value)[0] for values in past.values() for value in values} == {OPEN}
    log.forget("lina")
    assert {log.vault.open(value)[0] for commit in (first, second) for value in past[commit, "lina"]} == {CLOSED}
    assert {log.vault.open(value)[0] for commit in (first, second) for value in past[commit, "acme"]} == {OPEN}
    assert not [name for name in log.keys if name.startswith("lina@")]
    workspace = open_past(log.workspace(), find_past(log.workspace(), first))
    assert [place.state for place in read_record(workspace, "lina").sealed] == [CLOSED]


def test_what_stays_of_the_forgotten_can_still_be_read(log: SealedLog) -> None:
    """A record of theirs that had sealed values is readable afterwards: none of it rests on the key that is gone."""
    call = log.create(
        "member", "customer=lina", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    log.forget("lina")
    record = read_record(log.workspace(), call.id)
    assert str(record.fields["customer"]).startswith("forgotten-")
    assert [place.state for place in record.sealed if place.state != OPEN] == []
    assert not seal_state(log.workspace()).missing_keys


def test_a_preview_and_a_trial_import_make_no_key(log: SealedLog) -> None:
    """Asking what forgetting or importing would do leaves the key folder as it was."""
    from commlog.exchange.incoming import Incoming, Row

    before = log.keys
    plan_forgetting(log.workspace(), "lina", secrets.choice)
    fields = {
        "template": "customer",
        "id": "neu",
        "name": "新",
        "type": "individual",
        "stage": "active",
        "contacts": [{"name": "新", "phone": "13700000009"}],
    }
    incoming = Incoming(Row(1, {}, {}), "customer", fields)
    assert import_records(log.workspace(), [incoming], ImportOptions(is_dry=True)).created == 1
    assert log.keys == before
    assert import_records(log.workspace(), [incoming], ImportOptions()).created == 1
    assert len(log.keys) == len(before) + 1
    assert log.fields("neu")["contacts"][0]["phone"] == "13700000009"


def test_a_key_that_arrives_opens_without_a_word(log: SealedLog, tmp_path: Path) -> None:
    """A clone without the keys knows no phone number; the folder copied, the next call finds the customer by it."""
    log.commit()
    clone = SealedLog(tmp_path / "clone")
    subprocess.run(["git", "clone", "-q", str(log.root), str(clone.root)], check=True)
    assert len(seal_state(clone.workspace()).missing_keys) == 2
    assert clone.workspace().is_shut
    assert clone.workspace().index.rows("SELECT count(*) FROM missing_keys") == [(2,)]
    shutil.copytree(log.folder, clone.folder)
    assert find_customer(clone.workspace(), PHONES["lina"]) == "lina"
    assert not clone.workspace().is_shut


def test_two_clones_that_made_a_key_each_read_both(log: SealedLog, tmp_path: Path) -> None:
    """A customer may have two keys of the same number, made apart: the union of the folders opens all values."""
    text = PROFILE.format(id="neu", name="新客户", phone="13800000009")
    (log.root / path_of("neu")).write_text(text, encoding="utf-8")
    shutil.rmtree(log.folder)
    log.folder.mkdir()
    clone = SealedLog(tmp_path / "clone")
    shutil.copytree(log.root, clone.root)
    ours = log.create(
        "member", "customer=neu", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    theirs = clone.create(
        "member", "customer=neu", "party.name=张", "party.contact=13700000005", *CALL[:3], "core_request=c"
    )
    shutil.copytree(clone.folder, log.folder, dirs_exist_ok=True)
    shutil.copy(clone.root / theirs.path, log.root / theirs.path)
    assert len(log.hints(ours.path) | log.hints(theirs.path)) == 2
    for one, contact in ((ours, "13700000004"), (theirs, "13700000005")):
        assert read_record(log.workspace(), one.id).fields["party"]["contact"] == contact


def test_a_record_that_turns_out_to_be_anothers_is_sealed_with_their_key(log: SealedLog) -> None:
    """When its customer is corrected no value stays under the first one's key, and none stands open."""
    call = log.create(
        "member", "customer=acme", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    edit_record(log.workspace(), call.id, ["customer=lina"], [])
    assert log.hints(call.path) == log.hints(path_of("lina"))
    assert "13700000004" not in (log.root / call.path).read_text(encoding="utf-8")
    log.forget("acme")
    assert read_record(log.workspace(), call.id).fields["party"]["contact"] == "13700000004"


def test_whoever_joins_reads_the_past_and_whoever_goes_reads_nothing_new(log: SealedLog) -> None:
    """Rotation hands every key on to the new recipients and seals anew with keys that who left never held."""
    old = log.stored(path_of("lina"))
    rotate(log.workspace(), [OTHER_RECIPIENT], [])
    joined = log.with_key(OTHER_IDENTITY)
    assert {joined.vault.open(value)[0] for value in old} == {OPEN}
    before = set(log.keys)
    rotate(joined.workspace(), [], [RECIPIENT])
    assert set(log.keys) > before
    new = joined.stored(path_of("lina"))
    assert {joined.vault.open(value)[0] for value in new} == {OPEN}
    assert {log.vault.open(value)[0] for value in new} == {CLOSED}


def test_nobody_can_have_the_keys_of_the_living_destroyed(log: SealedLog) -> None:
    """A profile that names the key of somebody who is a customer costs nothing; the keys of the forgotten go when asked."""
    (hint,) = log.hints(path_of("lina"))
    forged = f"id: forgotten-aaaaaa\ntemplate: customer\nname: x\ntype: individual\nstage: active\nextra: {{forgotten_on: 2026-01-01, destroyed_keys: [{hint}]}}\n"
    (log.root / path_of("forgotten-aaaaaa")).write_text(forged, encoding="utf-8")
    assert keys_to_destroy(log.workspace()) == ()
    assert destroy_keys(log.workspace()) == ()
    backup = shutil.copytree(log.folder, log.root.parent / "backup")
    log.forget("lina")
    assert keys_to_destroy(log.workspace()) == ()
    shutil.copytree(backup, log.folder, dirs_exist_ok=True)
    assert keys_to_destroy(log.workspace()) == (hint,)
    assert destroy_keys(log.workspace()) == (hint,)
    assert [name for name in log.keys if hint in name] == []


def test_verifying_opens_what_is_sealed(plain: SealedLog, tmp_path: Path) -> None:
    """A number committed while it was sealed for the team is found, as one a key here opens; one under the destroyed key is not."""
    turn_on(plain.workspace(), [RECIPIENT])
    plain.commit()
    turn_on(plain.workspace(), [], per_customer=True)
    plain.commit()
    plan = plan_forgetting(plain.workspace(), "lina", secrets.choice)
    listed = tmp_path / "purge.txt"
    listed.write_text("\n".join(purge_lines(plan.identity, "[removed]")), encoding="utf-8")
    plain.forget("lina")
    plain.commit()
    result = verify_forgotten(plain.workspace(), listed)
    assert [one.count for one in result.left if one.is_sealed] == [1]
    assert result.shut == 1
    assert verify_forgotten(plain.with_key(None).workspace(), listed).shut == 4


def test_former_numbers_are_forgotten_too(log: SealedLog, tmp_path: Path) -> None:
    """A number the customer had before is on the purge list, sealed or not, and is taken out of words about them."""
    log.commit()
    edit_record(log.workspace(), "lina", ["contacts.0.phone=13777777777"], [])
    call = log.create(
        "member", "customer=acme", f"summary=旧号{PHONES['lina']}停用", "channel=phone", "subject=s", "core_request=c"
    )
    plan = plan_forgetting(log.workspace(), "lina", secrets.choice)
    assert {"13777777777", PHONES["lina"]} <= set(plan.identity.phones)
    log.forget("lina")
    assert PHONES["lina"] not in read_record(log.workspace(), call.id).fields["summary"]


def test_a_damaged_key_is_named(log: SealedLog) -> None:
    """A key's file that was cut is told by its path, when what it opens is read; nothing is taken for empty."""
    (name,) = [name for name in log.keys if name.startswith("lina@")]
    path = log.folder / name
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(UnreadableError, match="customer key") as caught:
        log.fields("lina")
    assert name in str(caught.value.file)


def test_without_a_key_of_ones_own_one_still_seals(log: SealedLog) -> None:
    """Who can only write seals a customer's value with the customer's key, and cannot read it again."""
    from commlog.privacy.seal import trust_recipients

    trust_recipients(log.workspace(), [RECIPIENT])
    writer = log.with_key(None)
    call = writer.create(
        "member", "customer=lina", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    assert log.hints(call.path) == log.hints(path_of("lina"))
    assert [place.state for place in read_record(writer.workspace(), call.id).sealed] == [CLOSED]
    assert read_record(log.workspace(), call.id).fields["party"]["contact"] == "13700000004"


def test_a_key_is_opened_by_hand_as_the_page_on_records_says(log: SealedLog) -> None:
    """The last line of a key's file holds, in base64, an age file for the team; in it is the key that opens the values."""
    import base64

    import pyrage

    (name,) = [name for name in log.keys if name.startswith("lina@")]
    last = (log.folder / name).read_text().splitlines()[-1]
    identity = pyrage.decrypt(base64.b64decode(last.partition(":")[2]), [pyrage.x25519.Identity.from_str(IDENTITY)])
    (stored,) = log.stored(path_of("lina"))
    own = pyrage.x25519.Identity.from_str(identity.decode())
    assert pyrage.decrypt(base64.b64decode(stored.partition(":")[2]), [own]).decode() == PHONES["lina"]


def test_without_the_folder_nothing_is_sealed_with_a_new_key(log: SealedLog) -> None:
    """A folder that is not mounted is told, and no second key is made in its place; turning it on again makes it."""
    kept = log.folder.rename(log.root / ".git" / "elsewhere")
    with pytest.raises(NotWritableError, match="is missing"):
        edit_record(log.workspace(), "lina", ["birthday=1990-03-20"], [])
    assert not log.folder.exists()
    kept.rename(log.folder)
    assert edit_record(log.workspace(), "lina", ["birthday=1990-03-20"], []).fields["birthday"] == "1990-03-20"


def test_a_key_folder_is_named_in_full(log: SealedLog) -> None:
    """A relative folder would be another one in every directory, and is refused."""
    with pytest.raises(UsageError, match="relative"):
        KeySource(IDENTITY, None, "keys").folder_of(log.root)


def test_a_key_whose_public_part_is_anothers_is_not_sealed_with(log: SealedLog) -> None:
    """Nothing is sealed for a public key that is not that of the secret one beside it."""
    (name,) = [name for name in log.keys if name.startswith("lina@")]
    planted = log.folder / f"lina@9-{OTHER_RECIPIENT[4:14]}.age"
    text = (log.folder / name).read_text().splitlines()
    planted.write_text("\n".join([text[0], f"# public key: {OTHER_RECIPIENT}", text[2]]) + "\n")
    with pytest.raises(UnreadableError, match="customer key"):
        edit_record(log.workspace(), "lina", ["birthday=1990-03-20"], [])


def test_copies_of_a_key_go_with_it(log: SealedLog) -> None:
    """A second copy of the file, and one a power cut left, are destroyed with the key they are of."""
    (name,) = [name for name in log.keys if name.startswith("lina@")]
    for copy in (name.replace(".age", " (1).age"), f".{name}.0a1b2c3d.tmp"):
        shutil.copy(log.folder / name, log.folder / copy)
    log.forget("lina")
    assert [path.name for path in log.folder.iterdir() if "lina" in path.name] == []


def test_a_key_under_two_names_is_told(log: SealedLog) -> None:
    """One key in the files of two customers is an error that names both, before anything is forgotten or sealed."""
    (name,) = [name for name in log.keys if name.startswith("lina@")]
    shutil.copy(log.folder / name, log.folder / name.replace("lina@", "acme@"))
    with pytest.raises(UnreadableError, match="acme, lina"):
        log.fields("lina")


def test_what_was_sealed_for_one_in_anothers_record_survives(log: SealedLog) -> None:
    """A customer corrected by hand leaves a value under the first one's key: forgetting them seals it anew."""
    call = log.create(
        "member", "customer=acme", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    path = log.root / call.path
    path.write_text(path.read_text(encoding="utf-8").replace("customer: acme", "customer: lina"), encoding="utf-8")
    assert seal_state(log.workspace()).for_the_team == 1
    log.forget("acme")
    assert read_record(log.workspace(), call.id).fields["party"]["contact"] == "13700000004"
    assert log.hints(call.path) == log.hints(path_of("lina"))


def test_shut_values_stay_with_their_customer(log: SealedLog) -> None:
    """Who cannot open a value cannot give it to another customer, whose key would not open it."""
    call = log.create(
        "member", "customer=acme", "party.name=李", "party.contact=13700000004", *CALL[:3], "core_request=c"
    )
    with pytest.raises(InvalidError, match="another customer's key"):
        edit_record(log.with_key(None).workspace(), call.id, ["customer=lina"], [])


def test_a_draft_that_is_only_shown_can_be_opened_later(log: SealedLog) -> None:
    """Values of a trial are sealed with a key that is kept: the team's, where the customer has none yet."""
    workspace = log.workspace()
    with workspace.trial():
        stored = workspace.reader.cipher.seal("13700000004", "neu")
    assert log.vault.open(stored) == (OPEN, "13700000004")


def test_a_new_recipient_reads_what_is_there(log: SealedLog) -> None:
    """Whoever is added without a rotation gets the customers' keys, too; and nobody can remove the key they work with."""
    turn_on(log.workspace(), [OTHER_RECIPIENT])
    assert log.with_key(OTHER_IDENTITY).fields("lina") == log.fields("lina")
    with pytest.raises(UsageError, match="your own key"):
        rotate(log.workspace(), [], [RECIPIENT])


def test_what_no_key_opened_is_tried_again(log: SealedLog) -> None:
    """A rotation that could not open a customer's values is not over: with the key back, the next one seals them anew."""
    (name,) = [name for name in log.keys if name.startswith("lina@")]
    kept = (log.folder / name).rename(log.folder.parent / name)
    _, first = rotate(log.workspace(), [], [])
    assert first.left
    kept.rename(log.folder / name)
    old = log.stored(path_of("lina"))
    _, second = rotate(log.workspace(), [], [])
    assert second.renewed
    assert log.stored(path_of("lina")) != old


def test_a_broken_file_costs_nobody_a_key(log: SealedLog) -> None:
    """While some file cannot be read, whoever it needs a key of is not known: nothing is destroyed."""
    (hint,) = log.hints(path_of("lina"))
    (log.root / path_of("forgotten-aaaaaa")).write_text(
        "id: forgotten-aaaaaa\ntemplate: customer\nname: x\ntype: individual\nstage: active\n"
        f"extra: {{forgotten_on: 2026-01-01, destroyed_keys: [{hint}]}}\n",
        encoding="utf-8",
    )
    with (log.root / path_of("lina")).open("a", encoding="utf-8") as file:
        file.write("x: [\n")
    with pytest.raises(UnreadableError, match="may need a key"):
        destroy_keys(log.workspace())


def test_the_forgotten_who_come_back_can_be_forgotten_again(log: SealedLog) -> None:
    """A merge that brings a profile back after its key is gone: forgetting works all the same."""
    before = (log.root / path_of("lina")).read_text(encoding="utf-8")
    log.forget("lina")
    (log.root / path_of("lina")).write_text(before, encoding="utf-8")
    log.forget("lina")
    assert not (log.root / path_of("lina")).exists()


@pytest.mark.parametrize("told", ['"\\ud800"', "[" * 200_000, "[" * 80 + "]" * 80, "{"])
def test_what_a_stranger_seals_crashes_nothing(log: SealedLog, told: str) -> None:
    """Data that is no JSON, nested beyond any form, or no text counts as damaged."""
    import base64

    import pyrage

    sealed = pyrage.encrypt(told.encode(), [pyrage.x25519.Recipient.from_str(RECIPIENT)])
    assert log.vault.open("age+json:" + base64.b64encode(sealed).decode())[0] == BROKEN


def test_history_opens_what_a_customers_key_sealed(log: SealedLog) -> None:
    """A record's history shows what changed in values sealed with a customer's key, and a rotation is no change."""
    log.commit()
    edit_record(log.workspace(), "lina", ["contacts.0.phone=13777777777"], [])
    log.commit()
    rotate(log.workspace(), [], [])
    log.commit()
    history = read_history(log.workspace(), "lina", reveal=True)
    assert next(
        (change.before, change.after)
        for revision in history.revisions
        for change in revision.changes
        if "phone" in change.field
    ) == (PHONES["lina"], "13777777777")
    assert sum(bool(revision.changes) for revision in history.revisions[:-1]) == 1
