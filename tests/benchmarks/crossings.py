"""The crossing kernel beside its peers on the same points, and an hour of OpenTrafficCam files from end to end."""

from __future__ import annotations

import bz2
import copy
import csv
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from detectors.cores import cores
from geo import line_kernel
from geo.crossings import cross_lines
from tests.benchmarks.bench import ROUNDS, cpu_s, report
from tests.benchmarks.hour import digest

LINE = np.array([[0.0, -20.0], [0.0, 20.0]])
DRESDEN = Path("../shared/oracles/dresden_junction")
REPETITIONS, PERIOD_S = 180, 20.0
OTANALYTICS_S = 29.0  # its cold run on this hour, as measured for the design


def bench_crossings() -> None:
    """All of the figures below."""
    _kernel()
    _many_lines()
    _peers()
    if DRESDEN.is_dir():
        _hour()
    else:
        print(f"# {DRESDEN} is absent: the hour of OpenTrafficCam files is left out")


def _median_s(work: Callable[[], object]) -> float:
    work()
    return statistics.median(cpu_s(work)[0] for _ in range(ROUNDS))


def _wanderers(tracks: int = 10_000, steps: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Random walks over a square of 100 m: track, x and y of each point."""
    rng = np.random.default_rng(0)
    xy = rng.uniform(-50, 50, (tracks, 1, 2)) + np.cumsum(rng.normal(0, 0.3, (tracks, steps, 2)), axis=1)
    x, y = xy.reshape(-1, 2).T.copy()
    return np.repeat(np.arange(tracks), steps), x, y


def _kernel() -> None:
    """Million points per CPU second, one line: hits alone, then passages, then their probabilities."""
    track, x, y = _wanderers()
    h, covariance = np.full(len(x), 0.25), np.tile([0.01, 0.0, 0.01], (len(x), 1))
    bare = _median_s(lambda: line_kernel.find_hits(track, x, y, LINE, np.array([0, 2])))
    passages = _median_s(lambda: cross_lines(track, (x, y), h, [LINE]))
    probable = _median_s(lambda: cross_lines(track, (x, y), h, [LINE], covariance))
    report("crossings_bare_mpoints_s", len(x) / bare / 1e6, 20)
    report("crossings_hysteresis_mpoints_s", len(x) / passages / 1e6, 20)
    report("crossings_probability_mpoints_s", len(x) / probable / 1e6, 20)
    # The worst case: everybody stays within a pace of the line all the time.
    near = np.random.default_rng(1).normal(0, 0.5, len(x))
    worst = _median_s(lambda: cross_lines(track, (near, y / 5), h, [LINE]))
    print(f"# everybody always near the line: {len(x) / worst / 1e6:.1f} million points/s with hysteresis")


def _many_lines() -> None:
    """Million points per CPU second through 128 lines at once."""
    track, x, y = _wanderers()
    rng = np.random.default_rng(2)
    lines = [start + np.array([[0, 0], way]) for start, way in zip(
        rng.uniform(-50, 50, (128, 2)), rng.normal(0, 5, (128, 2)), strict=True
    )]  # fmt: skip
    seconds = _median_s(lambda: cross_lines(track, (x, y), np.full(len(x), 0.25), lines))
    report("crossings_128_lines_mpoints_s", len(x) / seconds / 1e6, 5)


def _passers(tracks: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Straight ways through the line (steps, tracks): x and y."""
    rng = np.random.default_rng(3)
    way = rng.choice([-1.0, 1.0], tracks) * rng.uniform(5, 15, tracks)
    return np.linspace(-way, way, steps), np.tile(rng.uniform(-15, 15, tracks), (steps, 1))


def _peers() -> None:
    """CPU time per point of the peers over ours, on the same points and with the same counts."""
    x, y = _passers(tracks=200, steps=300)
    track = np.repeat(np.arange(x.shape[1]), x.shape[0])
    along = np.ascontiguousarray(x.T).ravel(), np.ascontiguousarray(y.T).ravel()
    hits = len(line_kernel.find_hits(track, *along, LINE, np.array([0, 2]))[0])
    ours = _median_s(lambda: [line_kernel.find_hits(track, *along, LINE, np.array([0, 2])) for _ in range(200)]) / 200
    crossed, theirs = _line_zone(x, y)
    assert hits == crossed == x.shape[1], (hits, crossed)
    report("crossings_over_line_zone", theirs / ours, 100)
    few = slice(0, 20)
    clipped, seconds = _movingpandas(x[:, few], y[:, few])
    assert clipped == 20, clipped
    report("crossings_over_movingpandas", (seconds / x[:, few].size) / (ours / x.size), 1000)


def _line_zone(x: np.ndarray, y: np.ndarray) -> tuple[int, float]:
    import supervision as sv

    numbers = np.arange(x.shape[1])
    frames = [
        sv.Detections(
            xyxy=np.column_stack([a - 0.1, b - 0.1, a + 0.1, b + 0.1]), tracker_id=numbers, class_id=numbers * 0
        )
        for a, b in zip(x, y, strict=True)
    ]
    counted = 0

    def count() -> None:
        nonlocal counted
        zone = sv.LineZone(sv.Point(*LINE[0]), sv.Point(*LINE[1]), triggering_anchors=[sv.Position.CENTER])
        for frame in frames:
            zone.trigger(frame)
        counted = zone.in_count + zone.out_count

    seconds = _median_s(count)
    return counted, seconds


def _movingpandas(x: np.ndarray, y: np.ndarray) -> tuple[int, float]:
    import pandas as pd
    import shapely

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import movingpandas as mpd

        steps, tracks = x.shape
        table = pd.DataFrame({"x": x.T.ravel(), "y": y.T.ravel(), "track": np.repeat(np.arange(tracks), steps)})
        table["t"] = pd.Timestamp("2026-06-10") + pd.to_timedelta(np.tile(np.arange(steps) / 10, tracks), unit="s")
        ways = mpd.TrajectoryCollection(table, traj_id_col="track", t="t", x="x", y="y", crs="epsg:25833")
        strip = shapely.LineString(LINE).buffer(0.01)
        return len(ways.clip(strip)), _median_s(lambda: ways.clip(strip))


def _hour() -> None:
    """The hour as 360 files on disk, read and counted by a process of its own, from its start to its end.

    OTANALYTICS=<python> names the interpreter of an environment with OTAnalytics (it needs Python 3.12);
    then both run on the same files. Without it, ours is held against the figure of the design.
    """
    ours = [sys.executable, "-m", "tests.benchmarks.hour"]
    peer = os.environ.get("OTANALYTICS")
    with tempfile.TemporaryDirectory(prefix="passant-hour-") as name:
        folder = Path(name)
        _write_hour(folder)
        (printed, spent_s, wall_s), floor_s = _process([*ours, name]), _decompression_s(folder)
        figures = json.loads(printed)
        theirs = _otanalytics_s(peer, folder, figures["digest"]) if peer else (OTANALYTICS_S, OTANALYTICS_S)
    where = "here" if peer else "by the design"
    print(f"# an hour of files: {figures} in {spent_s:.1f} s of CPU, {wall_s:.1f} s of wall on {cores()} cores")
    print(f"# OTAnalytics {where}: {theirs[0]} s of CPU, {theirs[1]} s of wall")
    assert figures["flows"] == 8 * REPETITIONS
    assert figures["identical"]
    report("hour_of_files_over_otanalytics", theirs[0] / spent_s, 10)
    report("hour_of_files_wall_over_otanalytics", theirs[1] / wall_s, 10)
    print(f"# libbz2 alone takes {floor_s:.1f} s of CPU: no reader that uses it is more than {theirs[0] / floor_s:.1f}")
    report("hour_of_files_500_mb_over_peak", 500 / figures["peak_mb"], 1)


def _process(command: list[str], cwd: Path | None = None) -> tuple[str, float, float]:
    """What a process prints, and its CPU and wall seconds."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall_s


def _decompression_s(folder: Path) -> float:
    """CPU seconds in which libbz2 alone takes the files apart, from every tenth of them."""
    some = [path.read_bytes() for path in sorted(folder.glob("*.ottrk"))[::10]]
    return 10 * cpu_s(lambda: [bz2.decompress(content) for content in some])[0]


def _otanalytics_s(python: str, folder: Path, expected: str) -> tuple[float, float]:
    """CPU and wall seconds of OTAnalytics' cold run on the same files; it leaves its own copies beside them.

    The flows that it assigns must be those of the expected digest.
    """
    flows = (DRESDEN / "four_sections_all_flows.otflow").resolve()
    inputs = ["--ottrks", *map(str, sorted(folder.glob("*.ottrk"))), "--otflow", str(flows)]
    outputs = ["--save-dir", str(folder), "--save-name", "hour", "--logfile", str(folder / "log")]
    _, spent_s, wall_s = _process([python, "-m", "OTAnalytics", "--cli", *inputs, *outputs], folder)
    with (folder / "hour.road_user_assignments.csv").open(encoding="utf-8", newline="") as file:
        assigned = [(row["road_user_id"], row["road_user_type"], row["flow_id"]) for row in csv.DictReader(file)]
    assert digest(assigned) == expected, len(assigned)
    return round(spent_s, 1), round(wall_s, 1)


def _write_hour(folder: Path) -> None:
    """Both files, 180 times over, each time 20 s later and as a run of its own."""
    for path in sorted(DRESDEN.glob("*.ottrk")):
        document = json.loads(bz2.decompress(path.read_bytes()))
        again = copy.deepcopy(document)
        start_s = document["metadata"]["video"]["recorded_start_date"]
        for i in range(REPETITIONS):
            again["metadata"]["tracking"]["tracking_run_id"] = f"run-{i:03}"
            again["metadata"]["video"]["recorded_start_date"] = start_s + PERIOD_S * i
            for box, original in zip(again["data"]["detections"], document["data"]["detections"], strict=True):
                box["occurrence"] = original["occurrence"] + PERIOD_S * i
            (folder / f"{i:03}_{path.name}").write_bytes(bz2.compress(json.dumps(again).encode()))
