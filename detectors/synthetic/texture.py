"""Procedural surfaces: what the ground and the facades look like at a place, compiled.

Every pattern fades into its mean where a sample covers more than the pattern, so that nothing shimmers.
Colours are linear, 0 to 1.
"""

from __future__ import annotations

import math

from detectors.synthetic.raster import Grid, compiled

Colour = tuple[float, float, float]
Matter = tuple[float, float, float, float, float]  # red, green, blue, gloss and warm light

GROUND_KINDS = (
    "ground", "plaza", "footway", "carriageway", "cycle_track", "tram_track", "parking", "marking", "green", "kerb"
)  # fmt: skip


@compiled
def chance(x: int, y: int, seed: int) -> float:
    """A number between 0 and 1 that belongs to a lattice point."""
    h = (x * 374761393 + y * 668265263 + seed * 362437) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((h ^ (h >> 16)) & 0xFFFFFF) / 16777216.0


@compiled
def noise(x: float, y: float, seed: int) -> float:
    """Smooth noise between -1 and 1 with features of size 1."""
    i, j = math.floor(x), math.floor(y)
    u, v = x - i, y - j
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    a, b = chance(int(i), int(j), seed), chance(int(i) + 1, int(j), seed)
    c, d = chance(int(i), int(j) + 1, seed), chance(int(i) + 1, int(j) + 1, seed)
    return 2.0 * ((a * (1 - u) + b * u) * (1 - v) + (c * (1 - u) + d * u) * v) - 1.0


@compiled
def fade(size: float, footprint: float) -> float:
    """How much of a pattern of a size is left where a sample covers ``footprint``."""
    return min(max(1.6 * size / (footprint + 1e-6) - 0.6, 0.0), 1.0)


@compiled
def _grain(x: float, y: float, size: float, seed: int, footprint: float) -> float:
    left = fade(size, footprint)
    return noise(x / size, y / size, seed) * left if left > 0.0 else 0.0


@compiled
def _joint(x: float, pitch: float, width: float, footprint: float) -> float:
    """1 on a joint that returns every ``pitch``, softened by the footprint."""
    d = abs(x - math.floor(x / pitch + 0.5) * pitch)
    w = max(width, footprint)
    return min(max((w * 0.5 + footprint * 0.5 - d) / (footprint * 0.5 + 0.004), 0.0), 1.0) * width / w


@compiled
def ground_colour(kind: int, x: float, y: float, along: float, across: float, footprint: float) -> Colour:
    """Red, green and blue of the ground at a place.

    ``along`` and ``across`` are places on the surface's own axes, ``footprint`` is the size of the sample in metres.
    """
    blotch = 0.5 * noise(x * 0.22, y * 0.22, 1) + 0.3 * noise(x * 0.9, y * 0.9, 2)
    fine = _grain(x, y, 0.05, 3, footprint) + 0.6 * _grain(x, y, 0.018, 4, footprint)
    if kind == 1:
        return _slabs(x, y, blotch, fine, footprint)
    if kind == 2:
        return _pavers(x, y, blotch, fine, footprint)
    if kind == 3 or kind == 5:
        return _asphalt(x, y, across, blotch, fine, footprint, kind == 5)
    if kind == 4:
        k = 1.0 + 0.12 * blotch + 0.10 * fine
        return 0.215 * k, 0.098 * k, 0.076 * k
    if kind == 6:
        return _pavers(x * 1.5, y * 1.5, blotch, fine, footprint)
    if kind == 7:
        wear = min(max(0.5 + 1.2 * noise(x * 1.7, y * 1.7, 5) + 0.9 * _grain(x, y, 0.07, 6, footprint), 0.0), 1.0)
        k = 0.62 - 0.24 * (1.0 - wear) * 0.8
        return k, k * 0.985, k * 0.94
    if kind == 8:
        return _grass(x, y, blotch, fine, footprint)
    if kind == 9:
        stone = chance(math.floor(along), 3, 8) - 0.5
        k = (0.36 + 0.06 * stone + 0.04 * blotch + 0.03 * fine) * (1.0 - 0.5 * _joint(along, 1.0, 0.012, footprint))
        return k, k * 0.98, k * 0.94
    k = 0.16 * (1 + 0.2 * blotch + 0.15 * fine)
    return k, k * 0.97, k * 0.92


