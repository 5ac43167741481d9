"""Rounds of every kind: a part of what `make faults` plays, because CI has little time."""

import os
import subprocess
import sys

import pytest

from tests.faults.kills import KINDS, planned

# 300 with replayed boxes and 10 with real inference.
ROUNDS = 310


def faults(**environment):
    threads = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "tests.faults.kills"],
        env={**os.environ, **threads, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rounds_are_shared_out_and_add_up():
    assert planned(10, "random") == {"random": 10}
    for rounds in (90, 300, ROUNDS, 1000):
        assert sum(planned(rounds, None).values()) == rounds
    assert planned(ROUNDS, None)["inference"] == 10


@pytest.mark.slow
def test_no_harm_loses_or_doubles_anything():
    done = faults(ROUNDS=str(ROUNDS))
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("FAULTS")]
    assert done.returncode == 0, done.stdout + done.stderr
    assert {line[1] for line in lines} == set(KINDS)
    assert [line[3:] for line in lines] == [["tried", "0", "lost", "0", "doubled"]] * len(lines)
    assert sum(int(line[2]) for line in lines) == ROUNDS
