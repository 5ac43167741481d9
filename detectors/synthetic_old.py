"""Renders road users on a plan into frames and an mp4: footage whose truth is known exactly.

Everything is painted back to front as shaded boxes with cast shadows, in true perspective. The
boxes handed out as labels enclose the whole body, so that their lower edge is the ground contact
even where the feet are hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

_PIXEL_FRACTION_BITS = 4
_VISIBLE_SHARE = 0.35  # of a body's pixels, under which it is no label
_SMALLEST_BOX_PX = 6.0

# Surface colours, BGR, and the strength of their texture.
_SURFACES: dict[str, tuple[tuple[int, int, int], float]] = {
    "ground": ((118, 128, 132), 0.10),
    "plaza": ((150, 166, 176), 0.06),
    "footway": ((140, 148, 152), 0.06),
    "carriageway": ((82, 80, 78), 0.10),
    "cycle_track": ((84, 92, 138), 0.07),
    "marking": ((222, 224, 226), 0.05),
    "green": ((74, 120, 92), 0.22),
    "building": ((120, 150, 178), 0.05),
    "furniture": ((62, 84, 104), 0.05),
}
_RAISED = {"building", "furniture"}


@dataclass(frozen=True)
class Surface:
    """A part of the plan: what it is, its outline (n, 2) in metres and its height in metres."""

    kind: str
    outline_m: Floats
    height_m: float = 0.0


@dataclass(frozen=True)
class Actor:
    """A road user at one moment, in metres and radians; ``look`` seeds colours and build."""

    road_user: RoadUser
    x_m: float
    y_m: float
    heading_rad: float
    length_m: float
    width_m: float
    height_m: float
    distance_m: float
    look: int


@dataclass(frozen=True)
class Light:
    """Sun and exposure: azimuth clockwise from north, elevation, brightness, sensor noise (grey levels)."""

    azimuth_deg: float = 215.0
    elevation_deg: float = 48.0
    brightness: float = 1.0
    noise: float = 2.5

    @property
    def to_sun(self) -> Floats:
        """Unit vector towards the sun."""
        azimuth, elevation = np.radians([self.azimuth_deg, self.elevation_deg])
        return np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])


@dataclass(frozen=True)
class Label:
    """A rendered road user: its box in pixels (left, top, right, bottom)."""

    road_user: RoadUser
    box_px: tuple[float, float, float, float]


# Side views of a block, counter-clockwise, in shares of its length and height.
_BOX = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_CABIN = np.array([[-0.5, -0.5], [0.5, -0.5], [0.32, 0.5], [-0.4, 0.5]])
_DISC = np.array([[np.cos(a), np.sin(a)] for a in np.arange(10) * np.pi / 5]) / 2


@dataclass(frozen=True)
class _Block:
    """A side view drawn out across its owner: centre (ahead, left, up), size (length, width, height)."""

    centre_m: tuple[float, float, float]
    size_m: tuple[float, float, float]
    colour: tuple[float, float, float]
    side_view: Floats = field(default_factory=lambda: _BOX)


class Renderer:
    """Paints one place under one light, the same for the same seed."""

    def __init__(self, camera: Pinhole, plan: Sequence[Surface], light: Light, seed: int) -> None:
        self._camera, self._light = camera, light
        self._rng = np.random.default_rng(seed)
        self._background = self._paint_background(plan)
        self._furniture = [s for s in plan if s.kind == "furniture"]

    def frame(self, actors: Sequence[Actor]) -> tuple[Image, list[Label]]:
        """Renders one frame and the labels of what is visible in it."""
        image = self._shade(self._background, actors)
        owner = np.full(image.shape[:2], -1, np.int32)
        outlines = {}
        things = [(self._depth(a), i) for i, a in enumerate(actors)]
        things += [(self._surface_depth(s), -1 - i) for i, s in enumerate(self._furniture)]
        for _, i in sorted(things, reverse=True):
            if i < 0:
                self._paint_prism(image, self._furniture[-1 - i])
            else:
                outlines[i] = self._paint_actor(image, owner, actors[i], i)
        labels = [label for i, a in enumerate(actors) if (label := self._label(a, i, outlines[i], owner))]
        noise = self._rng.normal(0.0, self._light.noise, image.shape).astype(np.float32)
        exposed = cv2.GaussianBlur(image, (3, 3), 0.6).astype(np.float32) * self._light.brightness + noise
        return exposed.clip(0, 255).astype(np.uint8), labels

    def _depth(self, actor: Actor) -> float:
        return float(self._camera.to_camera(np.array([[actor.x_m, actor.y_m, 0.0]]))[0, 2])

    def _paint_background(self, plan: Sequence[Surface]) -> Image:
        x_m, y_m = self._camera.ground_of_pixels()
        sky = np.linspace(1.0, 0.0, x_m.shape[0])[:, None, None] * np.array([30, 14, 4]) + np.array([206, 208, 206])
        colour = np.where(np.isnan(x_m)[..., None], sky, _SURFACES["ground"][0])
        strength = np.where(np.isnan(x_m), 0.0, _SURFACES["ground"][1])
        for surface in plan:
            if surface.kind not in _RAISED:
                mask = np.zeros(x_m.shape, np.uint8)
                _fill(mask, self._camera.project_polygon(_at_height(surface.outline_m, 0.0)), 1)
                colour[mask == 1], strength[mask == 1] = _SURFACES[surface.kind]
        paved = colour * (1 + strength * _texture(x_m, y_m))[..., None]
        image = np.nan_to_num(paved, nan=200.0).clip(0, 255).astype(np.uint8)
        for surface in sorted((s for s in plan if s.kind == "building"), key=self._surface_depth, reverse=True):
            self._paint_prism(image, surface)
        return image

    def _surface_depth(self, surface: Surface) -> float:
        return float(self._camera.to_camera(_at_height(surface.outline_m, 0.0))[:, 2].mean())

    def _paint_prism(self, image: Image, surface: Surface) -> None:
        ring, base = surface.outline_m, np.array(_SURFACES[surface.kind][0], float)
        for a, b in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            outward = np.array([b[1] - a[1], a[0] - b[0], 0.0]) / np.hypot(*(b - a))
            if outward[:2] @ (np.array(self._camera.position_m[:2]) - a) <= 0:
                continue
            shade = 0.62 + 0.38 * max(0.0, float(outward @ self._light.to_sun))
            self._fill_wall(image, a, b, (0.0, surface.height_m), base * shade)
            if surface.kind == "building":
                for left, right, bottom, top in _windows(float(np.hypot(*(b - a))), surface.height_m):
                    along = (b - a) / np.hypot(*(b - a))
                    self._fill_wall(image, a + along * left, a + along * right, (bottom, top), base * shade * 0.55)
        roof = self._camera.project_polygon(_at_height(ring, surface.height_m))
        if surface.height_m < self._camera.position_m[2]:
            _fill(image, roof, tuple(base))

    def _fill_wall(self, image: Image, a: Floats, b: Floats, heights: tuple[float, float], colour: Floats) -> None:
        low, high = heights
        quad = np.array([[*a, low], [*b, low], [*b, high], [*a, high]])
        _fill(image, self._camera.project_polygon(quad), tuple(colour))

    def _shade(self, background: Image, actors: Sequence[Actor]) -> Image:
        """The background under the actors' soft shadows."""
        shadow = np.zeros(background.shape[:2], np.uint8)
        sun = self._light.to_sun
        for actor in actors:
            size = (actor.length_m, actor.width_m, actor.height_m)
            corners = _corners(_Block((0, 0, actor.height_m / 2), size, (0, 0, 0)), actor)
            cast = corners[:, :2] - corners[:, 2:] * sun[:2] / sun[2]
            hull = cv2.convexHull(cast.astype(np.float32))[:, 0].astype(float)
            _fill(shadow, self._camera.project_polygon(_at_height(hull, 0.0)), 110)
        soft = cv2.GaussianBlur(shadow, (9, 9), 2.0).astype(np.float32) / 255
        return (background * (1 - soft[..., None])).astype(np.uint8)

    def _paint_actor(self, image: Image, owner: NDArray[np.int32], actor: Actor, number: int) -> Floats:
        """Paints an actor, writes its number where it is seen, and returns its outline points in pixels."""
        blocks = _blocks(actor)
        depth = [self._camera.to_camera(_corners(b, actor))[:, 2].mean() for b in blocks]
        outline = []
        for i in np.argsort(depth)[::-1]:
            corners = _corners(blocks[i], actor)
            pixels = self._camera.project(corners)
            outline.append(pixels)
            if np.isnan(pixels).any():
                continue
            for face, shade in self._lit_faces(corners):
                _fill(image, pixels[face], tuple(np.array(blocks[i].colour) * shade))
            _fill(owner, cv2.convexHull(pixels.astype(np.float32))[:, 0].astype(float), number)
        return np.concatenate(outline)

    def _lit_faces(self, corners: Floats) -> Iterable[tuple[list[int], float]]:
        """The faces of a box that look at the camera, each with its brightness."""
        for face in _faces(len(corners) // 2):
            a, b, c = corners[face[0]], corners[face[1]], corners[face[2]]
            normal = np.cross(b - a, c - b)
            normal /= np.linalg.norm(normal) + 1e-9
            if normal @ (np.array(self._camera.position_m) - a) > 0:
                yield face, 0.55 + 0.45 * max(0.0, float(normal @ self._light.to_sun))

    def _label(self, actor: Actor, number: int, outline: Floats, owner: NDArray[np.int32]) -> Label | None:
        if np.isnan(outline).any():
            return None
        width, height = self._camera.size_px
        low, high = outline.min(axis=0), outline.max(axis=0)
        left, top = np.maximum(low, 0)
        right, bottom = np.minimum(high, [width, height])
        if right - left < _SMALLEST_BOX_PX or bottom - top < _SMALLEST_BOX_PX:
            return None
        body = np.zeros(owner.shape, np.uint8)
        _fill(body, cv2.convexHull(outline.astype(np.float32))[:, 0].astype(float), 1)
        inside = (right - left) * (bottom - top) / float(np.prod(high - low))
        seen = (owner[body == 1] == number).mean() if body.any() else 0.0
        if seen * inside < _VISIBLE_SHARE:
            return None
        return Label(actor.road_user, (float(left), float(top), float(right), float(bottom)))


def write_mp4(path: Path, frames: Iterable[Image], *, fps: Fraction, quality_crf: int) -> None:
    """Writes frames as H.264, with no trace of when or where they were encoded."""
    import av

    with av.open(str(path), "w", format="mp4") as container:
        stream = None
        for image in frames:
            if stream is None:
                stream = container.add_stream("libx264", rate=fps, options={"crf": str(quality_crf), "preset": "slow"})
                stream.height, stream.width = image.shape[:2]
                stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        if stream is not None:
            container.mux(stream.encode(None))


def _corners(block: _Block, actor: Actor) -> Floats:
    """World corners of a block: its side view on the right, then the same on the left."""
    k = len(block.side_view)
    side = np.tile(block.side_view, (2, 1))
    across = np.repeat([-0.5, 0.5], k)
    box = np.column_stack([side[:, 0], across, side[:, 1]]) * np.array(block.size_m) + np.array(block.centre_m)
    c, s = np.cos(actor.heading_rad), np.sin(actor.heading_rad)
    x = actor.x_m + box[:, 0] * c - box[:, 1] * s
    y = actor.y_m + box[:, 0] * s + box[:, 1] * c
    return np.stack([x, y, box[:, 2]], axis=1)


def _faces(k: int) -> list[list[int]]:
    """Corner numbers of a block's faces, each counter-clockwise seen from outside."""
    sides = [list(range(k)), list(range(2 * k - 1, k - 1, -1))]
    return sides + [[(i + 1) % k, i, i + k, (i + 1) % k + k] for i in range(k)]


def _blocks(actor: Actor) -> list[_Block]:
    rng = np.random.default_rng(actor.look)
    return {RoadUser.PEDESTRIAN: _pedestrian, RoadUser.CYCLIST: _cyclist, RoadUser.CAR: _car, RoadUser.BUS: _bus}[
        actor.road_user
    ](actor, rng)


def _paint(rng: np.random.Generator, low: float = 25, high: float = 215) -> tuple[float, float, float]:
    base = rng.uniform(low, high)
    blue, green, red = np.clip(base + rng.normal(0, 34, 3), 12, 240)
    return float(blue), float(green), float(red)


def _skin(rng: np.random.Generator) -> tuple[float, float, float]:
    tone = rng.uniform(0.25, 1.0)
    return 150 * tone, 180 * tone, 225 * tone


def _pedestrian(actor: Actor, rng: np.random.Generator) -> list[_Block]:
    h, w = actor.height_m, actor.width_m
    trousers, coat = _paint(rng, 20, 130), _paint(rng)
    swing = 0.22 * h / 1.7 * np.sin(actor.distance_m * 2 * np.pi / 1.45)
    return [
        _Block((swing, 0.1, 0.23 * h), (0.16, 0.16, 0.46 * h), trousers),
        _Block((-swing, -0.1, 0.23 * h), (0.16, 0.16, 0.46 * h), trousers),
        _Block((0, 0, 0.65 * h), (0.26, w * 0.82, 0.40 * h), coat),
        _Block((-swing * 0.8, w * 0.45, 0.64 * h), (0.12, 0.1, 0.36 * h), coat),
        _Block((swing * 0.8, -w * 0.45, 0.64 * h), (0.12, 0.1, 0.36 * h), coat),
        _Block((0.02, 0, 0.925 * h), (0.2, 0.17, 0.15 * h), _skin(rng)),
    ]


def _cyclist(actor: Actor, rng: np.random.Generator) -> list[_Block]:
    h, frame = actor.height_m, _paint(rng, 20, 160)
    turn = 0.12 * np.sin(actor.distance_m * 2 * np.pi / 5.0)
    dark = (30.0, 30.0, 32.0)
    coat, trousers = _paint(rng), _paint(rng, 20, 120)
    return [
        _Block((0.55, 0, 0.34), (0.66, 0.05, 0.66), dark, _DISC),
        _Block((-0.52, 0, 0.34), (0.66, 0.05, 0.66), dark, _DISC),
        _Block((0.02, 0, 0.6), (0.75, 0.06, 0.16), frame),
        _Block((0.45, 0, 0.98), (0.08, 0.5, 0.06), dark),
        _Block((0.02, 0.1, 0.62 + turn), (0.34, 0.13, 0.5), trousers),
        _Block((0.02, -0.1, 0.62 - turn), (0.34, 0.13, 0.5), trousers),
        _Block((0.1, 0, 0.69 * h), (0.36, 0.42, 0.33 * h), coat),
        _Block((0.2, 0, 0.93 * h), (0.2, 0.17, 0.14 * h), _skin(rng)),
    ]


def _wheels(length: float, width: float, radius: float) -> list[_Block]:
    return [
        _Block((ahead, side, radius), (2 * radius, 0.2, 2 * radius), (24.0, 24.0, 26.0), _DISC)
        for ahead in (length * 0.31, -length * 0.31)
        for side in (width / 2 - 0.1, -width / 2 + 0.1)
    ]


def _car(actor: Actor, rng: np.random.Generator) -> list[_Block]:
    length, w, h, body = actor.length_m, actor.width_m, actor.height_m, _paint(rng, 25, 225)
    glass = (70.0, 62.0, 54.0)
    return [
        *_wheels(length, w, 0.32),
        _Block((0, 0, 0.24 + 0.22 * h), (length, w * 0.98, 0.44 * h), body),
        _Block((-0.06 * length, 0, 0.79 * h), (length * 0.6, w * 0.86, 0.30 * h), glass, _CABIN),
        _Block((-0.07 * length, 0, 0.97 * h), (length * 0.4, w * 0.8, 0.06 * h), body),
    ]


def _bus(actor: Actor, rng: np.random.Generator) -> list[_Block]:
    length, w, h, body = actor.length_m, actor.width_m, actor.height_m, _paint(rng, 60, 225)
    return [
        *_wheels(length, w, 0.48),
        _Block((0, 0, 0.28 * h + 0.15), (length, w * 0.98, 0.46 * h), body),
        _Block((0, 0, 0.72 * h), (length * 0.985, w * 0.97, 0.34 * h), (66.0, 58.0, 50.0)),
        _Block((0, 0, 0.945 * h), (length, w * 0.98, 0.11 * h), body),
    ]


def _at_height(outline_m: Floats, height_m: float) -> Floats:
    return np.column_stack([outline_m, np.full(len(outline_m), height_m)])


def _fill(image: NDArray[np.uint8] | NDArray[np.int32], polygon_px: Floats, colour: float | tuple[float, ...]) -> None:
    if len(polygon_px) < 3:
        return
    points = np.round(polygon_px.clip(-20000, 20000) * 2**_PIXEL_FRACTION_BITS).astype(np.int32)
    kind = cv2.LINE_AA if image.dtype == np.uint8 and image.ndim == 3 else cv2.LINE_8
    cv2.fillPoly(image, [points], colour, lineType=kind, shift=_PIXEL_FRACTION_BITS)


def _texture(x_m: Floats, y_m: Floats) -> Floats:
    """Smooth noise fixed to the ground, about -1 to 1, from three octaves of a repeating lattice."""
    lattice = np.random.default_rng(7).normal(0, 1, (256, 256)).astype(np.float32)
    total = np.zeros(x_m.shape)
    for octave, weight in ((0.35, 0.5), (1.7, 0.35), (7.0, 0.25)):
        u = np.nan_to_num(x_m * octave % 256).astype(np.float32)
        v = np.nan_to_num(y_m * octave % 256).astype(np.float32)
        total += weight * cv2.remap(lattice, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return total


def _windows(length_m: float, height_m: float) -> Iterable[tuple[float, float, float, float]]:
    """Left, right, bottom and top of a wall's windows, in metres."""
    for floor in np.arange(0.9, height_m - 2.0, 3.1):
        for left in np.arange(0.9, length_m - 1.6, 2.6):
            yield float(left), float(left) + 1.3, float(floor), float(floor) + 1.7
