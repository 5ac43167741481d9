"""What tuning saves and what it costs in counts: the demo camera tuned on its shipped recording, judged on others.

``passant tune`` chooses a way of running on the shipped recording. Seeds that nothing was made with are
then counted at full quality and as tuned, each crossing of the one matched with those of the other, and
both with the truth. Stock is ``yolo track`` as it comes, on the same processor in the same run. Films
its seeds first and keeps them under data/var/bench, which takes minutes the first time.
PERFORMANCE targets 1 and 2c.
"""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import polars as pl
from scipy.stats import chi2

from detectors.track_video import FrameRate, track_video
from detectors.tracks import Tracks
from detectors.yolo import YoloDetector
from geo.accuracy import match
from geo.crossings import ground_crossings
from geo.georeference import georeference
from pipelines.audit import AuditLog
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, load_site
from pipelines.stages.evaluate import read_truth
from pipelines.stages.ingest import examine
from pipelines.stages.simulate import Footage, film
from pipelines.stages.track import frame_rate, make_detector
from pipelines.stages.tune import tune, workshop_for
from tests.benchmarks.tracking import FRAMES, RECORDING, WEIGHTS, stock

SEEDS, SECONDS, TOLERANCE = range(4001, 4004), 180.0, 0.02
PLACE = Path("data/sites/lindenplatz")
WORK = Path("data/var/bench/thrift")
REPORT = Callable[[str, float, float], None]


@dataclass(frozen=True)
class Count:
    """What counting a recording came to: line_id, direction, road_user and time_utc, and processor ms per frame."""

    crossings: pl.DataFrame
    cpu_ms: float


def bench_thrift(report: REPORT) -> None:
    """Prints what was tried and every figure; ``report`` takes name, figure and target."""
    settings, folder = Settings(WORK / "data"), _tuned_site()
    full, thrifty = load_site(PLACE), load_site(folder.path)
    counts: dict[str, list[Count]] = {"full": [], "tuned": []}
    truths = []
    for seed in SEEDS:
        video = _filmed(seed)
        counts["full"].append(_count(full, video, settings))
        counts["tuned"].append(_count(thrifty, video, settings))
        truths.append(_truth(full, video))
    for name in counts:
        off, true = _off([c.crossings for c in counts[name]], truths)
        print(f"# {name}: {statistics.mean(c.cpu_ms for c in counts[name]):.1f} cpu-ms per frame; ", end="")
        print(f"{off} missed or extra of {true} true crossings")
    off, of = _off([c.crossings for c in counts["tuned"]], [c.crossings for c in counts["full"]])
    net = abs(sum(c.crossings.height for c in counts["tuned"]) - of)
    low, high = chi2.ppf(0.025, 2 * net) / 2 if net else 0.0, chi2.ppf(0.975, 2 * net + 2) / 2
    print(f"# tuned beside full: {net} of {of} more or fewer ({low / of:.1%} to {high / of:.1%}), {off} not the same")
    stock_ms, tuned_ms = _stock_ms(), statistics.mean(c.cpu_ms for c in counts["tuned"])
    print(f"# stock: {stock_ms:.1f} cpu-ms per frame at 640 px")
    report("thrift_stock_over_tuned", stock_ms / tuned_ms, 15.0)
    report("thrift_counts_kept", 1 - net / of, 1 - TOLERANCE)


def _tuned_site() -> SiteFolder:
    """A copy of the demo site with its camera tuned."""
    place = WORK / "sites" / PLACE.name
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(PLACE, place)
    description = (place / "site.yaml").read_text(encoding="utf-8")
    weights = str(WEIGHTS.resolve())
    (place / "site.yaml").write_text(description.replace("../../demo/detector.pt", weights), encoding="utf-8")
    settings, folder = Settings(WORK / "data"), load_site(place)
    sample, workshop = workshop_for(folder, RECORDING, settings, camera_id=None, start=None, weights=None)

    def show(trial: object, is_step: bool) -> None:
        print(f"# {trial}{' kept' if is_step else ''}", flush=True)

    tune(sample, folder, workshop, tolerance=TOLERANCE, audit=AuditLog(settings.audit), progress=show)
    return folder


def _filmed(seed: int) -> Path:
    video = WORK / str(seed) / RECORDING.name
    if not video.is_file():
        video.parent.mkdir(parents=True, exist_ok=True)
        film(load_site(PLACE), Footage(SECONDS, seed), video, video.with_suffix(".csv"))
    return video


def _count(folder: SiteFolder, video: Path, settings: Settings) -> Count:
    camera = folder.site.cameras[0]
    recording = examine(video, folder.site, camera, None)
    detector: YoloDetector = make_detector(folder, None, settings, camera.camera_id)
    rate: FrameRate = frame_rate(folder, None, camera.camera_id)
    detector.load(camera.size_px)
    began = time.process_time()
    parts, done = track_video(
        video, camera, detector, recording_id=str(video.parent.name), start_utc=recording.start_utc, rate=rate
    )
    tracks = Tracks.validate(pl.concat([Tracks.create_empty(), *parts]))
    cpu_ms = 1000 * (time.process_time() - began) / done.frames
    placed = georeference(tracks, camera, folder.site.calibrations[camera.camera_id]).trajectories
    return Count(ground_crossings(placed, folder.site.lines_of(camera.camera_id, "ground")), cpu_ms)


def _truth(folder: SiteFolder, video: Path) -> pl.DataFrame:
    start = examine(video, folder.site, folder.site.cameras[0], None).start_utc
    since = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    return read_truth(video.with_suffix(".csv")).with_columns(time_utc=pl.lit(start) + since)


def _off(counted: list[pl.DataFrame], expected: list[pl.DataFrame]) -> tuple[int, int]:
    """Crossings of either side without a match on the other, and how many were expected."""
    events = pl.concat([match(a, b, timedelta(seconds=1)) for a, b in zip(counted, expected, strict=True)])
    return events.filter(~pl.col("is_matched")).height, sum(e.height for e in expected)


def _stock_ms() -> float:
    work = stock()
    work()
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began) / FRAMES
