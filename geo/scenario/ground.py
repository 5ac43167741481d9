"""The ground as people on foot feel it: how far it is to the nearest wall, and which way is away from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_CELL_M = 0.1


def contains(outline_m: Floats, points_m: Floats) -> NDArray[np.bool_]:
    """Whether points (n, 2) lie inside a polygon (k, 2)."""
    import shapely

    area = shapely.Polygon(outline_m)
    return np.asarray(shapely.contains_xy(area, points_m[:, 0], points_m[:, 1]))


def widened(outline_m: Floats, margin_m: float) -> Floats:
    """A polygon (n, 2) grown by a margin."""
    import shapely

    return np.asarray(shapely.get_coordinates(shapely.Polygon(outline_m).buffer(margin_m, join_style="mitre")))


@dataclass(frozen=True)
class Ground:
    """Signed distance to the nearest forbidden ground on a grid, and its gradient.

    Attributes:
        origin_m: lower left corner.
        distance_m: (rows, columns), negative inside.
        away: unit vectors (rows, columns, 2) that lead away from it.
    """

    origin_m: Floats
    distance_m: Floats
    away: Floats

    def at(self, xy_m: Floats) -> tuple[Floats, Floats]:
        """Distances (n,) and directions away (n, 2) at points (n, 2)."""
        cell = np.floor((xy_m - self.origin_m) / _CELL_M).astype(int)
        row = cell[:, 1].clip(0, self.distance_m.shape[0] - 1)
        column = cell[:, 0].clip(0, self.distance_m.shape[1] - 1)
        return self.distance_m[row, column], self.away[row, column]


def survey(outlines_m: list[Floats], low_m: Floats, high_m: Floats) -> Ground:
    """Measures the distance to outlines on a grid that spans two corners."""
    import shapely
    from scipy.ndimage import distance_transform_edt

    columns, rows = np.ceil((high_m - low_m) / _CELL_M).astype(int)
    x = low_m[0] + (np.arange(columns) + 0.5) * _CELL_M
    y = low_m[1] + (np.arange(rows) + 0.5) * _CELL_M
    is_barred = np.zeros((rows, columns), bool)
    for outline in outlines_m:
        i = np.flatnonzero((x >= outline[:, 0].min()) & (x <= outline[:, 0].max()))
        j = np.flatnonzero((y >= outline[:, 1].min()) & (y <= outline[:, 1].max()))
        if len(i) and len(j):
            is_barred[np.ix_(j, i)] |= shapely.contains_xy(shapely.Polygon(outline), *np.meshgrid(x[i], y[j]))
    distance = (distance_transform_edt(~is_barred) - distance_transform_edt(is_barred)) * _CELL_M
    down, right = np.gradient(distance, _CELL_M)
    size = np.hypot(down, right)
    away = np.stack([right, down], axis=-1) / np.maximum(size, 1e-6)[..., None]
    return Ground(low_m, distance, away)
