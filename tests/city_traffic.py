"""What the made-up city's first sites hold of speeds and conflicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
import polars as pl

from tests.city_places import CAMERA_ID, ZONE_ID, quarters

_LINES, _DIRECTIONS, _BINS = ("east", "west"), ("forward", "backward"), 20
_KINDS = ("rear_end", "crossing", "lane_change")


def day_of_traffic(site_id: str, day: date) -> Iterator[tuple[str, pl.DataFrame]]:
    """One day of vehicles' speeds at the lines and of conflicts, by the name of their table."""
    rng = np.random.default_rng([day.toordinal(), int(site_id[-3:]), 1])
    cars = quarters(site_id, day).filter(road_user="car").with_columns(is_measurable=True)
    lines = pl.DataFrame({"line_id": _LINES}).join(pl.DataFrame({"direction": _DIRECTIONS}), how="cross")
    at_lines = lines.join(cars, how="cross")
    yield "speeds", _speeds(at_lines, rng)
    bins = at_lines.join(pl.DataFrame({"from_km_h": range(30, 30 + _BINS)}), how="cross")
    yield "speed_histogram", bins.with_columns(n=pl.Series(rng.poisson(2, bins.height)), free_n=1)
    kinds = pl.DataFrame({"kind": _KINDS}).join(cars, how="cross").with_columns(other_road_user="road_user")
    yield "conflicts", _conflicts(kinds, rng)


def _speeds(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    mean = pl.Series(rng.normal(11, 0.5, rows.height))
    return rows.with_columns(
        n=2 * _BINS,
        time_mean_m_s=mean,
        space_mean_m_s=0.98 * mean,
        sigma_m_s=0.4,
        free_n=_BINS,
        v85_m_s=1.15 * mean,
        v85_lo95_m_s=1.1 * mean,
        v85_hi95_m_s=1.2 * mean,
        headway_n=_BINS,
        mean_headway_s=6.0,
        gap_n=_BINS,
        mean_gap_s=5.5,
        close_n=1,
    )


def _conflicts(rows: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    pairs = pl.Series(rng.poisson(3, rows.height))
    below = ("ttc_below_1_0_s", "ttc_below_1_5_s", "ttc_below_3_0_s")
    below += ("pet_below_1_0_s", "pet_below_1_5_s", "pet_below_5_0_s", "drac_above_3_4_m_s2")
    return rows.with_columns(
        pl.lit(ZONE_ID).alias("zone_id"),
        pl.lit(CAMERA_ID).alias("camera_id"),
        pairs.alias("conflicts"),
        pl.lit(0).alias("not_measured"),
        (0.2 * pairs).alias("expected_ttc_below_1_5_s"),
        (0.3 * pairs).alias("expected_pet_below_1_5_s"),
        *((pairs // 2).alias(name) for name in below),
    )
