"""OCCUPANCY: time spent and way gone in one cell, by one class, in one interval.

Edie's generalised definitions (Edie 1963): density is time spent over area and duration, flow is way
gone over area and duration, and flow = density x velocity holds exactly. Each step of a trajectory is
cut exactly at the cells it passes, never sampled.
"""

from __future__ import annotations

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS
from geo.steps import steps_by_interval
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELL_M = 1.0


class Occupancy(dy.Schema):
    """One cell x interval x class.

    Cell (i, j) covers ``[i, i+1) x [j, j+1)`` metres of the site's local frame. ``presence_s`` is
    time spent, ``dx_m`` and ``dy_m`` way gone, ``way_m`` its length whichever way it leads, summed
    over road users.
    """

    recording_id = dy.String(primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    cell_x = dy.Int32(primary_key=True)
    cell_y = dy.Int32(primary_key=True)
    road_user = dy.Enum([r.value for r in ROAD_USERS], primary_key=True)
    presence_s = dy.Float64(min=0.0)
    dx_m = dy.Float64()
    dy_m = dy.Float64()
    way_m = dy.Float64(min=0.0)


def occupy(trajectories: dy.DataFrame[Trajectories]) -> dy.DataFrame[Occupancy]:
    """Sums time and way over cells; steps are cut at cells and at quarter-hours."""
    steps, interval = steps_by_interval(trajectories)
    step, share, cell = cut_at_cells(steps.start_m / CELL_M, steps.end_m / CELL_M)
    way = steps.way_m[step] * share[:, None]
    pieces = steps.keys.with_columns(interval)[step].with_columns(
        cell_x=pl.Series(cell[:, 0], dtype=pl.Int32),
        cell_y=pl.Series(cell[:, 1], dtype=pl.Int32),
        presence_s=pl.Series(steps.duration_s[step] * share),
        dx_m=pl.Series(way[:, 0]),
        dy_m=pl.Series(way[:, 1]),
        way_m=pl.Series(np.hypot(way[:, 0], way[:, 1])),
    )
    keys = Occupancy.primary_key()
    return Occupancy.validate(
        pieces.group_by(keys)
        .agg(pl.col("presence_s", "dx_m", "dy_m", "way_m").sum())
        .sort(keys)
        .select(Occupancy.column_names())
    )


def cut_at_cells(start: Floats, end: Floats) -> tuple[Ints, Floats, Ints]:
    """Cuts segments (n, 2) at whole-number grid lines.

    Returns:
        For each piece the number of its segment, its share of it and its cell (pieces, 2).
    """
    low, high = np.floor(np.minimum(start, end)), np.floor(np.maximum(start, end))
    cuts = (high - low).astype(np.int64)  # grid lines passed, per axis
    pieces = cuts.sum(axis=1) + 1
    step = np.repeat(np.arange(len(start)), pieces)
    at = np.zeros(len(step))  # share of the segment at which each piece ends; the last ends at 1
    at[np.cumsum(pieces) - 1] = 1.0
    first = np.cumsum(pieces) - pieces
    for axis in (0, 1):
        of = np.repeat(np.arange(len(start)), cuts[:, axis])
        nth = np.arange(len(of)) - np.repeat(np.cumsum(cuts[:, axis]) - cuts[:, axis], cuts[:, axis])
        line = low[of, axis] + 1 + nth
        slot = first[of] + nth + (cuts[of, 0] if axis else 0)
        at[slot] = (line - start[of, axis]) / (end[of, axis] - start[of, axis])
    order = np.lexsort([at, step])
    at = at[order]
    begin = np.where(np.r_[True, step[1:] != step[:-1]], 0.0, np.r_[0.0, at[:-1]])
    middle = start[step] + ((at + begin) / 2)[:, None] * (end - start)[step]
    return step, at - begin, np.floor(middle).astype(np.int64)
