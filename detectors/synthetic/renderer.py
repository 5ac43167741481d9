"""Road users before a place: draws them, lets their shadows fall, and exposes the picture."""

# mypy: disable-error-code="no-untyped-def"
# ruff: noqa: ANN001, ANN202

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.pinhole import Pinhole
from detectors.synthetic import bake as place_bake
from detectors.synthetic.bake import GLASS_SHARE, GLASS_SHEEN, SCALE, to_samples
from detectors.synthetic.figures import Placed, place
from detectors.synthetic.light import EMPTY, ShadowMap, light_of_points, lit_share, shade_points, shadow_map
from detectors.synthetic.mesh import BRAKE_LIGHT, DISPLAY, HEAD_LIGHT, INTERIOR, TAIL_LIGHT
from detectors.synthetic.raster import Grid, compiled, draw_actor
from detectors.synthetic.scene import Actor, Image, Label, Light, Surface
from detectors.synthetic.sensor import Sensor

_VISIBLE_SHARE = 0.35  # of a body's samples, under which it is no label
_SMALLEST_BOX_PX = 6.0
_CONTACT_TEXEL_M, _CONTACT_HEIGHT_M = 0.08, 1.2
_HEAD_REACH_M = 11.0


class Renderer:
    """Shows one place under one light, the same for the same seed."""

    def __init__(self, camera: Pinhole, plan: Sequence[Surface], light: Light, seed: int) -> None:
        self._camera, self._light = camera, light
        self._still = place_bake.bake(camera, plan, light)
        self._sensor = Sensor(camera.size_px, light, self._still.source.exposure, seed)
        self._eye = np.array(camera.position_m, np.float32)
        shape = self._still.depth.shape
        self._owner, self._stamp = np.empty(shape, np.int32), np.empty(shape, np.int32)
        self._colour = np.zeros((*shape, 3), np.float32)
        self._moving = np.full_like(self._still.sun_map.depth, EMPTY)
        ground = self._still.place.reshape(-1, 3)
        ground = ground[np.abs(ground[:, 2]) < 0.05]
        corners = (
            np.concatenate([ground.min(axis=0)[None], ground.max(axis=0)[None]]) if len(ground) else np.zeros((2, 3))
        )
        reach = np.hypot(*(corners[:, :2] - self._eye[:2]).T).max()
        self._contact = shadow_map(
            np.array([0.0, 0.0, 1.0]), corners.clip(-reach, reach).astype(float), _CONTACT_TEXEL_M
        )

    def frame(self, actors: Sequence[Actor]) -> tuple[Image, list[Label]]:
        """Renders one frame and the labels of what is visible in it."""
        placed = [place(actor) for actor in actors]
        shadows = self._shadows(placed)
        dark = self._contact_shade(placed)
        depth = self._still.depth.copy()
        self._owner.fill(-1)
        self._stamp.fill(-1)
        labels = []
        drawn = [
            self._draw(actor, body, i, shadows, depth)
            for i, (actor, body) in enumerate(zip(actors, placed, strict=True))
        ]
        seen = _samples_of(self._owner, len(actors))
        for i, (actor, (points, whole)) in enumerate(zip(actors, drawn, strict=True)):
            label = self._label(actor, points, seen[i] / whole if whole else 0.0)
            if label is not None:
                labels.append(label)
        radiance = _resolved(
            self._still.shade, self._still.sunny, self._still.place, self._still.glass, depth, self._owner, self._colour,
            shadows.depth, shadows.axes, shadows.origin, shadows.texel_m, _rough(shadows.depth, EMPTY), self._light.sky == "clear",
            dark, self._contact.origin, self._contact.texel_m,
            (self._still.source.horizon * GLASS_SHEEN).astype(np.float32), _beams(actors, self._light),
        )  # fmt: skip
        return self._sensor.expose(radiance), labels

    def _shadows(self, placed: list[Placed]) -> ShadowMap:
        still = self._still.sun_map
        self._moving.fill(EMPTY)
        shadows = ShadowMap(still.axes, still.origin, still.texel_m, self._moving)
        if self._light.sky == "clear":
            for body in placed:
                shadows.add(body.as_mesh())
        return shadows

    def _contact_shade(self, placed: list[Placed]) -> Grid:
        """How much of the sky the ground loses under and beside bodies, seen from above."""
        low = np.full_like(self._contact.depth, 0.0)
        below = ShadowMap(self._contact.axes, self._contact.origin, self._contact.texel_m, low)
        for body in placed:
            flat = body.points.copy()
            flat[:, 2] = np.maximum(_CONTACT_HEIGHT_M - flat[:, 2], 0.0) / _CONTACT_HEIGHT_M
            below.add(body.as_mesh(flat))
        close, wide = cv2.GaussianBlur(low, (0, 0), 1.6), cv2.GaussianBlur(low, (0, 0), 5.0)
        return np.asarray(np.minimum(0.55 * close + 0.45 * wide, 0.8), np.float32)

    def _draw(self, actor: Actor, body: Placed, number: int, shadows: ShadowMap, depth: Grid) -> tuple[Grid, int]:
        still, n = self._still, len(body.points)
        ambient, sunlit, radiance = np.empty(n, np.float32), np.empty(n, np.float32), np.empty((n, 3), np.float32)
        light_of_points(
            body.points, still.sun_map.depth, still.sun_map.axes, still.sun_map.origin, still.sun_map.texel_m,
            shadows.depth, self._light.sky == "clear", still.sky, still.sky_origin, 0.5, ambient, sunlit,
        )  # fmt: skip
        source = still.source
        shade_points(
            body.points, body.normals, body.mesh.paint, ambient, sunlit, self._eye, self._light.to_sun,
            source.sun, source.zenith, source.horizon, source.ground, still.lamps, source.lamp,
            _glow(actor, self._light), radiance,
        )  # fmt: skip
        points = to_samples(self._camera, body.points, SCALE)
        whole = draw_actor(points, radiance, body.mesh.faces, number, depth, self._owner, self._stamp, self._colour)
        return points, whole

    def _label(self, actor: Actor, points: Grid, seen: float) -> Label | None:
        if (points[:, 2] <= 0).any():
            return None
        width, height = self._camera.size_px
        low, high = points[:, :2].min(axis=0) / SCALE, points[:, :2].max(axis=0) / SCALE
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, [width, height])
        if right - left < _SMALLEST_BOX_PX or bottom - top < _SMALLEST_BOX_PX:
            return None
        inside = (right - left) * (bottom - top) / float(np.prod(high - low))
        if seen * inside < _VISIBLE_SHARE:
            return None
        return Label(actor.road_user, (float(left), float(top), float(right), float(bottom)))


