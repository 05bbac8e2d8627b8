"""Generated, hostile input against every command that reads or writes: told as a fault of the input, or done."""

import json

import pytest
from torture_ground import CODES, IS_LONG, work

SEEDS = range(1, 51 if IS_LONG else 5)
CALLS = 1_000 if IS_LONG else 100
MEBIBYTES = 300


@pytest.mark.parametrize("seed", SEEDS)
def test_hostile_input_ends_no_call_with_a_crash(tmp_path, seed, record_property, capsys):
    """No exception escapes, every exit code is documented, nothing is written outside the log, and memory stays below 300 MiB."""
    told = work("fuzz_worker.py", tmp_path, seed, CALLS, home=tmp_path)
    assert told["faults"] == []
    assert sum(told["codes"].values()) == told["calls"] == CALLS
    assert {int(code) for code in told["codes"]} <= CODES
    # Not all of it may be refused before it is looked at.
    assert len(told["codes"]) >= 4
    assert told["memory"] < MEBIBYTES
    record_property("told", json.dumps(told))
    if IS_LONG:
        with capsys.disabled():
            print(f"\nseed {seed}: {told}")
