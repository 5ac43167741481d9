from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.comparison import Comparison, against, compare, days_needed, mean_interval, whole_days


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


def test_a_mean_has_an_interval_from_four_counts_on():
    assert mean_interval([3, 4, 5]) is None
    assert mean_interval([4, 4, 4, 4]) == (4, 4)
    drawn = np.random.default_rng(2).poisson(100, 50)
    lo, hi = mean_interval(drawn.tolist())
    # A mean of 50 counts of 100 has a standard error of 10 / sqrt(50).
    assert (hi - lo) / 2 == pytest.approx(1.96 * 10 / 50**0.5, rel=0.25)
    assert lo < drawn.mean() < hi


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