@compiled
def _slabs(x: float, y: float, blotch: float, fine: float, footprint: float) -> Colour:
    """Large granite slabs in running bond, with darker bands every six metres."""
    row = math.floor(y / 0.5)
    shift = 0.4 * chance(int(row), 1, 9)
    column = math.floor((x + shift) / 0.8)
    left = fade(0.5, footprint)
    tone = (chance(int(column), int(row), 10) - 0.5) * left
    warm = (chance(int(column), int(row), 11) - 0.5) * left
    band = _joint(x, 6.4, 0.5, footprint)
    k = 0.315 * (1 + 0.22 * tone + 0.13 * blotch + 0.10 * fine) * (1 - 0.35 * band)
    seam = max(_joint(y, 0.5, 0.012, footprint), _joint(x + shift, 0.8, 0.012, footprint))
    k *= 1 - 0.45 * seam
    stain = max(noise(x * 0.55, y * 0.55, 12) - 0.55, 0.0)
    gum = 1.0 if chance(math.floor(x * 9), math.floor(y * 9), 13) > 0.992 else 0.0
    k *= 1 - 0.35 * stain - 0.22 * gum * fade(0.08, footprint)
    return k * (1.03 + 0.05 * warm), k * 0.985, k * (0.90 - 0.05 * warm)


@compiled
def _pavers(x: float, y: float, blotch: float, fine: float, footprint: float) -> Colour:
    """Square concrete paving stones."""
    column, row = math.floor(x / 0.35), math.floor(y / 0.35)
    tone = (chance(int(column), int(row), 14) - 0.5) * fade(0.35, footprint)
    k = 0.29 * (1 + 0.16 * tone + 0.16 * blotch + 0.09 * fine)
    k *= 1 - 0.4 * max(_joint(x, 0.35, 0.01, footprint), _joint(y, 0.35, 0.01, footprint))
    return k, k * 0.97, k * 0.915


@compiled
def _asphalt(x: float, y: float, across: float, blotch: float, fine: float, footprint: float, is_track: bool) -> Colour:
    """Asphalt with patches, seams and wheel tracks; rails in their bed on a tram track."""
    k = 0.122 * (1 + 0.16 * blotch + 0.26 * fine)
    patch = noise(math.floor(x / 3.1) * 1.7, math.floor(y / 1.7) * 2.3, 15)
    if patch > 0.62:
        k *= 0.78
    elif patch < -0.7:
        k *= 1.16
    crack = abs(noise(x * 0.45 + 0.3 * noise(x * 2, y * 2, 17), y * 0.45, 16))
    if crack < 0.012 + 0.3 * footprint * 0.1:
        k *= 1 - 0.45 * fade(0.03, footprint)
    k *= 1 - 0.14 * math.exp(-(((abs(across) - 0.8) / 0.32) ** 2)) + 0.05 * math.exp(-((across / 0.3) ** 2))
    if not is_track:
        return k, k * 1.0, k * 1.02
    bed = abs(abs(across) - 0.7175)
    if bed < 0.16:
        k = k * 0.8 + 0.05
    rail = min(max((0.035 + footprint * 0.5 - bed) / (footprint + 0.01), 0.0), 1.0) * min(
        1.0, 0.07 / max(footprint, 0.01)
    )
    k = k * (1 - rail) + 0.30 * rail
    groove = abs(abs(across) - 0.7175 + 0.055)
    if groove < 0.02:
        k *= 1 - 0.6 * fade(0.04, footprint)
    return k, k, k * 1.03


