"""Control points to a ground plane with honest error.

A plane homography maps pixels to site-local metres. Its uncertainty comes from the errors of the
control points, carried to every position (Criminisi, Reid and Zisserman, "A plane measuring
device", BMVC 1997). The headline error is leave-one-out: the residual at the fitted points falls
when points are taken away, the true error does not.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Floats = NDArray[np.float64]

LEAST_POINTS = 6
_PIXEL_COLUMNS = ("x_px", "y_px")
_PLACE_COLUMNS = (("lon", "lat"), ("easting_m", "northing_m"))


class CalibrationError(ValueError):
    """Control points that give no ground plane; says why and what to do."""


class Exemption(BaseModel):
    """A recorded decision to use a calibration that the rules refuse. Shown beside its numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=20)
    recorded_by: str = Field(min_length=2)
    recorded_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True)
class GroundPlane:
    """A homography from pixels to metres and the covariance of its eight parameters.

    It is kept between normalised pixels and normalised metres, where it is well conditioned; the
    last entry of the matrix is 1.
    """

    matrix: Floats
    covariance: Floats
    pixel_scale: Floats  # 3 x 3, pixels to normalised pixels
    metre_scale: Floats  # 3 x 3, metres to normalised metres

    def to_ground(self, pixels: Floats) -> Floats:
        """Pixels (n, 2) to local metres (n, 2); NaN at and above the horizon."""
        # The third coordinate is 1 in the middle of the control points and 0 on the horizon.
        return np.where(self.depth(pixels)[:, None] > 1e-9, self._mapped(pixels), np.nan)

    def depth(self, pixels: Floats) -> Floats:
        """Third homogeneous coordinate (n,): positive on the side of the horizon where the control points lie."""
        return np.asarray(self._homogeneous(pixels) @ self.matrix[2])

    def to_pixels(self, metres: Floats) -> Floats:
        """Local metres (n, 2) to pixels (n, 2)."""
        whole = np.linalg.inv(self.metre_scale) @ self.matrix @ self.pixel_scale
        mapped = np.column_stack([metres, np.ones(len(metres))]) @ np.linalg.inv(whole).T
        return np.asarray(mapped[:, :2] / mapped[:, 2:])

    def covariance_m2(self, pixels: Floats, sigma_px: Floats) -> Floats:
        """Covariance (n, 2, 2) of positions in m2, from pixel error (n,) and from the plane itself."""
        by_pixel, by_plane = _jacobians(self.matrix, self._homogeneous(pixels))
        by_pixel = by_pixel * self.pixel_scale[0, 0]
        total = by_pixel @ by_pixel.transpose(0, 2, 1) * (np.asarray(sigma_px) ** 2)[:, None, None]
        total += by_plane @ self.covariance @ by_plane.transpose(0, 2, 1)
        return np.asarray(total / self.metre_scale[0, 0] ** 2)

    def error_m(self, pixels: Floats, metres: Floats) -> Floats:
        """Distance (n,) between mapped and true places, also where a bad plane puts them beyond the horizon."""
        return np.asarray(np.hypot(*(self._mapped(pixels) - metres).T))

    def _mapped(self, pixels: Floats) -> Floats:
        mapped = self._homogeneous(pixels) @ self.matrix.T
        return np.asarray((mapped[:, :2] / mapped[:, 2:] - self.metre_scale[:2, 2]) / self.metre_scale[0, 0])

    def _homogeneous(self, pixels: Floats) -> Floats:
        return np.asarray(np.column_stack([pixels, np.ones(len(pixels))]) @ self.pixel_scale.T)


@dataclass(frozen=True)
class Calibration:
    """A ground plane and its certificate.

    Attributes:
        leave_one_out_m: error at each control point when it is left out of the fit, in metres.
        in_sample_rmse_m: root mean square residual at the fitted points, in metres.
        exemption: why it is used although the rules refuse it, or None.
        hull_m: convex hull of the control points in metres; what lies outside is extrapolated.
    """

    plane: GroundPlane
    points: int
    leave_one_out_m: tuple[float, ...]
    in_sample_rmse_m: float
    exemption: Exemption | None
    hull_m: shapely.Polygon

    def is_trusted(self, metres: Floats) -> NDArray[np.bool_]:
        """Whether places (n, 2) lie inside the hull of the control points or on its edge."""
        return np.asarray(shapely.intersects_xy(self.hull_m, metres))

    @property
    def leave_one_out_rmse_m(self) -> float:
        """The headline error, in metres."""
        return float(np.sqrt(np.mean(np.square(self.leave_one_out_m))))

    @property
    def note(self) -> str | None:
        """What must stand beside every number in metres, or None for a regular calibration."""
        if self.exemption is None:
            return None
        return (
            f"Exception: {self.points} control points (at least {LEAST_POINTS} required), leave-one-out RMSE "
            f"{self.leave_one_out_rmse_m:.1f} m. {self.exemption.reason.strip()} "
            f"({self.exemption.recorded_by}, {self.exemption.recorded_on})"
        )


