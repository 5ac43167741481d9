"""The front door of the pixel room: recording + camera + detector -> tracks and a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from detectors.camera import Camera
from detectors.detector import Detector
from detectors.edges import complete_at_edges
from detectors.fragments import as_tracks
from detectors.masks import MaskedArea
from detectors.riders import join_riders
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import Tracks, displacements
from detectors.video import Decoding, RecordingError, observed_intervals, read_frames

if TYPE_CHECKING:
    import supervision as sv

T = TypeVar("T")

Progress = Callable[[int], None]
"""Told the number of frames done so far."""


@dataclass(frozen=True)
class Joint:
    """A gap of a track that was bridged after the fact: between its last box before and its first after."""

    track_id: int
    from_utc: datetime
    to_utc: datetime


@dataclass(frozen=True)
class TrackingReport:
    """What tracking a recording met.

    Attributes:
        frames: decoded frames that were kept.
        dropped_frames: decoded, but without a place in time or of another size, and left out.
        corrupt_frames: of those kept, how many the decoder marked as damaged.
        decode_errors: packets that did not decode at all.
        inferred_frames: frames the detector looked at.
        boxes: road users found in them, riders joined, masked areas left out.
        tracks: number of tracks.
        joints: gaps bridged between what had been two tracks.
        displacement_p95: 95th percentile over moving tracks of the displacement per processed frame in
            box lengths, or None if nothing moved; beyond 0.3 tracks are lost.
        observed: half-open UTC intervals without a gap.
        seconds: wall time, decoding included.
        stage_seconds: wall time of decode, detect, associate and finish.
    """

    frames: int
    dropped_frames: int
    corrupt_frames: int
    decode_errors: int
    inferred_frames: int
    boxes: int
    tracks: int
    joints: tuple[Joint, ...]
    displacement_p95: float | None
    observed: tuple[tuple[datetime, datetime], ...]
    seconds: float
    stage_seconds: Mapping[str, float]


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
    began, decoding, clock = time.perf_counter(), Decoding(), Stopwatch()
    tracker, masked = Tracker(settings or TrackerSettings()), MaskedArea(camera)
    inferred = boxes = 0
    for frames in clock.each("decode", read_frames(path, camera, batch, decoding)):
        with clock.stage("detect"):
            found = detector.detect(frames)
        inferred += len(found)
        with clock.stage("associate"):
            for number, time_s, one in zip(frames.number, frames.time_s, found, strict=True):
                boxes += _associate(tracker, masked, number, time_s, one)
        progress(len(decoding.frame_times_s))
    if not decoding.frame_times_s:
        raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")
    with clock.stage("finish"):
        tracks, joints = as_tracks(tracker.fragments())
        whole = complete_at_edges(tracks, camera.size_px)
        percentile = displacements(tracks)["displacement"].quantile(0.95, "linear")
    report = TrackingReport(
        frames=len(decoding.frame_times_s),
        dropped_frames=decoding.untimed_frames + decoding.resized_frames,
        corrupt_frames=decoding.corrupt_frames,
        decode_errors=decoding.errors,
        inferred_frames=inferred,
        boxes=boxes,
        tracks=tracks["track_id"].n_unique(),
        joints=tuple(
            Joint(number, start_utc + timedelta(seconds=a), start_utc + timedelta(seconds=b))
            for number, a, b in joints.iter_rows()
        ),
        displacement_p95=percentile,
        observed=tuple(
            (start_utc + timedelta(seconds=a), start_utc + timedelta(seconds=b))
            for a, b in observed_intervals(decoding.frame_times_s)
        ),
        seconds=time.perf_counter() - began,
        stage_seconds=clock.seconds,
    )
    return _in_time(whole, recording_id, start_utc), report


def _associate(tracker: Tracker, masked: MaskedArea, number: int, time_s: float, found: sv.Detections) -> int:
    """Hands one frame's boxes to the tracker and says how many there were."""
    joined = join_riders(found)
    corners = joined.xyxy.astype(np.float64)
    visible = masked.is_visible(corners)
    tracker.update(
        number,
        time_s,
        corners[visible],
        np.asarray(joined.confidence, dtype=np.float64)[visible],
        np.asarray(joined.class_id, dtype=np.int64)[visible],
    )
    return int(visible.sum())


class Stopwatch:
    """Wall seconds by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The items, with the time spent waiting for each."""
        while True:
            with self.stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item


def _in_time(tracks: pl.DataFrame, recording_id: str, start_utc: datetime) -> pl.DataFrame:
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    timed = tracks.with_columns(
        pl.lit(recording_id).alias("recording_id"),
        (pl.lit(start_utc, pl.Datetime("us", "UTC")) + since_start).alias("time_utc"),
    )
    return Tracks.validate(timed.select(Tracks.column_names()), cast=True)
