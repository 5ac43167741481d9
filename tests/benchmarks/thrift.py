"""What cheaper ways of running the demo camera cost and what they do to counts, on seeds nothing was made with.

Every way counts the same recordings; its crossings are set beside those of the full one (every frame,
full size, f32), in sum and one by one, and beside the truth. Stock is ``yolo track`` as it comes, at the
size it takes by itself (640 px, which the weights name) and at that of the full way; its tracks of the
first recording are counted by the same lines. What int8 and the flow prior need is learned from the
shipped recording.

Costs are of a short clip, medians of interleaved rounds; counts are of whole recordings. The figure is
that of the cheapest way whose counts are within 2 % in sum; an interval is given with each, because the
way is chosen on what it is judged by. Recordings, and the boxes of each detector in them, are made the
first time, which takes half an hour, and kept under data/var/bench. PERFORMANCE targets 1 and 2c.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import polars as pl

from detectors.flow_prior import FlowPrior
from detectors.letterbox import Letterbox
from detectors.quantise import quantised
from detectors.recorded import RecordedDetector
from detectors.road_users import ROAD_USERS
from detectors.track_video import FrameRate, track_video
from detectors.tracks import Tracks
from detectors.video import Decoding, read_frames
from detectors.yolo import YoloDetector, YoloSettings
from geo.accuracy import match
from geo.crossings import ground_crossings
from geo.georeference import georeference
from pipelines.durable import replacing
from pipelines.sites import load_site
from pipelines.stages.evaluate import read_truth
from pipelines.stages.simulate import Footage, film
from tests import builders
from tests.benchmarks.tracking import EXPORTS, FRAMES, RECORDING, WEIGHTS, short_clip, stock, stock_tracks

SEEDS, SECONDS, TOLERANCE = range(4001, 4004), 180.0, 0.02
ROUNDS = 3
PLACE = load_site(Path("data/sites/lindenplatz"))
CAMERA = PLACE.site.cameras[0]
WORK = Path("data/var/bench/thrift")
REPORT = Callable[[str, float, float], None]
_CALIBRATED_ON = 18  # every so-manieth frame
_CERTAIN = 1.96  # standard deviations, for 95 %
_SIDES = ("left_px", "top_px", "right_px", "bottom_px")


@dataclass(frozen=True)
class Way:
    """A way of running the detector."""

    every: int = 1
    size_px: int = 960
    precision: str = "f32"

    def __str__(self) -> str:
        return f"every {self.every}, {self.size_px} px, {self.precision}"


@dataclass(frozen=True)
class Stock:
    """Ultralytics' own ``track``."""

    size_px: int

    def __str__(self) -> str:
        return f"stock, {self.size_px} px"


FULL = Way()
WAYS = (
    *(Way(every, 960, precision) for precision in ("f32", "int8") for every in (1, 2, 3, 4)),
    *(Way(every, 640, "int8") for every in (1, 2, 3)),
)
STOCK = (Stock(640), Stock(960))


def bench_thrift(report: REPORT) -> None:
    """Prints every way and the figures of the cheapest that holds; ``report`` takes name, figure and target."""
    videos = [_filmed(seed) for seed in SEEDS]
    truths = [_timed(read_truth(video.with_suffix(".csv"))) for video in videos]
    prior = FlowPrior.learned(_tracks(RECORDING, FULL), CAMERA.size_px)
    cpu_ms = _costs(prior)
    found: dict[Way, list[pl.DataFrame]] = {}
    for way in WAYS:
        found[way] = [_crossings(_tracks(video, way, prior)) for video in videos]
        print(f"# {way}: {cpu_ms[way]:.1f} cpu-ms per frame; {_told(found[way], found[FULL], truths)}", flush=True)
    for theirs in STOCK:
        crossings = [_crossings(_stock(videos[0], theirs))]
        print(f"# {theirs}: {cpu_ms[theirs]:.1f} cpu-ms per frame; {_told(crossings, found[FULL][:1], truths[:1])}")
    number = {way: sum(c.height for c in crossings) for way, crossings in found.items()}
    kept = [way for way in WAYS if abs(number[way] / number[FULL] - 1) <= TOLERANCE]
    best = min(kept, key=lambda way: cpu_ms[way])
    print(f"# chosen: {best}")
    report("thrift_stock_over_cheapest", cpu_ms[STOCK[0]] / cpu_ms[best], 15.0)
    report("thrift_stock_960_over_cheapest", cpu_ms[STOCK[1]] / cpu_ms[best], 15.0)
    report("thrift_full_over_cheapest", cpu_ms[FULL] / cpu_ms[best], 3.0)
    report("thrift_crossings", number[FULL], 500)


