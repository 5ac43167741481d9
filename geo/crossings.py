"""CROSSINGS: one crossing of one counting line, in one direction, at one time.

One kernel serves lines in pixels and in metres. A road user has crossed a line once it has been clear of
it by more than a hysteresis, and by more than its position may err, on one side and then on the other, so
that jitter and stop-and-go on the line count once. The first and the last position of a track are taken at
their word, but whoever is only ever seen on the line has not crossed it. Whoever comes back is counted
again, the other way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

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
# Of a box's height: half the band's width in pixels, and the deviation of a box's anchor that the
# tracker's filter takes for granted.
HYSTERESIS_SHARE_OF_BOX, SIGMA_SHARE_OF_BOX = 0.1, 0.05
# Whoever is nearer to a line than this many deviations is not told to have left it.
_CLEAR_SIGMAS = 2.0
# Positions further apart than this many of a recording's usual steps have a gap between them.
_GAP_STEPS = 1.5
_AS_COMPILED: tuple[Literal["C"], Literal["W"]] = ("C", "W")  # other arrays would be compiled for once more


class Crossings(dy.Schema):
    """One crossing of one line, with what it rests on.

    ``forward`` is from the line's left to its right, looking from its start to its end. Speed is
    that of the smoothed trajectory, NULL for lines in pixels. ``probability`` is that of the road
    user having passed from beyond the hysteresis on one side to beyond it on the other, between the
    line's ends, given the errors of positions; for lines in pixels the error is a share of the box's
    height. It is NULL where positions have no error.

    ``at_share`` tells where along the line, from 0 at its start to 1 at its end. The time lies
    between two seen positions (``before_utc``, ``after_utc``), over a gap in the track if
    ``is_over_gap``; the road user was last clear of the line at ``clear_before_utc`` and first
    again, on the other side, at ``clear_after_utc`` (the ends of its track where it was not).
    """

    recording_id = dy.String(primary_key=True)
    line_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    direction = dy.Enum(list(DIRECTIONS))
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    speed_m_s = dy.Float64(nullable=True, min=0.0)
    probability = dy.Float64(nullable=True, min=0.0, max=1.0)
    at_share = dy.Float64(min=0.0, max=1.0)
    before_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    after_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    is_over_gap = dy.Bool()
    clear_before_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    clear_after_utc = dy.Datetime(time_unit="us", time_zone="UTC")

    @dy.rule()
    def lies_between_what_was_seen(cls) -> pl.Expr:  # noqa: N805
        return (
            pl.col("time_utc").is_between("before_utc", "after_utc")
            & (pl.col("clear_before_utc") <= pl.col("before_utc"))
            & (pl.col("after_utc") <= pl.col("clear_after_utc"))
        )


@dataclass(frozen=True)
class Passages:
    """Crossings as numbers, in the order of lines, then of tracks and time.

    Attributes:
        line: number of the line (p,).
        before: index of the point before the crossing (p,).
        share: of the way to the next point at which the line lies (p,).
        is_forward: whether from left to right (p,).
        at_share: of the line's length, from its start (p,).
        clear_before, clear_after: indices of the points last clear before and first clear after (p,).
        probability: (p,), NaN where positions have no error.
    """

    line: Ints
    before: Ints
    share: Floats
    is_forward: NDArray[np.bool_]
    at_share: Floats
    clear_before: Ints
    clear_after: Ints
    probability: Floats


def image_crossings(tracks: dy.DataFrame[Tracks], lines: Iterable[CountingLine]) -> dy.DataFrame[Crossings]:
    """Crossings of lines drawn on the image, by each line's anchor point of the boxes."""
    width, height = pl.col("right_px") - pl.col("left_px"), pl.col("bottom_px") - pl.col("top_px")
    variance = (SIGMA_SHARE_OF_BOX * height).cast(pl.Float64) ** 2
    found = []
    for anchor, group in groupby(sorted(lines, key=lambda line: line.anchor), key=lambda line: line.anchor):
        points = tracks.select(
            *_IDENTITY,
            x=pl.col("left_px") + anchor[0] * width,
            # The picture's y points down; turned round, left and right are what a viewer sees.
            y=-(pl.col("top_px") + anchor[1] * height),
            hysteresis=HYSTERESIS_SHARE_OF_BOX * height,
            speed_m_s=pl.lit(None, pl.Float64),
            var_x=variance,
            cov_xy=pl.lit(0.0),
            var_y=variance,
        )
        upright = {line.line_id: np.array(line.path) * (1.0, -1.0) for line in group}
        found.append(_cross(points, upright))
    return _collect(found)


def ground_crossings(
    trajectories: dy.DataFrame[Trajectories], lines: Iterable[CountingLine]
) -> dy.DataFrame[Crossings]:
    """Crossings of lines on the ground, by smoothed positions."""
    points = trajectories.select(
        *_IDENTITY,
        x="x_m",
        y="y_m",
        hysteresis=pl.lit(HYSTERESIS_M),
        speed_m_s=(pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2).sqrt(),
        var_x="var_x_m2",
        cov_xy="cov_xy_m2",
        var_y="var_y_m2",
    )
    return _collect([_cross(points, {line.line_id: np.array(line.path) for line in lines})])


