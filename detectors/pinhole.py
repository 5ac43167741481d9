"""A pinhole camera on a pole: metres to pixels, for rendering footage whose geometry is known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NEAR_M = 0.1


@dataclass(frozen=True)
class Pinhole:
    """An ideal camera without lens distortion.

    Attributes:
        position_m: east, north and height above ground, in metres.
        yaw_deg: viewing direction, clockwise from north.
        pitch_deg: angle below the horizon.
        focal_px: focal length in pixels.
        size_px: image width and height.
    """

    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: float
    size_px: tuple[int, int]

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
        return np.asarray(seen[:, :2] / depth * self.focal_px + self.centre_px)

    def project_polygon(self, points_m: Floats) -> Floats:
        """A world polygon (n, 3) to pixels, cut off where it passes behind the camera."""
        seen = clip_near(self.to_camera(points_m))
        return np.asarray(seen[:, :2] / seen[:, 2:] * self.focal_px + self.centre_px)

    def ground_of_pixels(self) -> tuple[Floats, Floats]:
        """East and north in metres of the ground under every pixel (height, width); NaN above the horizon."""
        width, height = self.size_px
        u, v = np.meshgrid(np.arange(width) - self.centre_px[0], np.arange(height) - self.centre_px[1])
        ray = np.stack([u, v, np.full_like(u, self.focal_px)], axis=-1) @ self.axes
        reach = np.where(ray[..., 2] < -1e-6, -self.position_m[2] / np.minimum(ray[..., 2], -1e-6), np.nan)
        return self.position_m[0] + ray[..., 0] * reach, self.position_m[1] + ray[..., 1] * reach


def clip_near(polygon: Floats) -> Floats:
    """Cuts a polygon in camera coordinates at the near plane (Sutherland and Hodgman 1974)."""
    kept: list[Floats] = []
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if a[2] > NEAR_M:
            kept.append(a)
        if (a[2] > NEAR_M) != (b[2] > NEAR_M):
            kept.append(a + (b - a) * (NEAR_M - a[2]) / (b[2] - a[2]))
    return np.array(kept).reshape(-1, 3)