def _told(crossings: list[pl.DataFrame], full: list[pl.DataFrame], truths: list[pl.DataFrame]) -> str:
    """The sum beside that of the full way; its interval follows from the crossings that only one of both has."""
    number, of, true = (sum(t.height for t in tables) for tables in (crossings, full, truths))
    apart, wrong = _unmatched(crossings, full), _unmatched(crossings, truths)
    net, either_way = (number - of) / of, _CERTAIN * apart**0.5 / of
    return (
        f"{net:+.1%} of {of} ({net - either_way:+.1%} to {net + either_way:+.1%}), {apart} not the same; "
        f"{number / true - 1:+.1%} of {true} true, SWARM accuracy {1 - wrong / true:.3f}"
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
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(int))
    return truth.with_columns(time_utc=pl.lit(builders.START) + since_start)


def _costs(prior: FlowPrior) -> dict[Way | Stock, float]:
    """Processor milliseconds per frame."""
    works: dict[Way | Stock, Callable[[], object]] = {
        way: partial(_run, short_clip(), _detector(way), _rate(way, prior)) for way in WAYS
    }
    works |= {way: stock(way.size_px) for way in STOCK}
    spent: dict[Way | Stock, list[float]] = {way: [] for way in works}
    for _ in range(1 + ROUNDS):
        for way, work in works.items():
            began = time.process_time()
            work()
            spent[way].append(1000 * (time.process_time() - began) / FRAMES)
    return {way: statistics.median(rounds[1:]) for way, rounds in spent.items()}


def _crossings(tracks: pl.DataFrame) -> pl.DataFrame:
    placed = georeference(tracks, CAMERA, PLACE.site.calibrations[CAMERA.camera_id]).trajectories
    return ground_crossings(placed, PLACE.site.lines_of(CAMERA.camera_id, "ground"))


def _stock(video: Path, way: Stock) -> pl.DataFrame:
    return Tracks.validate(_kept(f"stock-{way.size_px}", video, lambda: stock_tracks(video, way.size_px)))


def _tracks(video: Path, way: Way, prior: FlowPrior | None = None) -> pl.DataFrame:
    """TRACKS from the boxes of every frame, of which the way looks at some."""
    detector = _detector(way)
    boxes = _kept(detector.digest[:12], video, lambda: _boxes(video, detector))
    return _run(video, RecordedDetector(boxes), _rate(way, prior))


def _run(video: Path, detector: YoloDetector | RecordedDetector, rate: FrameRate) -> pl.DataFrame:
    parts, _ = track_video(video, CAMERA, detector, recording_id="bench", start_utc=builders.START, rate=rate)
    return Tracks.validate(pl.concat([Tracks.create_empty(), *parts]))


def _rate(way: Way, prior: FlowPrior | None) -> FrameRate:
    return FrameRate(way.every, prior=prior if way.every > 1 else None)


def _boxes(video: Path, detector: YoloDetector) -> pl.DataFrame:
    rows = [
        (number, ROAD_USERS[code].value, float(score), *map(float, corners))
        for frames in read_frames(video, CAMERA, 8, Decoding())
        for number, found in zip(frames.number, detector.detect(frames), strict=True)
        for corners, score, code in zip(found.xyxy, found.confidence, found.class_id, strict=True)
    ]
    return pl.DataFrame(rows, schema=["frame", "road_user", "confidence", *_SIDES], orient="row")


def _kept(name: str, video: Path, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    path = WORK / "found" / f"{name}-{video.parent.name}.parquet"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            make().write_parquet(part)
    return pl.read_parquet(path)


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
