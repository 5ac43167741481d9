"""Light on what stands still, sample by sample: the sun, the visible sky, street lamps and reflections, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from detectors.synthetic.light import Illumination, ShadowMap, lit_share, sky_colour
from detectors.synthetic.mesh import STREET_LAMP
from detectors.synthetic.raster import Grid, Numbers, compiled
from detectors.synthetic.scene import Floats, Sky
from detectors.synthetic.texture import facade_colour, ground_colour, noise

SKY, GROUND = -3.0, -2.0  # in place of a wall's number
Vector = tuple[float, float, float]


class View(NamedTuple):
    """Where samples look: directions (rows, columns, 3) of depth 1, the eye, samples per unit of slope."""

    rays: Grid
    eye: Grid
    focal: np.float32


class Place(NamedTuple):
    """What samples show.

    Attributes:
        depth: (rows, columns) inverse depth.
        values: (rows, columns, 9) red, green, blue, gloss, glow, normal and wall of what is solid.
        surface: (rows, columns) number of the surface on the ground.
        surfaces: (n, 6) kind, middle, direction and half width of each.
        walls: (n, 17) as `facade.walls` makes them.
    """

    depth: Grid
    values: Grid
    surface: NDArray[np.int16]
    surfaces: Grid
    walls: Grid


class SkyMaps(NamedTuple):
    """Shadow maps end to end: depths, (start, rows, columns) and (axes, origin, texel) of each."""

    depths: Grid
    shapes: Numbers
    frames: Grid


def shade_still(
    view: View, place: Place, source: Illumination, sun_map: ShadowMap, maps: SkyMaps, lamps: Grid, sky: Sky
) -> tuple[Grid, Grid, Grid]:
    """Lights every sample and averages four of them into a pixel.

    Returns:
        Radiance without the sun, what the sun adds, and the place in world metres, each (h, w, 3).
    """
    return _shaded(view, place, source, sun_map, maps, lamps, sky == "dusk", sky == "overcast")


@compiled
def _visible_sky(maps: SkyMaps, source: Illumination, spot: Vector, normal: Vector, out: Floats) -> float:
    """Irradiance of the visible sky on a surface into ``out``; returns the share of the sky that is seen."""
    x, y, z = spot
    seen, total = 0.0, 0.0
    out[0] = out[1] = out[2] = 0.0
    jitter = noise(x * 31.0, y * 31.0 + z * 17.0, 31) * 1.1
    for m in range(maps.shapes.shape[0]):
        f, start, rows, columns = maps.frames[m], maps.shapes[m, 0], maps.shapes[m, 1], maps.shapes[m, 2]
        dx, dy, dz = f[6], f[7], f[8]
        cos = normal[0] * dx + normal[1] * dy + normal[2] * dz
        if cos <= 0.0:
            continue
        total += cos
        u = int((x * f[0] + y * f[1] + z * f[2] - f[9]) / f[11] + jitter)
        v = int((x * f[3] + y * f[4] + z * f[5] - f[10]) / f[11] - jitter)
        is_inside = 0 <= v < rows and 0 <= u < columns
        if is_inside and maps.depths[start + v * columns + u] > x * dx + y * dy + z * dz + 0.22:
            continue
        seen += cos
        for c in range(3):
            out[c] += 2.0 * cos / maps.shapes.shape[0] * sky_colour(source, dz, c)
    return seen / total if total > 0.0 else 1.0


@compiled
def _cloud(dx: float, dy: float, dz: float, is_grey: bool) -> float:
    """Soft clouds: how white the sky is in a direction."""
    h = max(dz, 0.02) + 0.12
    x, y = dx / h * 1.3, dy / h * 1.3
    n = 0.55 * noise(x, y, 41) + 0.3 * noise(x * 2.3, y * 2.3, 42) + 0.15 * noise(x * 5.1, y * 5.1, 43)
    return min(max(0.5 + 0.9 * n if is_grey else 1.2 * n - 0.05, 0.0), 1.0)


@compiled
def _firmament(source: Illumination, ray: Vector, is_grey: bool, out: Grid) -> None:
    """Adds a sample of the sky itself."""
    white = _cloud(ray[0], ray[1], ray[2], is_grey)
    for c in range(3):
        base = sky_colour(source, ray[2], c)
        cover = base * (0.8 + 0.3 * white) if is_grey else source.horizon[c] * 1.15 + 0.25 * source.sun[c]
        out[c] += 0.25 * (base * (1 - 0.7 * white) + cover * 0.7 * white)


@compiled
def _on_ground(
    row: Grid, x: float, y: float, footprint: float, steepness: float
) -> tuple[Vector, float, float, Vector, int]:
    """Colour, gloss, warm light, normal and glow of the ground; ``steepness`` of the line of sight."""
    px, py = x - row[1], y - row[2]
    along, across = px * row[3] + py * row[4], py * row[3] - px * row[4]
    slant = footprint * math.sqrt(max(steepness, 1.0))
    return ground_colour(int(row[0]), x, y, along, across, slant), 0.0, 0.0, (0.0, 0.0, 1.0), 0


@compiled
def _on_wall(
    row: Grid, spot: Vector, ray: Vector, normal: Vector, footprint: float
) -> tuple[Vector, float, float, Vector, int]:
    """Colour, gloss, warm light, normal and glow of a facade."""
    u = (spot[0] - row[0]) * row[2] + (spot[1] - row[1]) * row[3]
    into = max(-(ray[0] * normal[0] + ray[1] * normal[1]), 0.05)
    su, sz = (ray[0] * row[2] + ray[1] * row[3]) / into, ray[2] / into
    r, g, b, gloss, warm = facade_colour(u, spot[2], su, sz, row, footprint)
    return (r, g, b), gloss, warm, normal, 0


@compiled
def _on_thing(value: Grid) -> tuple[Vector, float, float, Vector, int]:
    """Colour, gloss, warm light, normal and glow of anything else."""
    nx, ny, nz = float(value[5]), float(value[6]), float(value[7])
    size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-6
    colour = (float(value[0]), float(value[1]), float(value[2]))
    return colour, float(value[3]), 0.0, (nx / size, ny / size, nz / size), int(value[4] + 0.5)


@compiled
def _lamplight(lamps: Grid, spot: Vector, normal: Vector) -> float:
    """Light of the street lamps (n, 4: place and strength) on a surface."""
    bulb = 0.0
    for k in range(lamps.shape[0]):
        lx, ly, lz = lamps[k, 0] - spot[0], lamps[k, 1] - spot[1], lamps[k, 2] - spot[2]
        d2 = lx * lx + ly * ly + lz * lz
        cos = (lx * normal[0] + ly * normal[1] + lz * normal[2]) / math.sqrt(d2)
        bulb += lamps[k, 3] * max(cos, 0.0) / (d2 + 1.0)
    return bulb


@compiled
def _own_light(warm: float, glow: int, channel: int) -> float:
    """Lit windows and lanterns at dusk."""
    tint = 1.0 if channel == 0 else (0.68 if channel == 1 else 0.34)
    return (warm * 0.55 + (3.0 if glow == STREET_LAMP else 0.0)) * tint


@compiled
def _shaded(
    view: View, place: Place, source: Illumination, sun_map: ShadowMap, maps: SkyMaps, lamps: Grid, is_dusk: bool,
    is_grey: bool,
) -> tuple[Grid, Grid, Grid]:  # fmt: skip
    rows, columns = place.depth.shape
    shade = np.zeros((rows // 2, columns // 2, 3), np.float32)
    sunny, spots = np.zeros_like(shade), np.zeros_like(shade)
    sky = np.zeros(3)
    for j in range(rows):
        for i in range(columns):
            rx, ry, rz = float(view.rays[j, i, 0]), float(view.rays[j, i, 1]), float(view.rays[j, i, 2])
            length = math.sqrt(rx * rx + ry * ry + rz * rz)
            pj, pi = j // 2, i // 2
            if place.depth[j, i] <= 0.0:
                _firmament(source, (rx / length, ry / length, rz / length), is_grey, shade[pj, pi])
                spots[pj, pi, 2] = -1000.0
                continue
            reach = 1.0 / place.depth[j, i]
            x, y, z = view.eye[0] + rx * reach, view.eye[1] + ry * reach, view.eye[2] + rz * reach
            if j % 2 == 0 and i % 2 == 0:
                spots[pj, pi, 0], spots[pj, pi, 1], spots[pj, pi, 2] = x, y, z
            value, footprint = place.values[j, i], reach / view.focal
            wall = value[8]
            if wall <= -1.5:
                row = place.surfaces[place.surface[j, i]]
                colour, gloss, warm, normal, glow = _on_ground(row, x, y, footprint, length / max(-rz, 0.05))
            elif wall >= -0.5:
                facing_out = (float(value[5]), float(value[6]), float(value[7]))
                row = place.walls[int(wall + 0.5)]
                colour, gloss, warm, normal, glow = _on_wall(row, (x, y, z), (rx, ry, rz), facing_out, footprint)
            else:
                colour, gloss, warm, normal, glow = _on_thing(value)
            above = (x + normal[0] * 0.06, y + normal[1] * 0.06, z + normal[2] * 0.06)
            open_sky = _visible_sky(maps, source, above, normal, sky)
            sun = source.to_sun
            direct = max(normal[0] * sun[0] + normal[1] * sun[1] + normal[2] * sun[2], 0.0)
            if direct > 0.0 and source.sun[0] > 0.0:
                direct *= lit_share(sun_map, above[0], above[1], above[2], 0.05)
            bulb = _lamplight(lamps, (x, y, z), normal)
            facing = -(rx * normal[0] + ry * normal[1] + rz * normal[2]) / length
            shine = gloss * (0.25 + 0.75 * (1 - max(facing, 0.0)) ** 3)
            mirrored = rz / length + 2 * facing * normal[2]
            for c in range(3):
                mirror = sky_colour(source, mirrored, c) if mirrored > 0 else source.ground[c] * 0.8
                bounce = source.ground[c] * 0.5 * (1 - normal[2]) * (0.3 + 0.7 * open_sky)
                lit = colour[c] * (sky[c] + bounce + bulb * source.lamp[c]) * (1 - shine) + shine * mirror
                shade[pj, pi, c] += 0.25 * (lit + (_own_light(warm, glow, c) if is_dusk else 0.0))
                sunny[pj, pi, c] += 0.25 * colour[c] * source.sun[c] * direct * (1 - shine)
    return shade, sunny, spots
