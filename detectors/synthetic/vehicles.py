"""Cars, vans, lorries, buses and trams: bodies with glass, lamps and wheels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from detectors.synthetic.mesh import (
    BRAKE_LIGHT,
    DISPLAY,
    HEAD_LIGHT,
    INTERIOR,
    TAIL_LIGHT,
    Mesh,
    Paint,
    box,
    disc,
    loft,
    merged,
)
from detectors.synthetic.people import linear, tinted

_CAR_PAINTS = (
    "#e9eaeb", "#e9eaeb", "#b9bdc1", "#8b9095", "#5b6066", "#1b1d20", "#1b1d20", "#26282c", "#3a4046", "#27436b",
    "#1f3350", "#8e1b1f", "#b0201f", "#5c6b58", "#c7b89a", "#4d7d9a", "#d9722c", "#6e3a2f",
)  # fmt: skip
_VAN_PAINTS = ("#e6e7e8", "#e6e7e8", "#e6e7e8", "#c3c6c9", "#2f4f7a", "#d8a62a", "#3c4248", "#7d1f22", "#34583f")
_BUS_PAINTS = ("#b8262a", "#d9b22b", "#e4e4e1", "#2d5f8f", "#3f7d58")
_GLASS = Paint(linear("#20262b"), 0.6)
_LIT_GLASS = Paint(linear("#333c43"), 0.5, INTERIOR)
_BLACK, _TYRE, _RIM = Paint(linear("#131416"), 0.08), Paint(linear("#1a1a1b"), 0.0), Paint(linear("#85898c"), 0.25)
_LAMP = Paint(linear("#dfe3e6"), 0.5, HEAD_LIGHT)
_TAIL, _BRAKE = Paint(linear("#6a0f10"), 0.2, TAIL_LIGHT), Paint(linear("#7a1212"), 0.2, BRAKE_LIGHT)
_PALE, _AMBER = Paint(linear("#d9d9d4"), 0.0), Paint(linear("#3a2a08"), 0.1, DISPLAY)

# Side views in shares of length (from the front) and height: top of the lower body, then the cabin.
# rows: lower body (x, bonnet or boot height, half width share); cabin (x, height at x)
_BODIES: dict[str, tuple[list[tuple[float, float, float]], list[tuple[float, float]]]] = {
    "hatchback": (
        [(0.5, 0.36, 0.72), (0.485, 0.47, 0.86), (0.42, 0.56, 0.96), (0.26, 0.63, 1.0), (-0.3, 0.645, 1.0),
         (-0.44, 0.65, 0.96), (-0.487, 0.58, 0.88), (-0.5, 0.40, 0.78)],
        [(0.27, 0.62), (0.10, 0.94), (0.0, 0.995), (-0.2, 1.0), (-0.36, 0.955), (-0.47, 0.62)],
    ),
    "saloon": (
        [(0.5, 0.36, 0.72), (0.487, 0.46, 0.86), (0.43, 0.55, 0.96), (0.24, 0.62, 1.0), (-0.28, 0.65, 1.0),
         (-0.43, 0.66, 0.95), (-0.485, 0.60, 0.86), (-0.5, 0.40, 0.76)],
        [(0.25, 0.61), (0.08, 0.94), (-0.01, 0.995), (-0.14, 1.0), (-0.24, 0.95), (-0.38, 0.65)],
    ),
    "estate": (
        [(0.5, 0.36, 0.72), (0.487, 0.46, 0.86), (0.43, 0.55, 0.96), (0.26, 0.61, 1.0), (-0.3, 0.635, 1.0),
         (-0.45, 0.64, 0.97), (-0.49, 0.58, 0.9), (-0.5, 0.40, 0.8)],
        [(0.27, 0.60), (0.11, 0.93), (0.03, 0.985), (-0.2, 1.0), (-0.40, 0.97), (-0.485, 0.63)],
    ),
    "van": (
        [(0.5, 0.24, 0.76), (0.492, 0.36, 0.90), (0.45, 0.44, 0.97), (0.38, 0.48, 1.0), (-0.3, 0.50, 1.0),
         (-0.495, 0.50, 1.0), (-0.499, 0.45, 0.98), (-0.5, 0.24, 0.96)],
        [(0.40, 0.47), (0.265, 0.92), (0.2, 0.985), (-0.2, 1.0), (-0.488, 0.995), (-0.497, 0.5)],
    ),
}  # fmt: skip


def _lower_body(rows: Sequence[tuple[float, float, float]], size: tuple[float, float, float], paint: Paint) -> Mesh:
    """The body up to the window line: rounded sections across, one per station."""
    length, width, height = size
    low, half, rings = 0.19 if height < 1.8 else 0.26, width / 2, []
    for x, top, share in rows:
        y, z = half * share, top * height
        belly = low + 0.1 * (abs(x) > 0.47)
        section = [
            (0.86 * y, belly),
            (0.985 * y, belly + 0.1),
            (y, (belly + z) / 2),
            (0.985 * y, z - 0.09),
            (0.9 * y, z),
        ]
        ring = [*section, (0.45 * y, z + 0.02), (-0.45 * y, z + 0.02), *((-a, b) for a, b in reversed(section))]
        rings.append([(x * length, a, b) for a, b in ring])
    return loft(np.array(rings), paint)


def _cabin(
    rows: Sequence[tuple[float, float]], size: tuple[float, float, float], sill: float, paint: Paint
) -> list[Mesh]:
    """Glass all around under a painted roof, with pillars."""
    length, width, height = size
    half, glass, roof = width / 2, [], []
    for x, top in rows:
        z0, z1 = sill * height, max(top * height, sill * height + 0.02)
        lean = 0.93 - 0.19 * (z1 - z0) / (height * (1 - sill) + 1e-6)
        glass.append(
            [
                (x * length, s * half * w, z)
                for s, w, z in ((1, 0.93, z0), (1, lean, z1), (-1, lean, z1), (-1, 0.93, z0))
            ]
        )
    for x, top in rows[1:-1]:
        y, z = half * 0.745, top * height
        ring = (
            (1, y, z - 0.05),
            (1, y * 0.96, z + 0.005),
            (1, y * 0.6, z + 0.03),
            (-1, y * 0.6, z + 0.03),
            (-1, y * 0.96, z + 0.005),
            (-1, y, z - 0.05),
        )
        roof.append([(x * length, s * a, b) for s, a, b in ring])
    parts = [loft(np.array(glass), _GLASS, smooth=False), loft(np.array(roof), paint)]
    for s in (1, -1):
        for (x0, t0), (x1, t1) in ((rows[0], rows[1]), (rows[-2], rows[-1])):
            low, high = sorted(((t0, x0), (t1, x1)))
            foot = np.array([low[1] * length, s * half * 0.935, sill * height])
            head = np.array([high[1] * length, s * half * 0.75, high[0] * height - 0.01])
            parts.append(_pillar(foot, head, 0.05, paint))
        for x in (0.0, -0.24):
            foot = np.array([(x - 0.01) * length, s * half * 0.938, sill * height])
            parts.append(_pillar(foot, np.array([(x - 0.02) * length, s * half * 0.76, height * 0.97]), 0.035, _BLACK))
    return parts


def _pillar(foot: np.ndarray, head: np.ndarray, half: float, paint: Paint) -> Mesh:
    ring = np.array([[-half, -0.012, 0], [half, -0.012, 0], [half, 0.012, 0], [-half, 0.012, 0]])
    return loft(np.stack([foot + ring, head + ring]), paint, smooth=False)


def _wheels(xs: Sequence[float], width: float, radius: float, *, arch: float = 1.12) -> list[Mesh]:
    parts = []
    for x in xs:
        for s in (1, -1):
            y = s * (width / 2 - 0.1)
            if arch:
                parts.append(disc((x, y, radius * 1.05), radius * arch, 0.205, _BLACK, 18))
            parts.append(disc((x, y + s * 0.015, radius), radius, 0.2, _TYRE, 18))
            parts.append(disc((x, y + s * 0.02, radius), radius * 0.62, 0.2, _RIM, 12))
            parts.append(disc((x, y + s * 0.022, radius), radius * 0.22, 0.2, _BLACK, 8))
    return parts


def _ends(size: tuple[float, float, float], z_lamp: float, z_tail: float, half_share: float = 0.8) -> list[Mesh]:
    """Lamps, bumpers, grille and blank plates at front and back."""
    length, width, _ = size
    f, r, y = length / 2, -length / 2, width / 2 * half_share
    parts = [
        box((f - 0.1, -0.5 * y, z_lamp - 0.1), (f + 0.015, 0.5 * y, z_lamp + 0.02), _BLACK),
        box((f - 0.1, -0.8 * y, 0.22), (f + 0.01, 0.8 * y, 0.33), _BLACK),
        box((r - 0.01, -0.8 * y, 0.24), (r + 0.1, 0.8 * y, 0.34), _BLACK),
        box((f - 0.05, -0.26, 0.36), (f + 0.022, 0.26, 0.46), _PALE),
        box((r - 0.012, -0.26, z_tail - 0.16), (r + 0.05, 0.26, z_tail - 0.05), _PALE),
    ]
    for s in (1, -1):
        inner, outer = sorted((s * y * 0.66, s * y * 1.04))
        parts.append(box((f - 0.16, inner, z_lamp - 0.06), (f - 0.012, outer, z_lamp + 0.07), _LAMP))
        inner, outer = sorted((s * y * 0.74, s * y * 1.08))
        parts.append(box((r + 0.0, inner, z_tail - 0.02), (r + 0.16, outer, z_tail + 0.12), _TAIL))
        parts.append(box((r - 0.004, inner, z_tail - 0.1), (r + 0.1, outer, z_tail - 0.03), _BRAKE))
    return parts


def car(figure: str, size: tuple[float, float, float], look: int) -> Mesh:
    """A hatchback, saloon, estate or delivery van."""
    rng = np.random.default_rng([look, 30])
    colours = _VAN_PAINTS if figure == "van" else _CAR_PAINTS
    paint = Paint(tinted(colours[int(rng.integers(len(colours)))], rng, 0.08), 0.22)
    length, width, height = size
    lower, cabin = _BODIES[figure]
    sill = 0.47 if figure == "van" else 0.6
    radius = 0.34 if figure == "van" else 0.32
    parts = [_lower_body(lower, size, paint), *_cabin(cabin, size, sill, paint)]
    if figure == "van":
        parts += _closed_sides(size, paint)
    parts += _wheels((0.305 * length, -0.305 * length), width, radius)
    parts += _ends(size, (0.36 if figure == "van" else 0.45) * height, (0.4 if figure == "van" else 0.52) * height)
    for s in (1, -1):
        y0, y1 = sorted((s * width * 0.5, s * (width * 0.5 + 0.14)))
        mirror = 0.21 if figure != "van" else 0.33
        parts.append(
            box((mirror * length, y0, sill * height), (mirror * length + 0.1, y1, sill * height + 0.14), paint)
        )
        for x in (0.16, -0.06, -0.27):
            y0, y1 = sorted((s * width * 0.49, s * (width * 0.5 + 0.003)))
            parts.append(box((x * length, y0, 0.3), (x * length + 0.012, y1, sill * height), _BLACK))
    return merged(parts)


def _closed_sides(size: tuple[float, float, float], paint: Paint) -> list[Mesh]:
    """The panels of a delivery van behind its doors."""
    length, width, height = size
    ring = [(0.985, 0.46), (0.93, 0.8), (0.86, 0.985), (-0.86, 0.985), (-0.93, 0.8), (-0.985, 0.46)]
    rings = [[(x * length, a * width / 2, b * height) for a, b in ring] for x in (0.06, -0.485)]
    return [loft(np.array(rings), paint, smooth=False)]


def _shell(length: float, width: float, low: float, high: float, paint: Paint, nose: float = 0.25) -> Mesh:
    """A long box with rounded corners; ``nose`` metres of each end are drawn in."""
    half, end, rings = width / 2, 0.5 * length, []
    front = [(end, 0.86), (end - 0.35 * nose, 0.965), (end - nose, 1.0)]
    for x, share in [*front, *((-x, share) for x, share in reversed(front))]:
        y = half * share
        ring = [(y, low), (y, low + 0.3), (y, high - 0.16), (y * 0.95, high - 0.04), (y * 0.84, high)]
        rings.append([(x, a, b) for a, b in [*ring, *((-a, b) for a, b in reversed(ring))]])
    return loft(np.array(rings), paint)


def _window_band(
    length: float,
    width: float,
    low: float,
    high: float,
    pitch: float,
    *,
    doors: Sequence[float] = (),
    sides: Sequence[int] = (),
) -> list[Mesh]:
    """Side windows with posts between them, but not where a door is on that side."""
    count = max(int(length / pitch), 1)
    parts, step = [], length / count
    for i in range(count):
        x0, x1 = -length / 2 + i * step + 0.05, -length / 2 + (i + 1) * step - 0.05
        for s in (1, -1):
            if s in sides and any(x0 - 0.55 < x < x1 + 0.55 for x in doors):
                continue
            y0, y1 = sorted((s * width * 0.48, s * (width / 2 + 0.012)))
            parts.append(box((x0, y0, low), (x1, y1, high), _LIT_GLASS))
    return parts


def _doors(xs: Sequence[float], width: float, low: float, high: float, sides: Sequence[int]) -> list[Mesh]:
    parts = []
    for x in xs:
        for s in sides:
            for d in (-0.31, 0.31):
                y0, y1 = sorted((s * width * 0.48, s * (width / 2 + 0.015)))
                parts.append(box((x + d - 0.28, y0, low), (x + d + 0.28, y1, high), _LIT_GLASS))
    return parts


def _front(x: float, width: float, low: float, high: float, sign: int) -> list[Mesh]:
    """Windscreen, display and lamps at one end of a bus or tram (sign 1 front, -1 back)."""
    a, b = sorted((x - sign * 0.2, x + sign * 0.02))
    wide = width / 2 * 0.84
    lamp, other = (_LAMP, None) if sign > 0 else (_TAIL, _BRAKE)
    parts = [
        box((a, -wide, low), (b, wide, high), _LIT_GLASS if sign > 0 else _GLASS),
        box((a, -0.7, high + 0.04), (b, 0.7, high + 0.27), _AMBER),
        box((a, -0.26, 0.5), (b + 0.005, 0.26, 0.6), _PALE),
    ]
    for s in (1, -1):
        y0, y1 = sorted((s * wide * 0.72, s * wide * 1.0))
        parts.append(box((a, y0, 0.62), (b + 0.005 * sign, y1, 0.8), lamp))
        if other is not None:
            parts.append(box((a - 0.005, y0, 0.86), (b, y1, 1.1), other))
    return parts


def bus(size: tuple[float, float, float], look: int) -> Mesh:
    """A city bus with doors on its right."""
    rng = np.random.default_rng([look, 31])
    colour = _BUS_PAINTS[int(rng.integers(len(_BUS_PAINTS)))]
    paint, skirt = (
        Paint(tinted(colour, rng, 0.05), 0.2),
        Paint(linear("#d9dadb" if rng.random() < 0.5 else "#3a3d41"), 0.15),
    )
    length, width, height = size
    doors = (0.42 * length, 0.06 * length, -0.2 * length)
    parts = [
        _shell(length, width, 0.32, height, paint),
        box((-length / 2 + 0.2, -width / 2 - 0.006, 0.3), (length / 2 - 0.2, width / 2 + 0.006, 0.62), skirt),
        *_window_band(length - 0.7, width, 1.12, height - 0.55, 1.2, doors=doors, sides=(-1,)),
        *_doors(doors, width, 0.36, height - 0.55, (-1,)),
        *_front(length / 2, width, 1.0, height - 0.5, 1),
        *_front(-length / 2, width, 1.35, height - 0.5, -1),
        *_wheels((0.27 * length, -0.24 * length), width + 0.02, 0.48, arch=1.1),
        box((-0.35 * length, -0.8, height), (-0.1 * length, 0.8, height + 0.18), skirt),
        box((0.15 * length, -0.7, height), (0.3 * length, 0.7, height + 0.14), skirt),
    ]
    for s in (1, -1):
        y0, y1 = sorted((s * (width / 2), s * (width / 2 + 0.22)))
        parts.append(box((length / 2 - 0.02, y0, height - 1.0), (length / 2 + 0.12, y1, height - 0.55), _BLACK))
    return merged(parts)


def lorry(size: tuple[float, float, float], look: int) -> Mesh:
    """A box lorry."""
    rng = np.random.default_rng([look, 32])
    paint = Paint(tinted(_VAN_PAINTS[int(rng.integers(len(_VAN_PAINTS)))], rng, 0.08), 0.2)
    load = Paint(tinted(str(rng.choice(["#e4e4e2", "#c9ccd0", "#7f8f6a", "#b5442e", "#3a5f8a"])), rng, 0.06), 0.08)
    length, width, height = size
    cab, front = min(2.0, 0.28 * length), length / 2
    shell = _shell(cab, width * 0.96, 0.45, min(2.7, height * 0.85), paint).moved((front - cab / 2, 0, 0))
    parts = [
        shell,
        box((-length / 2, -width / 2, 0.95), (front - cab - 0.15, width / 2, height), load),
        box((-length / 2 + 0.1, -0.45, 0.55), (front - 0.3, 0.45, 0.95), _BLACK),
        *_front(front, width * 0.96, 1.35, min(2.7, height * 0.85) - 0.35, 1)[::2],
        *_wheels((0.5 * length - 1.25, -0.28 * length), width, 0.46, arch=1.1),
    ]
    for s in (1, -1):
        y0, y1 = sorted((s * width * 0.44, s * (width * 0.48 + 0.012)))
        parts.append(box((front - cab * 0.75, y0, 1.4), (front - 0.3, y1, min(2.7, height * 0.85) - 0.35), _GLASS))
        y0, y1 = sorted((s * width * 0.3, s * width * 0.48))
        parts.append(box((-length / 2 - 0.02, y0, 0.7), (-length / 2 + 0.05, y1, 0.85), _TAIL))
        parts.append(box((-length / 2 - 0.021, y0, 0.85), (-length / 2 + 0.05, y1, 0.94), _BRAKE))
    return merged(parts)


def tram_section(place: int, sections: int, length: float, width: float, height: float, livery: int) -> Mesh:
    """One section of a tram; the first and the last have a cab, a bellows follows all but the last."""
    rng = np.random.default_rng([livery, 33])
    colour = str(rng.choice(["#e2b82c", "#c22b2b", "#e6e5df", "#2f6c9c"]))
    paint, skirt = Paint(linear(colour), 0.2), Paint(linear("#34373b"), 0.12)
    is_first, is_last = place == 0, place == sections - 1
    body = length - 0.25
    doors = (0.0,) if body < 6 else (-0.2 * body, 0.22 * body)
    parts = [
        _shell(body, width, 0.3, height - 0.25, paint, nose=1.1 if is_first or is_last else 0.08),
        box((-body / 2 + 0.7, -width / 2 - 0.006, 0.22), (body / 2 - 0.7, width / 2 + 0.006, 0.6), skirt),
        *_window_band(
            body - (1.5 if is_first or is_last else 0.4), width, 1.15, height - 0.85, 0.85, doors=doors, sides=(1, -1)
        ),
        *_doors(doors, width, 0.36, height - 0.85, (-1, 1)),
        box((-body * 0.35, -0.8, height - 0.25), (body * 0.35, 0.8, height), skirt),
        *_bogies(body, width),
    ]
    if is_first:
        parts += _front(body / 2, width * 0.9, 1.15, height - 0.75, 1)
    if is_last:
        parts += _front(-body / 2, width * 0.9, 1.15, height - 0.75, -1)
    if not is_last:
        parts.append(
            box((-length / 2 - 0.3, -width * 0.44, 0.4), (-body / 2 + 0.05, width * 0.44, height - 0.4), _BLACK)
        )
    return merged(parts)


def _bogies(length: float, width: float) -> list[Mesh]:
    wheels = [disc((x, s * (width / 2 - 0.45), 0.3), 0.3, 0.12, _TYRE, 12) for x in (-0.9, 0.9) for s in (1, -1)]
    return [*wheels, box((-length * 0.45, -width * 0.36, 0.2), (length * 0.45, width * 0.36, 0.4), _BLACK)]
