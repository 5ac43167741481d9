"""How light falls: sun, sky, street lamps and shadows, compiled."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from detectors.synthetic.mesh import Mesh
from detectors.synthetic.raster import Grid, compiled, draw_depth
from detectors.synthetic.scene import Floats, Light

EMPTY = np.float32(-1e9)


@dataclass(frozen=True)
class Illumination:
    """Radiance of the sources in linear red, green and blue, and the exposure that suits them."""

    sun: Floats
    zenith: Floats
    horizon: Floats
    lamp: Floats
    ground: Floats
    exposure: float


def illumination(light: Light) -> Illumination:
    """What a light means in radiance."""
    low = float(np.clip(1 - light.elevation_deg / 40.0, 0, 1))
    if light.sky == "clear":
        sun = np.array([3.3, 3.3 - 0.25 - 0.7 * low, 3.3 - 0.6 - 1.5 * low]) * (1 - 0.3 * low)
        return Illumination(
            sun,
            np.array([0.52, 0.64, 0.88]),
            np.array([0.96, 1.03, 1.10]),
            np.zeros(3),
            np.array([0.30, 0.285, 0.26]),
            0.54,
        )
    if light.sky == "overcast":
        return Illumination(
            np.zeros(3),
            np.array([1.32, 1.38, 1.46]),
            np.array([0.98, 1.03, 1.08]),
            np.zeros(3),
            np.array([0.22, 0.21, 0.2]),
            0.80,
        )
    return Illumination(
        np.zeros(3), np.array([0.060, 0.088, 0.165]), np.array([0.150, 0.140, 0.175]), np.array([34.0, 21.5, 10.5]),
        np.array([0.05, 0.045, 0.04]), 1.55,
    )  # fmt: skip


@dataclass(frozen=True)
class ShadowMap:
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
def lit_share(depth, axes, origin, texel: float, x: float, y: float, z: float, bias: float) -> float:
    """Share of the light that reaches a point: the mean over three texels by three, with smooth edges."""
    u = (x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - origin[0]) / texel - 0.5
    v = (x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - origin[1]) / texel - 0.5
    d = x * axes[2, 0] + y * axes[2, 1] + z * axes[2, 2] + bias
    rows, columns = depth.shape
    a, b = int(math.floor(u)), int(math.floor(v))
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
def sky_colour(dx: float, dy: float, dz: float, zenith, horizon, channel: int) -> float:
    """Radiance of the sky in a direction, for one channel."""
    t = min(max(dz, 0.0), 1.0) ** 0.6
    return horizon[channel] * (1 - t) + zenith[channel] * t


@compiled
def shade_points(
    points, normals, paint, ambient, sunlit, eye, to_sun, sun, zenith, horizon, ground, lamps, lamp, glow, out
):
    """Radiance (n, 3) of a moving mesh's points towards the eye.

    ``ambient`` is the share of the sky each point sees, ``sunlit`` the share of the sun, ``glow`` (kinds, 3)
    the light of each kind of lamp.
    """
    for p in range(points.shape[0]):
        nx, ny, nz = normals[p, 0], normals[p, 1], normals[p, 2]
        ex, ey, ez = eye[0] - points[p, 0], eye[1] - points[p, 1], eye[2] - points[p, 2]
        far = math.sqrt(ex * ex + ey * ey + ez * ez) + 1e-6
        ex, ey, ez = ex / far, ey / far, ez / far
        facing = nx * ex + ny * ey + nz * ez
        if facing < 0.0:
            nx, ny, nz, facing = nx - 2 * facing * ex * 0.5, ny - 2 * facing * ey * 0.5, nz - 2 * facing * ez * 0.5, 0.0
        direct = max(nx * to_sun[0] + ny * to_sun[1] + nz * to_sun[2], 0.0) * sunlit[p]
        up = 0.5 + 0.5 * nz
        shine = paint[p, 3] * (0.22 + 0.78 * (1 - facing) ** 3)
        rx, ry, rz = 2 * facing * nx - ex, 2 * facing * ny - ey, 2 * facing * nz - ez
        kind = int(paint[p, 4] + 0.5)
        bulb = 0.0
        for k in range(lamps.shape[0]):
            lx, ly, lz = lamps[k, 0] - points[p, 0], lamps[k, 1] - points[p, 1], lamps[k, 2] - points[p, 2]
            d2 = lx * lx + ly * ly + lz * lz
            if d2 < 900.0:
                cos = (lx * nx + ly * ny + lz * nz) / math.sqrt(d2)
                bulb += lamps[k, 3] * max(0.35 * cos + 0.15 + 0.5 * max(cos, 0.0), 0.0) / (d2 + 1.0)
        for c in range(3):
            sky = (zenith[c] * 0.6 + horizon[c] * 0.4) * up * ambient[p] + ground[c] * (1 - up) * (
                0.4 + 0.6 * ambient[p]
            )
            lit = paint[p, c] * (sun[c] * direct + sky + bulb * lamp[c])
            mirror = sky_colour(rx, ry, rz, zenith, horizon, c) if rz > 0 else 0.45 * ground[c]
            spot = max(rx * to_sun[0] + ry * to_sun[1] + rz * to_sun[2], 0.0) ** 60 * sunlit[p] * sun[c] * 2.0
            out[p, c] = lit * (1 - shine) + shine * (mirror * (0.35 + 0.65 * ambient[p]) + spot) + glow[kind, c]


@compiled
def light_of_points(points, depth, axes, origin, texel, moving, use_moving, sky, sky_origin, sky_cell, ambient, sunlit):
    """Share of sun and of sky that each point (n, 3) sees, behind what stands and what moves."""
    rows, columns = sky.shape
    for p in range(points.shape[0]):
        x, y, z = points[p, 0], points[p, 1], points[p, 2]
        lit = lit_share(depth, axes, origin, texel, x, y, z, 0.06)
        if use_moving and lit > 0.0:
            lit *= lit_share(moving, axes, origin, texel, x, y, z, 0.14)
        sunlit[p] = lit
        i = min(max(int((x - sky_origin[0]) / sky_cell), 0), columns - 1)
        j = min(max(int((y - sky_origin[1]) / sky_cell), 0), rows - 1)
        ambient[p] = sky[j, i] * (0.62 + 0.38 * min(z / 0.9, 1.0))
