"""What a camera's lens does to straight lines, and how to take it back.

The Brown-Conrady model with two radial and two tangential terms (Brown, "Decentering distortion of
lenses", Photogrammetric Engineering 32, 1966), with the signs and the order of OpenCV and of most
calibration tools.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 30
_CLOSE_ENOUGH = 1e-12  # of a focal length


@dataclass(frozen=True)
class Lens:
    """A lens.

    Attributes:
        focal_px: focal length in pixels.
        centre_px: principal point.
        k1, k2: radial distortion, negative for barrels.
        p1, p2: tangential distortion.
    """

    focal_px: float
    centre_px: tuple[float, float]
    k1: float = 0.0
    k2: float = 0.0
    p1: float = 0.0
    p2: float = 0.0

    def distort(self, ideal_px: Floats) -> Floats:
        """Pixels (n, 2) of an ideal pinhole to pixels of this lens."""
        centre = np.array(self.centre_px)
        return np.asarray(self._bend((np.asarray(ideal_px, float) - centre) / self.focal_px) * self.focal_px + centre)

    def undistort(self, seen_px: Floats) -> Floats:
        """Pixels (n, 2) of this lens to pixels of an ideal pinhole; NaN where the model cannot be inverted."""
        centre = np.array(self.centre_px)
        seen = (np.asarray(seen_px, float) - centre) / self.focal_px
        ideal = seen.copy()
        with np.errstate(all="ignore"):
            for _ in range(_STEPS):
                step = self._straighten(ideal, seen - self._bend(ideal))
                ideal = ideal + step
                if not (np.abs(step) > _CLOSE_ENOUGH).any():
                    break
            lost = ~(np.abs(self._bend(ideal) - seen).max(axis=-1) < 1e3 * _CLOSE_ENOUGH)
        ideal[lost] = np.nan
        return np.asarray(ideal * self.focal_px + centre)

    def _bend(self, ideal: Floats) -> Floats:
        x, y = ideal[..., 0], ideal[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (self.k1 + r2 * self.k2)
        return np.stack(
            [
                x * radial + 2 * self.p1 * x * y + self.p2 * (r2 + 2 * x * x),
                y * radial + self.p1 * (r2 + 2 * y * y) + 2 * self.p2 * x * y,
            ],
            axis=-1,
        )

    def derivative(self, ideal_px: Floats) -> Floats:
        """How pixels of this lens move (n, 2, 2) when those (n, 2) of an ideal pinhole do."""
        return self._slope((np.asarray(ideal_px, float) - np.array(self.centre_px)) / self.focal_px)

    def _slope(self, ideal: Floats) -> Floats:
        x, y = ideal[..., 0], ideal[..., 1]
        r2 = x * x + y * y
        radial, slope = 1 + r2 * (self.k1 + r2 * self.k2), self.k1 + 2 * self.k2 * r2
        xx = radial + 2 * x * x * slope + 2 * self.p1 * y + 6 * self.p2 * x
        yy = radial + 2 * y * y * slope + 6 * self.p1 * y + 2 * self.p2 * x
        xy = 2 * x * y * slope + 2 * self.p1 * x + 2 * self.p2 * y
        return np.stack([np.stack([xx, xy], axis=-1), np.stack([xy, yy], axis=-1)], axis=-2)

    def _straighten(self, ideal: Floats, error: Floats) -> Floats:
        """The Newton step that takes an error away."""
        slope = self._slope(ideal)
        xx, yy, xy = slope[..., 0, 0], slope[..., 1, 1], slope[..., 0, 1]
        determinant = xx * yy - xy * xy
        step_x = (yy * error[..., 0] - xy * error[..., 1]) / determinant
        step_y = (xx * error[..., 1] - xy * error[..., 0]) / determinant
        return np.stack([step_x, step_y], axis=-1)
