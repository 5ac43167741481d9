"""How much two periods differ, and how sure that is: weekday against weekday, days as the sample.

Quarter-hours of one day rise and fall together, so that a test which takes them for independent
finds changes that are none. Here the day is the unit: days are drawn with replacement within their
weekday (stratified bootstrap; Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
chapters 6 and 13), one fewer than there are, because drawing all n of a few days shows a spread that is
too small by (n - 1) / n (Rao and Wu, "Resampling inference with complex survey data", 1988).
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
_DRAWS, _SEED, _MANY = 2000, 1, 20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Comparison:
    """A change from one period to another.

    Attributes:
        before, after: mean per day, each weekday weighing the same in both.
        change: after / before - 1, None where a period has too few whole days or no traffic.
        lo95, hi95: bounds of the change, by drawing days; None where weekdays come only once.
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


@dataclass(frozen=True)
class Mean:
    """A mean over whole days, or over one hour of each.

    Attributes:
        value: None where no day was observed nearly throughout.
        lo95, hi95: its bounds by drawing days; None below `LEAST_DAYS` of them.
        days: how many are behind it.
    """

    value: float | None
    lo95: float | None
    hi95: float | None
    days: int


def mean_of(days: pl.DataFrame) -> Mean:
    """The mean count of the whole days with its interval.

    Days are drawn within their weekday, so that weekends do not widen the interval. Where a weekday comes
    only once, days are drawn from all of them, and the interval is too wide rather than too narrow.

    Args:
        days: day, count, coverage.
    """
    by_weekday = list(_by_weekday(days).values())
    counts = np.concatenate(by_weekday) if by_weekday else np.empty(0)
    value = float(counts.mean()) if len(counts) else None
    if len(counts) < LEAST_DAYS:
        return Mean(value, None, None, len(counts))
    rng = np.random.default_rng(_SEED)
    groups = by_weekday if min(map(len, by_weekday)) > 1 else [counts]
    sums = sum(len(group) * _drawn_mean(group, rng) for group in groups)
    lo95, hi95 = np.quantile(sums / len(counts), (0.025, 0.975))
    return Mean(value, float(lo95), float(hi95), len(counts))


def ratio_interval(amounts: Sequence[float], times: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95 % bounds of sum(amounts) / sum(times), by drawing days; None below `LEAST_DAYS` of them.

    Args:
        amounts: one of each day, such as the seconds spent in a place.
        times: the time behind each, in the same order.
    """
    n = len(amounts)
    if n < LEAST_DAYS:
        return None, None
    drawn = np.random.default_rng(_SEED).integers(n, size=(_DRAWS, n - 1))
    above, below = (np.asarray(values, float)[drawn].sum(axis=1) for values in (amounts, times))
    if not (below > 0).any():
        return None, None
    lo95, hi95 = np.quantile(above[below > 0] / below[below > 0], (0.025, 0.975))
    return float(lo95), float(hi95)


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
    shared = _comparable(old, new)
    days_before, days_after = (sum(len(one[w]) for w in shared) for one in (old, new))
    if min(days_before, days_after) < LEAST_DAYS:
        return Comparison(None, None, None, None, None, days_before, days_after)
    means = [float(np.mean([one[w].mean() for w in shared])) for one in (old, new)]
    if means[0] <= 0:
        return Comparison(means[0], means[1], None, None, None, days_before, days_after)
    lo95, hi95 = _change_interval(old, new, shared)
    return Comparison(means[0], means[1], means[1] / means[0] - 1, lo95, hi95, days_before, days_after)


def _change_interval(
    old: dict[int, Floats], new: dict[int, Floats], weekdays: list[int]
) -> tuple[float | None, float | None]:
    """The bounds of the change; none where a weekday comes once, which says nothing of how much such days differ."""
    if any(len(one[weekday]) < 2 for one in (old, new) for weekday in weekdays):
        return None, None
    before, after = (_drawn_means(one, weekdays, side) for side, one in enumerate((old, new)))
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = after / before - 1
    lo95, hi95 = np.nanquantile(changes[np.isfinite(changes)], [0.025, 0.975])
    return float(lo95), float(hi95)


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


def _comparable(old: dict[int, Floats], new: dict[int, Floats]) -> list[int]:
    """The weekdays of both periods; those that come more than once in both, where they are enough for an interval."""
    shared = sorted(old.keys() & new.keys())
    several = [weekday for weekday in shared if min(len(old[weekday]), len(new[weekday])) > 1]
    enough = all(sum(len(one[weekday]) for weekday in several) >= LEAST_DAYS for one in (old, new))
    return several if enough else shared


def _by_weekday(days: pl.DataFrame) -> dict[int, Floats]:
    whole = whole_days(days)
    parts = whole.partition_by("weekday", as_dict=True)
    return {int(weekday): part["count"].to_numpy().astype(float) for (weekday,), part in parts.items()}


def _drawn_means(values: dict[int, Floats], weekdays: list[int], side: int) -> Floats:
    rng = np.random.default_rng([_SEED, side])
    return np.asarray(np.mean([_drawn_mean(values[weekday], rng) for weekday in weekdays], axis=0))


def _drawn_mean(values: Floats, rng: np.random.Generator) -> Floats:
    """The means of one fewer than there are, drawn again and again; of many, their normal limit, which is quicker."""
    if len(values) > _MANY:
        return rng.normal(values.mean(), values.std(ddof=1) / math.sqrt(len(values)), _DRAWS)
    return np.asarray(rng.choice(values, (_DRAWS, len(values) - 1)).mean(axis=1))
