"""CAMERA_DRIFT of a recording: whether its camera still looks where it was calibrated."""

from __future__ import annotations

import time
from dataclasses import asdict

import dataframely as dy
import numpy as np
import polars as pl

from detectors.camera import Camera
from detectors.drift import DESCRIPTOR_BYTES, background, landmarks, motion
from detectors.drift import Landmarks as Seen
from detectors.tracks import Tracks
from geo.calibration import Calibration
from geo.certificate import drift_m
from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.stages import track
from pipelines.stages.fingerprint import code_of, file_digest, fingerprint
from pipelines.stages.ingest import Recording
from pipelines.stages.report import StageReport

TABLE, LANDMARKS = "camera_drift", "landmarks"
MOST_DRIFT_M = 0.25


class CameraDrift(dy.Schema):
    """One recording of a calibrated camera, compared with the camera's reference.

    ``drift_px`` and ``drift_m`` are medians over the hull of the control points; NULL where the picture
    hardly resembles the reference, as by night against day. ``reference_id`` is the recording that the
    reference was made from.
    """

    recording_id = dy.String(primary_key=True)
    reference_id = dy.String()
    keypoints = dy.Int64(min=0)
    drift_px = dy.Float64(nullable=True, min=0.0)
    drift_m = dy.Float64(nullable=True, min=0.0)
    is_drifted = dy.Bool(nullable=True)


class Landmarks(dy.Schema):
    """One landmark of a camera's reference: where it lies, and a few bits about what surrounds it."""

    recording_id = dy.String(primary_key=True)
    number = dy.UInt32(primary_key=True)
    x_px = dy.Float64()
    y_px = dy.Float64()
    descriptor = dy.String(regex="^[0-9a-f]{64}$")


def drift(
    recording: Recording, camera: Camera, calibration: Calibration | None, lake: Lake, audit: AuditLog
) -> StageReport:
    """Compares a recording with the first one since its camera was calibrated, which becomes the reference."""
    began, key, path = time.perf_counter(), recording.key, lake.path(TABLE, recording.key)
    if calibration is None:
        path.unlink(missing_ok=True)
        return StageReport(TABLE, 0, path, "uncalibrated", time.perf_counter() - began)
    placed = fingerprint(plane=calibration.plane.matrix.tolist(), size=camera.size_px, lens=camera.lens)
    tracks_path = lake.path(track.TABLE, key)
    inputs = fingerprint(
        video=recording.sha256,
        tracks=file_digest(tracks_path),
        camera=asdict(camera),
        placed=placed,
        code=code_of("detectors"),
    )
    with lake.alone(TABLE, key):
        is_current = lake.is_current(TABLE, key, inputs)
        if not is_current:
            row = CameraDrift.cast(pl.DataFrame([_compare(recording, camera, calibration, lake, placed)]))
            with lake.saving(key, inputs) as save:
                save(CameraDrift, TABLE, row)
                if row["is_drifted"].item():
                    said = {"recording": key.recording_id, "drift_m": row["drift_m"].item(), "inputs": inputs}
                    audit.append_once("camera_drift", "recording", [said])
    found = lake.open(CameraDrift, TABLE, key).row(0, named=True)
    figures = {name: round(found[name], 3) for name in ("drift_px", "drift_m") if found[name] is not None}
    return StageReport(
        TABLE, 1, path, inputs, time.perf_counter() - began, is_current, _warnings(found, camera), figures
    )


def _compare(
    recording: Recording, camera: Camera, calibration: Calibration, lake: Lake, placed: str
) -> dict[str, object]:
    key = recording.key
    boxes = lake.open(Tracks, track.TABLE, key).with_columns(
        time_s=(pl.col("time_utc") - recording.start_utc).dt.total_microseconds() / 1e6
    )
    now = landmarks(background(recording.path, camera, boxes, recording.probe.duration_s))
    reference = lake.first(LANDMARKS, camera.camera_id, placed)
    if reference is None:
        lake.save(Landmarks, LANDMARKS, key, _rows(key.recording_id, now), placed)
        reference = key
    row: dict[str, object] = {"recording_id": key.recording_id, "reference_id": reference.recording_id, "keypoints": 0}
    moved = motion(_landmarks(lake.open(Landmarks, LANDMARKS, reference)), now)
    if moved is None:
        return {**row, "drift_px": None, "drift_m": None, "is_drifted": None}
    off_px, off_m = drift_m(calibration, moved.moved)
    return {
        **row,
        "keypoints": moved.keypoints,
        "drift_px": off_px,
        "drift_m": off_m,
        "is_drifted": off_m > MOST_DRIFT_M,
    }


def _rows(recording_id: str, seen: Seen) -> pl.DataFrame:
    rows = {
        "number": np.arange(len(seen.pixels)),
        "x_px": seen.pixels[:, 0],
        "y_px": seen.pixels[:, 1],
        "descriptor": [bits.tobytes().hex() for bits in seen.descriptors],
    }
    typed = pl.DataFrame(rows, schema_overrides={"descriptor": pl.String})
    return Landmarks.cast(typed.select(pl.lit(recording_id).alias("recording_id"), pl.all()))


def _landmarks(rows: pl.DataFrame) -> Seen:
    bits = np.frombuffer(bytes.fromhex("".join(rows["descriptor"])), np.uint8).reshape(-1, DESCRIPTOR_BYTES)
    return Seen(rows.select("x_px", "y_px").to_numpy(), bits)


def _warnings(found: dict[str, object], camera: Camera) -> tuple[str, ...]:
    if found["is_drifted"] is None:
        return (
            f"{camera.camera_id}: the picture hardly resembles its reference; whether it has moved cannot be told.",
        )
    if not found["is_drifted"]:
        return ()
    return (
        f"{camera.camera_id} has moved by {found['drift_px']:.1f} px since {found['reference_id']}: metres are off by "
        f"{found['drift_m']:.2f} m. Turn it back, or survey its control points again.",
    )
