"""The front door of the pixel room: recording + camera + detector -> tracks and a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import polars as pl

from detectors.camera import Camera
from detectors.detector import Detector
from detectors.finishing import Finishing
from detectors.flow_prior import FlowPrior
from detectors.lookahead import in_order
from detectors.masks import MaskedArea
from detectors.riders import join_riders
from detectors.tracker import Tracker, TrackerSettings
from detectors.tracks import Tracks
from detectors.video import Decoding, RecordingError, observed_intervals, read_frames

if TYPE_CHECKING:
    import supervision as sv

T = TypeVar("T")
R = TypeVar("R")

_MOST_FRAMES, _BATCH_BYTES = 8, 32_000_000

Progress = Callable[[int], None]
"""Told the number of frames done so far."""


@dataclass(frozen=True)
class FrameRate:
    """Which frames of a camera's recordings the detector looks at.

    Attributes:
        every: 1 for all, 3 for each third.
        prior: what the camera's full-rate tracks have taught, so that fewer frames suffice.
    """

    every: int = 1
    prior: FlowPrior | None = None


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
            box lengths, or None if nothing moved; without a flow prior tracks are lost beyond 0.3.
        observed: half-open UTC intervals without a gap.
        seconds: wall time, decoding included.
        stage_seconds: wall time of decode, detect, associate and finish, summed over the threads of each;
            they overlap.
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
    rate: FrameRate | None = None,
    progress: Progress = lambda _: None,
) -> tuple[Iterator[pl.DataFrame], TrackingReport]:
    """Detects and follows the road users in a recording, in memory that does not grow with its length.

    Args:
        path: the recording.
        camera: its camera; its privacy masks are black before the detector sees a frame.
        detector: finds boxes.
        recording_id: written into every row.
        start_utc: time of the first frame.
        settings: of the tracker.
        rate: which frames the detector looks at, or None for all.
        progress: called after each batch.

    Returns:
        TRACKS in parts, each of whole tracks and in their order, and a report.

    Raises:
        RecordingError: if not a single frame decodes.
    """
    began, decoding, clock = time.perf_counter(), Decoding(), Stopwatch()
    chosen, masked = settings or TrackerSettings(), MaskedArea(camera)
    rate = rate or FrameRate()
    tracker = Tracker(chosen, rate.prior)
    inferred = boxes = 0
    batches = clock.each("decode", read_frames(path, camera, _batch(camera), decoding, rate.every))
    for frames, found in in_order(batches, clock.timed("detect", detector.detect), detector.workers):
        inferred += len(found)
        with clock.stage("associate"):
            for number, time_s, one in zip(frames.number, frames.time_s, found, strict=True):
                boxes += _associate(tracker, masked, number, time_s, one)
        progress(frames.number[-1] + 1)
    if not decoding.frame_times_s:
        raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")
    with clock.stage("finish"):
        finishing = Finishing.of(tracker.notes, chosen.least_boxes)
        per_frame = finishing.displacement_p95()
    report = TrackingReport(
        frames=len(decoding.frame_times_s),
        dropped_frames=decoding.untimed_frames + decoding.resized_frames,
        corrupt_frames=decoding.corrupt_frames,
        decode_errors=decoding.errors,
        inferred_frames=inferred,
        boxes=boxes,
        tracks=finishing.tracks,
        joints=tuple(
            Joint(number, start_utc + timedelta(seconds=a), start_utc + timedelta(seconds=b))
            for number, a, b in finishing.joints.iter_rows()
        ),
        displacement_p95=None if per_frame is None else per_frame * rate.every,
        observed=tuple(
            (start_utc + timedelta(seconds=a), start_utc + timedelta(seconds=b))
            for a, b in observed_intervals(decoding.frame_times_s)
        ),
        seconds=time.perf_counter() - began,
        stage_seconds=clock.seconds,
    )
    parts = (_in_time(part, recording_id, start_utc) for part in finishing.parts(camera.size_px))
    return parts, report


def _batch(camera: Camera) -> int:
    """Frames per batch: few of large pictures, for several batches are in hand at once."""
    width, height = camera.size_px
    return max(1, min(_MOST_FRAMES, _BATCH_BYTES // (3 * width * height)))


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
    """Wall seconds by stage, of all threads."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._adding = Lock()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        try:
            yield
        finally:
            with self._adding:
                self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def each(self, name: str, items: Iterator[T]) -> Iterator[T]:
        """The items, with the time spent waiting for each."""
        while True:
            with self.stage(name):
                item = next(items, None)
            if item is None:
                return
            yield item

    def timed(self, name: str, work: Callable[[T], R]) -> Callable[[T], R]:
        """The same work, with its time noted."""

        def noted(item: T) -> R:
            with self.stage(name):
                return work(item)

        return noted


def _in_time(tracks: pl.DataFrame, recording_id: str, start_utc: datetime) -> pl.DataFrame:
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    timed = tracks.with_columns(
        pl.lit(recording_id).alias("recording_id"),
        (pl.lit(start_utc, pl.Datetime("us", "UTC")) + since_start).alias("time_utc"),
    )
    return Tracks.validate(timed.select(Tracks.column_names()), cast=True)
