"""CROSSINGS: one crossing of one counting line, in one direction, at one time.

One kernel serves lines in pixels and in metres. A road user is on the other side of a line once its
distance from it exceeds a hysteresis, so that jitter on the line counts once; the first and the last
position of a track are taken at their word. Whoever comes back is counted again, the other way.
"""

from __future__ import annotations

from collections.abc import Iterable

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS
from detectors.tracks import Tracks
from geo.site import CountingLine
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DIRECTIONS = ("forward", "backward")
HYSTERESIS_M = 0.25
HYSTERESIS_SHARE_OF_BOX = 0.1


class Crossings(dy.Schema):
    """One crossing of one line.

    ``forward`` is from the line's left to its right, looking from its start to its end. Speed is
    that of the smoothed trajectory, NULL for lines in pixels; probability is NULL until positions
    carry a validated error.
    """

    recording_id = dy.String(primary_key=True)
    line_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    direction = dy.Enum(list(DIRECTIONS))
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    speed_m_s = dy.Float64(nullable=True, min=0.0)
    probability = dy.Float64(nullable=True, min=0.0, max=1.0)


def image_crossings(tracks: dy.DataFrame[Tracks], lines: Iterable[CountingLine]) -> dy.DataFrame[Crossings]:
    """Crossings of lines drawn on the image, by each line's anchor point of the boxes."""
    found = []
    for line in lines:
        across, along = line.anchor
        points = tracks.select(
            "recording_id",
            "track_id",
            "time_utc",
            "road_user",
            x=pl.col("left_px") + across * (pl.col("right_px") - pl.col("left_px")),
            # The picture's y points down; turned round, left and right are what a viewer sees.
            y=-(pl.col("top_px") + along * (pl.col("bottom_px") - pl.col("top_px"))),
            hysteresis=HYSTERESIS_SHARE_OF_BOX * (pl.col("bottom_px") - pl.col("top_px")),
            speed_m_s=pl.lit(None, pl.Float64),
        )
        upright = [(x, -y) for x, y in (line.start, line.end)]
        found.append(_cross(points, line.line_id, np.array(upright)))
    return _collect(found)


def ground_crossings(
    trajectories: dy.DataFrame[Trajectories], lines: Iterable[CountingLine]
) -> dy.DataFrame[Crossings]:
    """Crossings of lines on the ground, by smoothed positions."""
    points = trajectories.select(
        "recording_id",
        "track_id",
        "time_utc",
        "road_user",
        x="x_m",
        y="y_m",
        hysteresis=pl.lit(HYSTERESIS_M),
        speed_m_s=(pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2).sqrt(),
    )
    return _collect([_cross(points, line.line_id, np.array([line.start, line.end])) for line in lines])


def cross_line(
    track: Ints, x: Floats, y: Floats, hysteresis: Floats, line: Floats
) -> tuple[Ints, Floats, NDArray[np.bool_]]:
    """Finds where tracks cross a line, any unit, y pointing up.

    Args:
        track: track number of each point (n,), points in order of track, then time.
        x: (n,).
        y: (n,).
        hysteresis: distance a point must have from the line to count as across (n,).
        line: start and end (2, 2).

    Returns:
        For each crossing the index of the point before it, the share of the way to the next point
        at which the line lies, and whether it goes forward.
    """
    if len(track) == 0:
        return np.empty(0, np.int64), np.empty(0), np.empty(0, bool)
    start, end = line
    along = (end - start) / np.hypot(*(end - start))
    right = np.array([along[1], -along[0]])
    offset = np.column_stack([x, y]) - start
    distance = offset @ right
    # Exactly on the line belongs to the right side, so that touching it from there is no crossing.
    is_right = distance >= 0
    is_first = np.r_[True, track[1:] != track[:-1]]
    is_last = np.r_[is_first[1:], True]
    is_sure = (np.abs(distance) >= hysteresis) | is_first | is_last
    index = np.arange(len(track))
    changes = (is_right[1:] != is_right[:-1]) & ~is_first[1:]
    last_change = np.maximum.accumulate(np.where(np.r_[False, changes], index - 1, -1))
    previous_sure = np.r_[0, np.maximum.accumulate(np.where(is_sure, index, 0))[:-1]]
    flips = np.flatnonzero(is_sure & ~is_first & (is_right != is_right[previous_sure]))
    before = last_change[flips]
    share = distance[before] / (distance[before] - distance[before + 1])
    reach = (offset[before] + share[:, None] * (offset[before + 1] - offset[before])) @ along
    inside = (reach >= 0) & (reach < np.hypot(*(end - start)))
    return before[inside], share[inside], is_right[flips][inside]


def _cross(points: pl.DataFrame, line_id: str, line: Floats) -> pl.DataFrame:
    ordered = points.sort("track_id", "time_utc")
    before, share, forward = cross_line(
        ordered["track_id"].to_numpy().astype(np.int64),
        ordered["x"].to_numpy().astype(float),
        ordered["y"].to_numpy().astype(float),
        ordered["hysteresis"].to_numpy().astype(float),
        line,
    )
    a, b = ordered[before], ordered[before + 1]
    between = pl.Series("share", share, dtype=pl.Float64)
    step_us = (b["time_utc"] - a["time_utc"]).dt.total_microseconds()
    return a.select("recording_id", "track_id", "road_user").with_columns(
        line_id=pl.lit(line_id),
        time_utc=a["time_utc"] + (step_us * between).round().cast(pl.Int64).cast(pl.Duration("us")),
        direction=pl.Series(np.where(forward, *DIRECTIONS), dtype=pl.Enum(DIRECTIONS)),
        speed_m_s=a["speed_m_s"] + between * (b["speed_m_s"] - a["speed_m_s"]),
        probability=pl.lit(None, pl.Float64),
    )


def _collect(found: list[pl.DataFrame]) -> dy.DataFrame[Crossings]:
    empty = Crossings.create_empty()
    columns = Crossings.column_names()
    every = pl.concat([empty, *(f.select(columns) for f in found)]).sort("time_utc", "line_id", "track_id")
    return Crossings.validate(every)
