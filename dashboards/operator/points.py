"""Control points as a table to edit: the columns of their file, blank where something is still missing."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboards.operator.documents import Documents, camera_of, frame_of, with_camera
from geo.calibration import Calibration, calibrate
from geo.control_points import read_control_points
from geo.ground_plane import CalibrationError
from geo.local_frame import LocalFrame
from geo.site_description import CameraDescription

Point = tuple[float, float]
Row = dict[str, Any]
PIXELS = ("x_px", "y_px")
_PLACES = (("lon", "lat"), ("easting_m", "northing_m"), ("easting", "northing"))
_NEW = (*PIXELS, "easting_m", "northing_m", "what")


@dataclass(frozen=True)
class Points:
    """The control points of a camera.

    Attributes:
        columns: of the file, in its order.
        rows: one per point; None where a number is missing.
        crs: in which places are given.
    """

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    crs: str
    frame: LocalFrame

    @property
    def places(self) -> tuple[str, str]:
        """The two columns that say where a point lies."""
        return next(pair for pair in _PLACES if set(pair) <= set(self.columns))

    def complete(self) -> list[int]:
        """Indices of the rows that have a pixel and a place."""
        return [i for i, row in enumerate(self.rows) if None not in [row[c] for c in (*PIXELS, *self.places)]]

    def pixel(self, index: int) -> Point | None:
        return self._pair(index, PIXELS)

    def metres(self, index: int) -> Point | None:
        """The place of a row in local metres."""
        place = self._pair(index, self.places)
        return place and _point(self.frame.from_crs(self.crs, np.array([place]))[0])

    def with_pixel(self, index: int | None, pixel: Point) -> Points:
        """With the pixel of a row set; without an index, of the first row that lacks one, or of a new row."""
        return self._with(index, PIXELS, pixel, 1)

    def with_metres(self, index: int | None, place_m: Point) -> Points:
        """The same for its place."""
        given = _point(self.frame.to_crs(self.crs, np.array([place_m]))[0])
        return self._with(index, self.places, given, 8 if self.places == ("lon", "lat") else 3)

    def without(self, index: int) -> Points:
        return self.of([row for i, row in enumerate(self.rows) if i != index])

    def of(self, rows: Sequence[Row]) -> Points:
        """The same file with other rows."""
        return Points(self.columns, tuple(rows), self.crs, self.frame)

    def text(self, before: str = "") -> str:
        """The file; numbers that stand in the file as it was before are written as they are there."""
        known = {(c, _number(t)): t for row in csv.DictReader(io.StringIO(before)) for c, t in row.items()}
        written = io.StringIO()
        writer = csv.DictWriter(written, self.columns, lineterminator="\n")
        writer.writeheader()
        for row in self.rows:
            writer.writerow({c: known.get((c, v), v) if isinstance(v, float) else v for c, v in row.items()})
        return written.getvalue()

    def _pair(self, index: int, names: tuple[str, str]) -> Point | None:
        x, y = (self.rows[index][name] for name in names)
        return None if x is None or y is None else (float(x), float(y))

    def _with(self, index: int | None, names: tuple[str, str], pair: Point, decimals: int) -> Points:
        rows = [dict(row) for row in self.rows]
        if index is None:
            index = next((i for i in range(len(rows)) if self._pair(i, names) is None), len(rows))
        if index == len(rows):
            rows.append(dict.fromkeys(self.columns))
        rows[index] |= {name: round(value, decimals) for name, value in zip(names, pair, strict=True)}
        return self.of(rows)


def read_points(documents: Documents, camera_id: str) -> Points | None:
    """The control points of a camera, none yet for a new one; None where the site has no crs and origin."""
    frame = frame_of(documents)
    if frame is None:
        return None
    wanted = camera_of(documents, camera_id).get("calibration") or {}
    text = documents.get(wanted.get("control_points", ""), "")
    reader = csv.DictReader(io.StringIO(text))
    columns = tuple(reader.fieldnames or _NEW)
    if not set(PIXELS) <= set(columns) or not any(set(pair) <= set(columns) for pair in _PLACES):
        columns = _NEW
    numbers = {*PIXELS, *(c for pair in _PLACES for c in pair)}
    rows = tuple({c: _number(row.get(c)) if c in numbers else row.get(c) for c in columns} for row in reader)
    crs = wanted.get("crs") or ("EPSG:4326" if {"lon", "lat"} <= set(columns) else frame.crs)
    return Points(columns, rows, crs, frame)


def with_points(documents: Documents, camera_id: str, points: Points) -> dict[str, str]:
    """The documents with these control points; a camera without calibration gets one."""
    wanted = camera_of(documents, camera_id).get("calibration")
    name = wanted["control_points"] if wanted else f"control_points_{camera_id}.csv"
    changed = dict(documents)
    if not wanted:
        changed = with_camera(documents, camera_id, "calibration", {"control_points": name})
    return {**changed, name: points.text(documents.get(name, ""))}


def calibrated(documents: Documents, camera_id: str, points: Points) -> Calibration:
    """The calibration by the complete points.

    Raises:
        CalibrationError: as `geo.calibration.calibrate` does.
    """
    camera = CameraDescription.model_validate(camera_of(documents, camera_id))
    complete = points.complete()
    if not complete:
        raise CalibrationError("no control point has both a pixel and a place yet. Place the first on both pictures.")
    given = read_control_points(points.of([points.rows[i] for i in complete]).text())
    wanted = camera.calibration
    return calibrate(
        given.pixels,
        given.in_metres(points.frame, wanted.crs if wanted else None),
        sigma_px=wanted.sigma_px if wanted else 1.0,
        sigma_m=wanted.sigma_m if wanted else 0.05,
        lens=camera.lens.of(camera.size_px) if camera.lens else None,
        exemption=wanted.exception if wanted else None,
    )


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None


def _point(pair: NDArray[np.float64]) -> Point:
    return float(pair[0]), float(pair[1])
