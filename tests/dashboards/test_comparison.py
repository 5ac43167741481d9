from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.comparison import Comparison, against, compare, days_needed, mean_of, ratio_interval, whole_days


def days(counts, first=date(2026, 3, 2), coverage=1.0):
    return pl.DataFrame(
        {
            "day": [first + timedelta(days=i) for i in range(len(counts))],
            "count": pl.Series(counts, dtype=pl.Int64),
            "coverage": [coverage] * len(counts),
        },
        schema={"day": pl.Date, "count": pl.Int64, "coverage": pl.Float64},
    )


def noisy(mean, n, seed, spread=0.1):
    rng = np.random.default_rng(seed)
    weekly = np.array([1.0, 1.1, 1.1, 1.0, 1.2, 0.5, 0.4])[np.arange(n) % 7]
    return days((mean * weekly * rng.lognormal(0, spread, n)).round().astype(int).tolist())


def test_a_mean_has_an_interval_from_four_days_on():
    assert mean_of(days([])).value is None
    few = mean_of(days([3, 4, 5]))
    assert (few.value, few.lo95, few.hi95, few.days) == (4, None, None, 3)
    drawn = np.random.default_rng(2).poisson(100, 56)
    mean = mean_of(days(drawn.tolist()))
    # A mean of 56 counts of 100 has a standard error of 10 / sqrt(56).
    assert (mean.hi95 - mean.lo95) / 2 == pytest.approx(1.96 * 10 / 56**0.5, rel=0.25)
    assert mean.lo95 < mean.value < mean.hi95


def test_weekends_do_not_widen_the_interval_of_a_mean():
    weekly = mean_of(days([100, 100, 100, 100, 100, 20, 20] * 4))
    assert weekly.lo95 == weekly.hi95 == pytest.approx(weekly.value)


def test_one_week_is_told_too_widely_rather_than_too_narrowly():
    one = mean_of(days([100, 100, 100, 100, 100, 20, 20]))
    assert one.hi95 - one.lo95 > 20


def test_the_interval_of_a_mean_of_four_weeks_holds_what_it_says():
    """Of 200 means of 28 days, about 5 % lie outside their interval; drawing all n would leave out about 9 %."""
    truth = 100 * np.mean([1.0, 1.1, 1.1, 1.0, 1.2, 0.5, 0.4]) * np.exp(0.3**2 / 2)
    means = [mean_of(noisy(100, 28, seed, spread=0.3)) for seed in range(200)]
    assert sum(not mean.lo95 <= truth <= mean.hi95 for mean in means) <= 20


def test_a_ratio_has_the_interval_that_its_days_give_it():
    assert ratio_interval([1, 2, 3], [1, 1, 1]) == (None, None)
    assert ratio_interval([2, 4, 6, 8], [1, 2, 3, 4]) == (2, 2)
    assert ratio_interval([0, 0, 0, 0], [0, 0, 0, 0]) == (None, None)
    lo, hi = ratio_interval([1, 2, 3, 4], [1, 1, 1, 1])
    assert lo < 2.5 < hi


def test_weekdays_that_come_once_give_a_change_without_an_interval():
    found = compare(noisy(500, 7, 1), noisy(600, 7, 2))
    assert found.change is not None
    assert (found.lo95, found.hi95, found.is_clear) == (None, None, False)


def test_a_weekday_that_comes_once_is_left_out_where_others_are_enough():
    before, after = noisy(500, 28, 1), noisy(500, 28, 2).filter(~pl.col("day").is_in([date(2026, 3, 2)]))
    single = noisy(500, 22, 3)  # the Monday comes four times, the others three
    assert compare(before, after).days_after == 27
    assert compare(before, single.head(8)).lo95 is None
    assert compare(before, pl.concat([single.head(14), single.tail(1)])).days_after == 15


def test_only_days_observed_nearly_throughout_are_compared():
    rows = pl.concat([days([10, 20]), days([5], first=date(2026, 3, 4), coverage=0.5)])
    assert whole_days(rows)["count"].to_list() == [10, 20]


def test_a_change_is_found_with_its_interval():
    found = compare(noisy(1000, 56, 1), noisy(1200, 56, 2))
    assert found.change == pytest.approx(0.2, abs=0.06)
    assert found.lo95 < found.change < found.hi95
    assert found.is_clear


def test_weekdays_weigh_the_same_however_many_there_are():
    # Four Mondays and one Sunday against one Monday and four Sundays: nothing has changed.
    monday, sunday = date(2026, 3, 2), date(2026, 3, 8)
    before = pl.concat(
        [days([100], first=monday + timedelta(days=7 * i)) for i in range(4)] + [days([20], first=sunday)]
    )
    after = pl.concat(
        [days([100], first=monday)] + [days([20], first=sunday + timedelta(days=7 * i)) for i in range(4)]
    )
    assert compare(before, after).change == pytest.approx(0.0)


def test_the_interval_holds_what_it_says():
    """Of 200 pairs of periods without a change, about 5 % may look like one."""
    false = sum(compare(noisy(500, 56, s), noisy(500, 56, 1000 + s)).is_clear for s in range(200))
    assert false <= 24


@pytest.mark.parametrize(("before", "after"), [([], [1] * 10), ([1] * 3, [1] * 10), ([1, 1, 1, 1], [])])
def test_too_few_days_give_no_change(before, after):
    found = compare(days(before), days(after))
    assert found.change is None
    assert not found.is_clear


def test_from_nothing_no_change_can_be_told():
    assert compare(days([0] * 14), days([5] * 14)).change is None


def test_a_comparison_site_takes_the_common_change_out():
    here = Comparison(100, 120, 0.2, 0.15, 0.25, 28, 28)
    there = Comparison(100, 120, 0.2, 0.15, 0.25, 28, 28)
    net, low, high = against(here, there)
    assert net == pytest.approx(0.0)
    assert low < 0 < high
    assert against(here, Comparison(None, None, None, None, None, 0, 0)) is None


@given(st.floats(0.05, 0.3), st.floats(1.5, 3.0))
def test_smaller_changes_need_more_days(change, factor):
    rows = noisy(1000, 56, 3)
    assert days_needed(rows, change) >= days_needed(rows, change * factor)


def test_days_needed_show_the_change_about_as_often_as_promised():
    n = days_needed(noisy(1000, 140, 5, spread=0.2), 0.15)
    seen = sum(compare(noisy(1000, n, s, spread=0.2), noisy(1150, n, 500 + s, spread=0.2)).is_clear for s in range(60))
    assert 0.6 <= seen / 60 <= 0.97
