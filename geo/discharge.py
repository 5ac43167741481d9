"""DISCHARGES: how queues flowed off over one stop line, one way, in one quarter-hour.

Saturation headway by the method of the Highway Capacity Manual: in a queue of n vehicles crossing at
T_1 .. T_n, (T_n - T_4) / (n - 4); the start-up loss is what the first four take beyond four such
headways. The signal itself is not seen: time counts from when the first vehicle moves off, so the
first driver's reaction to green is not in the loss. One stop line spans one lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import dataframely as dy
import polars as pl

from detectors.road_users import RoadUser
from geo.crossings import DIRECTIONS, Crossings
from geo.queues import INTERVAL, JOIN_M_S
from geo.site import CountingLine
from geo.trajectories import Trajectories

STARTING = 4  # vehicles that are still gathering speed
LONGEST_HEADWAY_S = 8.0


class Discharges(dy.Schema):
    """Sums over the queues of at least five vehicles that began to cross in the quarter-hour.

    ``first_four_s`` is the time from moving off to the fourth crossing, ``saturated_s`` that from the
    fourth to the last, over ``saturated`` headways.
    """

    recording_id = dy.String(primary_key=True)
    line_id = dy.String(primary_key=True)
    direction = dy.Enum(list(DIRECTIONS), primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    queues = dy.Int64(min=1)
    vehicles = dy.Int64(min=STARTING + 1)
    first_four_s = dy.Float64(min=0.0)
    saturated = dy.Int64(min=1)
    saturated_s = dy.Float64(min=0.0)


def discharge(
    crossings: dy.DataFrame[Crossings], trajectories: dy.DataFrame[Trajectories], lines: Iterable[CountingLine]
) -> dy.DataFrame[Discharges]:
    """Sums the headways at the stop lines of one recording."""
    stop_lines = [line.line_id for line in lines if line.role == "stop_line"]
    at_line = crossings.filter(
        pl.col("line_id").is_in(stop_lines) & (pl.col("road_user").cast(pl.String) != RoadUser.PEDESTRIAN.value)
    ).sort("time_utc")
    of_lane = ["recording_id", "line_id", "direction"]
    standing = trajectories.filter(pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2 < JOIN_M_S**2)
    stood = standing.select("track_id", "time_utc", stood_utc="time_utc").sort("time_utc")
    ahead = pl.col("time_utc").diff().over(of_lane)
    queued = at_line.join_asof(stood, on="time_utc", by="track_id", check_sortedness=False).with_columns(
        is_queued=pl.col("stood_utc").is_not_null()
    )
    breaks = ~pl.col("is_queued") | (ahead > timedelta(seconds=LONGEST_HEADWAY_S)).fill_null(value=True)
    platoons = queued.with_columns(platoon=breaks.cum_sum().over(of_lane)).filter("is_queued")
    time = pl.col("time_utc").sort()
    queues = (
        platoons.group_by(*of_lane, "platoon")
        .agg(
            vehicles=pl.len().cast(pl.Int64),
            interval_start_utc=time.first().dt.truncate(INTERVAL),
            first_four_s=_seconds(
                time.get(STARTING - 1, null_on_oob=True) - pl.col("stood_utc").sort_by("time_utc").first()
            ),
            saturated_s=_seconds(time.last() - time.get(STARTING - 1, null_on_oob=True)),
        )
        .filter(pl.col("vehicles") > STARTING)
    )
    keys = Discharges.primary_key()
    return Discharges.validate(
        queues.group_by(keys)
        .agg(
            pl.len().cast(pl.Int64).alias("queues"),
            (pl.col("vehicles") - STARTING).sum().alias("saturated"),
            pl.col("vehicles", "first_four_s", "saturated_s").sum(),
        )
        .sort(keys)
        .select(Discharges.column_names())
    )


def _seconds(duration: pl.Expr) -> pl.Expr:
    return duration.dt.total_microseconds() / 1e6
