"""The place without its road users, lit once: colour, depth and where the sun falls, for every pixel."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001, ANN202

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.pinhole import Pinhole
from detectors.synthetic import street
from detectors.synthetic.facade import PLAIN_WALL, awnings, walls
from detectors.synthetic.light import (
    Illumination,
    ShadowMap,
    illumination,
    lit_share,
    shadow_map,
    sky_colour,
    sky_directions,
)
from detectors.synthetic.mesh import STREET_LAMP, Mesh, merged
from detectors.synthetic.raster import Grid, Numbers, compiled, draw_static
from detectors.synthetic.scene import Floats, Light, Surface
from detectors.synthetic.texture import GROUND_KINDS, facade_colour, ground_colour, noise

SCALE = 2  # samples per pixel along each side
_SUN_TEXEL_M, _SKY_TEXEL_M, _SKY_CELL_M = 0.05, 0.16, 0.5
_SKY_DIRECTIONS = 30
_REACH_M = 75.0
GLASS_SHARE, GLASS_SHEEN = 0.22, 0.5  # of a pane in what is seen through it; of the sky's brightness in the pane
_SKY, _GROUND = -3.0, -2.0


@dataclass(frozen=True)
class Background:
    """What stands still.

    Attributes:
        shade: (h, w, 3) radiance without the sun.
        sunny: (h, w, 3) what the sun adds where nothing moving stands in its way.
        place: (h, w, 3) world metres of what each pixel shows; far below ground for the sky.
        depth: (2h, 2w) inverse depth of every sample.
        glass: (2h, 2w) inverse depth of panes, 0 where there are none.
        sun_map: what stands in the sun's way.
        sky: share of the sky seen at head height, on a grid.
        sky_origin: of that grid, in metres.
        lamps: (n, 4) street lamps: place and strength.
        source: the light.
    """

    shade: Grid
    sunny: Grid
    place: Grid
    depth: Grid
    glass: Grid
    sun_map: ShadowMap
    sky: Grid
    sky_origin: Grid
    lamps: Grid
    source: Illumination


def bake(camera: Pinhole, plan: Sequence[Surface], light: Light) -> Background:
    """Draws and lights everything that stands still."""
    source = illumination(light)
    roads = [s for s in plan if s.kind in ("carriageway", "tram_track")]
    buildings = [s for s in plan if s.kind == "building"]
    things = [mesh for s in plan if (mesh := street.built(s, roads)) is not None]
    things += [awning for s in buildings for awning in awnings(s)]
    facades, wall_rows, wall_numbers = walls(buildings)
    solids = merged([*things, *facades]) if things or facades else None
    rays = camera.rays(SCALE).astype(np.float32)
    drawn = _drawn(camera, rays, things, facades, wall_numbers)
    glass = _glass(camera, [street.glass_panes(s, roads) for s in plan if s.kind == "shelter"], drawn.depth)
    ground_kind, ground_frame = _ground(camera, plan)
    corners = _corners(camera, plan)
    sun_map = shadow_map(light.to_sun, corners, _SUN_TEXEL_M)
    maps = [shadow_map(d, corners, _SKY_TEXEL_M) for d in sky_directions(_SKY_DIRECTIONS)]
    if solids is not None:
        for one in [sun_map, *maps]:
            one.add(solids)
    sky, sky_origin = _sky_at_head_height(maps, corners)
    lamps = _lamps(plan, light)
    eye = np.array(camera.position_m, np.float32)
    shade, sunny, place = _shaded(
        rays, eye, camera.axes[2].astype(np.float32), drawn.depth, drawn.values, ground_kind, ground_frame, wall_rows,
        _packed(maps), sun_map.depth, sun_map.axes, sun_map.origin, sun_map.texel_m,
        light.to_sun, source.sun, source.zenith, source.horizon, source.ground, lamps, source.lamp,
        np.float32(camera.focal_px * SCALE), light.sky == "dusk", light.sky == "overcast",
    )  # fmt: skip
    pane = cv2.resize((glass > 0).astype(np.float32), shade.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    shade = shade * (1 - GLASS_SHARE * pane) + GLASS_SHARE * pane * source.horizon.astype(np.float32) * GLASS_SHEEN
    sunny *= 1 - GLASS_SHARE * pane
    return Background(shade, sunny, place, drawn.depth, glass, sun_map, sky, sky_origin, lamps, source)


@dataclass(frozen=True)
class _Drawn:
    depth: Grid
    values: Grid  # red, green, blue, gloss, glow, normal (3), wall


def to_samples(camera: Pinhole, points: Grid, scale: int) -> Grid:
    """World points (n, 3) as column, row and inverse depth; inverse depth 0 for what is behind the camera."""
    seen = camera.to_camera(points.astype(float))
    near = seen[:, 2] > 0.3
    depth = np.where(near, seen[:, 2], 1.0)
    ideal = seen[:, :2] / depth[:, None] * camera.focal_px + camera.centre_px
    # The lens model folds back far outside the picture; nothing there is drawn.
    near &= (np.abs(ideal - camera.centre_px) < np.array(camera.size_px) * 1.1).all(axis=1)
    ideal[~near] = camera.centre_px
    bent = ideal if camera.lens is None else camera.lens.distort(ideal)
    return np.column_stack([bent * scale, np.where(near, 1 / depth, 0.0)]).astype(np.float32)


def _drawn(camera: Pinhole, rays: Grid, things: list[Mesh], facades: list[Mesh], numbers: list[int]) -> _Drawn:
    down = rays[..., 2]
    depth = np.where(down < -1e-4, down / -np.float32(camera.position_m[2]), 0.0).astype(np.float32)
    values = np.zeros((*depth.shape, 9), np.float32)
    values[..., 8] = np.where(depth > 0, _GROUND, _SKY)
    for mesh, number in [*((m, PLAIN_WALL) for m in things), *zip(facades, numbers, strict=True)]:
        rows = np.column_stack([mesh.paint, mesh.normals, np.full(len(mesh.points), number)]).astype(np.float32)
        draw_static(to_samples(camera, mesh.points, SCALE), rows, mesh.faces, depth, values)
    return _Drawn(depth, values)


def _glass(camera: Pinhole, panes: list[Mesh], depth: Grid) -> Grid:
    """Inverse depth of the panes that nothing hides, 0 elsewhere."""
    glass = np.zeros_like(depth)
    for mesh in panes:
        draw_static(
            to_samples(camera, mesh.points, SCALE),
            mesh.normals,
            mesh.faces,
            glass,
            np.zeros((*depth.shape, 3), np.float32),
        )
    return np.where(glass > depth, glass, 0.0).astype(np.float32)


def _ground(camera: Pinhole, plan: Sequence[Surface]) -> tuple[NDArray[np.uint8], Grid]:
    """Per sample the kind of ground, and per sample the number of its surface's frame (row of the table)."""
    width, height = camera.size_px
    owner = np.zeros((height * SCALE, width * SCALE), np.int16)
    table = [(0, 0.0, 0.0, 1.0, 0.0, 1.0)]
    for surface in plan:
        if surface.kind not in GROUND_KINDS:
            continue
        ring = np.column_stack([surface.outline_m, np.zeros(len(surface.outline_m))])
        polygon = camera.project_polygon(ring) * SCALE - 0.5
        if len(polygon) < 3:
            continue
        middle, _, across, angle = street.frame_of(surface)
        kind = GROUND_KINDS.index(surface.kind)
        table.append((kind, middle[0], middle[1], math.cos(angle), math.sin(angle), across / 2))
        points = np.round(polygon.clip(-2e5, 2e5) * 16).astype(np.int32)
        cv2.fillPoly(owner, [points], len(table) - 1, shift=4)
    return owner, np.array(table, np.float32)


