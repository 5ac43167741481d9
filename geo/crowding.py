"""How crowded a zone is for those in it: Voronoi density once a second, and the most people at one time.

Means over a quarter-hour hide a crowd that lasts a minute, and heads over area hide where in a zone it
stands. Only pedestrians are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.clipping import Outline, polygon_of
from geo.steps import INTERVAL
from geo.voronoi import CutOff, sampled, voronoi_cells, voronoi_density

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FREQUENCY_HZ = 1.0
# A cell of 3 m2 at the most: whoever has more room is not crowded.
CUT_OFF = CutOff(1.0, 3)

_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "recording_id": pl.String,
    "zone_id": pl.String,
    "interval_start_utc": pl.Datetime("us", "UTC"),
    "voronoi_s_per_m2": pl.Float64,
    "peak_per_m2": pl.Float64,
}


def crowding(trajectories: pl.DataFrame, zones: Mapping[str, Outline]) -> pl.DataFrame:
    """Crowding by pedestrians of every zone and quarter-hour in which there were any.

    Args:
        trajectories: recording_id, time_utc, x_m, y_m, road_user, of any number of recordings.
        zones: outline of each zone by its name, in local metres.

    Returns:
        recording_id, zone_id, interval_start_utc; voronoi_s_per_m2, Voronoi density summed over instants a
        second apart; peak_per_m2, the largest classic density at one of them.
    """
    found = [pl.DataFrame(schema=_SCHEMA)]
    people = trajectories.filter(pl.col("road_user").cast(pl.String) == RoadUser.PEDESTRIAN.value)
    for (recording_id,), rows in people.group_by("recording_id"):
        time_us, place_m = rows["time_utc"].dt.epoch("us").to_numpy(), rows.select("x_m", "y_m").to_numpy()
        now = sampled(time_us, FREQUENCY_HZ)
        for zone_id, outline in zones.items():
            by_instant = _by_instant(time_us[now], place_m[now], outline)
            named = {"recording_id": pl.lit(recording_id), "zone_id": pl.lit(zone_id)}
            found.append(_by_interval(by_instant).with_columns(**named).select(*_SCHEMA))
    return pl.concat(found)


def _by_instant(time_us: Ints, place_m: Floats, outline: Outline) -> pl.DataFrame:
    """Frame (microseconds), density_per_m2 by Voronoi and classic_per_m2 at each instant with somebody near."""
    zone = polygon_of(outline)
    # Who stands farther off than two cells has no say in who is near whom in the zone.
    around = zone.buffer(2 * CUT_OFF.radius_m).envelope
    low_x, low_y, high_x, high_y = around.bounds
    near = (place_m >= (low_x, low_y)).all(axis=1) & (place_m <= (high_x, high_y)).all(axis=1)
    time_us, place_m = time_us[near], place_m[near]
    densities = voronoi_density(voronoi_cells(time_us, place_m, around, CUT_OFF), zone)
    return densities.with_columns(classic_per_m2=classic_density(time_us, place_m, zone)["density_per_m2"])


def _by_interval(by_instant: pl.DataFrame) -> pl.DataFrame:
    instant = pl.col("frame").cast(pl.Int64).cast(pl.Datetime("us", "UTC"))
    return by_instant.group_by(interval_start_utc=instant.dt.truncate(INTERVAL)).agg(
        voronoi_s_per_m2=pl.col("density_per_m2").sum() / FREQUENCY_HZ, peak_per_m2=pl.col("classic_per_m2").max()
    )


def classic_density(frame: Ints, place_m: Floats, outline: Outline) -> pl.DataFrame:
    """Heads inside an outline over its area, at every frame that has positions.

    Args:
        frame: of each position (n,).
        place_m: (n, 2).
        outline: its border counts as outside.

    Returns:
        frame, density_per_m2; one row per frame, in order.
    """
    polygon = polygon_of(outline)
    frames, number = np.unique(frame, return_inverse=True)
    shapely.prepare(polygon)
    heads = np.bincount(number, shapely.contains_xy(polygon, place_m), len(frames))
    return pl.DataFrame({"frame": frames, "density_per_m2": heads / polygon.area})
