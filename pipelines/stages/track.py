"""TRACKS and TRACKING_REPORTS of a recording: the one stage that looks at pixels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from detectors.camera import Camera
from detectors.detector import Detector
from detectors.road_users import ROAD_USERS
from detectors.track_video import Progress, TrackingReport, track_video
from detectors.tracker import TrackerSettings
from detectors.tracks import Tracks
from detectors.weights import WeightsError, digest_of
from detectors.yolo import YoloDetector, YoloSettings
from pipelines.audit import AuditLog
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages.fingerprint import code_of, fingerprint
from pipelines.stages.ingest import Recording
from pipelines.stages.report import StageReport
from pipelines.stages.weights import allowed_weights

TABLE, REPORTS = "tracks", "tracking_reports"
# Stock ByteTrack is safe up to here and counts next to nothing beyond 0.5, silently.
SAFE_DISPLACEMENT = 0.3


class TrackingReports(dy.Schema):
    """One tracking of one recording: what was seen of it, by which detector, how well and in what time.

    ``observed_start_utc`` and ``observed_end_utc`` bound the half-open intervals without a gap, in
    order. ``road_users`` are the classes the detector can tell; the others were not looked for, so
    that none of them counted does not mean that none passed. ``frames`` is NULL where a recording was
    simulated without a picture.

    ``displacement_p95`` is the 95th percentile, over tracks that moved, of the way from one processed
    frame to the next in lengths of the box; NULL if nothing moved. ``joint_*`` are the gaps bridged
    between what had been two tracks: the track, its last time before and its first time after.
    Seconds are wall time.
    """

    recording_id = dy.String(primary_key=True)
    frames = dy.Int64(nullable=True, min=1)
    dropped_frames = dy.Int64(min=0)
    corrupt_frames = dy.Int64(min=0)
    decode_errors = dy.Int64(min=0)
    inferred_frames = dy.Int64(min=0)
    boxes = dy.Int64(min=0)
    tracks = dy.Int64(min=0)
    displacement_p95 = dy.Float64(nullable=True, min=0.0)
    joint_track_id = dy.List(dy.UInt32())
    joint_from_utc = dy.List(dy.Datetime(time_unit="us", time_zone="UTC"))
    joint_to_utc = dy.List(dy.Datetime(time_unit="us", time_zone="UTC"))
    seconds = dy.Float64(min=0.0)
    decode_s = dy.Float64(min=0.0)
    detect_s = dy.Float64(min=0.0)
    associate_s = dy.Float64(min=0.0)
    detector = dy.String()
    detector_digest = dy.String()
    road_users = dy.List(dy.Enum([r.value for r in ROAD_USERS]))
    observed_start_utc = dy.List(dy.Datetime(time_unit="us", time_zone="UTC"), min_length=1)
    observed_end_utc = dy.List(dy.Datetime(time_unit="us", time_zone="UTC"), min_length=1)


def make_detector(folder: SiteFolder, weights: Path | None, settings: Settings) -> YoloDetector:
    """The detector of a site, with other weights if given: who names them by hand allows them.

    Raises:
        WeightsError: if there are none, or the site names unknown ones.
        BackendError: if they cannot be run as the settings ask.
    """
    chosen = weights or folder.weights
    if chosen is None:
        raise WeightsError(
            f"{folder.path}/site.yaml: detector.weights: none named. Give --weights, or name a .pt file there."
        )
    how = YoloSettings(
        image_size_px=folder.site.detector.image_size_px,
        device=settings.device,
        backend=settings.backend,
        precision=settings.precision,
        config_dir=settings.ultralytics,
        exports_dir=settings.exports,
    )
    return YoloDetector(chosen, how, {digest_of(weights)} if weights else allowed_weights(settings))


def tracking_inputs(recording: Recording, camera: Camera, detector: Detector, tracker: TrackerSettings) -> str:
    """Fingerprint of everything that decides a recording's tracks."""
    return fingerprint(
        video=recording.sha256,
        start=recording.start_utc,
        masks=camera.privacy_masks_px,
        detector=detector.digest,
        tracker=asdict(tracker),
        code=code_of("detectors"),
    )


