"""Ways through a place, sampled along their length: where they lead, how they bend and where they meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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

    def nearest(self, point_m: tuple[float, float] | Floats) -> tuple[float, float]:
        """Way from the start to the sample nearest to a point, and its distance, in metres."""
        distance = np.hypot(*(self.xy_m - np.array(point_m)).T)
        return float(distance.argmin()) * SAMPLE_M, float(distance.min())


class Network:
    """Many paths, asked for many places at once."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths = paths
        most = max(len(p.xy_m) for p in paths)
        self._samples = np.array([len(p.xy_m) for p in paths])
        self._known = np.stack([_padded(np.column_stack([p.xy_m, p.heading_rad]), most) for p in paths])
        self._limit_m_s = np.stack([_padded(p.limit_m_s, most) for p in paths])

    def length_m(self, path: Ints) -> Floats:
        """Lengths (n,) of paths (n,)."""
        return np.asarray((self._samples[path] - 1) * SAMPLE_M)

    def at(self, path: Ints, way_m: Floats) -> tuple[Floats, Floats]:
        """Positions (n, 2) and headings (n,) at ways (n,) along paths (n,); straight on beyond their ends."""
        inside = np.minimum(np.maximum(way_m, 0.0), self.length_m(path))
        before = np.minimum((inside / SAMPLE_M).astype(np.int64), self._samples[path] - 2)
        share = (inside / SAMPLE_M - before)[:, None]
        place = self._known[path, before] * (1 - share) + self._known[path, before + 1] * share
        heading = place[:, 2]
        beyond = (way_m - inside)[:, None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
        return place[:, :2] + beyond, heading

    def limit_m_s(self, path: Ints, way_m: Floats) -> Floats:
        """Speeds (n,) that the bends ahead allow."""
        sample = np.maximum((way_m / SAMPLE_M).astype(np.int64), 0)
        return np.asarray(self._limit_m_s[path, np.minimum(sample, self._samples[path] - 1)])


def _padded(values: Floats, length: int) -> Floats:
    return np.concatenate([values, np.repeat(values[-1:], length - len(values), axis=0)])


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
        angles = np.linspace(0.0, abs(turn), 24)
        points += [centre + radius_m * (into * np.sin(a) - side * np.cos(a)) for a in angles]
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
