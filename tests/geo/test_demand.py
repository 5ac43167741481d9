from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.road_users import RoadUser
from geo.day_types import DayType
from geo.demand import CONDITIONS, Purpose, arrival_factor, tide

HOURS = np.arange(24) + 0.5


def conditions(hours=HOURS, **changes):
    """CONDITIONS of the hours of a dry Wednesday in May at 15 °C, changed as told."""
    usual = {
        "day": date(2026, 5, 13),
        "day_type": DayType.WORKING_DAY.value,
        "is_school_holiday": False,
        "is_market": False,
        "temperature_c": 15.0,
        "precipitation_mm": 0.0,
    }
    values = {**usual, **changes}
    rows = [{**values, "hour": float(h)} for h in hours]
    return pl.DataFrame(rows, schema_overrides=CONDITIONS).select(list(CONDITIONS)).cast(dict(CONDITIONS))


def total(purpose, road_user=RoadUser.PEDESTRIAN, **changes):
    return arrival_factor(purpose, road_user, conditions(**changes)).sum()


@given(
    st.sampled_from(list(Purpose)),
    st.sampled_from(list(RoadUser)),
    st.sampled_from([d.value for d in DayType]),
    st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    st.floats(-30, 45),
    st.floats(0, 60),
    st.booleans(),
)
def test_factors_are_positive_and_bounded(purpose, road_user, kind, day, celsius, rain, is_special):
    factor = arrival_factor(
        purpose,
        road_user,
        conditions(
            day_type=kind,
            day=day,
            temperature_c=celsius,
            precipitation_mm=rain,
            is_school_holiday=is_special,
            is_market=is_special,
        ),
    )
    assert (factor > 0).all()
    assert (factor < 6).all()


@pytest.mark.parametrize("purpose", Purpose)
def test_the_busiest_hour_of_an_ordinary_working_day_is_about_one(purpose):
    assert arrival_factor(purpose, RoadUser.PEDESTRIAN, conditions()).max() == pytest.approx(1.0, abs=0.06)


def test_commuters_come_twice_a_day_and_mostly_on_working_days():
    factor = arrival_factor(Purpose.COMMUTE, RoadUser.CYCLIST, conditions())
    assert factor[8] > factor[11] < factor[17]
    saturday, sunday = (total(Purpose.COMMUTE, day_type=d.value) for d in (DayType.SATURDAY, DayType.SUNDAY))
    assert total(Purpose.COMMUTE) > 1.3 * saturday > 1.3 * sunday


def test_shops_are_full_on_saturdays_and_closed_on_sundays():
    saturday, sunday = (total(Purpose.SHOPPING, day_type=d.value) for d in (DayType.SATURDAY, DayType.SUNDAY))
    assert saturday > total(Purpose.SHOPPING)
    assert sunday < 0.3 * total(Purpose.SHOPPING)


def test_weekday_differences_end_with_the_working_day():
    """A public holiday on a Friday is a Sunday, not a Friday."""
    friday, sunday = date(2025, 10, 3), date(2025, 10, 5)
    as_sunday = {"day_type": DayType.SUNDAY.value}
    assert total(Purpose.SHOPPING, day=friday, **as_sunday) == pytest.approx(
        total(Purpose.SHOPPING, day=sunday, **as_sunday), rel=0.02
    )


@pytest.mark.parametrize(
    ("purpose", "busy", "quiet"),
    [
        (Purpose.LEISURE, date(2025, 7, 15), date(2026, 1, 15)),
        (Purpose.SHOPPING, date(2025, 12, 16), date(2026, 2, 16)),
    ],
)
def test_seasons(purpose, busy, quiet):
    assert total(purpose, day=busy) > 1.2 * total(purpose, day=quiet)


@pytest.mark.parametrize("change", [{"precipitation_mm": 2.0}, {"temperature_c": 0.0}, {"temperature_c": 38.0}])
def test_bad_weather_weighs_on_cyclists_and_strollers_and_not_on_cars(change):
    for purpose, road_user in ((Purpose.COMMUTE, RoadUser.CYCLIST), (Purpose.LEISURE, RoadUser.PEDESTRIAN)):
        assert total(purpose, road_user, **change) < 0.9 * total(purpose, road_user)
    assert total(Purpose.THROUGH, RoadUser.CAR, **change) == total(Purpose.THROUGH, RoadUser.CAR)


def test_a_market_brings_shoppers_and_school_holidays_take_commuters_away():
    assert total(Purpose.SHOPPING, is_market=True) > 1.5 * total(Purpose.SHOPPING)
    assert total(Purpose.COMMUTE, is_school_holiday=True) < 0.9 * total(Purpose.COMMUTE)


def test_commuters_go_in_in_the_morning_and_out_in_the_evening():
    inbound = tide(Purpose.COMMUTE, conditions())
    assert inbound[8] > 1.3
    assert inbound[17] < 0.7
    assert inbound.mean() == pytest.approx(1.0, abs=0.02)
    assert (tide(Purpose.LEISURE, conditions()) == 1).all()
    assert (tide(Purpose.COMMUTE, conditions(day_type=DayType.SUNDAY.value)) == 1).all()
