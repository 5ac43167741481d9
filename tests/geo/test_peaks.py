from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.peaks import peak_hours

BERLIN = ZoneInfo("Europe/Berlin")


def counts(values, *, day=date(2026, 6, 10), coverage=1.0, line="gate"):
    """Quarter-hours from local midnight on."""
    start = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(ZoneInfo("UTC"))
    return pl.DataFrame(
        {
            "line_id": line,
            "interval_start_utc": [start + timedelta(minutes=15 * i) for i in range(len(values))],
            "count": pl.Series(values, dtype=pl.Int64),
            "coverage": [0.0 if v is None else coverage for v in values],
        }
    )


def peak(values, **changes):
    table = counts(values, **changes)
    (row,) = peak_hours(table, ["line_id"]).rows(named=True)
    start = row["peak_start_utc"]
    quarter = None if start is None else (start - table["interval_start_utc"][0]) // timedelta(minutes=15)
    return quarter, row["volume"], row["phf"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 20, 30, 40], (0, 100, 0.625)),
        ([0, 10, 20, 30, 40, 0], (1, 100, 0.625)),
        ([25, 25, 25, 25], (0, 100, 1.0)),
        ([0, 0, 80, 0, 0], (0, 80, 0.25)),
        ([5, 5, 5, 5, 5, 5], (0, 20, 1.0)),
        ([1, 9, 9, 9, None, 2, 2, 2, 2], (0, 28, 28 / 36)),
        ([9, 9, 9, None, 2, 2, 2, 2], (4, 8, 1.0)),
        ([0, 0, 0, 0], (0, 0, None)),
        ([9, 9, 9], (None, None, None)),
        ([None] * 8, (None, None, None)),
    ],
    ids=[
        "as in the manuals", "slides by quarter-hours", "even", "all in one quarter-hour", "the earliest of equals",
        "before a gap", "never over a gap", "nobody", "less than an hour", "not observed",
    ],
)  # fmt: skip
def test_peak_hour_and_factor(values, expected):
    assert peak(values) == expected


def test_an_hour_observed_too_little_is_no_peak():
    assert peak([10, 20, 30, 40], coverage=0.74) == (None, None, None)
    assert peak([10, 20, 30, 40], coverage=0.75) == (0, 100, 0.625)


def test_missing_rows_are_not_bridged():
    holey = counts([10, 20, 30, 40, 50]).filter(pl.col("count") != 30)
    assert peak_hours(holey, ["line_id"])["volume"].to_list() == [None]


@pytest.mark.parametrize(
    ("day", "quarters", "at"),
    [(date(2026, 3, 29), 92, "03:00"), (date(2026, 10, 25), 100, "02:00")],
    ids=["spring: two o'clock is missing", "autumn: two o'clock comes twice"],
)
def test_days_of_changing_clocks(day, quarters, at):
    busy = [1] * quarters
    busy[8:12] = [50] * 4
    (row,) = peak_hours(counts(busy, day=day), ["line_id"]).rows(named=True)
    local = row["peak_start_utc"].astimezone(BERLIN)
    assert (local.strftime("%H:%M"), local.fold, row["volume"], row["phf"]) == (at, 0, 200, 1.0)


def test_groups_have_their_own_peaks():
    both = pl.concat([counts([1, 2, 3, 4, 5]), counts([5, 4, 3, 2, 1], line="other")])
    found = peak_hours(both.sample(fraction=1.0, shuffle=True, seed=1), ["line_id"]).sort("line_id")
    assert found["volume"].to_list() == [14, 14]
    assert (found["peak_start_utc"][0] - found["peak_start_utc"][1]) == timedelta(minutes=15)


@given(st.lists(st.none() | st.integers(0, 50), min_size=1, max_size=24))
def test_it_is_the_largest_of_all_whole_hours(values):
    hours = [values[i : i + 4] for i in range(len(values) - 3)]
    sums = [None if None in hour else sum(hour) for hour in hours]
    best = max((s for s in sums if s is not None), default=None)
    quarter, volume, factor = peak(values)
    assert volume == best
    assert quarter == (None if best is None else sums.index(best))
    assert factor is None or 0.25 <= factor <= 1
