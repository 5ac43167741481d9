"""How many come: what scales a scenario's arrivals by local time, season, weather and calendar.

A factor of 1 is the busiest hour of a purpose on an ordinary working day in May, dry and at 15 °C.
The shapes are assumptions. They keep apart the patterns that counts of cyclists fall into, utilitarian
and recreational (Miranda-Moreno et al., Transportation Research Record 2339, 2013), and let weather
weigh most on cyclists and on those who need not come (Nosal and Miranda-Moreno, Transportation Research
Part A 69, 2014); their numbers are calibrated to no street.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import MOTOR_VEHICLES, RoadUser
from geo.day_types import DayType

Floats = NDArray[np.float64]


class Purpose(StrEnum):
    """Why somebody comes by."""

    COMMUTE = "commute"
    SHOPPING = "shopping"
    LEISURE = "leisure"
    THROUGH = "through"
    TRANSIT = "transit"
    DELIVERY = "delivery"


# One row per moment; `hour` is the local time of day as a fraction, precipitation that of the hour.
CONDITIONS = pl.Schema(
    {
        "day": pl.Date(),
        "hour": pl.Float64(),
        "day_type": pl.Enum([d.value for d in DayType]),
        "is_school_holiday": pl.Boolean(),
        "is_market": pl.Boolean(),
        "temperature_c": pl.Float64(),
        "precipitation_mm": pl.Float64(),
    }
)


class _Law(NamedTuple):
    """How one purpose follows clock and calendar: hourly shapes in percent by day type, months, further factors."""

    working_day: tuple[float, ...]
    saturday: tuple[float, ...]
    sunday: tuple[float, ...]
    by_month: tuple[float, ...]
    by_weekday: tuple[float, float, float, float, float] = (1.0, 1.0, 1.0, 1.0, 1.0)  # Monday to Friday
    school_holiday: float = 1.0
    market: float = 1.0
    needs_fair_weather: float = 0.0  # how far rain and cold keep people at home: 0 not at all, 1 as leisure


_LAWS: dict[Purpose, _Law] = {
    Purpose.COMMUTE: _Law(
        (4, 3, 2, 2, 5, 16, 45, 88, 100, 60, 36, 34, 42, 45, 50, 68, 92, 100, 66, 42, 28, 20, 14, 8),
        (8, 6, 5, 4, 4, 6, 10, 16, 24, 32, 38, 42, 42, 40, 38, 37, 36, 34, 30, 26, 22, 20, 18, 13),
        (10, 8, 6, 5, 3, 4, 5, 8, 12, 18, 24, 28, 30, 30, 30, 30, 29, 27, 24, 20, 16, 13, 9, 6),
        (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, .94, .94, 1.0, 1.0, 1.0, .94),
        by_weekday=(.98, 1.02, 1.03, 1.01, .90), school_holiday=.82, needs_fair_weather=.3,
    ),
    Purpose.SHOPPING: _Law(
        (1, 1, 1, 1, 1, 2, 6, 14, 30, 52, 70, 80, 85, 82, 84, 92, 100, 100, 85, 58, 25, 10, 5, 2),
        (2, 1, 1, 1, 1, 2, 5, 12, 35, 75, 115, 135, 135, 125, 120, 110, 95, 80, 60, 40, 20, 12, 7, 4),
        (2, 2, 1, 1, 1, 1, 2, 4, 8, 12, 16, 18, 19, 20, 21, 21, 20, 17, 13, 9, 6, 4, 3, 2),
        (.88, .90, .95, 1.0, 1.0, 1.0, .95, .95, 1.0, 1.0, 1.10, 1.32),
        by_weekday=(.93, .97, 1.0, 1.02, 1.10), market=1.8, needs_fair_weather=.5,
    ),
    Purpose.LEISURE: _Law(
        (6, 4, 2, 2, 2, 3, 6, 12, 20, 32, 48, 62, 74, 76, 78, 84, 92, 100, 100, 92, 78, 58, 36, 16),
        (14, 10, 6, 4, 3, 3, 6, 12, 26, 50, 80, 105, 120, 130, 138, 142, 140, 134, 125, 115, 100, 80, 56, 30),
        (18, 12, 8, 4, 3, 3, 5, 10, 22, 44, 74, 100, 118, 132, 144, 146, 138, 122, 102, 80, 58, 38, 22, 10),
        (.45, .50, .68, .88, 1.0, 1.10, 1.15, 1.18, 1.05, .86, .62, .80),
        school_holiday=1.18, market=1.15, needs_fair_weather=1.0,
    ),
    Purpose.THROUGH: _Law(
        (10, 7, 5, 5, 10, 28, 62, 92, 98, 80, 72, 74, 78, 80, 84, 94, 100, 100, 86, 64, 46, 36, 26, 16),
        (16, 12, 9, 7, 7, 10, 18, 28, 42, 58, 70, 76, 78, 76, 74, 72, 70, 68, 62, 52, 42, 35, 30, 24),
        (18, 14, 10, 8, 6, 7, 10, 15, 22, 34, 46, 54, 58, 60, 62, 64, 66, 66, 60, 50, 40, 30, 22, 14),
        (.96, .98, 1.0, 1.0, 1.0, 1.0, .94, .94, 1.0, 1.0, 1.0, .98),
        by_weekday=(.98, 1.0, 1.01, 1.02, 1.04), school_holiday=.90,
    ),
    Purpose.TRANSIT: _Law(
        (22, 10, 6, 8, 35, 65, 90, 100, 100, 90, 85, 85, 85, 85, 92, 100, 100, 100, 90, 72, 56, 46, 40, 32),
        (25, 18, 12, 10, 20, 34, 46, 54, 62, 70, 74, 76, 76, 76, 76, 76, 74, 70, 64, 56, 50, 46, 42, 34),
        (25, 18, 12, 10, 16, 26, 34, 40, 46, 52, 56, 58, 58, 58, 58, 58, 58, 56, 52, 48, 44, 40, 36, 28),
        (1.0,) * 12,
        school_holiday=.97,
    ),
    Purpose.DELIVERY: _Law(
        (3, 3, 3, 5, 12, 32, 70, 95, 100, 100, 98, 94, 82, 84, 82, 74, 58, 40, 25, 15, 9, 6, 5, 4),
        (3, 2, 2, 3, 6, 14, 28, 38, 42, 42, 38, 32, 26, 22, 18, 14, 12, 9, 7, 5, 4, 3, 3, 3),
        (2, 2, 2, 2, 2, 3, 4, 5, 5, 5, 6, 6, 6, 6, 6, 5, 5, 5, 5, 4, 4, 3, 3, 2),
        (.95, .97, 1.0, 1.0, 1.0, 1.0, .96, .95, 1.0, 1.0, 1.05, 1.10),
        school_holiday=.96,
    ),
}  # fmt: skip

_MIDDLES_H = np.arange(24) + 0.5
_FAIR_C, _HOT_C, _HEAT_WEIGHS = 15.0, 29.0, 2.5
# Change per degree away from a fair 15 °C, and loss per root of a millimetre an hour, at full weight.
_PER_DEGREE, _PER_ROOT_MM = 0.028, 0.30
_LEAST_BY_WEATHER, _MOST_BY_WEATHER = 0.25, 1.35
_TIDE = 0.45  # by how much more commuters go inbound than on average at the height of the morning


def arrival_factor(purpose: Purpose, road_user: RoadUser, conditions: pl.DataFrame) -> Floats:
    """What arrivals of a purpose and class are multiplied by.

    Args:
        purpose: why they come.
        road_user: cyclists mind the weather more, people in vehicles do not mind it.
        conditions: moments, as CONDITIONS says.

    Returns:
        Positive factors (n,).
    """
    law = _LAWS[purpose]
    factor = _by_clock(law, conditions) * _by_season(law, conditions)
    factor *= np.where(conditions["is_school_holiday"].to_numpy(), law.school_holiday, 1.0)
    factor *= np.where(conditions["is_market"].to_numpy(), law.market, 1.0)
    return np.asarray(factor * _by_weather(_weather_weight(law, road_user), conditions))


def tide(purpose: Purpose, conditions: pl.DataFrame) -> Floats:
    """What commuters' inbound direction is multiplied by (n,), the other by 2 less this; 1 for other purposes."""
    hour = conditions["hour"].to_numpy()
    if purpose is not Purpose.COMMUTE:
        return np.ones(len(hour))
    morning, evening = (np.exp(-(((hour - height) / 1.8) ** 2)) for height in (8.0, 17.0))
    is_working_day = (conditions["day_type"] == DayType.WORKING_DAY).to_numpy()
    return np.asarray(1.0 + _TIDE * np.where(is_working_day, morning - evening, 0.0))


