"""The walls of buildings: their geometry and the description that `texture.facade_colour` paints from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.synthetic import street
from detectors.synthetic.mesh import Mesh, Paint, merged, quads
from detectors.synthetic.people import linear, tinted
from detectors.synthetic.raster import Grid
from detectors.synthetic.scene import Floats, Surface

PLAIN_WALL = -1
_PANEL_M = 1.5  # walls are cut into panels, so that a lens can bend them
_PLASTERS = ("#d9c9a3", "#e3d8c2", "#c9b08a", "#d6b9a0", "#b9c0b4", "#e6e0d4", "#c98f6b", "#cdbb95")
_STYLES = {
    "market": (2.0, "#b5aa93"),
    "post": (1.0, "#98705c"),
    "shops": (0.0, "#c9b3a6"),
    "school": (1.0, "#a27a64"),
    "corner": (0.0, "#dcc79a"),
}


def walls(buildings: Sequence[Surface]) -> tuple[list[Mesh], Grid, list[int]]:
    """Meshes of walls and roofs, the table of walls, and the row of each mesh (PLAIN_WALL for roofs).

    The table: origin, direction, length, height, storey, ground floor, window width and height, pitch,
    red, green, blue, style (0 plaster, 1 brick, 2 stone), seed, whether there are shops.
    """
    meshes: list[Mesh] = []
    numbers: list[int] = []
    rows: list[list[float]] = []
    for building in buildings:
        look = _look(building)
        for a, b in _sides(building.outline_m):
            length = float(np.hypot(*(b - a)))
            meshes.append(_wall(a, b, building.height_m))
            numbers.append(len(rows))
            rows.append([*a, *((b - a) / length), length, building.height_m, *look])
        meshes.append(street.roof(building))
        numbers.append(PLAIN_WALL)
    return meshes, np.array(rows, np.float32).reshape(-1, 17), numbers


def _sides(ring: Floats) -> list[tuple[Floats, Floats]]:
    """Sides of an outline, counter-clockwise, so that outside lies to the right."""
    x, y = ring.T
    area = float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum())
    ordered = ring if area > 0 else ring[::-1]
    return list(zip(ordered, np.roll(ordered, -1, axis=0), strict=True))


def _look(building: Surface) -> list[float]:
    """Everything of a wall's description that its building decides."""
    seed = street.seed_of(building)
    rng = np.random.default_rng(seed)
    name = building.name.lower()
    style, colour = next((v for k, v in _STYLES.items() if k in name), (0.0, str(rng.choice(_PLASTERS))))
    ground = float(rng.uniform(3.9, 4.4))
    storeys = max(round((building.height_m - ground - 0.6) / 3.3), 1)
    storey = (building.height_m - ground - 0.6) / storeys
    pitch = float(rng.uniform(2.3, 3.1))
    tall = min(float(rng.uniform(1.65, 2.0)), storey - 1.2)
    has_shops = float("rear" not in name and "school" not in name)
    return [
        storey, ground, pitch * float(rng.uniform(0.4, 0.48)), tall, pitch, *tinted(colour, rng, 0.04), style,
        seed % 100_000, has_shops,
    ]  # fmt: skip


def _wall(a: Floats, b: Floats, height: float) -> Mesh:
    along = np.linspace(0, 1, max(int(np.hypot(*(b - a)) / _PANEL_M), 1) + 1)
    up = np.linspace(0, height, max(int(height / _PANEL_M), 1) + 1)
    i, j = (v.ravel() for v in np.meshgrid(np.arange(len(along) - 1), np.arange(len(up) - 1)))
    corners = []
    for di, dj in ((0, 0), (1, 0), (1, 1), (0, 1)):
        spots = a + (b - a) * along[i + di][:, None]
        corners.append(np.column_stack([spots, up[j + dj]]))
    outward = np.array([b[1] - a[1], a[0] - b[0], 0.0]) / np.hypot(*(b - a))
    n = len(i)
    return quads(np.stack(corners, axis=1), np.tile(outward, (n, 1)), np.tile([0.5, 0.5, 0.5, 0, 0], (n, 1)))


def awnings(building: Surface) -> list[Mesh]:
    """Cloth awnings over some shop fronts of a building."""
    look, rng = _look(building), np.random.default_rng([street.seed_of(building), 3])
    parts = []
    for a, b in _sides(building.outline_m):
        length = float(np.hypot(*(b - a)))
        bays = max(int(length // 5.2), 1)
        along, outward = (b - a) / length, np.array([b[1] - a[1], a[0] - b[0]]) / length
        for i in range(bays):
            if rng.random() < 0.45:
                continue
            cloth = Paint(tinted(str(rng.choice(["#a33a32", "#2f5d4d", "#e3ddca", "#3d567a", "#c9a24a"])), rng, 0.05))
            left, right = (a + along * (i + s) * length / bays for s in (0.12, 0.88))
            parts.append(_awning(left, right, outward, look[1] - 0.8, cloth))
    return parts


def _awning(left: Floats, right: Floats, outward: Floats, top: float, cloth: Paint) -> Mesh:
    stripes, out = 8, np.array([*outward, 0.0])
    pale = Paint(linear("#e9e5da"))
    parts = []
    for k in range(stripes):
        p, q = (np.array([*(left + (right - left) * s / stripes), top]) for s in (k, k + 1))
        corners = np.array([[p, q, q + out * 1.2 - [0, 0, 0.5], p + out * 1.2 - [0, 0, 0.5]]])
        flap = np.array([[p, q, q - [0, 0, 0.2], p - [0, 0, 0.2]]]) + out * 1.2 - [0, 0, 0.5]
        row = cloth if k % 2 else pale
        paint = np.array([[*row.colour, 0.0, 0.0]])
        tilt = out * 0.4 + [0, 0, 0.92]
        parts += [quads(corners, tilt[None], paint), quads(flap, out[None], paint)]
    return merged(parts)