def _glow(actor: Actor, light: Light) -> NDArray[np.float64]:
    """Light of each kind of lamp on a road user, in linear red, green and blue."""
    is_dusk = light.sky == "dusk"
    glow = np.zeros((7, 3))
    glow[HEAD_LIGHT] = np.array([2.6, 2.5, 2.2]) if is_dusk else np.array([0.25, 0.25, 0.23])
    glow[TAIL_LIGHT] = np.array([0.9, 0.02, 0.02]) if is_dusk else 0.0
    if actor.is_braking:
        glow[BRAKE_LIGHT] = np.array([1.6, 0.06, 0.04])
        glow[TAIL_LIGHT] = glow[TAIL_LIGHT] + np.array([0.5, 0.02, 0.02])
    glow[INTERIOR] = np.array([0.24, 0.19, 0.11]) if is_dusk else 0.0
    glow[DISPLAY] = np.array([0.8, 0.42, 0.04]) * (0.7 if is_dusk else 1.0)
    return glow


def _beams(actors: Sequence[Actor], light: Light) -> Grid:
    """Head lights that reach the ground at dusk: place, direction and half width of each vehicle's beam."""
    if light.sky != "dusk":
        return np.zeros((0, 5), np.float32)
    rows = []
    for a in actors:
        if a.width_m < 1.3 or a.speed_m_s < 0.3:
            continue
        x, y, heading, length = a.joints[0] if a.joints else (a.x_m, a.y_m, a.heading_rad, a.length_m)
        c, s = np.cos(heading), np.sin(heading)
        rows.append([x + c * length / 2, y + s * length / 2, c, s, a.width_m / 2])
    return np.array(rows, np.float32).reshape(-1, 5)


