"""The compiled kernel of `geo.clipping`: segments against the edges of an outline."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Whoever moves less than this between two positions stands; the way has no direction to reckon with.
_STANDING_M = 1e-9


@numba.njit(cache=True)
def find_pieces(
    start: Floats, end: Floats, edges: Floats, bounds: Floats
) -> tuple[Ints, Floats, Floats]:  # pragma: no cover (compiled)
    """Sums each segment's winding number over its entrances (+1) and exits (-1), in order along it."""
    segment, begin, until = np.empty(len(start) + 16, np.int64), np.empty(len(start) + 16), np.empty(len(start) + 16)
    at, change, found = np.empty(len(edges)), np.empty(len(edges), np.int64), 0
    for i in range(len(start)):
        if (
            max(start[i, 0], end[i, 0]) < bounds[0]
            or max(start[i, 1], end[i, 1]) < bounds[1]
            or min(start[i, 0], end[i, 0]) > bounds[2]
            or min(start[i, 1], end[i, 1]) > bounds[3]
        ):
            continue
        if found + len(edges) + 1 > len(segment):
            room = 2 * len(segment) + len(edges)
            segment, begin, until = _longer(segment, room), _longer(begin, room), _longer(until, room)
        winding, turns = _turns(start[i], end[i], edges, at, change)
        since = 0.0
        for k in range(turns + 1):
            stop = at[k] if k < turns else 1.0
            if winding > 0 and stop > since:
                segment[found], begin[found], until[found] = i, since, stop
                found += 1
            if k < turns:
                winding, since = winding + change[k], stop
    return segment[:found], begin[:found], until[:found]


@numba.njit(cache=True)
def _longer(values: NDArray[Any], room: int) -> NDArray[Any]:  # pragma: no cover (compiled)
    longer = np.empty(room, values.dtype)
    longer[: len(values)] = values
    return longer


@numba.njit(cache=True)
def _turns(
    start: Floats, end: Floats, edges: Floats, at: Floats, change: Ints
) -> tuple[int, int]:  # pragma: no cover (compiled)
    """Winding number at the start of a segment; where it enters and leaves goes into ``at`` and ``change``."""
    length = np.hypot(end[0] - start[0], end[1] - start[1])
    stands = length < _STANDING_M
    ux, uy = (-1.0, 0.0) if stands else ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    # Shifted north (or east), a segment that goes this way has the corners on its line on its left.
    has_left = ux < 0 or (ux == 0 and uy > 0)
    winding, turns = 0, 0
    for e in range(len(edges)):
        x, y, next_x, next_y = (
            edges[e, 0] - start[0],
            edges[e, 1] - start[1],
            edges[e, 2] - start[0],
            edges[e, 3] - start[1],
        )
        beside, next_beside = ux * y - uy * x, ux * next_y - uy * next_x
        is_left = beside > 0 or (beside == 0 and has_left)
        if is_left == (next_beside > 0 or (next_beside == 0 and has_left)):
            continue
        ahead, next_ahead = ux * x + uy * y, ux * next_x + uy * next_y
        distance = (ahead * next_beside - next_ahead * beside) / (next_beside - beside)
        # The inside is left of an edge: an edge that passes from left to right is an entrance.
        step = 1 if is_left else -1
        if distance < 0 or (distance == 0 and not stands):
            winding += step
        elif distance < length and not stands:
            k = turns
            while k > 0 and at[k - 1] > distance / length:
                at[k], change[k] = at[k - 1], change[k - 1]
                k -= 1
            at[k], change[k] = distance / length, step
            turns += 1
    return winding, turns
