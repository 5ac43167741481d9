"""SPEEDS: crossings of one line, one way, by one class, in one quarter-hour and one speed bin of 1 km/h.

Sums by bin, so that recordings add up: time-mean speed is the mean of speeds at the line, space-mean
speed their harmonic mean (Wardrop 1952), and the 85th percentile that of vehicles in free flow, whose
headway to the vehicle in front is over 5 s. Where a speed is known too badly, it is not measurable. Beside
them stand the headways and gaps of vehicles.
"""

from __future__ import annotations

from datetime import timedelta

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS, RoadUser
from geo.crossings import DIRECTIONS, Crossings
from geo.headways import headways
from geo.trajectories import Trajectories

INTERVAL = timedelta(minutes=15)
BIN_KM_H = 1
FREE_HEADWAY_S = 5.0
# The error of one speed may be a tenth of the mean or 0.5 m/s, but never more than a quarter of the mean.
SIGMA_SHARE, SIGMA_LEAST_M_S, SIGMA_LARGEST_SHARE = 0.10, 0.5, 0.25
SLOWEST_M_S = 0.1  # who stands on a line would make the harmonic mean zero
CLOSE_S = 2.0  # whoever leaves a smaller gap follows closely: the two-second rule


class Speeds(dy.Schema):
    """Sums over the crossings of one bin.

    ``bin_km_h`` is the lower edge of a bin 1 km/h wide. ``free`` counts those in free flow, among
    vehicles only: who comes first has no known headway. ``slowness_s_m`` is the sum of 1/speed,
    ``variance_m2_s2`` that of the squared error. ``headways`` and ``gaps`` are the numbers of those whose
    ``headway_s`` and ``gap_s`` are summed, ``close`` that of gaps below 2 s; of vehicles only, along the whole
    line, so that they are those of a lane where the line spans one. ``unmeasurable`` says why speeds of this
    line, class and quarter-hour must not be shown, NULL where they may.
    """

    recording_id = dy.String(primary_key=True)
    line_id = dy.String(primary_key=True)
    direction = dy.Enum(list(DIRECTIONS), primary_key=True)
    road_user = dy.Enum([r.value for r in ROAD_USERS], primary_key=True)
    interval_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    bin_km_h = dy.Int32(primary_key=True, min=0)
    n = dy.Int64(min=1)
    free = dy.Int64(min=0)
    speed_m_s = dy.Float64(min=0.0)
    slowness_s_m = dy.Float64(min=0.0)
    variance_m2_s2 = dy.Float64(min=0.0)
    headways = dy.Int64(min=0)
    headway_s = dy.Float64(min=0.0)
    gaps = dy.Int64(min=0)
    gap_s = dy.Float64()
    close = dy.Int64(min=0)
    unmeasurable = dy.String(nullable=True)


def sum_speeds(
    crossings: dy.DataFrame[Crossings], trajectories: dy.DataFrame[Trajectories], unmeasurable: str | None
) -> dy.DataFrame[Speeds]:
    """Sums the speeds of one recording's crossings.

    Args:
        crossings: those without a speed, of lines in pixels, are left out.
        trajectories: of the same recording; they know the error of a speed and where the ground is extrapolated.
        unmeasurable: why no speed of this camera can be shown, or None.
    """
    keys = ["recording_id", "line_id", "direction", "road_user", "interval_start_utc"]
    errors = trajectories.select("track_id", "time_utc", "sigma_speed_m_s", "is_trusted").sort("time_utc")
    with_error = follow(crossings).join_asof(
        errors, on="time_utc", by="track_id", strategy="nearest", check_sortedness=False
    )
    measured = with_error.drop_nulls(["speed_m_s", "sigma_speed_m_s"]).with_columns(
        interval_start_utc=pl.col("time_utc").dt.truncate(INTERVAL),
        bin_km_h=(pl.col("speed_m_s") * 3.6 / BIN_KM_H).floor().cast(pl.Int32) * BIN_KM_H,
    )
    reason = _too_vague(keys) if unmeasurable is None else pl.lit(unmeasurable)
    return Speeds.validate(
        measured.with_columns(unmeasurable=reason)
        .group_by(*keys, "bin_km_h")
        .agg(
            n=pl.len().cast(pl.Int64),
            free=pl.col("is_free").sum().cast(pl.Int64),
            slowness_s_m=(1 / pl.col("speed_m_s").clip(SLOWEST_M_S)).sum(),
            variance_m2_s2=(pl.col("sigma_speed_m_s") ** 2).sum(),
            speed_m_s=pl.col("speed_m_s").sum(),
            headways=pl.col("headway_s").count().cast(pl.Int64),
            headway_s=pl.col("headway_s").sum(),
            gaps=pl.col("gap_s").count().cast(pl.Int64),
            gap_s=pl.col("gap_s").sum(),
            close=(pl.col("gap_s") < CLOSE_S).sum().cast(pl.Int64),
            unmeasurable=pl.col("unmeasurable").first(),
        )
        .sort(*keys, "bin_km_h")
        .select(Speeds.column_names())
    )


def follow(crossings: dy.DataFrame[Crossings]) -> pl.DataFrame:
    """Adds headway_s and gap_s to the vehicle in front, NULL on foot, and ``is_free``: whether it is over 5 s ahead."""
    is_vehicle = pl.col("road_user").cast(pl.String) != RoadUser.PEDESTRIAN.value
    in_time = headways(crossings).with_columns(pl.when(is_vehicle).then(pl.col("headway_s", "gap_s")))
    return in_time.with_columns(is_free=(pl.col("headway_s") > FREE_HEADWAY_S).fill_null(value=False))


def _too_vague(keys: list[str]) -> pl.Expr:
    """Why the mean speed of a group says too little, or NULL."""
    sigma = (pl.col("sigma_speed_m_s") ** 2).mean().sqrt().over(keys)
    mean = pl.col("speed_m_s").mean().over(keys)
    limit = pl.min_horizontal(
        pl.max_horizontal(SIGMA_SHARE * mean, pl.lit(SIGMA_LEAST_M_S)), SIGMA_LARGEST_SHARE * mean
    )
    return (
        pl.when(pl.col("is_trusted").mean().over(keys) < 0.5)
        .then(pl.lit("the line lies outside the control points"))
        .when(sigma > limit)
        .then(pl.format("speeds here are known to {} m/s only", sigma.round(1)))
    )
