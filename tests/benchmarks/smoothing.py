"""Speed of placing and smoothing, for ``make bench``."""

from __future__ import annotations

import statistics
import time

import numpy as np

from geo.smoothing import smooth

ROUNDS = 3


def bench_smoothing() -> float:
    """Million points per CPU second through the Kalman filter and smoother, with covariances."""
    rng, tracks, steps = np.random.default_rng(0), 3_000, 200
    track, time_s = np.repeat(np.arange(tracks), steps), np.tile(np.arange(steps) * 0.1, tracks)
    place = rng.normal(0, 1, (len(track), 2)).cumsum(axis=0)
    noise, acceleration = np.broadcast_to(np.eye(2) * 0.02, (len(track), 2, 2)), np.ones(len(track))
    smooth(track[:200], time_s[:200], place[:200], noise[:200], acceleration[:200])  # compiles
    seconds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        smooth(track, time_s, place, noise, acceleration)
        seconds.append(time.process_time() - began)
    return len(track) / statistics.median(seconds) / 1e6
