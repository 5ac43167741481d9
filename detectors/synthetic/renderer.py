"""Road users before a place: draws them, lets their shadows fall, and exposes the picture."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from detectors.pinhole import Pinhole
from detectors.synthetic import bake
from detectors.synthetic.compose import Foreground, composed, samples_of, targets
from detectors.synthetic.figures import Placed, place
from detectors.synthetic.lamps import beams_of, glow_of
from detectors.synthetic.light import EMPTY, Body, ShadowMap, light_of_points, shade_points, shadow_map
from detectors.synthetic.raster import Grid, draw_actor
from detectors.synthetic.scene import Actor, Image, Label, Light, Surface
from detectors.synthetic.sensor import Sensor

LEAST_VISIBLE_SHARE = 0.35  # of a body's samples, under which it is no label
_SMALLEST_BOX_PX = 6.0
_CONTACT_TEXEL_M, _CONTACT_HEIGHT_M = 0.08, 1.2


class Renderer:
    """Shows one place under one light, the same for the same seed."""

    def __init__(self, camera: Pinhole, plan: Sequence[Surface], light: Light, seed: int) -> None:
        self._camera, self._light = camera, light
        self._still = bake.bake(camera, plan, light)
        self._sensor = Sensor(camera.size_px, light, self._still.source.exposure, seed)
        self._eye = np.array(camera.position_m, np.float32)
        shape = self._still.depth.shape
        self._stamp = np.empty(shape, np.int32)
        colour = np.zeros((*shape, 3), np.float32)
        self._fore = Foreground(np.empty(shape, np.float32), np.empty(shape, np.int32), colour)
        self._shadows = self._still.sun_map._replace(depth=np.full_like(self._still.sun_map.depth, EMPTY))
        self._contact = _seen_from_above(self._still.place, self._eye)
        self._aims = targets(self._still.place, self._shadows, self._contact)

    def frame(self, actors: Sequence[Actor]) -> tuple[Image, list[Label]]:
        """Renders one frame and the labels of what is visible in it."""
        placed = [place(actor) for actor in actors]
        self._cast_shadows(placed)
        labels = self._drawn(actors, placed)
        contact, beams = self._contact_shade(placed), beams_of(actors, self._light)
        radiance = composed(self._still, self._fore, self._aims, self._shadows, contact, beams)
        return self._sensor.expose(radiance), [label for label in labels if label is not None]

    def boxes(self, actors: Sequence[Actor]) -> list[Label | None]:
        """The label of each road user, or None where too little of it is visible, without a picture."""
        return self._drawn(actors, [place(actor) for actor in actors])

    def _drawn(self, actors: Sequence[Actor], placed: list[Placed]) -> list[Label | None]:
        """Draws road users before the place and labels what is visible of them."""
        self._fore.depth[:] = self._still.depth
        self._fore.owner.fill(-1)
        self._stamp.fill(-1)
        drawn = [self._draw(*pair, number) for number, pair in enumerate(zip(actors, placed, strict=True))]
        seen = samples_of(self._fore.owner, len(actors))
        return [
            self._label(actor, points, seen[number] / whole if whole else 0.0)
            for number, (actor, (points, whole)) in enumerate(zip(actors, drawn, strict=True))
        ]

    def _cast_shadows(self, placed: list[Placed]) -> None:
        self._shadows.depth.fill(EMPTY)
        if self._light.sky == "clear":
            for body in placed:
                self._shadows.add(body.as_mesh())

    def _contact_shade(self, placed: list[Placed]) -> Grid:
        """How much of the sky the ground loses under and beside bodies, seen from above."""
        below = self._contact._replace(depth=np.zeros_like(self._contact.depth))
        for body in placed:
            flat = body.points.copy()
            flat[:, 2] = np.maximum(_CONTACT_HEIGHT_M - flat[:, 2], 0.0) / _CONTACT_HEIGHT_M
            below.add(body.as_mesh(flat))
        close, wide = cv2.GaussianBlur(below.depth, (0, 0), 1.6), cv2.GaussianBlur(below.depth, (0, 0), 5.0)
        return np.asarray(np.minimum(0.55 * close + 0.45 * wide, 0.8), np.float32)

    def _draw(self, actor: Actor, body: Placed, number: int) -> tuple[Grid, int]:
        """Draws a road user; returns its samples and how many it would cover if nothing stood before it."""
        still = self._still
        ambient, sunlit = light_of_points(body.points, still.sun_map, self._shadows, still.sky)
        lit = Body(body.points, body.normals, body.mesh.paint, ambient, sunlit)
        radiance = shade_points(lit, self._eye, still.source, still.lamps, glow_of(actor, self._light))
        points = bake.to_samples(self._camera, body.points, bake.SCALE)
        depth, owner, colour = self._fore
        return points, draw_actor(points, radiance, body.mesh.faces, number, depth, owner, self._stamp, colour)

    def _label(self, actor: Actor, points: Grid, seen: float) -> Label | None:
        if actor.road_user is None or (points[:, 2] <= 0).any():
            return None
        width, height = self._camera.size_px
        low, high = points[:, :2].min(axis=0) / bake.SCALE, points[:, :2].max(axis=0) / bake.SCALE
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, [width, height])
        if right - left < _SMALLEST_BOX_PX or bottom - top < _SMALLEST_BOX_PX:
            return None
        inside = (right - left) * (bottom - top) / float(np.prod(high - low))
        if seen * inside < LEAST_VISIBLE_SHARE:
            return None
        range_m = float(np.hypot(actor.x_m - self._eye[0], actor.y_m - self._eye[1]))
        return Label(actor.road_user, (float(left), float(top), float(right), float(bottom)), range_m)


def _seen_from_above(places: Grid, eye: Grid) -> ShadowMap:
    """An empty map of the ground that the camera sees."""
    ground = places.reshape(-1, 3)
    ground = ground[np.abs(ground[:, 2]) < 0.05]
    corners = np.stack([ground.min(axis=0), ground.max(axis=0)]) if len(ground) else np.zeros((2, 3))
    reach = np.hypot(*(corners[:, :2] - eye[:2]).T).max()
    return shadow_map(np.array([0.0, 0.0, 1.0]), corners.clip(-reach, reach).astype(float), _CONTACT_TEXEL_M)