def track(
    recording: Recording,
    camera: Camera,
    detector: Detector,
    lake: Lake,
    audit: AuditLog,
    progress: Progress = lambda _: None,
) -> StageReport:
    """Detects and follows the road users of a recording, unless nothing has changed since last time."""
    began, tracker, key = time.perf_counter(), TrackerSettings(), recording.key
    inputs = tracking_inputs(recording, camera, detector, tracker)
    is_current = lake.is_current(TABLE, key, inputs) and lake.is_current(REPORTS, key, inputs)
    if not is_current:
        tracks, seen = track_video(
            recording.path,
            camera,
            detector,
            recording_id=key.recording_id,
            start_utc=recording.start_utc,
            settings=tracker,
            progress=progress,
        )
        lake.save_parts(Tracks, TABLE, key, tracks, inputs)
        lake.save(TrackingReports, REPORTS, key, _row(key.recording_id, seen, detector), inputs)
        audit.append("track", recording=key.recording_id, detector=detector.digest, tracks=seen.tracks)
    report = lake.open(TrackingReports, REPORTS, key).row(0, named=True)
    return StageReport(
        TABLE,
        lake.height(TABLE, key),
        lake.path(TABLE, key),
        inputs,
        time.perf_counter() - began,
        is_current,
        _warnings(recording, report),
        {
            "observed_s": round(sum(ends - starts for starts, ends in _pairs(report)), 1),
            "tracks": report["tracks"],
            "fragments_joined": len(report["joint_track_id"]),
            "boxes": report["boxes"],
            "frames": report["frames"],
            "frames_dropped": recording.probe.packets - report["frames"],
            "frames_inferred": report["inferred_frames"],
            **_rounded("displacement_p95", report["displacement_p95"]),
            **{name: round(report[name], 1) for name in ("decode_s", "detect_s", "associate_s")},
            "frames_per_s": round(report["frames"] / max(report["seconds"], 1e-9), 1),
            "detector": report["detector"],
        },
    )


def _rounded(name: str, value: float | None) -> dict[str, float]:
    return {} if value is None else {name: round(value, 3)}


def hanging_on_joints(crossings: pl.DataFrame, report: Mapping[str, Any]) -> int:
    """How many crossings would not have been counted, had fragments not been joined.

    Args:
        crossings: CROSSINGS of a recording.
        report: its row of TRACKING_REPORTS.
    """
    gaps = pl.DataFrame(
        {name: report[f"joint_{name}"] for name in ("track_id", "from_utc", "to_utc")},
        schema={"track_id": pl.UInt32, "from_utc": _UTC, "to_utc": _UTC},
    )
    return crossings.join(gaps, on="track_id").filter(pl.col("time_utc").is_between("from_utc", "to_utc")).height


def _pairs(report: dict[str, Any]) -> list[tuple[float, float]]:
    """Observed intervals as POSIX seconds."""
    both = zip(report["observed_start_utc"], report["observed_end_utc"], strict=True)
    return [(start.timestamp(), end.timestamp()) for start, end in both]


def _row(recording_id: str, seen: TrackingReport, detector: Detector) -> pl.DataFrame:
    row = {
        "recording_id": recording_id,
        "frames": seen.frames,
        "dropped_frames": seen.dropped_frames,
        "corrupt_frames": seen.corrupt_frames,
        "decode_errors": seen.decode_errors,
        "inferred_frames": seen.inferred_frames,
        "boxes": seen.boxes,
        "tracks": seen.tracks,
        "displacement_p95": seen.displacement_p95,
        "joint_track_id": [joint.track_id for joint in seen.joints],
        "joint_from_utc": [joint.from_utc for joint in seen.joints],
        "joint_to_utc": [joint.to_utc for joint in seen.joints],
        "seconds": seen.seconds,
        **{f"{stage}_s": seen.stage_seconds[stage] for stage in ("decode", "detect", "associate")},
        "detector": detector.name,
        "detector_digest": detector.digest,
        "road_users": [r.value for r in detector.road_users],
        "observed_start_utc": [start for start, _ in seen.observed],
        "observed_end_utc": [end for _, end in seen.observed],
    }
    return TrackingReports.cast(pl.DataFrame([row], schema_overrides=_MAYBE_EMPTY))


_UTC = pl.Datetime("us", "UTC")
_MAYBE_EMPTY: dict[str, pl.DataType | type[pl.DataType]] = {
    "displacement_p95": pl.Float64,
    "joint_track_id": pl.List(pl.UInt32),
    "joint_from_utc": pl.List(_UTC),
    "joint_to_utc": pl.List(_UTC),
}


def _warnings(recording: Recording, report: dict[str, Any]) -> tuple[str, ...]:
    name, says = recording.path.name, []
    lost = recording.probe.packets - report["frames"]
    if lost or report["corrupt_frames"] or report["decode_errors"]:
        says.append(
            f"{name}: {report['frames']} of {recording.probe.packets} frames kept, "
            f"{report['corrupt_frames']} damaged, {report['decode_errors']} packets unreadable, "
            f"{report['dropped_frames']} without a place in time or of another size; "
            "gaps are left out of the observed time."
        )
    if (report["displacement_p95"] or 0.0) > SAFE_DISPLACEMENT:
        says.append(
            f"{name}: road users move {report['displacement_p95']:.2f} of their box from one frame to the next; beyond "
            f"{SAFE_DISPLACEMENT} they are lost. Record more frames per second, or look from further away."
        )
    return tuple(says)
