"""Triangle meshes and the few shapes that everything is built from: lofts, boxes, balls, bars and wheels.

Local axes: x ahead, y to the left, z up, in metres. Colours are linear, 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
Faces = NDArray[np.int32]
Vector = tuple[float, float, float]
Spot = Sequence[float] | NDArray[np.float64]

# Kinds of glow, decided per frame: a lamp is lit at dusk, brake lights when braking.
NO_GLOW, HEAD_LIGHT, TAIL_LIGHT, BRAKE_LIGHT, INTERIOR, DISPLAY, STREET_LAMP = range(7)


@dataclass(frozen=True)
class Paint:
    """A surface: linear colour, gloss (0 matt, 1 mirror of the sky) and kind of glow."""

    colour: Vector
    gloss: float = 0.0
    glow: int = NO_GLOW


@dataclass(frozen=True)
class Mesh:
    """Triangles.

    Attributes:
        points: (n, 3) in metres.
        normals: (n, 3) unit vectors.
        paint: (n, 5) red, green, blue, gloss, glow.
        bones: (n,) the bone each point hangs on.
        faces: (m, 3) numbers of points.
    """

    points: Points
    normals: Points
    paint: Points
    bones: NDArray[np.int32]
    faces: Faces

    def on(self, bone: int) -> Mesh:
        """The same mesh, hung on a bone."""
        return Mesh(self.points, self.normals, self.paint, np.full(len(self.points), bone, np.int32), self.faces)

    def moved(self, shift: Spot = (0, 0, 0), turn: NDArray[np.float64] | None = None) -> Mesh:
        """The same mesh, turned by a rotation matrix and then shifted."""
        r = np.eye(3) if turn is None else turn
        points = self.points @ r.T + np.asarray(shift)
        return Mesh(
            points.astype(np.float32), (self.normals @ r.T).astype(np.float32), self.paint, self.bones, self.faces
        )


def merged(meshes: Iterable[Mesh]) -> Mesh:
    """Several meshes as one."""
    parts = list(meshes)
    starts = np.cumsum([0] + [len(p.points) for p in parts[:-1]])
    return Mesh(
        np.concatenate([p.points for p in parts]),
        np.concatenate([p.normals for p in parts]),
        np.concatenate([p.paint for p in parts]),
        np.concatenate([p.bones for p in parts]),
        np.concatenate([p.faces + s for p, s in zip(parts, starts, strict=True)]).astype(np.int32),
    )


def turn_z(angle_rad: float) -> NDArray[np.float64]:
    """Rotation about the vertical, counter-clockwise."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def solid(points: NDArray[np.float64], faces: NDArray[np.int64], paint: Paint) -> Mesh:
    """A flat-shaded convex body: every face gets its own points, normals look away from the middle."""
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-12
    outward = corners.mean(axis=1) - points.mean(axis=0)
    normal[(normal * outward).sum(axis=1) < 0] *= -1
    return _mesh(corners.reshape(-1, 3), np.repeat(normal, 3, axis=0), np.arange(faces.size).reshape(-1, 3), paint)


def loft(rings: NDArray[np.float64], paint: Paint, *, smooth: bool = True) -> Mesh:
    """A skin over rings (k, s, 3) of equally many points, closed around and capped at both ends."""
    k, s = rings.shape[:2]
    points = np.concatenate([rings.reshape(-1, 3), rings[:1].mean(axis=1), rings[-1:].mean(axis=1)])
    i, j = np.meshgrid(np.arange(k - 1), np.arange(s), indexing="ij")
    a, b = i * s + j, i * s + (j + 1) % s
    skin = np.stack([a, b, b + s, a, b + s, a + s], axis=-1).reshape(-1, 3)
    around = np.arange(s)
    low = np.stack([around, (around + 1) % s, np.full(s, k * s)], axis=1)
    high = np.stack([around, (around + 1) % s, np.full(s, k * s + 1)], axis=1) + np.array([(k - 1) * s] * 2 + [0])
    faces = np.concatenate([skin, low, high])
    if not smooth:
        return solid(points, faces, paint)
    return _mesh(points, _smooth_normals(points, faces), faces, paint)


def _smooth_normals(points: NDArray[np.float64], faces: NDArray[np.int64]) -> NDArray[np.float64]:
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    outward = corners.mean(axis=1) - points.mean(axis=0)
    normal[(normal * outward).sum(axis=1) < 0] *= -1
    total = np.zeros_like(points)
    np.add.at(total, faces.ravel(), np.repeat(normal, 3, axis=0))
    return np.asarray(total / (np.linalg.norm(total, axis=1, keepdims=True) + 1e-12))


