"""QUEUES: how long a queue of one length stood in one queue zone, in one quarter-hour.

A vehicle joins a queue below 5 km/h and leaves it above 10 km/h. The queue is the chain of such
vehicles from the front of the zone, the front being the end towards which they drive, up to the first
spacing of 20 m or more. One zone holds one lane.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import dataframely as dy
import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS, RoadUser
from geo.bodies import BODIES
from geo.resampling import resample
from geo.site import Zone
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]

INTERVAL = timedelta(minutes=15)
STEP_S = 1.0
JOIN_M_S, LEAVE_M_S, SPACING_M = 5 / 3.6, 10 / 3.6, 20.0


class Queues(dy.Schema):
    """Time during which a queue of so many vehicles, so long, stood in a zone; no row where none did.

    ``length_m`` is from the front of the first to the rear of the last vehicle, to the next whole metre.
    """

    recording_id = dy.String(primary_key=True)
    zone_id = dy.String(primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    vehicles = dy.Int32(primary_key=True, min=1)
    length_m = dy.Int32(primary_key=True, min=1)
    duration_s = dy.Float64(min=0.0)


def measure_queues(trajectories: dy.DataFrame[Trajectories], zones: Iterable[Zone]) -> dy.DataFrame[Queues]:
    """Looks at the queue zones of one recording once a second."""
    vehicles = trajectories.filter(pl.col("road_user").cast(pl.String) != RoadUser.PEDESTRIAN.value)
    standing = stands_in_queue(resample(vehicles, STEP_S))
    found = [Queues.create_empty().drop("recording_id"), *(_queue(standing, zone) for zone in zones)]
    recording_id = pl.lit(trajectories["recording_id"].first(), pl.String)
    rows = pl.concat(found, how="diagonal").with_columns(recording_id=recording_id)
    keys = Queues.primary_key()
    return Queues.validate(rows.group_by(keys).agg(pl.col("duration_s").sum()).sort(keys).select(Queues.column_names()))


def stands_in_queue(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds ``is_standing``: below 5 km/h, or below 10 km/h since it last was."""
    speed = (pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2).sqrt()
    changes = pl.when(speed < JOIN_M_S).then(pl.lit(value=True)).when(speed > LEAVE_M_S).then(pl.lit(value=False))
    return rows.with_columns(is_standing=changes.forward_fill().over("track_id").fill_null(value=False))


def _queue(rows: pl.DataFrame, zone: Zone) -> pl.DataFrame:
    """Seconds of each length of one zone's queue."""
    inside = rows.filter(
        pl.Series(shapely.contains_xy(shapely.Polygon(zone.outline_m), *rows.select("x_m", "y_m").to_numpy().T))
    )
    ahead = zone_axis(zone.outline_m, inside.select("vx_m_s", "vy_m_s").to_numpy())
    sizes = {user.value: BODIES[user].size_m[0] for user in ROAD_USERS}
    placed = inside.filter("is_standing").with_columns(
        back_m=-(pl.col("x_m") * ahead[0] + pl.col("y_m") * ahead[1]),
        half_m=pl.col("road_user").cast(pl.String).replace_strict(sizes, return_dtype=pl.Float64) / 2,
    )
    ordered = placed.sort("tick", "back_m")
    # Spacing is between centres; the chain ends where it is too wide for the first time.
    broken = (pl.col("back_m").diff().over("tick").fill_null(0.0) >= SPACING_M).cum_sum().over("tick")
    chain = (
        ordered.filter(broken == 0)
        .group_by("tick")
        .agg(
            vehicles=pl.len().cast(pl.Int32),
            length_m=((pl.col("back_m") + pl.col("half_m")).max() - (pl.col("back_m") - pl.col("half_m")).min())
            .ceil()
            .cast(pl.Int32),
        )
    )
    time_utc = (pl.col("tick") * int(STEP_S * 1e6)).cast(pl.Datetime("us", "UTC"))
    return chain.select(
        "vehicles",
        "length_m",
        zone_id=pl.lit(zone.zone_id),
        interval_start_utc=time_utc.dt.truncate(INTERVAL),
        duration_s=pl.lit(STEP_S),
    )


def zone_axis(outline_m: Floats, velocity_m_s: Floats) -> Floats:
    """Unit vector (2,) along the longer side of a zone, the way its vehicles drive."""
    corners = shapely.get_coordinates(shapely.minimum_rotated_rectangle(shapely.Polygon(outline_m)))
    sides = np.diff(corners[:3], axis=0)
    longer = sides[np.hypot(*sides.T).argmax()]
    unit = longer / np.hypot(*longer)
    return np.asarray(unit if velocity_m_s.sum(axis=0) @ unit >= 0 else -unit)
