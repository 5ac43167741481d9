"""Headways and gaps: how closely road users follow each other across a line.

A headway is the time from one road user to the next of the same stream, at the same line and in the same
direction, by the same point of both; a gap is that without the time the leader itself takes to pass (Highway Capacity
Manual, Transportation Research Board). Both mean something within one lane only: where a line spans
several, name the lane by the part of the line it takes.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import polars as pl

from detectors.road_users import MOTOR_VEHICLES, RoadUser
from geo.crossings import Crossings

# Usual lengths on European streets; a box in a picture does not tell the length of a vehicle.
TYPICAL_LENGTH_M: Mapping[RoadUser, float] = {
    RoadUser.CYCLIST: 1.8,
    RoadUser.MOTORCYCLE: 2.2,
    RoadUser.CAR: 4.5,
    RoadUser.VAN: 5.5,
    RoadUser.BUS: 12.0,
    RoadUser.TRUCK: 10.0,
    RoadUser.TRAM: 30.0,
}

# Motor vehicles follow one another; cyclists, trams and people on foot each have a stream of their own.
_STREAMS = {r.value: "motor vehicles" for r in (*MOTOR_VEHICLES, RoadUser.MOTORCYCLE)}


def headways(
    crossings: dy.DataFrame[Crossings],
    *,
    lane: tuple[float, float] = (0.0, 1.0),
    length_m: Mapping[RoadUser, float] = TYPICAL_LENGTH_M,
) -> pl.DataFrame:
    """Headway and gap of every crossing to the one before it, in the same recording, line, direction and stream.

    Args:
        crossings: CROSSINGS.
        lane: part of the line that is the lane, as shares of its length, half-open.
        length_m: length of each class; a gap behind a class without one is NULL.

    Returns:
        The crossings of the lane with headway_s and gap_s, in order of time. NULL for the first of each; gap_s
        also where the leader's speed is not known.
    """
    lengths = {road_user.value: metres for road_user, metres in length_m.items()}
    road_user = pl.col("road_user").cast(pl.String)
    length = road_user.replace_strict(lengths, default=None, return_dtype=pl.Float64)
    passing_s = length / pl.when(pl.col("speed_m_s") > 0).then("speed_m_s")
    same = ("recording_id", "line_id", "direction", road_user.replace(_STREAMS))
    is_inside = pl.col("at_share").is_between(*lane, closed="left" if lane[1] < 1 else "both")
    return (
        crossings.filter(is_inside.fill_null(lane == (0.0, 1.0)))
        .sort("time_utc", "line_id", "track_id")
        .with_columns(headway_s=pl.col("time_utc").diff().over(same).dt.total_microseconds() / 1e6, passing_s=passing_s)
        .with_columns(gap_s=pl.col("headway_s") - pl.col("passing_s").shift(1).over(same))
        .drop("passing_s")
    )
