import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.meeting_kernel import find_meetings


def touching(low, high, slot, first, second, shift):
    """Every pair, one by one."""
    return {
        (i, j)
        for i in first
        for j in second
        if slot[j] - slot[i] == shift and (low[i] <= high[j]).all() and (low[j] <= high[i]).all()
    }


def in_order(rows, low, slot):
    return rows[np.lexsort([low[rows, 0], slot[rows]])]


@settings(max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 60), st.sampled_from([0, 1]))
def test_the_sweep_finds_what_trying_every_pair_finds(seed, n, shift):
    rng = np.random.default_rng(seed)
    # Whole numbers, so that edges meet exactly as well.
    low = rng.integers(0, 20, (n, 2)).astype(float)
    high = low + rng.choice([0, 1, 2, 12], (n, 2))
    slot, kind = rng.integers(0, 4, n), rng.integers(0, 2, n)
    first, second = (in_order(np.flatnonzero(rows), low, slot) for rows in (kind == 0, np.ones(n, bool)))
    found = list(zip(*find_meetings(low, high, slot, first, second, shift), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == touching(low, high, slot, first, second, shift)


@pytest.mark.parametrize("n", [0, 1, 1500])
def test_everybody_at_one_place_meets_everybody(n):
    low, slot, rows = np.zeros((n, 2)), np.zeros(n, np.int64), np.arange(n)
    assert len(find_meetings(low, low, slot, rows, rows, 0)[0]) == n * n
