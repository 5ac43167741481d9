"""The compiled kernel of `geo.conflicts`: which of many boxes touch, by sweep and prune.

Cohen, Lin, Manocha and Ponamgi, "I-COLLIDE" (Symposium on Interactive 3D Graphics, 1995), along one axis.
"""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@numba.njit(cache=True)
def find_meetings(
    low: Floats, high: Floats, slot: Ints, first: Ints, second: Ints, shift: int
) -> tuple[Ints, Ints]:  # pragma: no cover (compiled)
    """Pairs of rows whose boxes (n, 2) touch, the second's slot ``shift`` after the first's.

    ``first`` and ``second`` are rows in order of slot, then of the lower x.
    """
    a, b, found = np.empty(1024, np.int64), np.empty(1024, np.int64), 0
    widest = 0.0
    for j in second:
        widest = max(widest, high[j, 0] - low[j, 0])
    begin = 0
    for i in first:
        wanted, reach = slot[i] + shift, low[i, 0] - widest
        while begin < len(second) and (
            slot[second[begin]] < wanted or (slot[second[begin]] == wanted and low[second[begin], 0] < reach)
        ):
            begin += 1
        for k in range(begin, len(second)):
            j = second[k]
            if slot[j] != wanted or low[j, 0] > high[i, 0]:
                break
            if high[j, 0] < low[i, 0] or low[j, 1] > high[i, 1] or high[j, 1] < low[i, 1]:
                continue
            if found == len(a):
                a, b = _longer(a), _longer(b)
            a[found], b[found] = i, j
            found += 1
    return a[:found], b[:found]


@numba.njit(cache=True)
def _longer(values: Ints) -> Ints:  # pragma: no cover (compiled)
    longer = np.empty(2 * len(values), np.int64)
    longer[: len(values)] = values
    return longer
