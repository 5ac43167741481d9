"""Points per second and memory of every measure at 10 and at 100 million points.

Points come as recordings of a million, as in the pipeline, so memory is that of one recording however
many there are. Each measure has a process of its own, which tells its peak:

    python -m tests.benchmarks.geo MEASURE MILLIONS

MILLIONS=10 in the environment leaves the larger size out.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import polars as pl

from geo.bodies import ACCELERATIONS_M_S2
from geo.conflicts import find_conflicts
from geo.crossings import ground_crossings
from geo.dwell import dwell, zone_balance
from geo.movements import junction_movements
from geo.occupancy import occupy
from geo.queues import measure_queues
from geo.site import CountingLine, Junction, Zone
from geo.smoothing import smooth
from geo.speeds import sum_speeds
from geo.trajectories import Trajectories
from geo.visits import visits
from geo.voronoi import CutOff, sampled, voronoi_cells
from geo.zone_occupancy import occupy_zones
from tests import builders

TRACKS, STEPS, STEP_US, HOUR_S = 5_000, 200, 100_000, 3_600
LINES = [
    CountingLine(name, name, "camera", "ground", ((x, -50.0), (x, 50.0)), "east", "west")
    for name, x in (("west", -20.0), ("east", 20.0))
]
SQUARE = np.array([[-10.0, -10], [10, -10], [10, 10], [-10, 10]])
WALKABLE = np.array([[-80.0, -80], [80, -80], [80, 80], [-80, 80]])


def recording(seed: int) -> pl.DataFrame:
    """TRAJECTORIES of an hour, a million rows: every tenth road user a car, the rest on foot."""
    rng = np.random.default_rng(seed)
    is_car = np.arange(TRACKS) % 10 == 0
    speed = np.where(is_car, rng.uniform(5, 12, TRACKS), rng.uniform(0.8, 1.8, TRACKS))
    angle = rng.uniform(0, 2 * np.pi, TRACKS)
    velocity = speed[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    at_us = np.arange(STEPS) * STEP_US
    at_s = at_us / 1e6
    middle = rng.uniform(-40, 40, (TRACKS, 2))
    place = middle[:, None] + velocity[:, None] * (at_s - at_s.mean())[:, None]
    start_us = rng.integers(0, HOUR_S * 1_000_000 // STEP_US, TRACKS) * STEP_US
    time_us = start_us[:, None] + at_us
    each = {"track_id": np.arange(TRACKS), "vx_m_s": velocity[:, 0], "vy_m_s": velocity[:, 1]}
    rows = pl.DataFrame({name: np.repeat(values, STEPS) for name, values in each.items()}).with_columns(
        recording_id=pl.lit("r"),
        time_utc=pl.lit(builders.START) + pl.duration(microseconds=pl.Series(time_us.ravel())),
        x_m=pl.Series(place[..., 0].ravel()),
        y_m=pl.Series(place[..., 1].ravel()),
        var_x_m2=0.01,
        cov_xy_m2=0.0,
        var_y_m2=0.01,
        sigma_speed_m_s=0.1,
        is_trusted=True,
        is_contact_seen=True,
        road_user=pl.Series(np.repeat(np.where(is_car, "car", "pedestrian"), STEPS)),
    )
    return Trajectories.validate(rows.select(Trajectories.column_names()), cast=True)


def _smooth(rows: pl.DataFrame) -> None:
    place = rows.select("x_m", "y_m").to_numpy()
    noise = np.broadcast_to(np.eye(2) * 0.02, (len(place), 2, 2))
    seconds = rows["time_utc"].dt.epoch("us").to_numpy() / 1e6
    smooth(rows["track_id"].to_numpy(), seconds, place, noise, np.full(len(place), ACCELERATIONS_M_S2[0]))


def _dwell(rows: pl.DataFrame) -> None:
    span = [(builders.START, builders.START + timedelta(seconds=HOUR_S, microseconds=STEPS * STEP_US))]
    stays = visits(rows, {"square": SQUARE}, span)
    dwell(stays)
    zone_balance(stays)


def _voronoi(rows: pl.DataFrame) -> None:
    """Once a second, as the pipeline's crowd measures ask."""
    time_us = rows["time_utc"].dt.epoch("us").to_numpy()
    now = np.flatnonzero(sampled(time_us))
    voronoi_cells(time_us[now], rows.select("x_m", "y_m").to_numpy()[now], WALKABLE, CutOff(1.0, 3))


def _movements(rows: pl.DataFrame) -> None:
    junction = Junction("junction", "junction", "camera", ("west", "east"), ("forward", "backward"))
    junction_movements(rows, ground_crossings(rows, LINES), [junction])


MEASURES: dict[str, Callable[[pl.DataFrame], object]] = {
    "crossings": lambda rows: ground_crossings(rows, LINES),
    "movements": _movements,
    "speeds": lambda rows: sum_speeds(ground_crossings(rows, LINES), rows, None),
    "smoothing": _smooth,
    "occupancy": occupy,
    "zone_occupancy": lambda rows: occupy_zones(rows, {"square": SQUARE}),
    "dwell": _dwell,
    "queues": lambda rows: measure_queues(rows, [Zone("square", "square", "camera", "queue", SQUARE)]),
    "conflicts": find_conflicts,
    "voronoi": _voronoi,
}


def bench_geo() -> None:
    """One line per measure and size: million points per CPU second, and the peak of memory."""
    for millions in map(int, os.environ.get("MILLIONS", "10,100").split(",")):
        for name in MEASURES:
            child = [sys.executable, "-m", "tests.benchmarks.geo", name, str(millions)]
            done = subprocess.run(child, capture_output=True, text=True, check=True)
            print(f"# {name}, {millions} million points: {json.loads(done.stdout)}", flush=True)


def main(name: str, recordings: int) -> None:
    """Measures recordings one after the other; making them up is not timed."""
    measure = MEASURES[name]
    measure(recording(0).head(50 * STEPS))  # compiles
    before_mb = _peak_mb()
    spent_s = 0.0
    for seed in range(recordings):
        rows = recording(seed)
        began = time.process_time()
        measure(rows)
        spent_s += time.process_time() - began
    points = recordings * TRACKS * STEPS
    figures = {
        "mpoints_per_cpu_s": round(points / spent_s / 1e6, 2),
        "peak_mb": _peak_mb(),
        "before_mb": before_mb,
    }
    print(json.dumps(figures))


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
