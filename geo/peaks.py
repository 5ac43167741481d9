"""Peak hour and peak hour factor, from counts by quarter-hour.

The peak hour is the four consecutive quarter-hours with the largest sum; of equal ones, the earliest.
The peak hour factor is PHF = V / (4 V15), V the volume of that hour and V15 that of its busiest
quarter-hour, between 0.25 and 1 (Highway Capacity Manual, Transportation Research Board).
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

LEAST_COVERAGE = 0.75


def peak_hours(counts: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """The peak hour of every group.

    Quarter-hours follow each other in UTC, so that a day on which clocks change has its own number of
    them and no hour is taken for another. An hour with a quarter-hour that was not observed, or
    observed for less than three quarters in all, cannot be the peak.

    Args:
        counts: the columns of ``by``, interval_start_utc, count (NULL: not observed) and coverage
            (0 to 1), one row per group and quarter-hour.
        by: what makes a group, such as line, direction and local day.

    Returns:
        The columns of ``by``, peak_start_utc, volume, phf and coverage; NULL where no hour can be the
        peak, and phf NULL where nobody passed.
    """
    hour = counts.sort(*by, "interval_start_utc").with_columns(
        volume=pl.sum_horizontal(_quarters("count", by), ignore_nulls=False),
        busiest=pl.max_horizontal(_quarters("count", by)),
        hour_coverage=pl.mean_horizontal(_quarters("coverage", by)),
        last=pl.col("interval_start_utc").shift(-3).over(by),
    )
    can_be = hour.filter(
        (pl.col("last") - pl.col("interval_start_utc") == pl.duration(minutes=45))
        & (pl.col("hour_coverage") >= LEAST_COVERAGE)
        & pl.col("volume").is_not_null()
    )
    best = can_be.sort(*by, "volume", "interval_start_utc", descending=[*[False] * len(by), True, False]).unique(
        by, keep="first", maintain_order=True
    )
    found = best.select(
        *by,
        peak_start_utc="interval_start_utc",
        volume="volume",
        phf=pl.when(pl.col("volume") > 0).then(pl.col("volume") / (4 * pl.col("busiest"))),
        coverage="hour_coverage",
    )
    return counts.select(by).unique(maintain_order=True).join(found, on=by, how="left", maintain_order="left")


def _quarters(column: str, by: Sequence[str]) -> list[pl.Expr]:
    """A column of this quarter-hour and the next three."""
    return [pl.col(column).shift(-i).over(by) for i in range(4)]
