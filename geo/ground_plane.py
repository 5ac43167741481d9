"""A plane homography from pixels to site-local metres, and its error.

The error of a place comes from that of its pixel and from the errors of the control points, carried
to every position (Criminisi, Reid and Zisserman, "A plane measuring device", BMVC 1997).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

from detectors.lens import Lens

Floats = NDArray[np.float64]

# Residuals that errors as stated would exceed in one of a hundred surveys contradict them.
_SURPRISE = 0.01


class CalibrationError(ValueError):
    """Control points that give no ground plane; says why and what to do."""


@dataclass(frozen=True)
class GroundPlane:
    """A homography from pixels to metres and the covariance of its eight parameters.

    It is kept between normalised pixels and normalised metres, where it is well conditioned; the
    last entry of the matrix is 1. Pixels are those of the recording; the lens is taken out first.

    Attributes:
        variance_factor: by how much the residuals at the control points exceed their stated errors,
            as a ratio of variances; the covariance has been multiplied by it. 1 where they agree.
    """

    matrix: Floats
    covariance: Floats
    pixel_scale: Floats  # 3 x 3, pixels to normalised pixels
    metre_scale: Floats  # 3 x 3, metres to normalised metres
    lens: Lens | None = None
    variance_factor: float = 1.0

    @property
    def to_ideal(self) -> Floats:
        """Homography (3, 3) from metres to pixels of an ideal lens; the third coordinate is positive in view."""
        return np.asarray(np.linalg.inv(np.linalg.inv(self.metre_scale) @ self.matrix @ self.pixel_scale))

    def to_ground(self, pixels: Floats) -> Floats:
        """Pixels (n, 2) to local metres (n, 2); NaN at and above the horizon and where the lens shows nothing."""
        # The third coordinate is 1 in the middle of the control points and 0 on the horizon.
        return np.where(self.depth(pixels)[:, None] > 1e-9, self._mapped(pixels), np.nan)

    def depth(self, pixels: Floats) -> Floats:
        """Third homogeneous coordinate (n,): positive on the side of the horizon where the control points lie."""
        return np.asarray(self._homogeneous(pixels) @ self.matrix[2])

    def to_pixels(self, metres: Floats) -> Floats:
        """Local metres (n, 2) to pixels (n, 2); NaN behind the camera and where the lens shows nothing."""
        mapped = np.column_stack([metres, np.ones(len(metres))]) @ self.to_ideal.T
        in_front = mapped[:, 2:] > 0
        ideal = np.where(in_front, mapped[:, :2] / np.where(in_front, mapped[:, 2:], 1.0), np.nan)
        if self.lens is None:
            return np.asarray(ideal)
        seen = self.lens.distort(ideal)
        # Far outside the picture a barrel lens folds back: what does not return is not in view.
        returns = np.abs(self.lens.undistort(seen) - ideal).max(axis=1) < 1e-3
        return np.where(returns[:, None], seen, np.nan)

    def metres_per_px(self, pixels: Floats) -> Floats:
        """Derivative (n, 2, 2) of the place by the pixel."""
        by_pixel, _ = _jacobians(self.matrix, self._homogeneous(pixels))
        by_ideal = by_pixel * self.pixel_scale[0, 0] / self.metre_scale[0, 0]
        return np.asarray(by_ideal @ _straightening(_ideal(pixels, self.lens), self.lens))

    def metres_per_parameter(self, pixels: Floats) -> Floats:
        """Derivative (n, 2, 8) of the place by the plane's parameters."""
        return np.asarray(_jacobians(self.matrix, self._homogeneous(pixels))[1] / self.metre_scale[0, 0])

    def own_covariance_m2(self, pixels: Floats) -> Floats:
        """Covariance (n, 2, 2) of places in m2 from the plane alone: the same for every box seen there."""
        by_plane = self.metres_per_parameter(pixels)
        return np.asarray(by_plane @ self.covariance @ by_plane.transpose(0, 2, 1))

    def covariance_m2(self, pixels: Floats, sigma_px: Floats) -> Floats:
        """Covariance (n, 2, 2) of places in m2, from pixel error (n,) and from the plane itself."""
        by_pixel = self.metres_per_px(pixels)
        of_pixel = by_pixel @ by_pixel.transpose(0, 2, 1) * (np.asarray(sigma_px) ** 2)[:, None, None]
        return np.asarray(of_pixel + self.own_covariance_m2(pixels))

    def error_m(self, pixels: Floats, metres: Floats) -> Floats:
        """Distance (n,) between mapped and true places, also where a bad plane puts them beyond the horizon."""
        return np.asarray(np.hypot(*(self._mapped(pixels) - metres).T))

    def _mapped(self, pixels: Floats) -> Floats:
        mapped = self._homogeneous(pixels) @ self.matrix.T
        return np.asarray((mapped[:, :2] / mapped[:, 2:] - self.metre_scale[:2, 2]) / self.metre_scale[0, 0])

    def _homogeneous(self, pixels: Floats) -> Floats:
        return np.asarray(np.column_stack([_ideal(pixels, self.lens), np.ones(len(pixels))]) @ self.pixel_scale.T)


