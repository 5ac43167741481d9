"""Steps: the straight way of one track between two of its positions, cut exactly at points in time.

Every spatial measure sums over steps. Between two positions a road user is taken to move evenly, so
that a step can be cut at any time, grid line or outline without error.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

INTERVAL = timedelta(minutes=15)
KEYS = ("recording_id", "track_id", "road_user")


@dataclass(frozen=True)
class Steps:
    """Steps in order of track, then time.

    Attributes:
        keys: recording_id, track_id, road_user of each step (n rows), and what else was asked for.
        start_m, end_m: where it starts and ends (n, 2).
        start_us, end_us: when, in microseconds of UTC (n,).
    """

    keys: pl.DataFrame
    start_m: Floats
    end_m: Floats
    start_us: Ints
    end_us: Ints

    @property
    def duration_s(self) -> Floats:
        return (self.end_us - self.start_us) / 1e6

    @property
    def way_m(self) -> Floats:
        """Displacement (n, 2)."""
        return self.end_m - self.start_m

    def cut_at_times(self, edges_us: Ints) -> Steps:
        """The same steps, none of which reaches across an edge (sorted microseconds)."""
        first = np.searchsorted(edges_us, self.start_us, side="right")
        cuts = np.searchsorted(edges_us, self.end_us, side="left") - first
        if not cuts.any():
            return self
        row = np.repeat(np.arange(len(cuts)), cuts + 1)
        nth = np.arange(len(row)) - np.repeat(np.cumsum(cuts + 1) - cuts - 1, cuts + 1)
        padded = np.append(edges_us, np.iinfo(np.int64).max)
        begin = np.where(nth == 0, self.start_us[row], padded[first[row] + nth - 1])
        until = np.minimum(self.end_us[row], padded[first[row] + nth])
        return Steps(self.keys[row], self._places(row, begin), self._places(row, until), begin, until)

    def _places(self, row: Ints, time_us: Ints) -> Floats:
        share = ((time_us - self.start_us[row]) / (self.end_us - self.start_us)[row])[:, None]
        return np.where(share < 1, self.start_m[row] + share * self.way_m[row], self.end_m[row])

    def within(self, start: datetime, end: datetime) -> Steps:
        """What of the steps lies in ``[start, end)``."""
        edges = np.array([_microseconds(start), _microseconds(end)])
        cut = self.cut_at_times(edges)
        return cut.take(np.flatnonzero((cut.start_us >= edges[0]) & (cut.start_us < edges[1])))

    def take(self, rows: Ints) -> Steps:
        return Steps(self.keys[rows], self.start_m[rows], self.end_m[rows], self.start_us[rows], self.end_us[rows])


def steps_of(positions: pl.DataFrame, *also: str) -> Steps:
    """Steps between the consecutive positions of each track.

    Args:
        positions: recording_id, track_id, time_utc, x_m, y_m, road_user.
        also: further columns whose value at the start of a step is kept in its keys.
    """
    ordered = positions.sort("recording_id", "track_id", "time_utc")
    xy = ordered.select("x_m", "y_m").to_numpy().astype(float)
    time_us = ordered["time_utc"].dt.epoch("us").to_numpy()
    track, recording = ordered["track_id"].to_numpy(), ordered["recording_id"].rle_id().to_numpy()
    row = np.flatnonzero((track[1:] == track[:-1]) & (recording[1:] == recording[:-1]))
    return Steps(ordered.select(*KEYS, *also)[row], xy[row], xy[row + 1], time_us[row], time_us[row + 1])


def steps_by_interval(positions: pl.DataFrame, interval: timedelta = INTERVAL) -> tuple[Steps, pl.Series]:
    """Steps cut at whole multiples of an interval, and the start of the interval of each."""
    steps = steps_of(positions)
    width = int(interval / timedelta(microseconds=1))
    if len(steps.start_us):
        first, last = steps.start_us.min() // width, steps.end_us.max() // width
        steps = steps.cut_at_times(np.arange(first, last + 1) * width)
    start = pl.Series("interval_start_utc", steps.start_us // width * width, dtype=pl.Int64)
    return steps, start.cast(pl.Datetime("us", "UTC"))


def _microseconds(time: datetime) -> int:
    return int(pl.Series([time]).dt.epoch("us")[0])