def _corners(camera: Pinhole, plan: Sequence[Surface]) -> Floats:
    """Corners of the space whose shadows matter: the plan near what the camera sees."""
    x, y = camera.ground_of_pixels()
    eye = np.array(camera.position_m[:2])
    near = np.hypot(x - eye[0], y - eye[1]) < _REACH_M
    spots = np.column_stack([x[near], y[near]]) if near.any() else eye[None]
    low, high = spots.min(axis=0) - 8.0, spots.max(axis=0) + 8.0
    tall = max([s.height_m for s in plan] + [3.0]) + 1.0
    return np.array([[a, b, c] for a in (low[0], high[0]) for b in (low[1], high[1]) for c in (0.0, tall)])


def _sky_at_head_height(maps: list[ShadowMap], corners: Floats) -> tuple[Grid, Grid]:
    low, high = corners.min(axis=0), corners.max(axis=0)
    xs, ys = np.arange(low[0], high[0], _SKY_CELL_M), np.arange(low[1], high[1], _SKY_CELL_M)
    share, total = np.zeros((len(ys), len(xs)), np.float32), 0.0
    x, y = np.meshgrid(xs, ys)
    points = np.column_stack([x.ravel(), y.ravel(), np.full(x.size, 1.3)]).astype(np.float32)
    for one in maps:
        seen = one.seen(points)
        rows, columns = one.depth.shape
        i, j = (seen[:, k].astype(int).clip(0, n - 1) for k, n in ((1, rows), (0, columns)))
        weight = float(one.axes[2, 2])
        share += weight * (one.depth[i, j] < seen[:, 2] + 0.1).reshape(share.shape)
        total += weight
    return cv2.GaussianBlur(share / total, (5, 5), 1.2), low[:2].astype(np.float32)


