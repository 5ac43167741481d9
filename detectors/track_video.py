"""The front door of the pixel room: recording + camera + detector -> tracks and a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
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
from detectors.lookahead import StalledError, in_order
from detectors.masks import MaskedArea
from detectors.motion_gate import Glance, MotionGate, everything
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
        is_gated: whether only those in which something has moved; the boxes before stand for the others.
        prior: what the camera's full-rate tracks have taught, so that fewer frames suffice.
    """

    every: int = 1
    is_gated: bool = False
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
        StalledError: if the decoder or the detector hangs, which names the recording.
    """
    began, decoding, clock = time.perf_counter(), Decoding(), Stopwatch()
    chosen, rate = settings or TrackerSettings(), rate or FrameRate()
    following = _Following(Tracker(chosen, rate.prior), MaskedArea(camera))
    batches = clock.each("decode", read_frames(path, camera, _batch(camera), decoding, rate.every))
    glances = map(MotionGate().glance if rate.is_gated else everything, batches)
    with (
        _naming(path),
        closing(in_order(glances, clock.timed("detect", _looking(detector)), detector.workers)) as ahead,
    ):
        for glance, found in ahead:
            with clock.stage("associate"):
                following.take(glance, found)
            progress(glance.frames.number[-1] + 1)
    if not decoding.frame_times_s:
        raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")
    with clock.stage("finish"):
        finishing = Finishing.of(following.tracker.notes, chosen.least_boxes)
        per_frame = finishing.displacement_p95()
    report = TrackingReport(
        frames=len(decoding.frame_times_s),
        dropped_frames=decoding.untimed_frames + decoding.resized_frames,
        corrupt_frames=decoding.corrupt_frames,
        decode_errors=decoding.errors,
        inferred_frames=following.inferred_frames,
        boxes=following.boxes,
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


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except StalledError as error:
        raise StalledError(
            f"{path}: {error}. Nothing of it is kept: check the disk it lies on, and run the same command again."
        ) from error


def _looking(detector: Detector) -> Callable[[Glance], list[sv.Detections]]:
    return lambda glance: detector.detect(glance.to_look_at) if any(glance.has_moved) else []


def _batch(camera: Camera) -> int:
    """Frames per batch: few of large pictures, for several batches are in hand at once."""
    width, height = camera.size_px
    return max(1, min(_MOST_FRAMES, _BATCH_BYTES // (3 * width * height)))


class _Following:
    """Hands the tracker each frame's boxes: where the detector did not look, those of when it last did."""

    def __init__(self, tracker: Tracker, masked: MaskedArea) -> None:
        self.tracker, self._masked = tracker, masked
        self.inferred_frames = self.boxes = 0
        self._last: sv.Detections | None = None

    def take(self, glance: Glance, found: list[sv.Detections]) -> None:
        self.inferred_frames += len(found)
        looked, frames = iter(found), glance.frames
        for number, time_s, has_moved in zip(frames.number, frames.time_s, glance.has_moved, strict=True):
            if has_moved or self._last is None:
                self._last = join_riders(next(looked))
            self._associate(number, time_s, self._last)

    def _associate(self, number: int, time_s: float, found: sv.Detections) -> None:
        corners = found.xyxy.astype(np.float64)
        visible = self._masked.is_visible(corners)
        self.tracker.update(
            number,
            time_s,
            corners[visible],
            np.asarray(found.confidence, dtype=np.float64)[visible],
            np.asarray(found.class_id, dtype=np.int64)[visible],
        )
        self.boxes += int(visible.sum())


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
