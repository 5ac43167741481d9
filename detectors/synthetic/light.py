"""How light falls: sun, sky, street lamps and shadows, compiled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from detectors.synthetic.mesh import Mesh
from detectors.synthetic.raster import Grid, compiled, draw_depth
from detectors.synthetic.scene import Floats, Light

EMPTY = np.float32(-1e9)


class Illumination(NamedTuple):
    """Radiance of the sources in linear red, green and blue, where the sun is, and the exposure that suits them."""

    to_sun: Floats
    sun: Floats
    zenith: Floats
    horizon: Floats
    lamp: Floats
    ground: Floats
    exposure: float


def illumination(light: Light) -> Illumination:
    """What a light means in radiance."""
    dark = np.zeros(3)
    if light.sky == "clear":
        low = float(np.clip(1 - light.elevation_deg / 40.0, 0, 1))
        sun = np.array([3.3, 3.3 - 0.25 - 0.7 * low, 3.3 - 0.6 - 1.5 * low]) * (1 - 0.3 * low)
        zenith, horizon, ground = [0.52, 0.64, 0.88], [0.96, 1.03, 1.10], [0.30, 0.285, 0.26]
        return _illumination(light, sun, (zenith, horizon, ground), dark, 0.54)
    if light.sky == "overcast":
        zenith, horizon, ground = [1.32, 1.38, 1.46], [0.98, 1.03, 1.08], [0.22, 0.21, 0.2]
        return _illumination(light, dark, (zenith, horizon, ground), dark, 0.80)
    zenith, horizon, ground = [0.060, 0.088, 0.165], [0.150, 0.140, 0.175], [0.05, 0.045, 0.04]
    return _illumination(light, dark, (zenith, horizon, ground), np.array([34.0, 21.5, 10.5]), 1.55)


def _illumination(
    light: Light, sun: Floats, around: tuple[list[float], list[float], list[float]], lamp: Floats, exposure: float
) -> Illumination:
    zenith, horizon, ground = (np.array(colour) for colour in around)
    return Illumination(light.to_sun, sun, zenith, horizon, lamp, ground, exposure)


class ShadowMap(NamedTuple):
    """Depth seen from a distant light.

    Attributes:
        axes: (3, 3) rows across, up and towards the light.
        origin: across and up of the first texel's corner, in metres.
        texel_m: size of a texel.
        depth: (rows, columns) largest distance towards the light, EMPTY where nothing is.
    """

    axes: Grid
    origin: Grid
    texel_m: float
    depth: Grid

    def seen(self, points: Grid) -> Grid:
        """Points in world metres as column, row and distance towards the light."""
        turned = points @ self.axes.T
        turned[:, :2] = (turned[:, :2] - self.origin) / np.float32(self.texel_m)
        return turned

    def add(self, mesh: Mesh) -> None:
        """Draws a mesh's shadow."""
        draw_depth(self.seen(mesh.points), mesh.faces, self.depth)


def shadow_map(to_light: Floats, corners: Floats, texel_m: float) -> ShadowMap:
    """An empty shadow map that covers a set of points (n, 3)."""
    across = np.cross([0.0, 0.0, 1.0] if abs(to_light[2]) < 0.95 else [0.0, 1.0, 0.0], to_light)
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(to_light, across), to_light])
    flat = corners @ axes.T
    low, high = flat.min(axis=0)[:2] - 0.5, flat.max(axis=0)[:2] + 0.5
    columns, rows = np.ceil((high - low) / texel_m).astype(int)
    depth = np.full((rows, columns), EMPTY, np.float32)
    return ShadowMap(axes.astype(np.float32), low.astype(np.float32), texel_m, depth)


def sky_directions(count: int) -> Floats:
    """Directions spread evenly over the hemisphere (a spiral of equal areas)."""
    i = np.arange(count) + 0.5
    z = 1 - i / count
    angle = i * np.pi * (1 + 5**0.5)
    flat = np.sqrt(1 - z**2)
    return np.stack([flat * np.cos(angle), flat * np.sin(angle), z], axis=1)


@compiled
def lit_share(shadows: ShadowMap, x: float, y: float, z: float, bias: float) -> float:
    """Share of the light that reaches a point: the mean over three texels by three, with smooth edges."""
    axes, depth = shadows.axes, shadows.depth
    u = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - shadows.origin[0]) / shadows.texel_m - 0.5
    v = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - shadows.origin[1]) / shadows.texel_m - 0.5
    d = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2] + bias
    rows, columns = depth.shape
    a, b = math.floor(u), math.floor(v)
    if a < 1 or b < 1 or a >= columns - 2 or b >= rows - 2:
        return 1.0
    fu, fv = u - a, v - b
    seen = 0.0
    for j in range(-1, 3):
        wv = 1 - fv if j == -1 else (fv if j == 2 else 1.0)
        for i in range(-1, 3):
            if depth[b + j, a + i] < d:
                wu = 1 - fu if i == -1 else (fu if i == 2 else 1.0)
                seen += wu * wv
    return seen / 9.0