def _lamps(plan: Sequence[Surface], light: Light) -> Grid:
    """Street lamps, and the spill of shop windows, at dusk."""
    if light.sky != "dusk":
        return np.zeros((0, 4), np.float32)
    lamps = [[*street.lantern_of(s), 1.0] for s in plan if s.kind == "lamp"]
    lamps += [[*street.lantern_of(s) + [0, 0, -0.1], 0.25] for s in plan if s.kind in ("shelter", "kiosk")]
    return np.array(lamps, np.float32).reshape(-1, 4)


def _packed(maps: list[ShadowMap]) -> tuple[Grid, Numbers, Grid]:
    """Shadow maps end to end: depths, (start, rows, columns) and (axes, origin, texel)."""
    starts = np.cumsum([0] + [m.depth.size for m in maps[:-1]])
    shapes = np.array([[s, *m.depth.shape] for s, m in zip(starts, maps, strict=True)], np.int32)
    frames = np.array([[*m.axes.ravel(), *m.origin, m.texel_m] for m in maps], np.float32)
    return np.concatenate([m.depth.ravel() for m in maps]), shapes, frames


@compiled
def _sky_light(packed, x, y, z, nx, ny, nz, zenith, horizon, out):
    """Irradiance of the visible sky on a surface into ``out``; returns the share of the sky that is seen."""
    depths, shapes, frames = packed
    seen, total = 0.0, 0.0
    out[0] = out[1] = out[2] = 0.0
    jitter = noise(x * 31.0, y * 31.0 + z * 17.0, 31) * 1.1
    for m in range(shapes.shape[0]):
        f = frames[m]
        dx, dy, dz = f[6], f[7], f[8]
        cos = nx * dx + ny * dy + nz * dz
        if cos <= 0.0:
            continue
        total += cos
        u = int((x * f[0] + y * f[1] + z * f[2] - f[9]) / f[11] + jitter)
        v = int((x * f[3] + y * f[4] + z * f[5] - f[10]) / f[11] - jitter)
        if 0 <= v < shapes[m, 1] and 0 <= u < shapes[m, 2]:
            if depths[shapes[m, 0] + v * shapes[m, 2] + u] > x * dx + y * dy + z * dz + 0.22:
                continue
        seen += cos
        for c in range(3):
            out[c] += 2.0 * cos / shapes.shape[0] * sky_colour(dx, dy, dz, zenith, horizon, c)
    return seen / total if total > 0.0 else 1.0


@compiled
def _cloud(dx, dy, dz, is_grey):
    """Soft clouds: how white the sky is in a direction."""
    h = max(dz, 0.02) + 0.12
    x, y = dx / h * 1.3, dy / h * 1.3
    n = 0.55 * noise(x, y, 41) + 0.3 * noise(x * 2.3, y * 2.3, 42) + 0.15 * noise(x * 5.1, y * 5.1, 43)
    return min(max(0.5 + 0.9 * n if is_grey else 1.2 * n - 0.05, 0.0), 1.0)