@compiled
def _grass(x: float, y: float, blotch: float, fine: float, footprint: float) -> Colour:
    blade = _grain(x * 1.0, y * 0.6, 0.035, 18, footprint)
    dry = 0.5 + 0.5 * noise(x * 0.6, y * 0.6, 19)
    k = 1 + 0.28 * blotch + 0.35 * blade + 0.25 * fine
    return (0.085 + 0.045 * dry) * k, (0.135 + 0.015 * dry) * k, 0.038 * k


@compiled
def facade_colour(u: float, z: float, su: float, sz: float, wall: Grid, footprint: float) -> Matter:
    """Red, green, blue, gloss and warm light of a facade.

    ``u`` runs along the wall, ``su`` and ``sz`` say how far the line of sight moves along and up the wall
    for each metre behind it. ``wall``: length, height, floor height, ground floor, window width, window
    height, pitch, red, green, blue, style, seed, has shops.
    """
    length, height, storey, ground, width, tall, pitch = wall[4], wall[5], wall[6], wall[7], wall[8], wall[9], wall[10]
    seed = int(wall[15])
    r, g, b = _rendered_wall(u, z, wall, footprint)
    columns = max(math.floor((length - 0.8) / pitch), 1.0)
    margin = (length - columns * pitch) / 2
    if z > height - 0.45:
        k = 0.9 if z > height - 0.12 else 1.12
        return r * k, g * k, b * k, 0.0, 0.0
    if z < ground and wall[16] > 0.5:
        return _shop(u, z, su, sz, wall, r, g, b)
    floor = math.floor((z - ground) / storey) if z >= ground else -1.0
    base = ground + floor * storey if floor >= 0 else 0.0
    sill = 0.85 if floor >= 0 else 1.15
    column = math.floor((u - margin) / pitch)
    if floor >= 0 and z - base < 0.14 and floor < 1.5:
        return r * 1.14, g * 1.14, b * 1.14, 0.0, 0.0
    if column < 0 or column >= columns or base + sill + tall > height - 0.6:
        return r, g, b, 0.0, 0.0
    cu, cz = u - margin - (column + 0.5) * pitch, z - base - sill
    return _window(cu, cz, su, sz, width, tall, int(column), int(floor) + 7, seed, r, g, b)


@compiled
def _rendered_wall(u: float, z: float, wall: Grid, footprint: float) -> Colour:
    """Plaster, brick or stone."""
    r, g, b, style, seed = wall[11], wall[12], wall[13], wall[14], int(wall[15])
    stain = 0.07 * noise(u * 0.4, z * 0.15, seed) + 0.05 * noise(u * 1.6, z * 0.8, seed + 1)
    k = 1.0 + stain - 0.10 * math.exp(-z / 0.8)
    if style > 1.5:
        row = math.floor(z / 0.45)
        tone = chance(int(row), math.floor(u / 0.9 + 0.5 * (row % 2)), seed) - 0.5
        k *= 1 + 0.12 * tone - 0.18 * _joint(z, 0.45, 0.02, footprint)
    elif style > 0.5:
        row = math.floor(z / 0.077)
        tone = chance(int(row), math.floor(u / 0.25 + 0.5 * (row % 2)), seed) - 0.5
        k *= 1 + 0.3 * tone * fade(0.12, footprint) + 0.08 * noise(u * 2.5, z * 2.5, seed + 2)
    if z < 0.55:
        return 0.2 * k, 0.19 * k, 0.18 * k
    return r * k, g * k, b * k


