"""How much two periods differ, and how sure that is: weekday against weekday, days as the sample.

Quarter-hours of one day rise and fall together, so that a test which takes them for independent
finds changes that are none. Here the day is the unit: days are drawn with replacement within their
weekday (stratified bootstrap; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
chapters 6 and 13).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import polars as pl
from numpy.typing import NDArray

# A day observed less than this is no day to compare; its count is not scaled up.
LEAST_COVERAGE = 0.9
LEAST_DAYS = 4
_DRAWS, _SEED = 2000, 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """A change from one period to another.

    Attributes:
        before, after: mean per day, each weekday weighing the same in both.
        change: after / before - 1, None where a period has too few whole days or no traffic.
        lo95, hi95: bounds of the change, by drawing days.
        days_before, days_after: whole days behind it.
    """

    before: float | None
    after: float | None
    change: float | None
    lo95: float | None
    hi95: float | None
    days_before: int
    days_after: int

    @property
    def is_clear(self) -> bool:
        """Whether the interval lies on one side of no change."""
        return self.lo95 is not None and self.hi95 is not None and (self.lo95 > 0 or self.hi95 < 0)


def mean_interval(counts: Sequence[float]) -> tuple[float, float] | None:
    """The 95 % bounds of a mean, by drawing from its counts; None below `LEAST_DAYS` of them."""
    if len(counts) < LEAST_DAYS:
        return None
    drawn = np.random.default_rng(_SEED).choice(np.asarray(counts, float), (_DRAWS, len(counts))).mean(axis=1)
    lo, hi = np.quantile(drawn, (0.025, 0.975))
    return float(lo), float(hi)


def whole_days(days: pl.DataFrame) -> pl.DataFrame:
    """The days that were observed nearly throughout, with their weekday.

    Args:
        days: day, count (NULL: not observed), coverage.
    """
    return days.filter(pl.col("coverage") >= LEAST_COVERAGE, pl.col("count").is_not_null()).with_columns(
        weekday=pl.col("day").dt.weekday()
    )


def compare(before: pl.DataFrame, after: pl.DataFrame) -> Comparison:
    """Compares the daily counts of two periods.

    Args:
        before: day, count, coverage.
        after: the same.
    """
    old, new = _by_weekday(before), _by_weekday(after)
    shared = sorted(old.keys() & new.keys())
    days_before, days_after = (sum(len(one[w]) for w in shared) for one in (old, new))
    if min(days_before, days_after) < LEAST_DAYS:
        return Comparison(None, None, None, None, None, days_before, days_after)
    means = [float(np.mean([one[w].mean() for w in shared])) for one in (old, new)]
    if means[0] <= 0:
        return Comparison(means[0], means[1], None, None, None, days_before, days_after)
    drawn_before, drawn_after = (_drawn_means(one, shared, side) for side, one in enumerate((old, new)))
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = drawn_after / drawn_before - 1
    lo95, hi95 = np.nanquantile(changes[np.isfinite(changes)], [0.025, 0.975])
    return Comparison(means[0], means[1], means[1] / means[0] - 1, float(lo95), float(hi95), days_before, days_after)


def against(change: Comparison, reference: Comparison) -> tuple[float, float, float] | None:
    """A change net of what a comparison site went through: estimate and 95 % bounds.

    Ratio of ratios, with the two intervals' widths combined on the log scale as independent.
    """
    both = (change, reference)
    if any(c.change is None or c.lo95 is None or c.lo95 <= -1 or c.hi95 is None for c in both):
        return None
    logs = [math.log1p(c.change) for c in both]  # type: ignore[arg-type]
    spreads = [(math.log1p(c.hi95) - math.log1p(c.lo95)) / 2 for c in both]  # type: ignore[arg-type]
    net, half = logs[0] - logs[1], math.hypot(*spreads)
    return math.expm1(net), math.expm1(net - half), math.expm1(net + half)


def days_needed(days: pl.DataFrame, change: float, power: float = 0.8) -> int | None:
    """Days in each period after which a change of this size would probably show.

    Two-sided test at 5 %, on logarithms: n = 2 (z_0.975 + z_power)^2 cv^2 / ln(1 + change)^2 per period,
    cv the spread of whole days about their weekday's mean.

    Args:
        days: day, count, coverage of a period like those to be compared.
        change: the change to be seen, such as 0.1 for 10 %.
        power: probability to see it.
    """
    values = [v for v in _by_weekday(days).values() if len(v) > 1 and v.mean() > 0]
    freedom = sum(len(v) - 1 for v in values)
    if freedom < LEAST_DAYS:
        return None
    variance = sum(float(((v / v.mean() - 1) ** 2).sum()) for v in values) / freedom
    normal = NormalDist()
    return max(
        2, math.ceil(2 * (normal.inv_cdf(0.975) + normal.inv_cdf(power)) ** 2 * variance / math.log1p(change) ** 2)
    )


def _by_weekday(days: pl.DataFrame) -> dict[int, Floats]:
    whole = whole_days(days)
    parts = whole.partition_by("weekday", as_dict=True)
    return {int(weekday): part["count"].to_numpy().astype(float) for (weekday,), part in parts.items()}


def _drawn_means(values: dict[int, Floats], weekdays: list[int], side: int) -> Floats:
    rng = np.random.default_rng([_SEED, side])
    drawn = [rng.choice(values[w], (_DRAWS, len(values[w]))).mean(axis=1) for w in weekdays]
    return np.asarray(np.mean(drawn, axis=0))
