"""ZONE_OCCUPANCY: time spent and way gone in one zone, by one class, in one interval.

Edie's generalised definitions (Edie 1963, "Discussion of traffic stream measurements and
definitions"): each step is cut exactly at the zone's outline and at the interval's ends. Beside them
stands how crowded it was for those in it.
"""

from __future__ import annotations

from collections.abc import Mapping

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS, RoadUser
from geo.clipping import Outline, cut_at_outline
from geo.crowding import crowding
from geo.steps import Steps, steps_by_interval
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SUMS = ("presence_s", "dx_m", "dy_m", "way_m")


class ZoneOccupancy(dy.Schema):
    """One zone x interval x class in which somebody was there (Edie sums).

    ``voronoi_s_per_m2`` and ``peak_per_m2`` are as in `geo.crowding`; NULL for all but pedestrians.
    """

    recording_id = dy.String(primary_key=True)
    zone_id = dy.String(primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    road_user = dy.Enum([r.value for r in ROAD_USERS], primary_key=True)
    presence_s = dy.Float64(min=0.0)
    dx_m = dy.Float64()
    dy_m = dy.Float64()
    way_m = dy.Float64(min=0.0)
    voronoi_s_per_m2 = dy.Float64(nullable=True, min=0.0)
    peak_per_m2 = dy.Float64(nullable=True, min=0.0)


def occupy_zones(trajectories: dy.DataFrame[Trajectories], zones: Mapping[str, Outline]) -> dy.DataFrame[ZoneOccupancy]:
    """Sums time and way over zones and quarter-hours.

    Args:
        trajectories: of any number of recordings.
        zones: outline of each zone by its name, in local metres; zones may overlap.
    """
    steps, interval = steps_by_interval(trajectories)
    labels = steps.keys.select("recording_id", "road_user").with_columns(interval)
    keys = ZoneOccupancy.primary_key()
    found: list[pl.DataFrame] = [ZoneOccupancy.create_empty().select(*keys, *SUMS)]
    for zone_id, outline in zones.items():
        step, sums = time_and_way(steps, outline)
        pieces = pl.concat([labels[step], sums], how="horizontal").with_columns(zone_id=pl.lit(zone_id))
        found.append(pieces.group_by(keys).agg(pl.col(SUMS).sum()).select(*keys, *SUMS))
    return ZoneOccupancy.validate(_with_crowding(pl.concat(found), crowding(trajectories, zones)).sort(keys))


def _with_crowding(occupied: pl.DataFrame, crowded: pl.DataFrame) -> pl.DataFrame:
    """Adds how crowded it was by pedestrians: 0 where none stood in the zone at an instant that was looked at."""
    both = occupied.join(crowded, on=["recording_id", "zone_id", "interval_start_utc"], how="left")
    is_on_foot = pl.col("road_user").cast(pl.String) == RoadUser.PEDESTRIAN.value
    return both.with_columns(pl.when(is_on_foot).then(pl.col("voronoi_s_per_m2", "peak_per_m2").fill_null(0.0))).select(
        ZoneOccupancy.column_names()
    )


def time_and_way(steps: Steps, outline: Outline) -> tuple[Ints, pl.DataFrame]:
    """Time and way of each piece of a step inside an outline.

    Returns:
        The number of each piece's step, and presence_s, dx_m, dy_m, way_m of each piece.
    """
    step, begin, until = cut_at_outline(steps.start_m, steps.end_m, outline)
    share = until - begin
    way = steps.way_m[step] * share[:, None]
    columns = (steps.duration_s[step] * share, way[:, 0], way[:, 1], np.hypot(way[:, 0], way[:, 1]))
    return step, pl.DataFrame(dict(zip(SUMS, columns, strict=True)))


def edie(sums: pl.DataFrame, area_m2: float, duration_s: float) -> pl.DataFrame:
    """Density, flow and velocity from sums of time and way.

    With t the time spent, d the way gone, A the area and T the duration: k = t / (A T),
    q = d / (A T), v = d / t, so that q = k v. Scalar flow sums the lengths of ways; the length of q
    over it is 1 where all go one way and 0 where the ways cancel.

    Args:
        sums: presence_s, dx_m, dy_m, way_m; other columns are kept.
        area_m2: area of the zone or cell.
        duration_s: how long it was observed.

    Returns:
        ``sums`` with density_per_m2 (1/m2), flow_x_per_m_s, flow_y_per_m_s and scalar_flow_per_m_s
        (1/(m s)), velocity_x_m_s, velocity_y_m_s, speed_m_s (NULL where nobody was) and
        directional_order (NULL where nobody moved).
    """
    exposure = area_m2 * duration_s
    if not exposure > 0:
        raise ValueError(f"area {area_m2} m2 and duration {duration_s} s: both must be positive.")
    presence, way = pl.col("presence_s"), pl.col("way_m")
    return sums.with_columns(
        density_per_m2=presence / exposure,
        flow_x_per_m_s=pl.col("dx_m") / exposure,
        flow_y_per_m_s=pl.col("dy_m") / exposure,
        scalar_flow_per_m_s=way / exposure,
        velocity_x_m_s=pl.when(presence > 0).then(pl.col("dx_m") / presence),
        velocity_y_m_s=pl.when(presence > 0).then(pl.col("dy_m") / presence),
        speed_m_s=pl.when(presence > 0).then(way / presence),
        directional_order=pl.when(way > 0).then(_length("dx_m", "dy_m") / way),
    )


def _length(x: str, y: str) -> pl.Expr:
    return (pl.col(x) ** 2 + pl.col(y) ** 2).sqrt()
