"""What stands still above the ground: trees, lamps, benches, shelters, kiosks, signs, parked bicycles and roofs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from detectors.synthetic import cycles
from detectors.synthetic.mesh import (
    NO_GLOW,
    STREET_LAMP,
    Mesh,
    Paint,
    ball,
    bar,
    box,
    column,
    disc,
    loft,
    merged,
    quads,
    solid,
    turn_z,
)
from detectors.synthetic.people import linear, tinted
from detectors.synthetic.scene import Floats, Surface

Rng = np.random.Generator

_IRON, _STEEL = Paint(linear("#3b3f43"), 0.1), Paint(linear("#8f9498"), 0.25)
_WOOD, _BARK = Paint(linear("#8a6a48"), 0.02), Paint(linear("#5a4a3c"))
_STONE, _DARK = Paint(linear("#a7a39b")), Paint(linear("#1d1f21"), 0.1)
_LANTERN = Paint(linear("#e8e4d6"), 0.2, STREET_LAMP)
_CLOTH = ("#e8e2d2", "#c24a38", "#3d6b58", "#d8b25a", "#5a7f9e")


def built(surface: Surface, roads: Sequence[Surface]) -> Mesh | None:
    """The mesh of one raised part of the plan, or None for what lies flat; ``roads`` tell front from back."""
    maker = _MAKERS.get(surface.kind)
    if maker is None:
        return None
    return maker(surface, np.random.default_rng(seed_of(surface)), roads)


def seed_of(surface: Surface) -> int:
    """A number that belongs to a surface: its name and its place."""
    middle = surface.outline_m.mean(axis=0).round(1)
    return zlib.crc32(f"{surface.kind} {surface.name} {middle.tolist()}".encode())


def lantern_of(surface: Surface) -> Floats:
    """Where a street lamp shines from."""
    return np.array([*surface.outline_m.mean(axis=0), surface.height_m - 0.25])


def frame_of(surface: Surface) -> tuple[Floats, float, float, float]:
    """Centre, length, width and direction of a surface's long axis."""
    ring = surface.outline_m
    sides = np.roll(ring, -1, axis=0) - ring
    lengths = np.hypot(*sides.T)
    along = sides[lengths.argmax()]
    angle = float(np.arctan2(along[1], along[0]))
    local = (ring - ring.mean(axis=0)) @ turn_z(angle)[:2, :2]
    low, high = local.min(axis=0), local.max(axis=0)
    middle = ring.mean(axis=0) + turn_z(angle)[:2, :2] @ ((low + high) / 2)
    return middle, float(high[0] - low[0]), float(high[1] - low[1]), angle


def _placed(parts: Sequence[Mesh], surface: Surface, *, turned: bool = False) -> Mesh:
    middle, _, _, angle = frame_of(surface)
    return merged(parts).moved((*middle, 0.0), turn_z(angle + (np.pi if turned else 0.0)))


