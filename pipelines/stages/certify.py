"""The calibration certificates of a site, and the drift of its cameras, in the warehouse."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import shapely

from detectors.camera import Camera
from geo.calibration import Calibration
from geo.certificate import line_certificates, sigma_map
from geo.site import Site
from geo.viewpoint import viewpoint_of
from pipelines.lake import Lake, RecordingKey
from pipelines.stages import drift
from pipelines.warehouse.connection import Session

_CERTIFICATE_COLUMNS = {
    "camera_height_m": pl.Float64,
    "focal_px": pl.Float64,
    "warnings": pl.String,
    "calibration_note": pl.String,
}


def replace_certificates(session: Session, site: Site) -> None:
    """Replaces what is known about a site's calibrations."""
    for table in ("calibrations", "calibration_sigma", "line_certificates"):
        session.run(f"delete_{table}", site_id=site.site_id)
    for camera, calibration in _calibrated(site):
        keys = (pl.lit(site.site_id).alias("site_id"), pl.lit(camera.camera_id).alias("camera_id"))
        row = _certificate(site, camera, calibration)
        session.insert(
            "insert_calibrations", pl.DataFrame([row], schema_overrides=_CERTIFICATE_COLUMNS).with_columns(*keys)
        )
        grid = sigma_map(calibration, camera.size_px).rename({"x_m": "east_m", "y_m": "north_m"})
        session.insert("insert_calibration_sigma", grid.with_columns(*keys))
        lines = line_certificates(calibration, site.lines_of(camera.camera_id, "ground"))
        session.insert("insert_line_certificates", lines.with_columns(*keys))


def insert_drift(session: Session, key: RecordingKey, site: Site, lake: Lake) -> None:
    """Adds what a recording tells about its camera's drift; nothing where it was not looked at."""
    if lake.has(drift.TABLE, key):
        found = lake.open(drift.CameraDrift, drift.TABLE, key).drop("reference_id")
        keys = {"site_id": pl.lit(site.site_id), "camera_id": pl.lit(key.camera_id), "day": pl.lit(key.day)}
        session.insert("insert_drift_contributions", found.with_columns(**keys))


def _calibrated(site: Site) -> Iterator[tuple[Camera, Calibration]]:
    for camera in site.cameras:
        if (calibration := site.calibrations.get(camera.camera_id)) is not None:
            yield camera, calibration


def _certificate(site: Site, camera: Camera, calibration: Calibration) -> dict[str, object]:
    view = viewpoint_of(calibration.plane, camera.size_px)
    hull_m = calibration.hull_m
    hull = shapely.transform(hull_m, site.frame.to_lonlat) if site.frame else hull_m
    return {
        "points": calibration.points,
        "leave_one_out_rmse_m": calibration.leave_one_out_rmse_m,
        "in_sample_rmse_m": calibration.in_sample_rmse_m,
        "variance_factor": calibration.plane.variance_factor,
        "hull_m2": float(hull_m.area),
        "hull_wkt": shapely.to_wkt(hull, rounding_precision=8),
        "camera_height_m": float(view.position_m[2]) if view else None,
        "focal_px": view.focal_px if view else None,
        "warnings": " ".join(calibration.warnings) or None,
        "calibration_note": calibration.note,
    }
