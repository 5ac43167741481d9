"""What cheaper ways of running the demo camera cost and what they do to counts, on seeds nothing was made with.

Every way counts the same recordings; its crossings are set beside those of the full one (every frame,
full size, f32), in sum and one by one, and beside the truth. What int8 and the flow prior need is learned
from the shipped recording. Stock is ``yolo track`` as it comes, on the same processor in the same run.
The figure is that of the cheapest way whose counts are within 2 % in sum; an interval is given with
each, because the way is chosen on what it is judged by. Films its seeds first and keeps them under
data/var/bench, which takes minutes the first time. PERFORMANCE targets 1 and 2c.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
from scipy.stats import chi2

from detectors.flow_prior import FlowPrior
from detectors.letterbox import Letterbox
from detectors.quantise import quantised
from detectors.track_video import FrameRate, track_video
from detectors.tracks import Tracks
from detectors.video import Decoding, read_frames
from detectors.yolo import YoloDetector, YoloSettings
from geo.accuracy import match
from geo.crossings import ground_crossings
from geo.georeference import georeference
from pipelines.sites import load_site
from pipelines.stages.evaluate import read_truth
from pipelines.stages.simulate import Footage, film
from tests import builders
from tests.benchmarks.tracking import EXPORTS, FRAMES, RECORDING, WEIGHTS, stock

SEEDS, SECONDS, TOLERANCE = range(4001, 4004), 180.0, 0.02
PLACE = load_site(Path("data/sites/lindenplatz"))
CAMERA = PLACE.site.cameras[0]
WORK = Path("data/var/bench/thrift")
REPORT = Callable[[str, float, float], None]
_CALIBRATED_ON = 18  # every so-manieth frame


@dataclass(frozen=True)
class Way:
    """A way of running the detector."""

    every: int = 1
    size_px: int = 960
    precision: str = "f32"

    def __str__(self) -> str:
        return f"every {self.every}, {self.size_px} px, {self.precision}"


FULL = Way()
WAYS = (FULL, Way(2), Way(3), Way(1, 960, "int8"), Way(2, 960, "int8"), Way(3, 960, "int8"), Way(2, 768, "int8"))


@dataclass(frozen=True)
class Counted:
    """Crossings of all recordings, in their order, and processor milliseconds per frame."""

    crossings: list[pl.DataFrame]
    cpu_ms: float

    @property
    def number(self) -> int:
        return sum(c.height for c in self.crossings)


def bench_thrift(report: REPORT) -> None:
    """Prints every way and the figures of the cheapest that holds; ``report`` takes name, figure and target."""
    videos = [_filmed(seed) for seed in SEEDS]
    truths = [_timed(read_truth(video.with_suffix(".csv"))) for video in videos]
    prior = FlowPrior.learned(_tracked(RECORDING, _detector(FULL), FrameRate())[0], CAMERA.size_px)
    found = {}
    for way in WAYS:
        found[way] = _counted(videos, way, prior)
        print(f"# {way}: {_told(found[way], found[FULL], truths)}", flush=True)
    kept = [way for way in WAYS if abs(found[way].number / found[FULL].number - 1) <= TOLERANCE]
    best = min(kept, key=lambda way: found[way].cpu_ms)
    stock_ms = _stock_ms()
    print(f"# stock: {stock_ms:.1f} cpu-ms per frame at 640 px; chosen: {best}")
    report("thrift_stock_over_cheapest", stock_ms / found[best].cpu_ms, 15.0)
    report("thrift_full_over_cheapest", found[FULL].cpu_ms / found[best].cpu_ms, 3.0)
    report("thrift_crossings", found[FULL].number, 500)


def _told(counted: Counted, full: Counted, truths: list[pl.DataFrame]) -> str:
    net = counted.number - full.number
    low, high = chi2.ppf(0.025, 2 * abs(net)) / 2 if net else 0.0, chi2.ppf(0.975, 2 * abs(net) + 2) / 2
    apart, wrong = _unmatched(counted.crossings, full.crossings), _unmatched(counted.crossings, truths)
    true = sum(t.height for t in truths)
    return (
        f"{counted.cpu_ms:.1f} cpu-ms per frame; {net:+d} of {full.number} ({net / full.number:+.1%}, "
        f"{low / full.number:.1%} to {high / full.number:.1%} either way), {apart} not the same; "
        f"SWARM accuracy {1 - wrong / true:.3f} of {true}"
    )


def _unmatched(counted: list[pl.DataFrame], expected: list[pl.DataFrame]) -> int:
    events = pl.concat([match(a, b, timedelta(seconds=1)) for a, b in zip(counted, expected, strict=True)])
    return events.filter(~pl.col("is_matched")).height


def _filmed(seed: int) -> Path:
    video = WORK / str(seed) / RECORDING.name
    if not video.is_file():
        video.parent.mkdir(parents=True, exist_ok=True)
        film(PLACE, Footage(SECONDS, seed), video, video.with_suffix(".csv"))
    return video


def _timed(truth: pl.DataFrame) -> pl.DataFrame:
    start: datetime = builders.START
    return truth.with_columns(time_utc=start + pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(int)))


def _counted(videos: list[Path], way: Way, prior: FlowPrior) -> Counted:
    detector, rate = _detector(way), FrameRate(way.every, prior=prior if way.every > 1 else None)
    crossings, spent_ms = [], 0.0
    for video in videos:
        tracks, cpu_ms = _tracked(video, detector, rate)
        spent_ms += cpu_ms / len(videos)
        placed = georeference(tracks, CAMERA, PLACE.site.calibrations[CAMERA.camera_id]).trajectories
        crossings.append(ground_crossings(placed, PLACE.site.lines_of(CAMERA.camera_id, "ground")))
    return Counted(crossings, spent_ms)


def _tracked(video: Path, detector: YoloDetector, rate: FrameRate) -> tuple[pl.DataFrame, float]:
    began = time.process_time()
    parts, done = track_video(video, CAMERA, detector, recording_id="bench", start_utc=builders.START, rate=rate)
    tracks = Tracks.validate(pl.concat([Tracks.create_empty(), *parts]))
    return tracks, 1000 * (time.process_time() - began) / done.frames


def _detector(way: Way) -> YoloDetector:
    how = YoloSettings(backend="openvino", image_size_px=way.size_px)
    if way.precision == "int8":
        letterbox = Letterbox(CAMERA.size_px, way.size_px)
        batches = read_frames(RECORDING, CAMERA, 1, Decoding(), _CALIBRATED_ON)
        pictures = [letterbox.fit(batch.images) for batch in batches]
        how = replace(how, precision="int8", quantised=quantised(EXPORTS, letterbox.input_px, pictures))
    detector = YoloDetector(WEIGHTS, how)
    detector.load(CAMERA.size_px)
    return detector


def _stock_ms() -> float:
    work = stock()
    work()
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began) / FRAMES