def _mesh(points: NDArray[np.float64], normals: NDArray[np.float64], faces: NDArray[np.int64], paint: Paint) -> Mesh:
    row = np.array([*paint.colour, paint.gloss, paint.glow], np.float32)
    return Mesh(
        points.astype(np.float32),
        normals.astype(np.float32),
        np.tile(row, (len(points), 1)),
        np.zeros(len(points), np.int32),
        faces.astype(np.int32),
    )


def column(stations: Sequence[Sequence[float]], paint: Paint, sides: int = 8, *, smooth: bool = True) -> Mesh:
    """An upright tube of elliptic rings: rows of (x, y, z, radius along x, radius along y)."""
    angle = np.arange(sides) * 2 * np.pi / sides
    rows = np.asarray(stations, float)
    ring = np.stack([np.cos(angle), np.sin(angle), np.zeros(sides)], axis=1)
    size = np.stack([rows[:, 3], rows[:, 4], np.zeros(len(rows))], axis=1)
    return loft(rows[:, None, :3] + ring[None] * size[:, None], paint, smooth=smooth)


def ball(centre: Sequence[float], radii: Sequence[float], paint: Paint, rings: int = 6, sides: int = 8) -> Mesh:
    """An ellipsoid."""
    up = np.linspace(-np.pi / 2, np.pi / 2, rings + 2)[1:-1]
    x, y, z = centre
    rows = [(x, y, z + radii[2] * np.sin(a) * 1.02, radii[0] * np.cos(a), radii[1] * np.cos(a)) for a in up]
    return column(rows, paint, sides)


def box(low: Sequence[float], high: Sequence[float], paint: Paint) -> Mesh:
    """A block between two corners."""
    x, y, z = zip(low, high, strict=True)
    points = np.array(
        [[a, b, float(c)] for c in z for a, b in ((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]))]
    )
    quads = [(0, 1, 2, 3), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    return solid(points, np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))]), paint)


def bar(start: Spot, end: Spot, radius: float, paint: Paint, sides: int = 5) -> Mesh:
    """A straight tube from one point to another."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    along = (b - a) / (np.linalg.norm(b - a) + 1e-12)
    side = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    angle = np.arange(sides)[:, None] * 2 * np.pi / sides
    ring = (np.cos(angle) * side + np.sin(angle) * np.cross(along, side)) * radius
    return loft(np.stack([a + ring, b + ring]), paint)


def disc(centre: Sequence[float], radius: float, width: float, paint: Paint, sides: int = 14) -> Mesh:
    """A flat cylinder whose axis lies across (along y)."""
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([np.cos(angle) * radius, np.zeros(sides), np.sin(angle) * radius], axis=1)
    half = np.array([0, width / 2, 0])
    return loft(np.stack([ring - half, ring + half]) + np.asarray(centre, float), paint, smooth=False)


def hoop(centre: Sequence[float], radius: float, thickness: float, paint: Paint, sides: int = 16) -> Mesh:
    """A thin tyre that stands upright, its axis across (along y)."""
    angle = np.arange(sides) * 2 * np.pi / sides
    spoke = np.stack([np.cos(angle), np.zeros(sides), np.sin(angle)], axis=1)
    section = [(-thickness, 0.0), (0.0, thickness * 0.6), (0.0, -thickness * 0.6)]
    rings = np.stack([spoke * (radius + r) + [0, y, 0] for r, y in section], axis=1) + np.asarray(centre, float)
    points = rings.reshape(-1, 3)
    i, j = np.meshgrid(np.arange(sides), np.arange(3), indexing="ij")
    a, b = i * 3 + j, i * 3 + (j + 1) % 3
    c, d = ((i + 1) % sides) * 3 + j, ((i + 1) % sides) * 3 + (j + 1) % 3
    faces = np.stack([a, b, d, a, d, c], axis=-1).reshape(-1, 3)
    normals = np.repeat(spoke, 3, axis=0)
    return _mesh(points, normals, faces, paint)


def quads(corners: NDArray[np.float64], normals: NDArray[np.float64], paint: NDArray[np.float64]) -> Mesh:
    """Loose quadrilaterals (n, 4, 3) with a normal (n, 3) and a paint row (n, 5) each."""
    n = len(corners)
    first = np.arange(n)[:, None] * 4
    faces = np.concatenate([first + np.array([0, 1, 2]), first + np.array([0, 2, 3])])
    return Mesh(
        corners.reshape(-1, 3).astype(np.float32),
        np.repeat(normals, 4, axis=0).astype(np.float32),
        np.repeat(paint, 4, axis=0).astype(np.float32),
        np.zeros(4 * n, np.int32),
        faces.astype(np.int32),
    )