def read_control_points(text: str) -> tuple[Floats, Floats, bool]:
    """Reads a CSV of control points.

    Args:
        text: columns x_px, y_px and either lon, lat (WGS84) or easting_m, northing_m (the site's CRS).

    Returns:
        Pixels (n, 2), places (n, 2) and whether the places are longitude and latitude.

    Raises:
        CalibrationError: naming the missing column or the unreadable row.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = set(rows[0]) if rows else set()
    places = [pair for pair in _PLACE_COLUMNS if set(pair) <= columns]
    if not rows or not set(_PIXEL_COLUMNS) <= columns or not places:
        raise CalibrationError(
            "columns: x_px, y_px and lon, lat (or easting_m, northing_m) are needed, "
            f"found {sorted(columns) or 'none'}. Add the missing columns."
        )
    table = []
    for number, row in enumerate(rows, start=2):
        try:
            table.append([float(row[c]) for c in (*_PIXEL_COLUMNS, *places[0])])
        except (TypeError, ValueError) as error:
            raise CalibrationError(f"line {number}: a value is not a number. Mend this line.") from error
    values = np.array(table)
    return values[:, :2], values[:, 2:], places[0] == _PLACE_COLUMNS[0]


def calibrate(
    pixels: Floats, metres: Floats, *, sigma_px: float, sigma_m: float, exemption: Exemption | None = None
) -> Calibration:
    """Fits a ground plane to control points and certifies it.

    Args:
        pixels: (n, 2).
        metres: (n, 2), site-local.
        sigma_px: standard deviation of a control point in the image.
        sigma_m: standard deviation of its surveyed coordinates.
        exemption: allows fewer than six points, down to four.

    Raises:
        CalibrationError: for too few points or points on a line.
    """
    n = len(pixels)
    if n < LEAST_POINTS and (exemption is None or n < 4):
        raise CalibrationError(
            f"{n} control points; at least {LEAST_POINTS} are needed. Survey more points, spread over the view, "
            "or record calibration.exception with its reason in site.yaml."
        )
    plane = fit_ground_plane(pixels, metres, sigma_px=sigma_px, sigma_m=sigma_m)
    if plane.depth(pixels).min() <= 0:
        raise CalibrationError("no plane sees all control points from one side. Check for swapped points.")
    in_sample_m = float(np.sqrt(np.mean(plane.error_m(pixels, metres) ** 2)))
    hull_m = shapely.MultiPoint(metres).convex_hull
    return Calibration(plane, n, _leave_one_out(pixels, metres, sigma_px, sigma_m), in_sample_m, exemption, hull_m)


def _leave_one_out(pixels: Floats, metres: Floats, sigma_px: float, sigma_m: float) -> tuple[float, ...]:
    errors = []
    for i in range(len(pixels)):
        others = np.arange(len(pixels)) != i
        try:
            plane = fit_ground_plane(pixels[others], metres[others], sigma_px=sigma_px, sigma_m=sigma_m)
        except CalibrationError:
            errors.append(np.inf)  # without this point there is no plane at all
            continue
        errors.append(float(plane.error_m(pixels[i : i + 1], metres[i : i + 1])[0]))
    return tuple(errors)


def fit_ground_plane(pixels: Floats, metres: Floats, *, sigma_px: float, sigma_m: float) -> GroundPlane:
    """Fits a homography by the direct linear transform and weighted Gauss-Newton.

    Hartley and Zisserman, "Multiple View Geometry", 2nd ed., algorithms 4.2 and 4.3, with the
    residual in metres weighted by what pixel and survey errors make of it at each point.

    Raises:
        CalibrationError: if the points do not determine a plane.
    """
    for name, points in (("image", pixels), ("ground", metres)):
        spread = np.linalg.svd(points - points.mean(axis=0), compute_uv=False)
        if len(points) < 4 or spread[1] < 0.02 * spread[0]:
            raise CalibrationError(
                f"the control points lie on a line in the {name}. Add points to both sides of it, spread over the view."
            )
    try:
        return _fit(pixels, metres, sigma_px, sigma_m)
    except np.linalg.LinAlgError as error:
        raise CalibrationError(
            "no plane comes near all control points. Check for swapped or mistyped points."
        ) from error


def _fit(pixels: Floats, metres: Floats, sigma_px: float, sigma_m: float) -> GroundPlane:
    pixel_scale, metre_scale = _normaliser(pixels), _normaliser(metres)
    seen = np.column_stack([pixels, np.ones(len(pixels))]) @ pixel_scale.T
    place = (np.column_stack([metres, np.ones(len(metres))]) @ metre_scale.T)[:, :2]
    matrix = _direct_linear_transform(seen, place)
    variance_px, variance_m = (sigma_px * pixel_scale[0, 0]) ** 2, (sigma_m * metre_scale[0, 0]) ** 2
    for _ in range(20):
        by_pixel, by_plane = _jacobians(matrix, seen)
        weight = np.linalg.inv(by_pixel @ by_pixel.transpose(0, 2, 1) * variance_px + np.eye(2) * variance_m)
        mapped = seen @ matrix.T
        residual = place - mapped[:, :2] / mapped[:, 2:]
        normal = np.einsum("nai,nab,nbj->ij", by_plane, weight, by_plane)
        step = np.linalg.solve(normal, np.einsum("nai,nab,nb->i", by_plane, weight, residual))
        matrix = (matrix.ravel() + np.append(step, 0.0)).reshape(3, 3)
        if np.abs(step).max() < 1e-12:
            break
    return GroundPlane(matrix, np.linalg.inv(normal), pixel_scale, metre_scale)


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


def _jacobians(matrix: Floats, seen: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the mapped point by the pixel (n, 2, 2) and by the eight parameters (n, 2, 8)."""
    mapped = seen @ matrix.T
    x, y, w = mapped[:, 0] / mapped[:, 2], mapped[:, 1] / mapped[:, 2], mapped[:, 2]
    by_pixel = (matrix[None, :2, :2] - np.stack([x, y], 1)[:, :, None] * matrix[2, :2]) / w[:, None, None]
    by_plane = np.zeros((len(seen), 2, 8))
    by_plane[:, 0, 0:3] = by_plane[:, 1, 3:6] = seen
    by_plane[:, 0, 6:8], by_plane[:, 1, 6:8] = -x[:, None] * seen[:, :2], -y[:, None] * seen[:, :2]
    return by_pixel, by_plane / w[:, None, None]