@compiled
def _window(
    cu: float, cz: float, su: float, sz: float, width: float, tall: float, column: int, floor: int, seed: int,
    r: float, g: float, b: float,
) -> Matter:  # fmt: skip
    """A window behind its reveal, with frame, mullion and curtains; around it a surround and a sill."""
    half, recess = width / 2, 0.2
    if abs(cu) > half or cz < 0 or cz > tall:
        if abs(cu) < half + 0.14 and -0.02 < cz < tall + 0.16:
            return r * 1.22 + 0.03, g * 1.22 + 0.03, b * 1.22 + 0.03, 0.0, 0.0
        if abs(cu) < half + 0.2 and -0.12 < cz <= -0.02:
            return 0.42, 0.41, 0.39, 0.0, 0.0
        if abs(cu) < half + 0.18 and -0.26 < cz <= -0.12:
            return r * 0.72, g * 0.72, b * 0.72, 0.0, 0.0
        return r, g, b, 0.0, 0.0
    iu, iz = cu + su * recess, cz + sz * recess
    if abs(iu) > half or iz < 0 or iz > tall:
        k = 0.42 if iz > tall else 0.66
        return r * k, g * k, b * k, 0.0, 0.0
    if abs(iu) > half - 0.07 or abs(iu) < 0.035 or iz < 0.07 or iz > tall - 0.07 or abs(iz - tall * 0.68) < 0.03:
        return 0.56, 0.55, 0.52, 0.05, 0.0
    kind, lit = chance(column, floor, seed + 3), chance(column, floor, seed + 4)
    glow = 1.0 if lit > 0.66 else 0.0
    if kind < 0.3 and abs(iu) > half * (0.35 + 0.4 * kind):
        return 0.36, 0.34, 0.31, 0.25, glow * 0.8
    if kind > 0.82 and iz > tall * (1.55 - kind):
        return 0.42, 0.40, 0.36, 0.2, glow * 0.5
    k = 0.03 + (0.03 + 0.07 * chance(column, floor, seed + 6)) * iz / tall
    return k, k * 1.06, k * 1.16, 0.62 + 0.36 * chance(column, floor, seed + 7), glow


@compiled
def _shop(u: float, z: float, su: float, sz: float, wall: Grid, r: float, g: float, b: float) -> Matter:
    """Shop fronts: panes behind piers, a plinth, doors and a fascia without words."""
    length, ground, seed = wall[4], wall[7], int(wall[15])
    bays = max(math.floor(length / 5.2), 1.0)
    bay = length / bays
    i = math.floor(u / bay)
    cu = u - (i + 0.5) * bay
    pick = chance(i, 1, seed)
    if z > ground - 0.75:
        if z > ground - 0.12 or abs(cu) > bay / 2 - 0.35:
            return r * 1.1, g * 1.1, b * 1.1, 0.0, 0.0
        stroke = abs(cu) < bay * 0.22 and ground - 0.55 < z < ground - 0.3
        k = 0.6 if stroke else 1.0
        if pick < 0.25:
            return (0.30 if not stroke else 0.6), 0.05 / k, 0.045 / k, 0.1, 0.12
        if pick < 0.5:
            return 0.05 / k, 0.13 / k, 0.10 / k, 0.1, 0.12
        if pick < 0.75:
            return 0.06 / k, 0.07 / k, 0.08 / k, 0.1, 0.12
        return 0.08 / k, 0.14 / k, 0.26 / k, 0.1, 0.12
    if abs(cu) > bay / 2 - 0.35:
        return r, g, b, 0.0, 0.0
    if z < 0.4 and abs(cu) > 0.6:
        return 0.10, 0.10, 0.10, 0.02, 0.0
    iu, iz = cu + su * 0.25, z + sz * 0.25
    third = (bay - 0.7) / 3
    if abs(abs(iu) - third / 2) < 0.04 or abs(iu) > bay / 2 - 0.42 or iz > ground - 0.83 or abs(iz - 2.35) < 0.035:
        return 0.07, 0.07, 0.075, 0.15, 0.0
    deep_u, deep_z = cu + su * 1.4, z + sz * 1.4
    show = 0.5 + 0.5 * noise(deep_u * 2.1, deep_z * 2.6, seed + i)
    tint = chance(math.floor(deep_u / 0.45), math.floor(deep_z / 0.6), seed + 5)
    k = 0.035 + 0.055 * show * show * (1.0 if deep_z < 2.0 else 0.4)
    return k * (0.9 + 0.25 * tint), k * 0.97, k * (1.2 - 0.3 * tint), 1.0, 0.16 + 0.5 * show * show + 0.14 * tint
