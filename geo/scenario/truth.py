"""What is true of a scene: who crossed which line when, how many, and how long they were where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.crossings import DIRECTIONS, HYSTERESIS_M, cross_line
from geo.scenario.ground import contains
from geo.scenario.scene import Scene
from geo.scenario.simulation import STEP_S
from geo.site import CountingLine

Floats = NDArray[np.float64]


def true_crossings(scene: Scene, lines: Iterable[CountingLine]) -> pl.DataFrame:
    """Who crosses which line, by exact positions and the counting rule's own definition of a crossing.

    Returns:
        line_id, direction, road_user, time_s, user_id; in order of time.
    """
    rows = scene.positions.join(scene.users.select("user_id", "road_user"), on="user_id").sort("user_id", "time_s")
    track, time_s, x, y = (rows[name].to_numpy() for name in ("user_id", "time_s", "x_m", "y_m"))
    hysteresis_m = np.full(len(x), HYSTERESIS_M)
    found = [pl.DataFrame(schema=_CROSSINGS)]
    for line in lines:
        before, share, forward = cross_line(track, x, y, hysteresis_m, np.array([line.start, line.end]))
        moment = time_s[before] + share * (time_s[before + 1] - time_s[before])
        found.append(
            pl.DataFrame(
                {
                    "line_id": [line.line_id] * len(before),
                    "direction": np.where(forward, *DIRECTIONS),
                    "road_user": rows["road_user"][before],
                    "time_s": moment.round(2),
                    "user_id": track[before],
                },
                schema=_CROSSINGS,
            )
        )
    return pl.concat(found).sort("time_s", "line_id", "user_id")


_CROSSINGS = pl.Schema(
    {
        "line_id": pl.String,
        "direction": pl.String,
        "road_user": pl.String,
        "time_s": pl.Float64,
        "user_id": pl.Int64,
    }
)


def true_counts(crossings: pl.DataFrame) -> pl.DataFrame:
    """Crossings per line, direction and road user.

    Returns:
        line_id, direction, road_user, count.
    """
    keys = ["line_id", "direction", "road_user"]
    return crossings.group_by(keys).agg(count=pl.len()).sort(keys)


def true_stays(scene: Scene, zones: Mapping[str, Floats]) -> pl.DataFrame:
    """Every stay of every road user in every zone, by the ground centre of its footprint.

    A stay begins with the first step inside and ends with the first step outside or the last step seen.

    Args:
        scene: a simulation.
        zones: zone_id -> outline (n, 2) in metres.

    Returns:
        zone_id, user_id, road_user, start_s, end_s, dwell_s, is_cut_at_start and is_cut_at_end (whether the
        recording began or ended during the stay).
    """
    last_s = float(scene.positions["time_s"].max() or 0.0)  # type: ignore[arg-type]
    found = [_stays(scene.positions, zone_id, outline, last_s) for zone_id, outline in zones.items()]
    return (
        pl.concat([pl.DataFrame(schema=_STAYS), *found])
        .join(scene.users.select("user_id", "road_user"), on="user_id", maintain_order="left")
        .select("zone_id", "user_id", "road_user", "start_s", "end_s", "dwell_s", "is_cut_at_start", "is_cut_at_end")
    )


_STAYS = pl.Schema(
    {
        "zone_id": pl.String,
        "user_id": pl.Int64,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "dwell_s": pl.Float64,
        "is_cut_at_start": pl.Boolean,
        "is_cut_at_end": pl.Boolean,
    }
)


def _stays(positions: pl.DataFrame, zone_id: str, outline_m: Floats, last_s: float) -> pl.DataFrame:
    inside = contains(outline_m, positions.select("x_m", "y_m").to_numpy())
    is_new = (pl.col("inside") != pl.col("inside").shift(1).over("user_id")).fill_null(value=True)
    return (
        positions.select("user_id", "time_s", inside=pl.Series(inside))
        .with_columns(stay=is_new.cast(pl.Int64).cum_sum())
        .filter("inside")
        .group_by("user_id", "stay", maintain_order=True)
        .agg(start_s=pl.col("time_s").first(), end_s=(pl.col("time_s").last() + STEP_S).clip(upper_bound=last_s))
        .select(
            pl.lit(zone_id).alias("zone_id"),
            "user_id",
            "start_s",
            "end_s",
            dwell_s=pl.col("end_s") - pl.col("start_s"),
            is_cut_at_start=pl.col("start_s") < STEP_S / 2,
            is_cut_at_end=pl.col("end_s") > last_s - STEP_S / 2,
        )
    )
