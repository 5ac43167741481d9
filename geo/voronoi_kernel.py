"""The compiled kernel of `geo.voronoi`: convex cells cut at the bisectors to neighbours."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@numba.njit(cache=True)
def convex_cells(
    place: Floats, firsts: Ints, outer: Floats, around_person: bool
) -> tuple[Floats, Ints]:  # pragma: no cover (compiled)
    """Cuts an outer polygon at the bisectors to all neighbours that can reach it, nearest first.

    Returns corners of all cells (m, 2) and corners per cell (n,).
    """
    n = len(place)
    counts = np.zeros(n, np.int64)
    corners, used = np.empty((16 * n + 64, 2)), 0
    for f in range(len(firsts) - 1):
        low, high = firsts[f], firsts[f + 1]
        cell = np.empty((len(outer) + high - low + 2, 2))
        spare = np.empty_like(cell)
        squared, near = np.empty(high - low), np.empty(high - low, np.int64)
        for i in range(low, high):
            size = len(outer)
            cell[:size] = outer if around_person else outer - place[i]
            radius2 = _radius2(cell, size)
            neighbours = _neighbours(place, low, high, i, 4 * radius2, squared, near)
            while neighbours > 0 and size > 0:
                # Few of the neighbours matter: picking the nearest again and again is cheaper than sorting.
                k = np.argmin(squared[:neighbours])
                if squared[k] >= 4 * radius2:
                    break
                size = _cut(cell, size, place[near[k]] - place[i], squared[k] / 2, spare)
                cell, spare = spare, cell
                radius2 = _radius2(cell, size)
                neighbours -= 1
                squared[k], near[k] = squared[neighbours], near[neighbours]
            if used + size > len(corners):
                more = np.empty((2 * len(corners) + size, 2))
                more[:used] = corners[:used]
                corners = more
            corners[used : used + size] = cell[:size] + place[i]
            used, counts[i] = used + size, size
    return corners[:used], counts


@numba.njit(cache=True)
def _radius2(cell: Floats, size: int) -> float:  # pragma: no cover (compiled)
    radius2 = 0.0
    for k in range(size):
        radius2 = max(radius2, cell[k, 0] ** 2 + cell[k, 1] ** 2)
    return radius2


@numba.njit(cache=True)
def _neighbours(
    place: Floats, low: int, high: int, i: int, within2: float, squared: Floats, near: Ints
) -> int:  # pragma: no cover (compiled)
    """Puts squared distance and number of everyone within reach into ``squared`` and ``near``."""
    found = 0
    for j in range(low, high):
        distance2 = (place[j, 0] - place[i, 0]) ** 2 + (place[j, 1] - place[i, 1]) ** 2
        if 0 < distance2 < within2:
            squared[found], near[found] = distance2, j
            found += 1
    return found


@numba.njit(cache=True)
def _cut(cell: Floats, size: int, normal: Floats, limit: float, kept: Floats) -> int:  # pragma: no cover (compiled)
    """Keeps what of a convex polygon lies where normal . x <= limit; returns its number of corners."""
    n = 0
    for k in range(size):
        m = k + 1 if k + 1 < size else 0
        over_a = normal[0] * cell[k, 0] + normal[1] * cell[k, 1] - limit
        over_b = normal[0] * cell[m, 0] + normal[1] * cell[m, 1] - limit
        if over_a <= 0:
            kept[n, 0], kept[n, 1] = cell[k, 0], cell[k, 1]
            n += 1
        if (over_a < 0 < over_b) or (over_b < 0 < over_a):
            share = over_a / (over_a - over_b)
            kept[n, 0] = cell[k, 0] + share * (cell[m, 0] - cell[k, 0])
            kept[n, 1] = cell[k, 1] + share * (cell[m, 1] - cell[k, 1])
            n += 1
    return n if n > 2 else 0
