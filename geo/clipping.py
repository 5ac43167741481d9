"""Segments cut exactly at an outline, convex or not, with or without holes.

A segment enters and leaves where an edge of the outline passes from one side of its line to the
other. A segment that runs along an edge lies a hair north of it, or east: areas with a common edge
share whoever walks on it without a gap and without counting twice, as the cells of a grid do.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Outline: TypeAlias = "shapely.Geometry | ArrayLike"


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
    from geo import outline_kernel

    polygon = polygon_of(outline)
    edges = np.concatenate([_edges(ring) for part in shapely.get_parts(polygon) for ring in _rings(part)])
    first, last = np.ascontiguousarray(start, float), np.ascontiguousarray(end, float)
    return outline_kernel.find_pieces(first, last, edges, np.array(polygon.bounds))


def _rings(polygon: shapely.Geometry) -> tuple[shapely.Geometry, ...]:
    """Outer ring and holes, each with the inside on its left."""
    oriented = shapely.orient_polygons(polygon)
    return (oriented.exterior, *oriented.interiors)


def _edges(ring: shapely.Geometry) -> Floats:
    corners = shapely.get_coordinates(ring)
    return np.hstack([corners[:-1], corners[1:]])
