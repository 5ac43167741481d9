"""TRAJECTORIES of a recording: tracks placed on the ground, where the camera is calibrated."""

from __future__ import annotations

import time

import polars as pl

from detectors.camera import Camera
from detectors.tracks import Tracks
from geo.calibration import Calibration
from geo.georeference import georeference as place_on_ground
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from geo.viewpoint import viewpoint_of
from pipelines.audit import AuditLog, Fields
from pipelines.lake import Lake, RecordingKey
from pipelines.stages import track
from pipelines.stages.fingerprint import code_of, file_digest, fingerprint
from pipelines.stages.report import StageReport

TABLE, STITCHES = "trajectories", "stitches"


def georeference(
    key: RecordingKey, camera: Camera, calibration: Calibration | None, lake: Lake, audit: AuditLog
) -> StageReport:
    """Places a recording's tracks on the ground; an uncalibrated camera has no trajectories."""
    began = time.perf_counter()
    tracks_path, path = lake.path(track.TABLE, key), lake.path(TABLE, key)
    inputs = fingerprint(
        tracks=file_digest(tracks_path),
        plane=calibration and [calibration.plane.matrix.tolist(), calibration.plane.covariance.tolist()],
        lens=camera.lens,
        hull=calibration and calibration.hull_m.wkt,
        size=camera.size_px,
        code=code_of("geo"),
    )
    if calibration is None:
        for table in (TABLE, STITCHES):
            lake.path(table, key).unlink(missing_ok=True)  # left from a time when the camera was calibrated
        note = f"{camera.camera_id} is not calibrated: lines in pixels only, no speeds, densities or map."
        return StageReport(TABLE, 0, path, inputs, time.perf_counter() - began, warnings=(note,))
    with lake.alone(TABLE, key):
        is_current = lake.is_current(TABLE, key, inputs) and lake.is_current(STITCHES, key, inputs)
        if not is_current:
            placed = place_on_ground(lake.open(Tracks, track.TABLE, key), camera, calibration)
            rows, joined = placed.trajectories.height, placed.stitches.height
            said: Fields = {"recording": key.recording_id, "rows": rows, "joined": joined, "inputs": inputs}
            with lake.saving(key, inputs) as save:
                save(Stitches, STITCHES, placed.stitches)
                save(Trajectories, TABLE, placed.trajectories)
                audit.append_once("georeference", "recording", [said])
    trajectories = lake.open(Trajectories, TABLE, key)
    return StageReport(
        TABLE,
        trajectories.height,
        path,
        inputs,
        time.perf_counter() - began,
        is_current,
        warnings=_warnings(camera, calibration),
        figures={
            "leave_one_out_rmse_m": round(calibration.leave_one_out_rmse_m, 3),
            "joined_fragments": lake.open(Stitches, STITCHES, key).height,
            "trusted_share": _share(trajectories["is_trusted"]),
            "contact_seen_share": _share(trajectories["is_contact_seen"]),
        },
    )


def _warnings(camera: Camera, calibration: Calibration) -> tuple[str, ...]:
    found = [*calibration.warnings] if calibration.note is None else [calibration.note, *calibration.warnings]
    if viewpoint_of(calibration.plane, camera.size_px) is None:
        found.append(
            f"{camera.camera_id}: its focal length cannot be told from the control points, so that places rest on the "
            "lower edges of boxes alone. Give the camera's lens.field_of_view_deg or lens.focal_px."
        )
    return tuple(found)


def _share(flags: pl.Series) -> float:
    return round(float(flags.sum()) / max(len(flags), 1), 3)