def fit_ground_plane(
    pixels: Floats, metres: Floats, *, sigma_px: float, sigma_m: float, lens: Lens | None = None
) -> GroundPlane:
    """Fits a homography by the direct linear transform and weighted Gauss-Newton.

    Hartley and Zisserman, "Multiple View Geometry", 2nd ed., algorithms 4.2 and 4.3, with the
    residual in metres weighted by what pixel and survey errors make of it at each point. Residuals
    larger than these errors allow widen the covariance by their ratio (Birge, Phys. Rev. 40, 1932).

    Args:
        pixels: (n, 2), of the recording.
        metres: (n, 2), site-local.
        sigma_px: standard deviation of a control point in the image.
        sigma_m: standard deviation of its surveyed coordinates.
        lens: the camera's, or None for an ideal one.

    Raises:
        CalibrationError: if the points do not determine a plane.
    """
    ideal = _ideal(pixels, lens)
    if np.isnan(ideal).any():
        number = int(np.flatnonzero(np.isnan(ideal).any(axis=1))[0]) + 1
        raise CalibrationError(f"control point {number} lies where the lens shows nothing. Check lens and point.")
    for name, points in (("image", ideal), ("ground", metres)):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if len(points) < 4 or spread[1] < 0.02 * spread[0]:
            raise CalibrationError(
                f"the control points lie on a line in the {name}. Add points to both sides of it, spread over the view."
            )
    straightening = _straightening(ideal, lens)
    variance_px2 = straightening @ straightening.transpose(0, 2, 1) * sigma_px**2
    try:
        return _fit(ideal, metres, variance_px2, sigma_m, lens)
    except np.linalg.LinAlgError as error:
        raise CalibrationError(
            "no plane comes near all control points. Check for swapped or mistyped points."
        ) from error


def _fit(ideal: Floats, metres: Floats, variance_px2: Floats, sigma_m: float, lens: Lens | None) -> GroundPlane:
    pixel_scale, metre_scale = _normaliser(ideal), _normaliser(metres)
    seen = np.column_stack([ideal, np.ones(len(ideal))]) @ pixel_scale.T
    place = (np.column_stack([metres, np.ones(len(metres))]) @ metre_scale.T)[:, :2]
    variance_px2 = variance_px2 * pixel_scale[0, 0] ** 2
    variance_m2 = np.eye(2) * (sigma_m * metre_scale[0, 0]) ** 2
    matrix = _direct_linear_transform(seen, place)
    for _ in range(20):
        by_pixel, by_plane = _jacobians(matrix, seen)
        weight = np.linalg.inv(by_pixel @ variance_px2 @ by_pixel.transpose(0, 2, 1) + variance_m2)
        mapped = seen @ matrix.T
        residual = place - mapped[:, :2] / mapped[:, 2:]
        normal = np.einsum("nai,nab,nbj->ij", by_plane, weight, by_plane)
        step = np.linalg.solve(normal, np.einsum("nai,nab,nb->i", by_plane, weight, residual))
        matrix = (matrix.ravel() + np.append(step, 0.0)).reshape(3, 3)
        if np.abs(step).max() < 1e-12:
            break
    factor = _variance_factor(float(np.einsum("na,nab,nb->", residual, weight, residual)), 2 * len(ideal) - 8)
    return GroundPlane(matrix, np.linalg.inv(normal) * factor, pixel_scale, metre_scale, lens, factor)


def _variance_factor(chi_square: float, freedom: int) -> float:
    is_surprising = freedom > 0 and chi_square > chdtri(freedom, _SURPRISE)
    return chi_square / freedom if is_surprising else 1.0


def _direct_linear_transform(seen: Floats, place: Floats) -> Floats:
    x, y = place.T[:, :, None]
    zero = np.zeros_like(seen)
    system = np.concatenate([np.hstack([seen, zero, -x * seen]), np.hstack([zero, seen, -y * seen])])
    _, values, rows = np.linalg.svd(system)
    # Three points on a line among four leave a second solution: the eighth singular value vanishes.
    if values[7] < 1e-3 * values[0]:
        raise CalibrationError("all but one control point lie on a line. Add points, spread over the view.")
    matrix = rows[-1].reshape(3, 3)
    return np.asarray(matrix / matrix[2, 2])


def _normaliser(points: Floats) -> Floats:
    """Moves points to their centroid and scales their mean distance to the square root of two."""
    centre = points.mean(axis=0)
    scale = np.sqrt(2) / np.hypot(*(points - centre).T).mean()
    return np.array([[scale, 0, -scale * centre[0]], [0, scale, -scale * centre[1]], [0, 0, 1.0]])


def _ideal(pixels: Floats, lens: Lens | None) -> Floats:
    return np.asarray(pixels, float) if lens is None else lens.undistort(pixels)


def _straightening(ideal: Floats, lens: Lens | None) -> Floats:
    """Derivative (n, 2, 2) of ideal pixels by those of the recording."""
    if lens is None:
        return np.broadcast_to(np.eye(2), (len(ideal), 2, 2))
    bending = lens.derivative(ideal)
    # Inverted by hand: a pixel that no ray reaches is NaN, which a solver would not survive.
    determinant = bending[:, 0, 0] * bending[:, 1, 1] - bending[:, 0, 1] * bending[:, 1, 0]
    adjugate = np.eye(2) * np.trace(bending, axis1=1, axis2=2)[:, None, None] - bending
    return np.asarray(adjugate / determinant[:, None, None])


def _jacobians(matrix: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the mapped point by the pixel (n, 2, 2) and by the eight parameters (n, 2, 8)."""
    mapped = seen @ matrix.T
    x, y, w = mapped[:, 0] / mapped[:, 2], mapped[:, 1] / mapped[:, 2], mapped[:, 2]
    by_pixel = (matrix[None, :2, :2] - np.stack([x, y], 1)[:, :, None] * matrix[2, :2]) / w[:, None, None]
    by_plane = np.zeros((len(seen), 2, 8))
    by_plane[:, 0, 0:3] = by_plane[:, 1, 3:6] = seen
    by_plane[:, 0, 6:8], by_plane[:, 1, 6:8] = -x[:, None] * seen[:, :2], -y[:, None] * seen[:, :2]
    return by_pixel, by_plane / w[:, None, None]