@compiled
def _samples_of(owner, count):
    """How many samples show each road user."""
    seen = np.zeros(count, np.int64)
    for j in range(owner.shape[0]):
        for i in range(owner.shape[1]):
            if owner[j, i] >= 0:
                seen[owner[j, i]] += 1
    return seen


@compiled
def _rough(depth, empty):
    """Which blocks of 16 texels hold a shadow or lie beside one that does."""
    rows, columns = depth.shape[0] // 16 + 1, depth.shape[1] // 16 + 1
    held = np.zeros((rows, columns), np.bool_)
    for j in range(depth.shape[0]):
        for i in range(depth.shape[1]):
            if depth[j, i] > empty:
                held[max(j - 4, 0) // 16, max(i - 4, 0) // 16] = True
                held[min((j + 4) // 16, rows - 1), min((i + 4) // 16, columns - 1)] = True
                held[max(j - 4, 0) // 16, min((i + 4) // 16, columns - 1)] = True
                held[min((j + 4) // 16, rows - 1), max(i - 4, 0) // 16] = True
    return held


@compiled
def _resolved(
    shade, sunny, places, glass, depth, owner, colour, moving, axes, origin, texel, rough, is_sunny,
    dark, dark_origin, dark_texel, pane, beams,
):  # fmt: skip
    rows, columns = shade.shape[0], shade.shape[1]
    out = np.empty((rows, columns, 3), np.float32)
    for j in range(rows):
        for i in range(columns):
            x, y, z = places[j, i, 0], places[j, i, 1], places[j, i, 2]
            lit, closed, beam = 1.0, 0.0, 0.0
            if z > -100.0:
                if is_sunny:
                    u = int((x * axes[0, 0] + y * axes[0, 1] + z * axes[0, 2] - origin[0]) / texel) // 16
                    v = int((x * axes[1, 0] + y * axes[1, 1] + z * axes[1, 2] - origin[1]) / texel) // 16
                    if 0 <= v < rough.shape[0] and 0 <= u < rough.shape[1] and rough[v, u]:
                        lit = lit_share(moving, axes, origin, texel, x, y, z, 0.03)
                if z < 0.6:
                    u = int((x - dark_origin[0]) / dark_texel)
                    v = int((y - dark_origin[1]) / dark_texel)
                    if 0 <= v < dark.shape[0] and 0 <= u < dark.shape[1]:
                        closed = dark[v, u] * (1 - z / 0.6)
                if z < 0.1:
                    for k in range(beams.shape[0]):
                        ahead = (x - beams[k, 0]) * beams[k, 2] + (y - beams[k, 1]) * beams[k, 3]
                        if 0.3 < ahead < 14.0:
                            aside = abs((y - beams[k, 1]) * beams[k, 2] - (x - beams[k, 0]) * beams[k, 3])
                            wide = beams[k, 4] + 0.16 * ahead
                            beam += np.exp(-((aside / wide) ** 2)) * np.exp(-(((ahead - 3.5) / 4.0) ** 2))
            covered = 0
            r, g, b = 0.0, 0.0, 0.0
            for dj in range(2):
                for di in range(2):
                    p, q = 2 * j + dj, 2 * i + di
                    if owner[p, q] >= 0:
                        covered += 1
                        cr, cg, cb = colour[p, q, 0], colour[p, q, 1], colour[p, q, 2]
                        if glass[p, q] > depth[p, q]:
                            cr = cr * (1 - GLASS_SHARE) + pane[0] * GLASS_SHARE
                            cg = cg * (1 - GLASS_SHARE) + pane[1] * GLASS_SHARE
                            cb = cb * (1 - GLASS_SHARE) + pane[2] * GLASS_SHARE
                        r, g, b = r + cr, g + cg, b + cb
            rest = (4 - covered) * 0.25
            extra = 1.0 + 2.2 * beam
            out[j, i, 0] = 0.25 * r + rest * (shade[j, i, 0] * (1 - closed) * extra + sunny[j, i, 0] * lit)
            out[j, i, 1] = 0.25 * g + rest * (shade[j, i, 1] * (1 - closed) * extra + sunny[j, i, 1] * lit)
            out[j, i, 2] = 0.25 * b + rest * (shade[j, i, 2] * (1 - closed) * extra + sunny[j, i, 2] * lit)
    return out