def _bench(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    """A bench that turns its back to the road."""
    del rng
    _, length, width, _ = frame_of(surface)
    h, slats = surface.height_m, np.linspace(-width / 2 + 0.05, width / 2 - 0.05, 4)
    parts = [box((-length / 2, y - 0.045, h - 0.04), (length / 2, y + 0.045, h), _WOOD) for y in slats]
    for x in (-length * 0.36, length * 0.36):
        parts.append(box((x - 0.05, -width * 0.4, 0), (x + 0.05, width * 0.4, h - 0.04), _IRON))
        parts.append(box((x - 0.04, width / 2 - 0.04, h - 0.1), (x + 0.04, width / 2, h + 0.38), _IRON))
    parts += [
        box((-length / 2, width / 2 - 0.07, z), (length / 2, width / 2 - 0.04, z + 0.1), _WOOD)
        for z in (h + 0.14, h + 0.3)
    ]
    return _placed(parts, surface, turned=not _is_back_to_road(surface, roads))


def _bollard(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del rng, roads
    h, white = surface.height_m, Paint(linear("#d8d8d4"))
    post = column([(0, 0, z, 0.06, 0.06) for z in (0, h - 0.05, h)], _IRON, 8)
    band = column([(0, 0, z, 0.064, 0.064) for z in (h - 0.22, h - 0.12)], white, 8)
    return _placed([post, band], surface)


def _bin(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del rng, roads
    h, green = surface.height_m, Paint(linear("#39463f"), 0.08)
    parts = [column([(0, 0, z, r, r) for z, r in ((0.05, 0.17), (0.1, 0.2), (h - 0.1, 0.22), (h, 0.2))], green, 10)]
    return _placed([*parts, column([(0, 0, z, 0.13, 0.13) for z in (h - 0.01, h + 0.005)], _DARK, 8)], surface)


def _lamp(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del rng, roads
    h = surface.height_m
    shaft = [(0, 0, 0, 0.11, 0.11), (0, 0, 0.6, 0.1, 0.1), (0, 0, 0.65, 0.06, 0.06), (0, 0, h - 0.4, 0.045, 0.045)]
    parts = [
        column(shaft, _IRON, 8),
        column([(0, 0, z, r, r) for z, r in ((h - 0.42, 0.1), (h - 0.36, 0.2), (h - 0.1, 0.26))], _LANTERN, 10),
        column([(0, 0, z, r, r) for z, r in ((h - 0.1, 0.3), (h - 0.04, 0.26), (h, 0.08))], _IRON, 10),
    ]
    return _placed(parts, surface)


def _sign(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del rng, roads
    h = surface.height_m
    parts = [column([(0, 0, z, 0.045, 0.045) for z in (0, h)], _STEEL, 7)]
    if "signal" in surface.name.lower():
        for x in (-1, 1):
            parts.append(box((x * 0.16 - 0.13, -0.15, h - 0.95), (x * 0.16 + 0.13, 0.15, h), _DARK))
            for z, colour in ((h - 0.17, "#5a1512"), (h - 0.47, "#5a4310"), (h - 0.77, "#1b6a45")):
                spot = Paint(linear(colour), 0.2)
                parts.append(ball((x * 0.28, 0, z), (0.04, 0.1, 0.1), spot, 3, 7))
                parts.append(ball((x * 0.16, x * 0.14, z), (0.1, 0.04, 0.1), spot, 3, 7))
    else:
        face, edge = Paint(linear("#d9c22e"), 0.1), Paint(linear("#1f6b43"), 0.1)
        parts += [disc((0, 0, h - 0.25), 0.27, 0.04, edge, 16), disc((0, 0, h - 0.25), 0.22, 0.05, face, 16)]
    return _placed(parts, surface)


def _table(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    _, length, _, _ = frame_of(surface)
    h = surface.height_m
    cane = Paint(tinted(str(rng.choice(["#8f7350", "#4a4d50", "#6b5138"])), rng, 0.05))
    top = Paint(linear("#cfcac0"), 0.15)
    parts = [
        column([(0, 0, z, 0.36, 0.36) for z in (h - 0.035, h)], top, 14),
        column([(0, 0, z, r, r) for z, r in ((0.0, 0.22), (0.03, 0.2), (0.05, 0.035), (h - 0.03, 0.035))], _IRON, 7),
        ball((0.08, 0.1, h + 0.05), (0.04, 0.04, 0.06), Paint(linear("#e8e6e0")), 3, 6),
        ball((-0.1, -0.08, h + 0.05), (0.04, 0.04, 0.06), Paint(linear("#e8e6e0")), 3, 6),
    ]
    for s in (1, -1):
        x = s * (length / 2 - 0.28)
        chair = [box((-0.2, -0.21, 0.42), (0.2, 0.21, 0.46), cane), box((-0.23, -0.2, 0.5), (-0.19, 0.2, 0.86), cane)]
        chair += [bar((a, b, 0), (a, b, 0.45), 0.014, _IRON, 4) for a in (-0.18, 0.18) for b in (-0.18, 0.18)]
        chair += [bar((-0.2, b, 0.44), (-0.22, b, 0.86), 0.014, _IRON, 4) for b in (-0.19, 0.19)]
        parts.append(merged(chair).moved((x, 0, 0), turn_z(np.pi if s > 0 else 0.0)))
    return _placed(parts, surface)


def _parasol(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    ring, h = surface.outline_m, surface.height_m
    middle = ring.mean(axis=0)
    cloth = Paint(tinted(_CLOTH[int(rng.integers(2))], rng, 0.05))
    rims = [(1.0, h - 0.62), (1.0, h - 0.45), (0.55, h - 0.18), (0.06, h)]
    rings = [[(*(middle + (p - middle) * share), z) for p in ring] for share, z in rims]
    pole = column([(*middle, z, 0.03, 0.03) for z in (0, h)], _WOOD, 6)
    base = column([(*middle, z, r, r) for z, r in ((0.0, 0.28), (0.08, 0.26))], _STONE, 8)
    return merged([loft(np.array(rings), cloth, smooth=False), pole, base])


def _kiosk(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    _, length, width, _ = frame_of(surface)
    h, wall = surface.height_m, Paint(tinted(str(rng.choice(["#3f5f52", "#7a3b32", "#2f4b66"])), rng, 0.05), 0.08)
    x, y = length / 2, width / 2
    trim, glass = Paint(linear("#cfc8b8")), Paint(linear("#3c474e"), 0.8)
    parts = [
        box((-x, -y, 0), (x, y, h - 0.25), wall),
        box((-x - 0.25, -y - 0.25, h - 0.25), (x + 0.25, y + 0.25, h - 0.1), trim),
        box((-x, -y, h - 0.1), (x, y, h), wall),
        box((-x - 0.01, -y - 0.01, 0), (x + 0.01, y + 0.01, 0.18), _DARK),
    ]
    for s in (1, -1):
        a, b = sorted((s * y * 0.98, s * (y + 0.02)))
        parts.append(box((-x * 0.78, a, 1.05), (x * 0.78, b, 2.1), glass))
        a, b = sorted((s * y, s * (y + 0.28)))
        parts.append(box((-x * 0.82, a, 0.98), (x * 0.82, b, 1.04), trim))
        a, b = sorted((s * x * 0.98, s * (x + 0.02)))
        parts.append(box((a, -y * 0.6, 1.05), (b, y * 0.6, 2.1), glass))
    return _placed(parts, surface)


def _planter(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    _, length, width, _ = frame_of(surface)
    h = surface.height_m
    tub = box((-length / 2, -width / 2, 0), (length / 2, width / 2, h * 0.72), Paint(linear("#8b8378")))
    spots = np.column_stack(
        [
            rng.uniform(-length / 2, length / 2, 160),
            rng.uniform(-width / 2, width / 2, 160),
            rng.uniform(0.7, 1.25, 160) * h,
        ]
    )
    bloom = np.array(
        [
            tinted(c, rng)
            for c in rng.choice(
                ["#4d6b35", "#5f7f3f", "#3e5a2c", "#b8436a", "#d9c050"], 160, p=[0.3, 0.3, 0.25, 0.08, 0.07]
            )
        ]
    )
    return _placed([tub, _leaves(spots, bloom, np.array([0, 0, 0.3]), 0.13, rng)], surface)


def _leaves(spots: Floats, colours: Floats, middle: Floats, size: float, rng: Rng) -> Mesh:
    """Loose leaf cards around a middle; they are lit as if they were the crown's own surface."""
    n = len(spots)
    a, b = rng.normal(0, 1, (n, 3)), rng.normal(0, 1, (n, 3))
    a /= np.linalg.norm(a, axis=1, keepdims=True)
    b -= (a * b).sum(axis=1, keepdims=True) * a
    b /= np.linalg.norm(b, axis=1, keepdims=True)
    scale = size * rng.uniform(0.6, 1.25, (n, 1))
    a, b = a * scale, b * scale * 0.75
    out = spots - middle
    out /= np.linalg.norm(out, axis=1, keepdims=True) + 1e-9
    normal = out + rng.normal(0, 0.45, (n, 3)) + np.array([0, 0, 0.35])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    corners = np.stack([spots - a, spots - b * 0.9, spots + a, spots + b * 0.9], axis=1)
    paint = np.column_stack([colours, np.full(n, 0.04), np.full(n, NO_GLOW)])
    return quads(corners, normal, paint)


def _tree(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    ring, h = surface.outline_m, surface.height_m
    middle = ring.mean(axis=0)
    radius = float(np.hypot(*(ring - middle).T).mean())
    low, girth = 0.3 * h, 0.022 * h
    centre = np.array([*middle, (low + h) / 2])
    radii = np.array([radius, radius, (h - low) / 2])
    trunk = [(0, 1.5, 0), (0.15, 1.05, 0.0), (0.32 * h, 0.85, 0.05), (0.62 * h, 0.4, 0.12), (0.85 * h, 0.15, 0.1)]
    parts = [column([(middle[0] + dx, middle[1], z, girth * s, girth * s) for z, s, dx in trunk], _BARK, 8)]
    for angle in rng.uniform(0, 2 * np.pi, 7):
        z = rng.uniform(0.3, 0.5) * h
        tip = centre + radii * 0.7 * np.array([np.cos(angle), np.sin(angle), rng.uniform(-0.1, 0.7)])
        parts.append(bar((*middle, z), tip, girth * 0.35, _BARK, 5))
    clumps = int(26 * radius**2)
    place = rng.normal(0, 1, (clumps, 3))
    place /= np.linalg.norm(place, axis=1, keepdims=True)
    place *= rng.uniform(0.45, 0.93, (clumps, 1))
    per = 70
    spots = np.repeat(centre + place * radii, per, axis=0) + rng.normal(0, 0.24, (clumps * per, 3)) * [1, 1, 0.75]
    base = np.array(linear(str(rng.choice(["#5f7d36", "#557436", "#6b8540"]))))
    tone = np.repeat(np.exp(rng.normal(0, 0.16, clumps)), per) * np.exp(rng.normal(0, 0.14, clumps * per))
    colours = base * tone[:, None] * np.exp(rng.normal(0, 0.05, (clumps * per, 3)))
    return merged([*parts, _leaves(spots, colours, centre - [0, 0, 0.25 * h], 0.13, rng)])


def _rack(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    _, length, _, _ = frame_of(surface)
    parts = []
    for x in np.arange(-length / 2 + 0.3, length / 2 - 0.2, 0.8):
        parts += [bar((x, y, 0), (x, y, 0.8), 0.025, _STEEL) for y in (-0.35, 0.35)]
        parts.append(bar((x, -0.37, 0.8), (x, 0.37, 0.8), 0.025, _STEEL))
        if rng.random() < 0.6:
            turn = turn_z(np.pi / 2 + (np.pi if rng.random() < 0.5 else 0.0))
            bicycle = cycles.parked(int(rng.integers(10**6)))
            parts.append(bicycle.moved((x + 0.12, rng.normal(0, 0.1), 0), turn))
    return _placed(parts, surface)


def _shelter(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del rng
    _, length, width, _ = frame_of(surface)
    h, x, y = surface.height_m, length / 2, width / 2
    parts = [box((-x - 0.15, -y - 0.2, h - 0.14), (x + 0.15, y + 0.1, h), Paint(linear("#5b6166"), 0.15))]
    back, ends = np.linspace(-x + 0.05, x - 0.05, 4), (-x + 0.05, x - 0.05)
    parts += [box((px - 0.04, y - 0.09, 0), (px + 0.04, y - 0.01, h - 0.1), _IRON) for px in back]
    parts += [box((px - 0.04, -y + 0.05, 0), (px + 0.04, -y + 0.13, h - 0.1), _IRON) for px in ends]
    parts += [box((-x, y - 0.06, z), (x, y - 0.03, z + 0.05), _IRON) for z in (0.25, 1.15, 2.2)]
    parts.append(box((-x + 0.5, y - 0.5, 0.42), (x - 1.5, y - 0.12, 0.47), _WOOD))
    parts.append(box((x - 1.3, y - 0.1, 0.6), (x - 0.2, y - 0.03, 2.1), Paint(linear("#b7c4c9"), 0.2)))
    return _placed(parts, surface, turned=_is_back_to_road(surface, roads))


def _is_back_to_road(surface: Surface, roads: Sequence[Surface]) -> bool:
    """Whether the left long side of a shelter is nearer to the road than the right one."""
    if not roads:
        return False
    middle, _, width, angle = frame_of(surface)
    left = turn_z(angle)[:2, :2] @ np.array([0.0, width / 2])
    nearest = [min(_distance(middle + s * left, road.outline_m) for road in roads) for s in (1, -1)]
    return nearest[0] < nearest[1]


def _distance(point: Floats, ring: Floats) -> float:
    a, b = ring, np.roll(ring, -1, axis=0)
    share = ((point - a) * (b - a)).sum(1) / (((b - a) ** 2).sum(1) + 1e-12)
    return float(np.hypot(*(a + (b - a) * share.clip(0, 1)[:, None] - point).T).min())


def glass_panes(surface: Surface, roads: Sequence[Surface]) -> Mesh:
    """The glass of a shelter: its back and its sides."""
    _, length, width, _ = frame_of(surface)
    h, x, y = surface.height_m, length / 2, width / 2
    pane = Paint(linear("#c8d6da"), 0.3)
    parts = [box((-x, y - 0.06, 0.25), (x, y - 0.04, h - 0.2), pane)]
    parts += [box((px - 0.01, -y + 0.1, 0.25), (px + 0.01, y - 0.1, h - 0.2), pane) for px in (-x + 0.05, x - 0.05)]
    return _placed(parts, surface, turned=_is_back_to_road(surface, roads))


def _furniture(surface: Surface, rng: Rng, roads: Sequence[Surface]) -> Mesh:
    del roads
    paint = Paint(tinted(str(rng.choice(["#6b6f72", "#5d5348", "#44514a"])), rng, 0.08))
    return prism(surface.outline_m, 0.0, surface.height_m, paint)


def prism(ring: Floats, low: float, high: float, paint: Paint) -> Mesh:
    """An upright prism over an outline."""
    rings = [[(*p, z) for p in ring] for z in (low, high)]
    return loft(np.array(rings), paint, smooth=False)


def roof(surface: Surface) -> Mesh:
    """A hipped roof with eaves over a building of four corners, a parapet over any other."""
    ring, h = surface.outline_m, surface.height_m
    rng = np.random.default_rng(seed_of(surface))
    tile = Paint(tinted(str(rng.choice(["#94563f", "#84584a", "#74777c", "#8f6a58"])), rng, 0.06))
    eaves = Paint(linear("#cfcabf"))
    if len(ring) != 4:
        return prism(ring, h, h + 0.6, eaves)
    middle, length, width, angle = frame_of(surface)
    x, y, rise = length / 2 + 0.45, width / 2 + 0.45, min(width * 0.3, 3.4)
    ridge = max(x - y, 0.3)
    points = np.array([[-x, -y, 0], [x, -y, 0], [x, y, 0], [-x, y, 0], [-ridge, 0, rise], [ridge, 0, rise]])
    faces = np.array([[0, 1, 5], [0, 5, 4], [2, 3, 4], [2, 4, 5], [1, 2, 5], [3, 0, 4]])
    parts = [solid(points + np.array([0, 0, h + 0.12]), faces, tile), box((-x, -y, h - 0.15), (x, y, h + 0.12), eaves)]
    brick, low, high = Paint(linear("#8d5b48")), h + rise * 0.55, h + rise + 0.9
    parts += [box((x - 0.4, 0.5, low), (x + 0.4, 1.2, high), brick) for x in np.arange(-ridge + 2.0, ridge, 9.0)]
    return merged(parts).moved((*middle, 0.0), turn_z(angle))


_Maker = Callable[[Surface, Rng, Sequence[Surface]], Mesh]
_MAKERS: dict[str, _Maker] = {
    "bench": _bench, "bollard": _bollard, "bin": _bin, "lamp": _lamp, "sign": _sign, "table": _table,
    "parasol": _parasol, "kiosk": _kiosk, "planter": _planter, "tree": _tree, "bicycle_rack": _rack,
    "shelter": _shelter, "furniture": _furniture,
}  # fmt: skip