@compiled
def _shaded(
    rays, eye, forward, depth, values, owner, frames, wall_rows, packed, sun_depth, sun_axes, sun_origin, texel,
    to_sun, sun, zenith, horizon, ground, lamps, lamp, focal, is_dusk, is_grey,
):  # fmt: skip
    rows, columns = depth.shape
    shade = np.zeros((rows // 2, columns // 2, 3), np.float32)
    sunny = np.zeros((rows // 2, columns // 2, 3), np.float32)
    place = np.zeros((rows // 2, columns // 2, 3), np.float32)
    sky = np.zeros(3)
    for j in range(rows):
        for i in range(columns):
            rx, ry, rz = rays[j, i, 0], rays[j, i, 1], rays[j, i, 2]
            length = math.sqrt(rx * rx + ry * ry + rz * rz)
            wall = values[j, i, 8]
            pj, pi = j // 2, i // 2
            if depth[j, i] <= 0.0:
                white = _cloud(rx / length, ry / length, rz / length, is_grey)
                for c in range(3):
                    base = sky_colour(rx, ry, rz / length, zenith, horizon, c)
                    cover = (horizon[c] * 1.15 + 0.25 * sun[c]) if not is_grey else base * (0.8 + 0.3 * white)
                    shade[pj, pi, c] += 0.25 * (base * (1 - 0.7 * white) + cover * 0.7 * white)
                place[pj, pi, 2] = -1000.0
                continue
            reach = 1.0 / depth[j, i]
            x, y, z = eye[0] + rx * reach, eye[1] + ry * reach, eye[2] + rz * reach
            footprint = reach / focal
            nx, ny, nz = values[j, i, 5], values[j, i, 6], values[j, i, 7]
            r, g, b, gloss, warm = values[j, i, 0], values[j, i, 1], values[j, i, 2], values[j, i, 3], 0.0
            kind_of_glow = int(values[j, i, 4] + 0.5)
            if wall <= -1.5:
                nx, ny, nz, gloss, kind_of_glow = 0.0, 0.0, 1.0, 0.0, 0
                f = frames[owner[j, i]]
                px, py = x - f[1], y - f[2]
                along, across = px * f[3] + py * f[4], py * f[3] - px * f[4]
                slant = footprint * math.sqrt(max(length / max(-rz, 0.05), 1.0))
                r, g, b = ground_colour(int(f[0]), x, y, along, across, f[5], slant)
            elif wall >= -0.5:
                row = wall_rows[int(wall + 0.5)]
                u = (x - row[0]) * row[2] + (y - row[1]) * row[3]
                into = -(rx * nx + ry * ny)
                su, sz = (rx * row[2] + ry * row[3]) / max(into, 0.05), rz / max(into, 0.05)
                r, g, b, gloss, warm = facade_colour(u, z, su, sz, row, footprint)
                kind_of_glow = 0
            else:
                size = math.sqrt(nx * nx + ny * ny + nz * nz) + 1e-6
                nx, ny, nz = nx / size, ny / size, nz / size
            facing = -(rx * nx + ry * ny + rz * nz) / length
            bx, by, bz = x + nx * 0.06, y + ny * 0.06, z + nz * 0.06
            open_sky = _sky_light(packed, bx, by, bz, nx, ny, nz, zenith, horizon, sky)
            direct = max(nx * to_sun[0] + ny * to_sun[1] + nz * to_sun[2], 0.0)
            if direct > 0.0 and sun[0] > 0.0:
                direct *= lit_share(sun_depth, sun_axes, sun_origin, texel, bx, by, bz, 0.05)
            bulb = 0.0
            for k in range(lamps.shape[0]):
                lx, ly, lz = lamps[k, 0] - x, lamps[k, 1] - y, lamps[k, 2] - z
                d2 = lx * lx + ly * ly + lz * lz
                bulb += lamps[k, 3] * max((lx * nx + ly * ny + lz * nz) / math.sqrt(d2), 0.0) / (d2 + 1.0)
            shine = gloss * (0.25 + 0.75 * (1 - max(facing, 0.0)) ** 3)
            mx, my, mz = rx / length + 2 * facing * nx, ry / length + 2 * facing * ny, rz / length + 2 * facing * nz
            for c in range(3):
                albedo = r if c == 0 else (g if c == 1 else b)
                mirror = sky_colour(mx, my, mz, zenith, horizon, c) if mz > 0 else ground[c] * 0.8
                bounce = ground[c] * 0.5 * (1 - nz) * (0.3 + 0.7 * open_sky)
                lit = albedo * (sky[c] + bounce + bulb * lamp[c]) * (1 - shine) + shine * mirror
                if is_dusk:
                    tint = 1.0 if c == 0 else (0.68 if c == 1 else 0.34)
                    lit += warm * 0.55 * tint
                    if kind_of_glow == STREET_LAMP:
                        lit += 3.0 * tint
                shade[pj, pi, c] += 0.25 * lit
                sunny[pj, pi, c] += 0.25 * albedo * sun[c] * direct * (1 - shine)
            if j % 2 == 0 and i % 2 == 0:
                place[pj, pi, 0], place[pj, pi, 1], place[pj, pi, 2] = x, y, z
    return shade, sunny, place
