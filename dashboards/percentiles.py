"""The 85th percentile of speeds that are known by bins of 1 km/h, with its 95 % interval.

The interval lies between the order statistics that a binomial count allows, by the normal approximation
(Conover, "Practical Nonparametric Statistics", 1999, section 3.2), as in the released quarter-hours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

SHARE = 0.85
# Fewer vehicles in free flow say nothing of their 85th percentile.
LEAST_VEHICLES = 10


@dataclass(frozen=True)
class Percentile:
    """A percentile of n vehicles and its 95 % bounds, in km/h; hi95 is None where the sample does not reach it."""

    n: int
    km_h: float
    lo95_km_h: float
    hi95_km_h: float | None


def v85(bins: pl.DataFrame) -> Percentile | None:
    """The 85th percentile of vehicles in free flow; None below 10 of them.

    Args:
        bins: from_km_h (lower edge of 1 km/h), free_n; bins may come more than once.
    """
    free = bins.group_by("from_km_h").agg(pl.col("free_n").sum()).filter(pl.col("free_n") > 0).sort("from_km_h")
    n = int(free["free_n"].sum())
    if n < LEAST_VEHICLES:
        return None
    half = 1.96 * math.sqrt(SHARE * (1 - SHARE) / n)
    edges, counts = free["from_km_h"].to_numpy(), free["free_n"].to_numpy()
    up_to = np.cumsum(counts)

    def at(share: float) -> float:
        """The speed that this share stays below, evenly spread within a bin."""
        bin_ = int(np.searchsorted(up_to, share * n))
        return float(edges[bin_] + (share * n - (up_to[bin_] - counts[bin_])) / counts[bin_])

    return Percentile(n, at(SHARE), at(SHARE - half), at(SHARE + half) if SHARE + half <= 1 else None)