def cross_lines(
    track: Ints,
    xy: tuple[Floats, Floats],
    hysteresis: Floats,
    lines: Sequence[Floats],
    covariance: Floats | None = None,
) -> Passages:
    """Finds where tracks cross lines, any unit, y pointing up.

    Args:
        track: track number of each point (n,), points in order of track, then time.
        xy: coordinates (n,) and (n,).
        hysteresis: distance beyond which somebody is clear of a line (n,).
        lines: corners of each line, from start to end (corners, 2).
        covariance: variance of x, covariance, variance of y of each point (n, 3), or None. A point
            is clear only if it is further away than two deviations as well.
    """
    # Compiled on first use, which those who only want the contract do not wait for.
    from geo import line_kernel

    track = np.require(track, requirements=_AS_COMPILED)
    x, y, h = (np.require(a, requirements=_AS_COMPILED) for a in (*xy, hysteresis))
    band = h
    if covariance is not None:
        covariance = np.require(covariance, requirements=_AS_COMPILED)
        band = np.maximum(h, _CLEAR_SIGMAS * np.sqrt((covariance[:, 0] + covariance[:, 2]) / 2))
    lines = [np.require(path, np.float64, _AS_COMPILED) for path in lines]
    corners = np.concatenate([np.empty((0, 2)), *lines])
    first = np.cumsum([0, *map(len, lines)])
    hit_line, hit_step = line_kernel.find_hits(track, x, y, corners, first)
    order = np.argsort(hit_line, kind="stable")
    cuts = np.searchsorted(hit_line[order], np.arange(len(lines) + 1))
    parts = []
    for number, path in enumerate(lines):
        steps = hit_step[order[cuts[number] : cuts[number + 1]]]
        found, share = line_kernel.find_passages(track, x, y, band, path, steps)
        probability = np.full(len(found), np.nan)
        if covariance is not None:
            probability = line_kernel.find_probabilities(track, x, y, h, covariance, path, found, share)
        at_share = _along(path, x, y, found, share)
        parts.append((np.full(len(found), number), found, share, at_share, probability))
    nothing = np.empty(0, np.int64), np.empty((0, 5), np.int64), np.empty(0), np.empty(0), np.empty(0)
    line, found, share, at_share, probability = (np.concatenate(p) for p in zip(nothing, *parts, strict=True))
    return Passages(line, found[:, 0], share, found[:, 2] > 0, at_share, found[:, 3], found[:, 4], probability)


def _along(path: Floats, x: Floats, y: Floats, found: Ints, share: Floats) -> Floats:
    """Where along a line its passages lie, as shares of its length."""
    before, leg = found[:, 0], found[:, 1]
    way = np.diff(path, axis=0)
    length = np.hypot(*way.T)
    at = np.column_stack([c[before] + share * (c[before + 1] - c[before]) for c in (x, y)])
    reach = ((at - path[leg]) * way[leg]).sum(axis=1) / length[leg]
    return np.asarray(np.clip((np.cumsum(length) - length)[leg] + reach, 0.0, length.sum()) / length.sum())


_IDENTITY = ("recording_id", "track_id", "time_utc", "road_user")


def _cross(points: pl.DataFrame, lines: dict[str, Floats]) -> pl.DataFrame:
    ordered = points.sort("track_id", "time_utc")
    x, y, hysteresis = (ordered[name].to_numpy().astype(float) for name in ("x", "y", "hysteresis"))
    covariance = ordered.select("var_x", "cov_xy", "var_y").to_numpy().astype(float)
    track = ordered["track_id"].to_numpy().astype(np.int64)
    found = cross_lines(track, (x, y), hysteresis, list(lines.values()), covariance)
    a, b = ordered[found.before], ordered[found.before + 1]
    between = pl.Series("share", found.share, dtype=pl.Float64)
    step_us = (b["time_utc"] - a["time_utc"]).dt.total_microseconds()
    names = np.array(list(lines), dtype=object)[found.line]
    return a.select("recording_id", "track_id", "road_user").with_columns(
        line_id=pl.Series(names, dtype=pl.String),
        time_utc=a["time_utc"] + (step_us * between).round().cast(pl.Int64).cast(pl.Duration("us")),
        direction=pl.Series(np.where(found.is_forward, *DIRECTIONS), dtype=pl.Enum(DIRECTIONS)),
        speed_m_s=a["speed_m_s"] + between * (b["speed_m_s"] - a["speed_m_s"]),
        probability=pl.Series(found.probability, nan_to_null=True, dtype=pl.Float64),
        at_share=pl.Series(found.at_share, dtype=pl.Float64),
        before_utc=a["time_utc"],
        after_utc=b["time_utc"],
        is_over_gap=step_us > _GAP_STEPS * _usual_step_us(track, ordered["time_utc"]),
        clear_before_utc=ordered["time_utc"][found.clear_before],
        clear_after_utc=ordered["time_utc"][found.clear_after],
    )


def _usual_step_us(track: Ints, time_utc: pl.Series) -> float:
    """The median time between successive positions of a track."""
    steps = np.diff(time_utc.dt.epoch("us").to_numpy())[track[1:] == track[:-1]]
    return float(np.median(steps)) if len(steps) else 0.0


def _collect(found: list[pl.DataFrame]) -> dy.DataFrame[Crossings]:
    empty = Crossings.create_empty()
    columns = Crossings.column_names()
    every = pl.concat([empty, *(f.select(columns) for f in found)]).sort("time_utc", "line_id", "track_id")
    return Crossings.validate(every)
