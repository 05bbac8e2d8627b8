"""Merging files with sealed values: what was merely sealed anew is no change, to whoever holds a key."""

from pathlib import Path, PurePosixPath

import pytest

from commlog.privacy.cipher import Sealer, new_identity
from commlog.privacy.rules.sealing import find_stored
from commlog.privacy.seal_keys import KeySource
from commlog.team.merge import MergedFile, ThreeFiles, merge_file

pytest.importorskip("pyrage", reason="sealing needs the package pyrage")

IDENTITY, RECIPIENT = new_identity()
PLACE = PurePosixPath("records/customers/lina.yaml")
PROFILE = """\
id: lina
template: customer
name: 李娜
type: individual
stage: active
contacts:
  - name: 李娜
    phone: {phone}
    email: {email}
"""


@pytest.fixture
def vault(tmp_path: Path) -> Sealer:
    """What seals and opens; its recipient is confirmed."""
    from commlog.privacy.rules.sealing import SealRules

    return Sealer(tmp_path, SealRules((RECIPIENT,)), KeySource(IDENTITY))


def profile(vault: Sealer, phone: str, email: str = "l@example.com") -> str:
    """A profile, each value sealed anew."""
    return PROFILE.format(phone=vault.seal(phone), email=vault.seal(email))


def merge(top: Path, base: str, ours: str, theirs: str, key: str | None = IDENTITY) -> MergedFile:
    versions = ThreeFiles(base.encode(), ours.encode(), theirs.encode())
    return merge_file(versions, PLACE, top, KeySource(key))


def opened(vault: Sealer, merged: MergedFile) -> list[object]:
    """What the sealed values of a merged file say."""
    return [vault.open(stored)[1] for stored in find_stored(merged.data.decode())]


def test_a_rotation_and_an_edit_do_not_meet(tmp_path: Path, vault: Sealer) -> None:
    """One side sealed everything anew, the other changed a number: the new number, and the rest as it was sealed last."""
    base, ours, theirs = profile(vault, "1"), profile(vault, "1"), profile(vault, "2")
    for one, other in ((ours, theirs), (theirs, ours)):
        merged = merge(tmp_path, base, one, other)
        assert not merged.has_conflicts
        assert opened(vault, merged) == ["2", "l@example.com"]
    assert list(find_stored(merged.data.decode()))[1] not in base


def test_two_rotations_do_not_meet(tmp_path: Path, vault: Sealer) -> None:
    """Both sides sealed the same values anew: nothing is in conflict, and what comes out is sealed as on our side."""
    base, ours, theirs = (profile(vault, "1") for _ in range(3))
    merged = merge(tmp_path, base, ours, theirs)
    assert not merged.has_conflicts
    assert merged.data.decode() == ours


def test_two_changes_of_one_value_stay_a_conflict(tmp_path: Path, vault: Sealer) -> None:
    """Both sides changed the number: both ciphertexts stand between markers, nothing is lost."""
    merged = merge(tmp_path, profile(vault, "1"), profile(vault, "2"), profile(vault, "3"))
    assert merged.has_conflicts
    assert {"2", "3"} <= set(opened(vault, merged))


def test_the_same_change_on_both_sides_is_one(tmp_path: Path, vault: Sealer) -> None:
    """Both sides noted the same new number, each sealed by itself: no conflict."""
    merged = merge(tmp_path, profile(vault, "1"), profile(vault, "2"), profile(vault, "2"))
    assert not merged.has_conflicts
    assert opened(vault, merged) == ["2", "l@example.com"]


def test_without_a_key_nothing_is_taken_for_equal(tmp_path: Path, vault: Sealer) -> None:
    """Who cannot read what is sealed gets a conflict rather than a guess, and a wrong key stops no merge."""
    versions = [profile(vault, number) for number in ("1", "1", "2")]
    for key in (None, new_identity()[0], "AGE-SECRET-KEY-1BROKEN"):
        merged = merge(tmp_path, *versions, key=key)
        assert merged.has_conflicts
        assert {"1", "2"} <= set(opened(vault, merged))
