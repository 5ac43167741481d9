"""Invented weather, hour by hour: what the demand of a simulated past depends on.

Rain follows Richardson (Water Resources Research 17, 182, 1981): wet and dry days form a Markov
chain and amounts are exponential; temperature is a yearly and a daily wave with an autoregressive
residue. The parameters are assumptions in the order of a central European city, fitted to no station.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.day_types import days_between

Floats = NDArray[np.float64]

_MEAN_C, _YEARLY_C, _WARMEST_DAY = 10.0, 9.5, 203
_RESIDUE_SD_C, _RESIDUE_RHO = 3.2, 0.75
_DAILY_C, _DAILY_YEARLY_C, _WARMEST_HOUR, _RAIN_COOLS_C = 4.0, 1.5, 15.0, 1.5
_WET_AFTER_WET, _WET_AFTER_DRY, _MEAN_WET_DAY_MM = 0.60, 0.28, 4.0
_LONGEST_SPELL_H = 9


class Weather(dy.Schema):
    """One hour of weather at a place."""

    hour_start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    temperature_c = dy.Float64(min=-60.0, max=60.0)
    precipitation_mm = dy.Float64(min=0.0)


def simulate_weather(first: date, last: date, zone: ZoneInfo, seed: int) -> dy.DataFrame[Weather]:
    """Weather of every hour of the local days from first to last, the same for the same seed."""
    days, rng = days_between(first, last), np.random.default_rng(seed)
    season = np.cos(2 * np.pi * (np.array([d.timetuple().tm_yday for d in days]) - _WARMEST_DAY) / 365.25)
    is_wet = _wet_days(len(days), rng)
    mean_c = _MEAN_C + _YEARLY_C * season + _RESIDUE_SD_C * autoregressive(len(days), _RESIDUE_RHO, rng)
    swing_c = _DAILY_C + _DAILY_YEARLY_C * season
    midnights = [datetime(d.year, d.month, d.day, tzinfo=zone) for d in [*days, last + timedelta(days=1)]]
    lengths_h = np.diff([m.timestamp() for m in midnights]).round().astype(np.int64) // 3600
    day = np.repeat(np.arange(len(days)), lengths_h)
    hour = np.arange(len(day)) - np.repeat(np.cumsum(lengths_h) - lengths_h, lengths_h)
    wave = np.cos(2 * np.pi * (hour + 0.5 - _WARMEST_HOUR) / 24)
    rain = _hourly_rain(day, hour, is_wet, rng)
    celsius = mean_c[day] + swing_c[day] * wave - _RAIN_COOLS_C * (rain > 0)
    start_us = round(midnights[0].timestamp() * 1e6)
    return Weather.validate(
        pl.DataFrame(
            {
                "hour_start_utc": pl.Series(start_us + np.arange(len(day)) * 3_600_000_000).cast(
                    pl.Datetime("us", "UTC")
                ),
                "temperature_c": celsius.round(1),
                "precipitation_mm": rain.round(1),
            }
        )
    )


def autoregressive(n: int, rho: float, rng: np.random.Generator) -> Floats:
    """A first-order autoregressive series of unit variance (n,)."""
    from scipy.signal import lfilter

    shocks = rng.standard_normal(n) * np.sqrt(1 - rho**2)
    series, _ = lfilter([1.0], [1.0, -rho], shocks, zi=[rho * rng.standard_normal()])
    return np.asarray(series)


def _wet_days(n: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    wet, draws = np.zeros(n, bool), rng.random(n)
    for i in range(n):
        wet[i] = draws[i] < (_WET_AFTER_WET if i and wet[i - 1] else _WET_AFTER_DRY)
    return wet


def _hourly_rain(
    day: NDArray[np.int64], hour: NDArray[np.int64], is_wet: NDArray[np.bool_], rng: np.random.Generator
) -> Floats:
    """Each wet day's amount falls in one spell, strongest in its middle."""
    n = len(is_wet)
    amount_mm = rng.exponential(_MEAN_WET_DAY_MM, n) * is_wet
    length_h, start_h = rng.integers(1, _LONGEST_SPELL_H, n), rng.integers(0, 23, n)
    into = (hour - start_h[day] + 0.5) / length_h[day]
    shape = np.where((into > 0) & (into < 1), np.sin(np.pi * into.clip(0, 1)), 0.0)
    total = np.bincount(day, shape, minlength=n)
    return np.asarray(amount_mm[day] * shape / np.maximum(total, 1e-9)[day])
