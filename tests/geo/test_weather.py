from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from geo.weather import autoregressive, simulate_weather

BERLIN = ZoneInfo("Europe/Berlin")


def year(seed=1):
    return simulate_weather(date(2025, 1, 1), date(2025, 12, 31), BERLIN, seed)


def test_it_is_the_same_for_the_same_seed_and_no_other():
    assert year().equals(year())
    assert not year().equals(year(seed=2))


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 6, 1), 24), (date(2026, 3, 29), 23), (date(2025, 10, 26), 25)])
def test_a_local_day_has_its_hours(day, hours):
    rows = simulate_weather(day, day, BERLIN, 1)
    local = rows["hour_start_utc"].dt.convert_time_zone("Europe/Berlin")
    assert rows.height == hours
    assert local.dt.date().unique().to_list() == [day]


def test_summers_are_warm_and_afternoons_warmer_than_nights():
    local = pl.col("hour_start_utc").dt.convert_time_zone("Europe/Berlin")
    rows = year().with_columns(month=local.dt.month(), hour=local.dt.hour())
    july, january = (rows.filter(month=m)["temperature_c"].mean() for m in (7, 1))
    assert july > january + 10
    assert rows.filter(hour=15)["temperature_c"].mean() > rows.filter(hour=4)["temperature_c"].mean() + 4


def test_most_hours_are_dry():
    wet = (year()["precipitation_mm"] > 0).mean()
    assert 0.03 < wet < 0.25


def test_a_series_remembers_as_told():
    series = autoregressive(50_000, 0.6, np.random.default_rng(0))
    assert np.var(series) == pytest.approx(1.0, abs=0.05)
    assert np.corrcoef(series[:-1], series[1:])[0, 1] == pytest.approx(0.6, abs=0.02)
