"""The calibration certificate: how good metres are, over the view and at every counting line.

Errors are those of one pedestrian's box in one frame, the smallest thing that is placed: a ground
contact as well known as any lower edge (`geo.contact`), and the plane's own error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo.calibration import Calibration
from geo.contact import EDGE_LEAST_PX, EDGE_SHARE
from geo.site import CountingLine

Floats = NDArray[np.float64]

_PERSON_M = 1.7
_COLUMNS = 32
_PLACES_ON_A_LINE = 21


def sigma_map(calibration: Calibration, size_px: tuple[int, int]) -> pl.DataFrame:
    """Error over the view, on a grid of pixels that see the ground.

    Returns:
        x_px, y_px, x_m, y_m, sigma_m (standard deviation along the worst direction), is_trusted.
    """
    step = size_px[0] / _COLUMNS
    x, y = np.meshgrid(np.arange(step / 2, size_px[0], step), np.arange(step / 2, size_px[1], step))
    pixels = np.column_stack([x.ravel(), y.ravel()])
    metres = calibration.plane.to_ground(pixels)
    seen = ~np.isnan(metres).any(axis=1)
    return pl.DataFrame(
        {
            "x_px": pixels[seen, 0],
            "y_px": pixels[seen, 1],
            "x_m": metres[seen, 0],
            "y_m": metres[seen, 1],
            "sigma_m": sigma_m(calibration, pixels[seen]),
            "is_trusted": calibration.is_trusted(metres[seen]),
        }
    )


def line_certificates(calibration: Calibration, lines: Iterable[CountingLine]) -> pl.DataFrame:
    """What counting lines on the ground rest on.

    Returns:
        line_id; px_per_m, the fewest pixels that a metre facing the camera has along the line;
        sigma_m, the largest error along it; trusted_share, the part inside the hull of the control
        points; visible_share, the part in front of the camera.
    """
    rows = [_line_row(calibration, line) for line in lines]
    names = ("px_per_m", "sigma_m", "trusted_share", "visible_share")
    return pl.DataFrame(rows, schema={"line_id": pl.String, **dict.fromkeys(names, pl.Float64)}, orient="row")


def _line_row(calibration: Calibration, line: CountingLine) -> tuple[str, float | None, float | None, float, float]:
    way = shapely.LineString(line.path)
    shares = np.linspace(0.0, 1.0, _PLACES_ON_A_LINE)
    places = shapely.get_coordinates(shapely.line_interpolate_point(way, shares, normalized=True))
    pixels = calibration.plane.to_pixels(places)
    seen = ~np.isnan(pixels).any(axis=1)
    trusted = float(calibration.is_trusted(places).mean())
    if not seen.any():
        return line.line_id, None, None, trusted, 0.0
    fewest, largest = px_per_m(calibration, pixels[seen]).min(), sigma_m(calibration, pixels[seen]).max()
    return line.line_id, float(fewest), float(largest), trusted, float(seen.mean())


def drift_m(calibration: Calibration, moved: Callable[[Floats], Floats]) -> tuple[float, float]:
    """How far a camera that has moved puts the calibrated ground from where it is.

    Args:
        calibration: made before it moved.
        moved: pixels (n, 2) as they were then to pixels now.

    Returns:
        Medians over the hull of the control points: in pixels and in metres.
    """
    corners = np.array(calibration.hull_m.exterior.coords)[:-1]
    places = np.concatenate([corners, (corners + np.roll(corners, -1, axis=0)) / 2, corners / 2 + corners.mean(0) / 2])
    before = calibration.plane.to_pixels(places)
    now = moved(before)
    off_px, off_m = np.hypot(*(now - before).T), calibration.plane.error_m(now, places)
    return float(np.median(off_px)), float(np.median(off_m))


def px_per_m(calibration: Calibration, pixels: Floats) -> Floats:
    """Pixels (n,) that a metre on the ground facing the camera has at pixels (n, 2)."""
    smallest = np.linalg.svd(calibration.plane.metres_per_px(pixels), compute_uv=False)[:, 1]
    return np.asarray(1 / smallest)


def sigma_m(calibration: Calibration, pixels: Floats) -> Floats:
    """Standard deviation (n,) of a pedestrian's place at pixels (n, 2), along the worst direction, in metres."""
    sigma_px = np.hypot(EDGE_SHARE * _PERSON_M * px_per_m(calibration, pixels), EDGE_LEAST_PX)
    return np.asarray(np.sqrt(np.linalg.eigvalsh(calibration.plane.covariance_m2(pixels, sigma_px))[:, 1]))
