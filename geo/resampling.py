"""Trajectories on a common clock, so that road users can be compared at the same time."""

from __future__ import annotations

import numpy as np
import polars as pl

_VALUES = ("x_m", "y_m", "vx_m_s", "vy_m_s", "var_x_m2", "cov_xy_m2", "var_y_m2", "sigma_speed_m_s")


def resample(trajectories: pl.DataFrame, step_s: float) -> pl.DataFrame:
    """Interpolates trajectories of one recording to whole multiples of a step.

    Args:
        trajectories: rows of TRAJECTORIES.
        step_s: seconds from one tick to the next.

    Returns:
        One row per track and tick it spans, sorted by both: track_id, road_user, tick (Int64; its time
        is ``tick * step_s`` seconds after 1970), and positions, speeds and their errors.
    """
    rows = trajectories.sort("track_id", "time_utc")
    time_s = rows["time_utc"].dt.epoch("us").to_numpy() / 1e6
    track = rows["track_id"].rle_id().to_numpy().astype(np.int64)
    if rows.is_empty():
        return rows.select("track_id", "road_user", pl.lit(0, pl.Int64).alias("tick"), *_VALUES)
    starts = np.flatnonzero(np.r_[True, track[1:] != track[:-1]])
    ends = np.r_[starts[1:], len(track)] - 1
    first, last = np.ceil(time_s[starts] / step_s), np.floor(time_s[ends] / step_s)
    count = np.maximum(last - first + 1, 0).astype(np.int64)
    of = np.repeat(np.arange(len(starts)), count)
    tick = (first[of] + np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)).astype(np.int64)
    # One rising axis for all tracks: each has its own stretch of it.
    begin, span = time_s.min(), np.ptp(time_s) + 1
    known, wanted = time_s - begin + span * track, tick * step_s - begin + span * of
    values = {name: pl.Series(np.interp(wanted, known, rows[name].to_numpy())) for name in _VALUES}
    return rows[starts[of]].select("track_id", "road_user").with_columns(tick=pl.Series(tick), **values)
