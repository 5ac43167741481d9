"""Time to collision against reading the same rule pair by pair, and conflicts of a busy junction."""

from __future__ import annotations

import math
import statistics

import numpy as np
import polars as pl

from geo.conflicts import find_conflicts
from geo.footprints import Bodies, approach
from geo.trajectories import Trajectories
from tests import builders
from tests.benchmarks.bench import ROUNDS, cpu_s, report

PAIRS, DURATION_S = 20_000, 300.0


def bench_conflicts() -> None:
    """How many times faster than a loop over pairs, and than the traffic itself."""
    first, second = _bodies(1), _bodies(2)
    ratios = []
    for _ in range(ROUNDS):
        loop_s = cpu_s(lambda: [_pair(first, second, i) for i in range(PAIRS // 10)])[0] * 10
        ratios.append(loop_s / cpu_s(lambda: approach(first, second))[0])
    report("conflicts_ttc_times_loop", statistics.median(ratios), 30)
    traffic = _junction()
    find_conflicts(traffic)
    spent_s = statistics.median(cpu_s(lambda: find_conflicts(traffic))[0] for _ in range(ROUNDS))
    report("conflicts_times_real_time", DURATION_S / spent_s, 100)


def _bodies(seed: int) -> Bodies:
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, PAIRS)
    sizes = np.array([(4.5, 1.8), (12.0, 2.5), (1.8, 0.7), (0.5, 0.5)])[rng.integers(0, 4, PAIRS)]
    heading = np.column_stack([np.cos(angle), np.sin(angle)])
    return Bodies(rng.uniform(-25, 25, (PAIRS, 2)), heading * rng.uniform(0, 15, (PAIRS, 1)), heading, sizes)


def _pair(first: Bodies, second: Bodies, i: int) -> float:
    """Separating axes as they are read: one pair, one axis after the other."""
    both = [(b.centre_m[i], b.velocity_m_s[i], b.heading[i], b.size_m[i]) for b in (first, second)]
    offset, speed = both[1][0] - both[0][0], both[1][1] - both[0][1]
    begin, end = -math.inf, math.inf
    for x, y in [axis for _, _, (hx, hy), _ in both for axis in ((hx, hy), (-hy, hx))]:
        reach = 0.0
        for _, _, (hx, hy), (length, width) in both:
            reach += (abs(x * hx + y * hy) * length + abs(-x * hy + y * hx) * width) / 2
        gap, closing = x * offset[0] + y * offset[1], x * speed[0] + y * speed[1]
        if closing:
            begin, end = (
                max(begin, -gap / closing - reach / abs(closing)),
                min(end, -gap / closing + reach / abs(closing)),
            )
        elif abs(gap) > reach:
            return math.inf
    return max(begin, 0.0) if begin <= end and end >= 0 else math.inf


def _junction() -> pl.DataFrame:
    """Two streams of cars and one of pedestrians through one junction, 1,800 vehicles per hour."""
    rng, ways = np.random.default_rng(5), []
    streams = [("car", (-60.0, 0.0), (9.0, 0.0), 4.0), ("car", (0.0, -60.0), (0.0, 9.0), 4.0)]
    streams.append(("pedestrian", (8.0, -15.0), (0.0, 1.4), 3.0))
    for road_user, start, velocity, every_s in streams:
        for from_s in np.arange(0, DURATION_S, every_s):
            t = np.arange(0, 2 * max(map(abs, start)) / max(velocity), 0.1)
            shift = rng.normal(0, 0.3, 2)
            way = [
                (from_s + s, start[0] + shift[0] + velocity[0] * s, start[1] + shift[1] + velocity[1] * s) for s in t
            ]
            ways.append(builders.trajectories((len(ways), way), road_user=road_user))
    return Trajectories.validate(pl.concat(ways))
