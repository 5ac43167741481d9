"""Reads control points: pixels and the places they show."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyproj
from numpy.typing import NDArray

from geo.ground_plane import CalibrationError
from geo.local_frame import LocalFrame

Floats = NDArray[np.float64]
System = Literal["lonlat", "site", "named"]

# Over this much ground a plane is none, and a projected CRS no longer true to scale.
_FARTHEST_M = 10_000.0
_PIXEL_COLUMNS = ("x_px", "y_px")
# Which columns say where a point lies, and in what: degrees, the site's CRS, the CRS named beside it.
_PLACE_COLUMNS: dict[tuple[str, str], System] = {
    ("lon", "lat"): "lonlat",
    ("easting_m", "northing_m"): "site",
    ("easting", "northing"): "named",
}


@dataclass(frozen=True)
class ControlPoints:
    """Pixels (n, 2) and places (n, 2), x or longitude first, as the file gives them.

    Attributes:
        system: "lonlat" for degrees, "site" for metres of the site's CRS, "named" for units of a
            CRS that the calibration must name.
    """

    pixels: Floats
    places: Floats
    system: System

    def in_metres(self, frame: LocalFrame, crs: str | None = None) -> Floats:
        """The places in local metres (n, 2).

        Args:
            frame: of the site.
            crs: in which the places are given, or None for WGS84 degrees and metres of the site's CRS.

        Raises:
            CalibrationError: if columns and CRS do not fit, or the places are nowhere near the site.
        """
        if self.system == "named" and crs is None:
            raise CalibrationError("easting, northing: in which CRS? Name it in calibration.crs, or use easting_m.")
        if crs is not None and pyproj.CRS(crs).is_geographic != (self.system == "lonlat"):
            raise CalibrationError(f"the columns do not fit calibration.crs {crs}: lon, lat are for degrees only.")
        given = crs or ("EPSG:4326" if self.system == "lonlat" else frame.crs)
        metres = frame.from_crs(given, self.places)
        farthest_m = np.hypot(*metres.T).max()
        if not farthest_m < _FARTHEST_M:
            raise CalibrationError(
                f"a control point lies {farthest_m / 1000:.0f} km from the site's origin. "
                "Check the CRS, and that longitude or easting comes first."
            )
        return metres


def read_control_points(text: str) -> ControlPoints:
    """Reads a CSV of control points.

    Args:
        text: columns x_px, y_px and one of: lon, lat; easting_m, northing_m; easting, northing.
            Further columns are notes.

    Raises:
        CalibrationError: naming the missing column or the unreadable row.
    """
    rows = list(csv.DictReader(io.StringIO(text)))
    columns = set(rows[0]) if rows else set()
    found = [pair for pair in _PLACE_COLUMNS if set(pair) <= columns]
    if not rows or not set(_PIXEL_COLUMNS) <= columns or not found:
        raise CalibrationError(
            "columns: x_px, y_px and lon, lat (or easting_m, northing_m) are needed, "
            f"found {sorted(str(c) for c in columns) or 'none'}. Add the missing columns."
        )
    if len(found) > 1:
        raise CalibrationError(f"columns: {' and '.join(map(str, found))} both say where a point lies. Remove one.")
    table = []
    for number, row in enumerate(rows, start=2):
        try:
            table.append([float(row[c]) for c in (*_PIXEL_COLUMNS, *found[0])])
        except (TypeError, ValueError) as error:
            raise CalibrationError(f"line {number}: a value is not a number. Mend this line.") from error
        if not np.isfinite(table[-1]).all():
            raise CalibrationError(f"line {number}: a value is not finite. Mend this line.")
    values = np.array(table)
    return ControlPoints(values[:, :2], values[:, 2:], _PLACE_COLUMNS[found[0]])