def _by_clock(law: _Law, conditions: pl.DataFrame) -> Floats:
    hour, types = conditions["hour"].to_numpy(), conditions["day_type"].to_numpy()
    shapes = {DayType.WORKING_DAY: law.working_day, DayType.SATURDAY: law.saturday, DayType.SUNDAY: law.sunday}
    factor = np.empty(len(hour))
    for kind, shape in shapes.items():
        factor = np.where(types == kind.value, np.interp(hour, _MIDDLES_H, shape) / 100, factor)
    weekday = conditions["day"].dt.weekday().to_numpy()
    by_weekday = np.array([*law.by_weekday, 1.0, 1.0])[weekday - 1]
    return np.asarray(factor * np.where(types == DayType.WORKING_DAY.value, by_weekday, 1.0))


def _by_season(law: _Law, conditions: pl.DataFrame) -> Floats:
    """Months blend into each other from middle to middle."""
    month = conditions["day"].dt.ordinal_day().to_numpy() / 365.25 * 12
    return np.interp(month, np.arange(12) + 0.5, law.by_month, period=12)


def _weather_weight(law: _Law, road_user: RoadUser) -> float:
    if road_user in MOTOR_VEHICLES or road_user is RoadUser.TRAM:
        return 0.0
    on_two_wheels = road_user in (RoadUser.CYCLIST, RoadUser.MOTORCYCLE)
    return max(law.needs_fair_weather, 0.7) if on_two_wheels else law.needs_fair_weather


def _by_weather(weight: float, conditions: pl.DataFrame) -> Floats:
    celsius, rain_mm = conditions["temperature_c"].to_numpy(), conditions["precipitation_mm"].to_numpy()
    # Beyond the hot end every degree drives people away, faster than warmth has drawn them.
    pleasant = np.minimum(celsius, _HOT_C) - _HEAT_WEIGHS * np.maximum(celsius - _HOT_C, 0.0)
    by_heat = 1.0 + weight * _PER_DEGREE * (pleasant - _FAIR_C)
    by_rain = 1.0 - weight * _PER_ROOT_MM * np.sqrt(rain_mm)
    least = 1.0 - weight * (1.0 - _LEAST_BY_WEATHER)
    return np.asarray((by_heat.clip(least, _MOST_BY_WEATHER)) * by_rain.clip(least, 1.0))
