"""A camera on a pole: metres to pixels, for rendering footage whose geometry is known exactly.

A pixel is a square: the first one spans 0 to 1, its middle lies at 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from detectors.lens import Lens

Floats = NDArray[np.float64]
NEAR_M = 0.1


@dataclass(frozen=True)
class Pinhole:
    """A camera, ideal but for its lens.

    Attributes:
        position_m: east, north and height above ground, in metres.
        yaw_deg: viewing direction, clockwise from north.
        pitch_deg: angle below the horizon.
        focal_px: focal length in pixels.
        size_px: image width and height.
        lens: what bends its straight lines, with the same focal length and the middle as its centre; or None.
    """

    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: float
    size_px: tuple[int, int]
    lens: Lens | None = None

    @cached_property
    def axes(self) -> Floats:
        """Rows: the camera's right, down and forward directions in world coordinates."""
        yaw, pitch = np.radians([self.yaw_deg, self.pitch_deg])
        forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch)])
        right = np.array([np.cos(yaw), -np.sin(yaw), 0.0])
        return np.stack([right, np.cross(forward, right), forward])

    @property
    def centre_px(self) -> Floats:
        """The principal point: the middle of the image."""
        return np.array(self.size_px) / 2.0

    def to_camera(self, points_m: Floats) -> Floats:
        """World points (n, 3) in metres to camera coordinates (right, down, depth) in metres."""
        return np.asarray((points_m - np.array(self.position_m)) @ self.axes.T)

    def project(self, points_m: Floats) -> Floats:
        """World points (n, 3) in metres to pixels (n, 2); points behind the camera become NaN."""
        seen = self.to_camera(points_m)
        depth = np.where(seen[:, 2:] > NEAR_M, seen[:, 2:], np.nan)
        ideal = np.asarray(seen[:, :2] / depth * self.focal_px + self.centre_px)
        return ideal if self.lens is None else self.lens.distort(ideal)

    def project_polygon(self, points_m: Floats) -> Floats:
        """A world polygon (n, 3) to pixels, cut off where it passes behind the camera, bent by the lens."""
        seen = clip_near(self.to_camera(points_m))
        ideal = np.asarray(seen[:, :2] / seen[:, 2:] * self.focal_px + self.centre_px)
        if self.lens is None or not len(ideal):
            return ideal
        return self.lens.distort(_with_points_between(ideal, self.focal_px / 40))

    def rays(self, scale: int = 1) -> Floats:
        """World directions (height, width, 3), of depth 1, of samples ``scale`` times as fine as pixels."""
        width, height = self.size_px
        x, y = (np.arange(width * scale) + 0.5) / scale, (np.arange(height * scale) + 0.5) / scale
        ideal_x, ideal_y = self._straightened(x, y)
        right, down = ((v - c) / self.focal_px for v, c in zip((ideal_x, ideal_y), self.centre_px, strict=True))
        return np.asarray(right[..., None] * self.axes[0] + down[..., None] * self.axes[1] + self.axes[2])

    def _straightened(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Ideal pixels of a grid of seen ones; the lens is inverted at nodes and interpolated between them."""
        if self.lens is None:
            u, v = np.meshgrid(x, y)
            return u, v
        from scipy.interpolate import RectBivariateSpline

        nodes_x, nodes_y = (np.linspace(0, size, max(size // 16, 4) + 1) for size in self.size_px)
        nodes = np.stack(np.meshgrid(nodes_x, nodes_y), axis=-1)
        ideal = self.lens.undistort(nodes.reshape(-1, 2)).reshape(nodes.shape)
        if np.isnan(ideal).any():
            raise ValueError(
                f"{self.lens}: not every pixel of {self.size_px} has an ideal one. Use a weaker distortion."
            )
        u, v = (RectBivariateSpline(nodes_y, nodes_x, ideal[..., i])(y, x) for i in (0, 1))
        return u, v

    def ground_of_pixels(self, scale: int = 1) -> tuple[Floats, Floats]:
        """East and north in metres of the ground under every sample (height, width); NaN above the horizon."""
        ray = self.rays(scale)
        reach = np.where(ray[..., 2] < -1e-6, -self.position_m[2] / np.minimum(ray[..., 2], -1e-6), np.nan)
        return self.position_m[0] + ray[..., 0] * reach, self.position_m[1] + ray[..., 1] * reach


def _with_points_between(polygon: Floats, step_px: float) -> Floats:
    """A polygon whose sides are cut into steps, so that a lens can bend them."""
    pieces = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        count = int(min(max(np.hypot(*(b - a)) // step_px, 1), 200))
        pieces.append(a + (b - a) * (np.arange(count) / count)[:, None])
    return np.concatenate(pieces)


def clip_near(polygon: Floats) -> Floats:
    """Cuts a polygon in camera coordinates at the near plane (Sutherland and Hodgman 1974)."""
    kept: list[Floats] = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if a[2] > NEAR_M:
            kept.append(a)
        if (a[2] > NEAR_M) != (b[2] > NEAR_M):
            kept.append(a + (b - a) * (NEAR_M - a[2]) / (b[2] - a[2]))
    return np.array(kept).reshape(-1, 3)
