"""Segments cut exactly at an outline, convex or not, with or without holes.

A segment enters and leaves where an edge of the outline passes from one side of its line to the
other. A segment that runs along an edge lies a hair north of it, or east: areas with a common edge
share whoever walks on it without a gap and without counting twice, as the cells of a grid do.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Outline: TypeAlias = "shapely.Geometry | ArrayLike"

# Whoever moves less than this between two positions stands; the way has no direction to reckon with.
_STANDING_M = 1e-9


class OutlineError(ValueError):
    """An outline that encloses no area; says why."""


def polygon_of(outline: Outline) -> shapely.Geometry:
    """The polygon of an outline.

    Args:
        outline: a polygon, several that do not overlap (a MultiPolygon), or the corners (n, 2).

    Raises:
        OutlineError: if it has no area or crosses itself.
    """
    try:
        polygon = outline if isinstance(outline, shapely.Geometry) else shapely.Polygon(np.asarray(outline, float))
    except (ValueError, TypeError) as error:
        raise OutlineError(f"outline: {error}. Give at least three corners (x_m, y_m).") from error
    if not shapely.is_valid(polygon):
        raise OutlineError(f"outline: {shapely.is_valid_reason(polygon)}. Draw an outline that does not cross itself.")
    if not polygon.area > 0:
        raise OutlineError("outline: encloses no area. Draw at least three corners that are not on a line.")
    return polygon


def cut_at_outline(start: Floats, end: Floats, outline: Outline) -> tuple[Ints, Floats, Floats]:
    """Cuts segments at an outline and keeps what lies inside.

    Args:
        start: (n, 2).
        end: (n, 2); a segment without length is inside as a whole or not at all.
        outline: see `polygon_of`.

    Returns:
        For each piece the number of its segment and the shares of the segment at which it begins
        and ends, in order of segment, then share.
    """
    polygon = polygon_of(outline)
    west, south, east, north = polygon.bounds
    near = np.flatnonzero(
        (np.maximum(start[:, 0], end[:, 0]) >= west)
        & (np.minimum(start[:, 0], end[:, 0]) <= east)
        & (np.maximum(start[:, 1], end[:, 1]) >= south)
        & (np.minimum(start[:, 1], end[:, 1]) <= north)
    )
    winding, segment, at, change = _turns(start[near], end[near], polygon)
    turning = np.zeros(len(near), bool)
    turning[segment] = True
    whole = np.flatnonzero(~turning & (winding > 0))
    cut = np.flatnonzero(turning)
    piece, begin, until = _inside(
        np.r_[cut, segment], np.r_[np.zeros(len(cut)), at], np.r_[winding[cut], change].astype(np.int64)
    )
    piece, begin, until = np.r_[whole, piece], np.r_[np.zeros(len(whole)), begin], np.r_[np.ones(len(whole)), until]
    order = np.lexsort([begin, piece])
    return near[piece[order]], begin[order], until[order]


def _turns(start: Floats, end: Floats, polygon: shapely.Geometry) -> tuple[Ints, Ints, Floats, Ints]:
    """Whether each segment starts inside (n,), and where it goes in (+1) and out (-1)."""
    length = np.hypot(*(end - start).T)
    stands = length < _STANDING_M
    ux, uy = np.where(stands, [[-1.0], [0.0]], (end - start).T / np.where(stands, 1.0, length))
    # Shifted north (or east), a segment that goes this way has the corners on its line on its left.
    has_left = (ux < 0) | ((ux == 0) & (uy > 0))
    winding = np.zeros(len(start), np.int64)
    found = []
    for corner, following in _edges(polygon):
        (beside, ahead), (beside_next, ahead_next) = (
            (ux * (y - start[:, 1]) - uy * (x - start[:, 0]), ux * (x - start[:, 0]) + uy * (y - start[:, 1]))
            for x, y in (corner, following)
        )
        is_left, is_next_left = ((c > 0) | ((c == 0) & has_left) for c in (beside, beside_next))
        hit = np.flatnonzero(is_left != is_next_left)
        a, b = beside[hit], beside_next[hit]
        distance = (ahead[hit] * b - ahead_next[hit] * a) / (b - a)
        # The inside is left of an edge: an edge that passes from left to right is an entrance.
        change = np.where(is_left[hit], 1, -1)
        behind = (distance < 0) | ((distance == 0) & ~stands[hit])
        winding += np.bincount(hit[behind], change[behind], len(start)).astype(np.int64)
        on = ~behind & (distance < length[hit]) & ~stands[hit]
        found.append((hit[on], distance[on] / length[hit[on]], change[on]))
    segment, at, change = (np.concatenate(column) for column in zip(*found, strict=True))
    return winding, segment, at, change


def _edges(polygon: shapely.Geometry) -> Iterator[tuple[Floats, Floats]]:
    """Edges with the inside on their left."""
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in (part.exterior, *part.interiors):
            corners = shapely.get_coordinates(ring)
            yield from itertools.pairwise(corners)


def _inside(segment: Ints, at: Floats, change: Ints) -> tuple[Ints, Floats, Floats]:
    """Pieces on which the winding number, summed from each segment's start, is positive."""
    order = np.lexsort([at, segment])
    segment, at, change = segment[order], at[order], change[order]
    is_first = np.r_[True, segment[1:] != segment[:-1]][: len(segment)]
    total = np.cumsum(change)
    before = np.repeat((total - change)[is_first], np.diff(np.r_[np.flatnonzero(is_first), len(segment)]))
    until = np.where(np.r_[is_first[1:], True][: len(segment)], 1.0, np.r_[at[1:], 1.0][: len(segment)])
    inside = (total - before > 0) & (until > at)
    return segment[inside], at[inside], until[inside]
