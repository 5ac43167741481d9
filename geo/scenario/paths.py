"""Ways through a place, sampled along their length: where they lead, how they bend and where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SAMPLE_M = 0.25
# Comfortable sideways acceleration in bends and braking before them, in m/s2.
_SIDEWAYS_M_S2, _SLOWING_M_S2 = 2.2, 1.3


@dataclass(frozen=True)
class Path:
    """A polyline with rounded corners, sampled every SAMPLE_M metres.

    Attributes:
        xy_m: (n, 2).
        heading_rad: (n,), counter-clockwise from east, unwrapped.
        limit_m_s: speed (n,) that the bends ahead allow.
    """

    xy_m: Floats
    heading_rad: Floats
    limit_m_s: Floats

    @property
    def length_m(self) -> float:
        """Its length."""
        return (len(self.xy_m) - 1) * SAMPLE_M

    def at(self, way_m: Floats) -> tuple[Floats, Floats]:
        """Positions (k, 2) and headings (k,) at ways from the start; straight on beyond both ends."""
        inside = way_m.clip(0.0, self.length_m)
        known = np.arange(len(self.xy_m)) * SAMPLE_M
        x, y, heading = (np.interp(inside, known, v) for v in (self.xy_m[:, 0], self.xy_m[:, 1], self.heading_rad))
        beyond = way_m - inside
        return np.column_stack([x + beyond * np.cos(heading), y + beyond * np.sin(heading)]), heading

    def limit_at(self, way_m: Floats) -> Floats:
        """Speeds (k,) that the bends ahead allow, in m/s."""
        return self.limit_m_s[(way_m / SAMPLE_M).astype(int).clip(0, len(self.limit_m_s) - 1)]

    def nearest(self, point_m: tuple[float, float]) -> tuple[float, float]:
        """Way from the start to the sample nearest to a point, and its distance, in metres."""
        distance = np.hypot(*(self.xy_m - np.array(point_m)).T)
        return float(distance.argmin()) * SAMPLE_M, float(distance.min())


def lay(via_m: list[tuple[float, float]], radius_m: float, speed_m_s: float) -> Path:
    """Rounds a polyline's corners and samples it."""
    dense = _resample(np.array(_rounded(np.array(via_m, dtype=float), radius_m)))
    step = np.diff(dense, axis=0)
    bearing = np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
    heading = np.r_[bearing[0], (bearing[1:] + bearing[:-1]) / 2, bearing[-1]]
    bend = np.abs(np.gradient(heading, SAMPLE_M))
    limit = np.minimum(speed_m_s * 2.0, np.sqrt(_SIDEWAYS_M_S2 / np.maximum(bend, 1e-6)))
    for i in range(len(limit) - 2, -1, -1):
        limit[i] = min(limit[i], np.sqrt(limit[i + 1] ** 2 + 2 * _SLOWING_M_S2 * SAMPLE_M))
    return Path(dense, heading, limit)


def _rounded(via: Floats, radius_m: float) -> list[Floats]:
    points = [via[0]]
    for before, corner, after in zip(via[:-2], via[1:-1], via[2:], strict=True):
        into, out = (corner - before) / np.hypot(*(corner - before)), (after - corner) / np.hypot(*(after - corner))
        turn = float(np.arctan2(into[0] * out[1] - into[1] * out[0], into @ out))
        if abs(turn) < 1e-3:
            points.append(corner)
            continue
        start = corner - into * radius_m * np.tan(abs(turn) / 2)
        side = np.array([-into[1], into[0]]) * np.sign(turn)
        centre = start + side * radius_m
        for angle in np.linspace(0.0, abs(turn), 24):
            points.append(centre - side * radius_m * np.cos(angle) + into * radius_m * np.sin(angle))
    return [*points, via[-1]]


def _resample(points: Floats) -> Floats:
    way = np.r_[0.0, np.cumsum(np.hypot(*np.diff(points, axis=0).T))]
    wanted = np.arange(0.0, way[-1], SAMPLE_M)
    return np.column_stack([np.interp(wanted, way, points[:, axis]) for axis in (0, 1)])


def meetings(paths: list[Path], corridor_m: list[float]) -> Floats:
    """Where points of one path lie on another.

    Returns:
        (paths, paths, samples): [i, j, k] is the way along path i to the k-th sample of path j where that
        lies within path i's corridor and does not run against it, else minus infinity.
    """
    samples = max(len(p.xy_m) for p in paths)
    table = np.full((len(paths), len(paths), samples), -np.inf)
    for i, mine in enumerate(paths):
        for j, other in enumerate(paths):
            apart = np.hypot(*(other.xy_m[:, None] - mine.xy_m[None]).transpose(2, 0, 1))
            nearest = apart.argmin(axis=1)
            close = apart.min(axis=1) <= min(corridor_m[i], corridor_m[j])
            turn = other.heading_rad - mine.heading_rad[nearest]
            # What crosses my path reaches towards me by its own half width.
            way = nearest * SAMPLE_M - 1.2 * np.abs(np.sin(turn))
            table[i, j, : len(other.xy_m)] = np.where(close, way, -np.inf)
    return table
