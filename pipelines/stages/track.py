"""TRACKS and TRACKING_REPORTS of a recording: the one stage that looks at pixels."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import dataframely as dy
import polars as pl

from detectors.backends import BackendError
from detectors.camera import Camera
from detectors.detector import Detector
from detectors.road_users import ROAD_USERS
from detectors.track_video import FrameRate, Progress, TrackingReport, track_video
from detectors.tracker import TrackerSettings
from detectors.tracks import Tracks
from detectors.tuning import LONGEST_DISPLACEMENT
from detectors.weights import WeightsError, digest_of
from detectors.yolo import YoloDetector, YoloSettings
from pipelines.audit import AuditLog, Fields
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages.fingerprint import code_of, fingerprint
from pipelines.stages.ingest import Recording
from pipelines.stages.report import StageReport
from pipelines.stages.tuning_file import Tuning, tuning_of
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
    displacement_limit = dy.Float64(nullable=True, min=0.0)
    every = dy.Int64(nullable=True, min=1)
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


def make_detector(folder: SiteFolder, weights: Path | None, settings: Settings, camera_id: str) -> YoloDetector:
    """The detector of a camera, as tuned for it.

    Other weights may be given: who names them by hand allows them. What the settings ask for goes
    before what tuning has chosen, and a tuning made with other weights does not count.

    Raises:
        WeightsError: if there are none, or the site names unknown ones.
        BackendError: if they cannot be run as asked.
        SiteError: if the camera's tuning is malformed.
    """
    chosen = weights or folder.weights
    if chosen is None:
        raise WeightsError(
            f"{folder.path}/site.yaml: detector.weights: none named. Give --weights, or name a .pt file there."
        )
    digest, how, tuning = digest_of(chosen), yolo_settings(folder, settings), tuning_of(folder, weights, camera_id)
    if tuning is not None:
        how = _as_tuned(how, tuning, settings.exports / digest)
    return YoloDetector(chosen, how, {digest} if weights else allowed_weights(settings))


def frame_rate(folder: SiteFolder, weights: Path | None, camera_id: str) -> FrameRate:
    """The frames that the detector of a camera looks at, as tuned for it, else all."""
    tuning = tuning_of(folder, weights, camera_id)
    return FrameRate() if tuning is None else tuning.rate


def yolo_settings(folder: SiteFolder, settings: Settings) -> YoloSettings:
    """How a site's detector is run where nothing is tuned."""
    return YoloSettings(
        image_size_px=folder.site.detector.image_size_px,
        device=settings.device,
        backend=settings.backend,
        precision=settings.precision,
        config_dir=settings.ultralytics,
        exports_dir=settings.exports,
    )


def _as_tuned(how: YoloSettings, tuning: Tuning, exports: Path) -> YoloSettings:
    way = tuning.chosen
    how = replace(how, image_size_px=way.image_size_px, region_px=way.region_px)
    if way.precision != "int8" or how.precision not in (None, "int8") or how.backend not in (None, "openvino"):
        return how
    model = exports / str(tuning.int8_model) / "model.xml"
    if not model.is_file():
        raise BackendError(
            f"{model}: the int8 model of {tuning.camera_id} is not there. Make it anew with passant tune, or give "
            "--precision f32."
        )
    return replace(how, backend="openvino", precision="int8", quantised=model)


def tracking_inputs(recording: Recording, camera: Camera, detector: Detector, rate: FrameRate) -> str:
    """Fingerprint of everything that decides a recording's tracks."""
    prior = None if rate.prior is None else rate.prior.table().write_csv()
    return fingerprint(
        video=recording.sha256,
        start=recording.start_utc,
        masks=camera.privacy_masks_px,
        detector=detector.digest,
        tracker=asdict(TrackerSettings()),
        rate=[rate.every, rate.is_gated, prior],
        code=code_of("detectors"),
    )


def is_tracked(recording: Recording, lake: Lake, inputs: str) -> bool:
    """Whether the lake holds a recording's tracks made from these inputs."""
    return all(lake.is_current(table, recording.key, inputs) for table in (TABLE, REPORTS))


def track(
    recording: Recording,
    camera: Camera,
    detector: Detector,
    lake: Lake,
    audit: AuditLog,
    progress: Progress = lambda _: None,
    *,
    rate: FrameRate | None = None,
) -> StageReport:
    """Detects and follows the road users of a recording, unless nothing has changed since last time."""
    began, rate, key = time.perf_counter(), rate or FrameRate(), recording.key
    inputs = tracking_inputs(recording, camera, detector, rate)
    with lake.alone_on(TABLE, key):
        is_current = is_tracked(recording, lake, inputs)
        if not is_current:
            tracks, seen = track_video(
                recording.path,
                camera,
                detector,
                recording_id=key.recording_id,
                start_utc=recording.start_utc,
                rate=rate,
                progress=progress,
            )
            said: Fields = {
                "recording": key.recording_id,
                "detector": detector.digest,
                "tracks": seen.tracks,
                "inputs": inputs,
            }
            with lake.saving(key, inputs) as save:
                save(Tracks, TABLE, tracks)
                save(TrackingReports, REPORTS, _row(key.recording_id, seen, detector, rate))
                audit.append_once("track", "recording", [said])
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


def _row(recording_id: str, seen: TrackingReport, detector: Detector, rate: FrameRate) -> pl.DataFrame:
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
        "displacement_limit": LONGEST_DISPLACEMENT if rate.prior else SAFE_DISPLACEMENT,
        "every": rate.every,
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


_REMEDY = {
    False: "Record more frames per second, or look from further away.",
    True: "Traffic is faster than the camera was tuned for: run passant tune on this recording.",
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
    limit = report["displacement_limit"]
    if (report["displacement_p95"] or 0.0) > limit:
        says.append(
            f"{name}: road users move {report['displacement_p95']:.2f} of their box from one frame to the next; beyond "
            f"{limit} they are lost. {_REMEDY[report['every'] > 1]}"
        )
    return tuple(says)
