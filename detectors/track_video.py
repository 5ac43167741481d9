"""The front door of the pixel room: recording + camera + detector -> tracks and a report."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from detectors.camera import Camera
from detectors.detector import Detector
from detectors.masks import MaskedArea
from detectors.riders import join_riders
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import Tracks
from detectors.video import Decoding, RecordingError, observed_intervals, read_frames

Progress = Callable[[int], None]
"""Told the number of frames done so far."""


@dataclass(frozen=True)
class TrackingReport:
    """What tracking a recording met.

    Attributes:
        frames: decoded frames.
        corrupt_frames: of these, how many the decoder marked as damaged.
        decode_errors: packets that did not decode at all.
        observed: half-open UTC intervals without a gap.
        tracks: number of tracks.
        seconds: wall time, decoding included.
    """

    frames: int
    corrupt_frames: int
    decode_errors: int
    observed: tuple[tuple[datetime, datetime], ...]
    tracks: int
    seconds: float


def track_video(
    path: Path,
    camera: Camera,
    detector: Detector,
    *,
    recording_id: str,
    start_utc: datetime,
    settings: TrackerSettings | None = None,
    batch: int = 8,
    progress: Progress = lambda _: None,
) -> tuple[pl.DataFrame, TrackingReport]:
    """Detects and follows the road users in a recording.

    Args:
        path: the recording.
        camera: its camera; its privacy masks are black before the detector sees a frame.
        detector: finds boxes.
        recording_id: written into every row.
        start_utc: time of the first frame.
        settings: of the tracker.
        batch: frames handed to the detector at once.
        progress: called after each batch.

    Returns:
        TRACKS, and a report.

    Raises:
        RecordingError: if not a single frame decodes.
    """
    began, decoding, tracker = time.perf_counter(), Decoding(), Tracker(settings or TrackerSettings())
    masked = MaskedArea(camera)
    for frames in read_frames(path, camera, batch, decoding):
        for number, time_s, found in zip(frames.number, frames.time_s, detector.detect(frames), strict=True):
            boxes = join_riders(found)
            corners = boxes.xyxy.astype(np.float64)
            visible = masked.is_visible(corners)
            tracker.update(
                number,
                time_s,
                corners[visible],
                np.asarray(boxes.confidence, dtype=np.float64)[visible],
                np.asarray(boxes.class_id, dtype=np.int64)[visible],
            )
        progress(len(decoding.frame_times_s))
    if not decoding.frame_times_s:
        raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")
    tracks = _in_time(tracker.tracks(), recording_id, start_utc)
    report = TrackingReport(
        frames=len(decoding.frame_times_s),
        corrupt_frames=decoding.corrupt_frames,
        decode_errors=decoding.errors,
        observed=tuple(
            (start_utc + timedelta(seconds=a), start_utc + timedelta(seconds=b))
            for a, b in observed_intervals(decoding.frame_times_s)
        ),
        tracks=tracks["track_id"].n_unique(),
        seconds=time.perf_counter() - began,
    )
    return tracks, report


def _in_time(tracks: pl.DataFrame, recording_id: str, start_utc: datetime) -> pl.DataFrame:
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    timed = tracks.with_columns(
        pl.lit(recording_id).alias("recording_id"),
        (pl.lit(start_utc, pl.Datetime("us", "UTC")) + since_start).alias("time_utc"),
    )
    return Tracks.validate(timed.select(Tracks.column_names()), cast=True)