@compiled
def sky_colour(source: Illumination, dz: float, channel: int) -> float:
    """Radiance of the sky in a direction that rises by ``dz``, for one channel."""
    t = min(max(dz, 0.0), 1.0) ** 0.6
    return float(source.horizon[channel] * (1 - t) + source.zenith[channel] * t)


class Body(NamedTuple):
    """A placed mesh and what reaches it: points and normals (n, 3), paint (n, 5), shares of sky and sun (n,)."""

    points: Grid
    normals: Grid
    paint: Grid
    ambient: Grid
    sunlit: Grid


@compiled
def _lamplight(lamps: Grid, x: float, y: float, z: float, normal: tuple[float, float, float]) -> float:
    """Light of the street lamps (n, 4) on a point of a body, softly wrapped around it."""
    bulb = 0.0
    for k in range(lamps.shape[0]):
        lx, ly, lz = lamps[k, 0] - x, lamps[k, 1] - y, lamps[k, 2] - z
        d2 = lx * lx + ly * ly + lz * lz
        if d2 < 900.0:
            cos = (lx * normal[0] + ly * normal[1] + lz * normal[2]) / math.sqrt(d2)
            bulb += lamps[k, 3] * max(0.35 * cos + 0.15 + 0.5 * max(cos, 0.0), 0.0) / (d2 + 1.0)
    return bulb


@compiled
def shade_points(body: Body, eye: Grid, source: Illumination, lamps: Grid, glow: Floats) -> Grid:
    """Radiance (n, 3) of a moving mesh's points towards the eye; ``glow`` (kinds, 3) is the light of its lamps."""
    points, sun = body.points, source.to_sun
    out = np.empty((points.shape[0], 3), np.float32)
    for p in range(points.shape[0]):
        nx, ny, nz = body.normals[p, 0], body.normals[p, 1], body.normals[p, 2]
        ex, ey, ez = eye[0] - points[p, 0], eye[1] - points[p, 1], eye[2] - points[p, 2]
        far = math.sqrt(ex * ex + ey * ey + ez * ez) + 1e-6
        ex, ey, ez = ex / far, ey / far, ez / far
        facing = nx * ex + ny * ey + nz * ez
        if facing < 0.0:
            nx, ny, nz, facing = nx - facing * ex, ny - facing * ey, nz - facing * ez, 0.0
        rx, ry, rz = 2 * facing * nx - ex, 2 * facing * ny - ey, 2 * facing * nz - ez
        direct = max(nx * sun[0] + ny * sun[1] + nz * sun[2], 0.0) * body.sunlit[p]
        spot = max(rx * sun[0] + ry * sun[1] + rz * sun[2], 0.0) ** 60 * body.sunlit[p] * 2.0
        bulb = _lamplight(lamps, points[p, 0], points[p, 1], points[p, 2], (nx, ny, nz))
        shine = body.paint[p, 3] * (0.22 + 0.78 * (1 - facing) ** 3)
        kind, up, open_sky = int(body.paint[p, 4] + 0.5), 0.5 + 0.5 * nz, body.ambient[p]
        for c in range(3):
            sky = (source.zenith[c] * 0.6 + source.horizon[c] * 0.4) * up * open_sky
            sky += source.ground[c] * (1 - up) * (0.4 + 0.6 * open_sky)
            lit = body.paint[p, c] * (source.sun[c] * direct + sky + bulb * source.lamp[c])
            mirror = sky_colour(source, rz, c) if rz > 0 else 0.45 * source.ground[c]
            seen = mirror * (0.35 + 0.65 * open_sky) + spot * source.sun[c]
            out[p, c] = lit * (1 - shine) + shine * seen + glow[kind, c]
    return out


class SkyGrid(NamedTuple):
    """Share of the sky that is seen at head height, on a grid: shares (rows, columns), origin and cell in metres."""

    share: Grid
    origin: Grid
    cell_m: float


@compiled
def light_of_points(points: Grid, still: ShadowMap, moving: ShadowMap, sky: SkyGrid) -> tuple[Grid, Grid]:
    """Shares of sky and of sun that each point (n, 3) sees, behind what stands and what moves."""
    rows, columns = sky.share.shape
    ambient, sunlit = np.empty(points.shape[0], np.float32), np.empty(points.shape[0], np.float32)
    for p in range(points.shape[0]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        lit = lit_share(still, x, y, z, 0.06)
        sunlit[p] = lit * lit_share(moving, x, y, z, 0.14) if lit > 0.0 else 0.0
        i = min(max(int((x - sky.origin[0]) / sky.cell_m), 0), columns - 1)
        j = min(max(int((y - sky.origin[1]) / sky.cell_m), 0), rows - 1)
        ambient[p] = sky.share[j, i] * (0.62 + 0.38 * min(z / 0.9, 1.0))
    return ambient, sunlit
