"""The place without its road users, lit once: colour, depth and where the sun falls, for every pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.pinhole import Pinhole
from detectors.synthetic import street
from detectors.synthetic.facade import PLAIN_WALL, awnings, walls
from detectors.synthetic.light import Illumination, ShadowMap, SkyGrid, illumination, shadow_map, sky_directions
from detectors.synthetic.mesh import Mesh, merged
from detectors.synthetic.raster import Grid, draw_static
from detectors.synthetic.scene import Floats, Light, Surface
from detectors.synthetic.still import GROUND, SKY, Place, SkyMaps, View, shade_still
from detectors.synthetic.texture import GROUND_KINDS

SCALE = 2  # samples per pixel along each side
_SUN_TEXEL_M, _SKY_TEXEL_M, _SKY_CELL_M = 0.05, 0.16, 0.5
_SKY_DIRECTIONS = 30
_REACH_M = 75.0
GLASS_SHARE, GLASS_SHEEN = 0.22, 0.5  # of a pane in what is seen through it; of the sky's brightness in the pane


class Background(NamedTuple):
    """What stands still.

    Attributes:
        shade: (h, w, 3) radiance without the sun.
        sunny: (h, w, 3) what the sun adds where nothing moving stands in its way.
        place: (h, w, 3) world metres of what each pixel shows; far below ground for the sky.
        depth: (2h, 2w) inverse depth of every sample.
        glass: (2h, 2w) inverse depth of panes, 0 where there are none.
        sun_map: what stands in the sun's way.
        sky: share of the sky seen at head height.
        lamps: (n, 4) street lamps: place and strength.
        source: the light.
    """

    shade: Grid
    sunny: Grid
    place: Grid
    depth: Grid
    glass: Grid
    sun_map: ShadowMap
    sky: SkyGrid
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
    eye = np.array(camera.position_m, np.float32)
    view = View(camera.rays(SCALE).astype(np.float32), eye, np.float32(camera.focal_px * SCALE))
    depth, values = _drawn(camera, view.rays, things, facades, wall_numbers)
    corners = _corners(camera, plan)
    sun_map = shadow_map(light.to_sun, corners, _SUN_TEXEL_M)
    maps = [shadow_map(d, corners, _SKY_TEXEL_M) for d in sky_directions(_SKY_DIRECTIONS)]
    if solids is not None:
        for one in [sun_map, *maps]:
            one.add(solids)
    lamps = _lamps(plan, light)
    place = Place(depth, values, *_ground(camera, plan), wall_rows)
    shade, sunny, spots = shade_still(view, place, source, sun_map, _packed(maps), lamps, light.sky)
    glass = _glass(camera, [street.glass_panes(s, roads) for s in plan if s.kind == "shelter"], depth)
    pane = cv2.resize((glass > 0).astype(np.float32), shade.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    shade = shade * (1 - GLASS_SHARE * pane) + GLASS_SHARE * pane * source.horizon.astype(np.float32) * GLASS_SHEEN
    sunny *= 1 - GLASS_SHARE * pane
    return Background(shade, sunny, spots, depth, glass, sun_map, _sky_at_head_height(maps, corners), lamps, source)


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


def _drawn(
    camera: Pinhole, rays: Grid, things: list[Mesh], facades: list[Mesh], numbers: list[int]
) -> tuple[Grid, Grid]:
    """Inverse depth and values (red, green, blue, gloss, glow, normal, wall) of every sample."""
    down = rays[..., 2]
    depth = np.where(down < -1e-4, down / -np.float32(camera.position_m[2]), 0.0).astype(np.float32)
    values = np.zeros((*depth.shape, 9), np.float32)
    values[..., 8] = np.where(depth > 0, GROUND, SKY)
    for mesh, number in [*((m, PLAIN_WALL) for m in things), *zip(facades, numbers, strict=True)]:
        rows = np.column_stack([mesh.paint, mesh.normals, np.full(len(mesh.points), number)]).astype(np.float32)
        draw_static(to_samples(camera, mesh.points, SCALE), rows, mesh.faces, depth, values)
    return depth, values


def _glass(camera: Pinhole, panes: list[Mesh], depth: Grid) -> Grid:
    """Inverse depth of the panes that nothing hides, 0 elsewhere."""
    glass = np.zeros_like(depth)
    for mesh in panes:
        points, nothing = to_samples(camera, mesh.points, SCALE), np.zeros((*depth.shape, 3), np.float32)
        draw_static(points, mesh.normals, mesh.faces, glass, nothing)
    return np.where(glass > depth, glass, 0.0).astype(np.float32)


def _ground(camera: Pinhole, plan: Sequence[Surface]) -> tuple[NDArray[np.int16], Grid]:
    """Per sample the number of its surface; per surface its kind, its middle, its direction and half its width."""
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


def _sky_at_head_height(maps: list[ShadowMap], corners: Floats) -> SkyGrid:
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
    soft = cv2.GaussianBlur(share / np.float32(total), (5, 5), 1.2)
    return SkyGrid(np.asarray(soft, np.float32), low[:2].astype(np.float32), _SKY_CELL_M)


def _lamps(plan: Sequence[Surface], light: Light) -> Grid:
    """Street lamps, and the spill of shop windows, at dusk."""
    if light.sky != "dusk":
        return np.zeros((0, 4), np.float32)
    lamps = [[*street.lantern_of(s), 1.0] for s in plan if s.kind == "lamp"]
    lamps += [[*(street.lantern_of(s) - np.array([0, 0, 0.1])), 0.25] for s in plan if s.kind in ("shelter", "kiosk")]
    return np.array(lamps, np.float32).reshape(-1, 4)


def _packed(maps: list[ShadowMap]) -> SkyMaps:
    """Shadow maps end to end."""
    starts = np.cumsum([0] + [m.depth.size for m in maps[:-1]])
    shapes = np.array([[s, *m.depth.shape] for s, m in zip(starts, maps, strict=True)], np.int32)
    frames = np.array([[*m.axes.ravel(), *m.origin, m.texel_m] for m in maps], np.float32)
    return SkyMaps(np.concatenate([m.depth.ravel() for m in maps]), shapes, frames)
