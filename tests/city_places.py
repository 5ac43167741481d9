"""What the made-up city's first sites hold beside counts: positions, a zone, a junction; for maps and plazas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import numpy as np
import polars as pl

ZONE_ID, JUNCTION_ID, CAMERA_ID = "square", "junction", "pole"
CELLS_X, CELLS_Y = 40, 18
_CLASSES = ("pedestrian", "car")


def places(site_ids: list[str]) -> Iterator[tuple[str, pl.DataFrame]]:
    """The zones and junctions, by the name of their table."""
    sites = pl.DataFrame({"site_id": site_ids}).with_columns(camera_id=pl.lit(CAMERA_ID), is_simulated=True)
    yield (
        "zones",
        sites.with_columns(
            zone_id=pl.lit(ZONE_ID),
            name=pl.lit("Square"),
            purpose=pl.lit("presence"),
            area_m2=200.0,
            outline_m=pl.lit("[[0, 0], [20, 0], [20, 10], [0, 10]]"),
            outline_lonlat=pl.lit("[]"),
        ),
    )
    yield (
        "junctions",
        sites.with_columns(junction_id=pl.lit(JUNCTION_ID), name=pl.lit("Junction"), gates=pl.lit("east, west")),
    )


def day_of_places(site_id: str, day: date) -> Iterator[tuple[str, pl.DataFrame]]:
    """One day of positions in cells and in the zone, and of movements, by the name of their table."""
    rng = np.random.default_rng([day.toordinal(), int(site_id[-3:])])
    shared = quarters(site_id, day)
    yield "coverage", shared
    cells = pl.DataFrame({"cell_x": np.arange(CELLS_X)}).join(pl.DataFrame({"cell_y": np.arange(CELLS_Y)}), how="cross")
    hours = shared.filter(pl.col("interval_start_local").dt.minute() == 0, pl.col("road_user") == "pedestrian")
    inside = cells.join(hours, how="cross")
    spent_s = rng.gamma(1.0, 8.0, inside.height)
    yield (
        "occupancy",
        inside.with_columns(
            presence_s=pl.Series(spent_s),
            dx_m=pl.Series(spent_s),
            dy_m=pl.Series(0.1 * spent_s),
            way_m=pl.Series(1.2 * spent_s),
        ),
    )
    people = rng.gamma(2.0, 300.0, shared.height)
    yield (
        "zone_occupancy",
        shared.with_columns(
            zone_id=pl.lit(ZONE_ID),
            presence_s=pl.Series(people),
            density_per_m2=pl.Series(people / 900 / 200),
            voronoi_density_per_m2=pl.Series(people / 900 / 200),
            peak_density_per_m2=pl.Series(3 * people / 900 / 200),
            flow_x_per_m_s=pl.Series(people / 900 / 200),
            flow_y_per_m_s=0.0,
            scalar_flow_per_m_s=pl.Series(1.2 * people / 900 / 200),
        ),
    )
    ways = pl.DataFrame({"entry_line_id": ["east", "west", "east"], "exit_line_id": ["west", "east", None]})
    yield (
        "movements",
        ways.join(shared, how="cross").with_columns(
            junction_id=pl.lit(JUNCTION_ID), count=pl.Series(1 + rng.poisson(6, 3 * shared.height)), is_u_turn=False
        ),
    )


def quarters(site_id: str, day: date) -> pl.DataFrame:
    """Class x quarter-hour of a day, with the columns that all of these tables share."""
    local = [datetime.combine(day, time()) + timedelta(minutes=15 * number) for number in range(96)]
    rows = pl.DataFrame({"road_user": _CLASSES}).join(pl.DataFrame({"interval_start_local": local}), how="cross")
    return rows.with_columns(
        site_id=pl.lit(site_id),
        camera_id=pl.lit(CAMERA_ID),
        interval_start_utc=pl.col("interval_start_local").dt.replace_time_zone("UTC"),
        coverage=1.0,
        position_coverage=1.0,
        is_simulated=True,
    )
