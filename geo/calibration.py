"""Control points to a ground plane that may be used, and its errors.

The headline error is leave-one-out: the residual at the fitted points falls when points are taken
away, the true error does not. What the rules refuse can be used only with a recorded reason, which
stands wherever its numbers do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

from detectors.lens import Lens
from geo.ground_plane import CalibrationError, GroundPlane, fit_ground_plane

Floats = NDArray[np.float64]

LEAST_POINTS, ADVISED_POINTS = 6, 8
# A layout that leaves its own points uncertain by this share of its extent determines no plane.
_LOOSEST_SHARE = 0.1


class Exemption(BaseModel):
    """A recorded decision to use a calibration that the rules refuse. Shown beside its numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reason: str = Field(min_length=20)
    recorded_by: str = Field(min_length=2)
    recorded_on: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")

    @field_validator("recorded_on")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        return date.fromisoformat(value).isoformat()


@dataclass(frozen=True)
class Calibration:
    """A ground plane and what is known about it.

    Attributes:
        points: number of control points.
        leave_one_out_m: error at each control point when it is left out of the fit, in metres.
        in_sample_rmse_m: root mean square residual at the fitted points, in metres.
        exemption: why it is used although the rules refuse it, or None.
        hull_m: convex hull of the control points in metres; what lies outside is extrapolated.
        warnings: what should be better, for whoever set the camera up.
    """

    plane: GroundPlane
    points: int
    leave_one_out_m: tuple[float, ...]
    in_sample_rmse_m: float
    exemption: Exemption | None
    hull_m: shapely.Polygon
    warnings: tuple[str, ...] = ()

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


def calibrate(
    pixels: Floats,
    metres: Floats,
    *,
    sigma_px: float,
    sigma_m: float,
    lens: Lens | None = None,
    exemption: Exemption | None = None,
) -> Calibration:
    """Fits a ground plane to control points and says how good it is.

    Args:
        pixels: (n, 2), of the recording.
        metres: (n, 2), site-local.
        sigma_px: standard deviation of a control point in the image.
        sigma_m: standard deviation of its surveyed coordinates.
        lens: the camera's, or None for an ideal one.
        exemption: allows fewer than six points, down to four, and a loose layout.

    Raises:
        CalibrationError: for too few points or a layout that determines no plane.
    """
    _refuse_few(pixels, metres, exemption)
    plane = fit_ground_plane(pixels, metres, sigma_px=sigma_px, sigma_m=sigma_m, lens=lens)
    if plane.depth(pixels).min() <= 0:
        raise CalibrationError("no plane sees all control points from one side. Check for swapped points.")
    if np.linalg.det(plane.to_ideal) > 0:
        raise CalibrationError("the ground is seen mirrored. Check for swapped columns or swapped points.")
    left_out_m = _leave_one_out(pixels, metres, sigma_px, sigma_m, lens)
    if exemption is None:
        _refuse_loose(plane, pixels, metres, left_out_m)
    in_sample_m = float(np.sqrt(np.mean(plane.error_m(pixels, metres) ** 2)))
    hull_m = shapely.MultiPoint(metres).convex_hull
    return Calibration(plane, len(pixels), left_out_m, in_sample_m, exemption, hull_m, _warnings(plane, len(pixels)))


def _refuse_few(pixels: Floats, metres: Floats, exemption: Exemption | None) -> None:
    n = min(len(np.unique(points.round(6), axis=0)) for points in (pixels, metres))
    if n >= LEAST_POINTS or (exemption is not None and n >= 4):
        return
    doubles = f" that differ (of {len(pixels)})" if n < len(pixels) else ""
    raise CalibrationError(
        f"{n} control points{doubles}; at least {LEAST_POINTS} are needed. Survey more points, spread over the view, "
        "or record calibration.exception with its reason in site.yaml."
    )


def _refuse_loose(plane: GroundPlane, pixels: Floats, metres: Floats, left_out_m: tuple[float, ...]) -> None:
    if np.isinf(left_out_m).any():
        number = int(np.argmax(left_out_m)) + 1
        raise CalibrationError(
            f"without point {number} all but one control point lie on a line. Add points, spread over the view."
        )
    loosest_m = float(np.sqrt(np.linalg.eigvalsh(plane.own_covariance_m2(pixels)).max()))
    extent_m = float(np.hypot(*np.ptp(metres, axis=0)))
    if loosest_m > _LOOSEST_SHARE * extent_m:
        raise CalibrationError(
            f"the layout leaves its own points uncertain by {loosest_m:.1f} m over {extent_m:.0f} m. "
            "Add points, spread over the view, or check for mistyped ones."
        )


def _leave_one_out(
    pixels: Floats, metres: Floats, sigma_px: float, sigma_m: float, lens: Lens | None
) -> tuple[float, ...]:
    errors = []
    for i in range(len(pixels)):
        others = np.arange(len(pixels)) != i
        try:
            plane = fit_ground_plane(pixels[others], metres[others], sigma_px=sigma_px, sigma_m=sigma_m, lens=lens)
        except CalibrationError:
            errors.append(np.inf)  # without this point there is no plane at all
            continue
        errors.append(float(plane.error_m(pixels[i : i + 1], metres[i : i + 1])[0]))
    return tuple(errors)


def _warnings(plane: GroundPlane, points: int) -> tuple[str, ...]:
    found = []
    if points < ADVISED_POINTS:
        found.append(f"{points} control points; {ADVISED_POINTS} or more are advised, spread to the far edge.")
    if plane.variance_factor > 1:
        found.append(
            f"The control points disagree {plane.variance_factor**0.5:.1f} times as much as their sigmas allow; all "
            "errors have been widened by that. Check the points, the lens, sigma_px and sigma_m."
        )
    return tuple(found)
