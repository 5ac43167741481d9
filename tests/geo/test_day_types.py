from datetime import date

import pytest
from dateutil.easter import easter as dateutil_easter

from geo.day_types import DayType, day_type, days_between, easter, is_within, public_holidays


def test_easter_is_that_of_an_independent_computation():
    assert [easter(year) for year in range(1990, 2100)] == [dateutil_easter(year) for year in range(1990, 2100)]


def test_saxony_has_eleven_public_holidays():
    named = public_holidays(2025)
    assert len(named) == 11
    assert named[date(2025, 4, 18)] == "Good Friday"
    assert named[date(2025, 5, 29)] == "Ascension Day"
    assert named[date(2025, 6, 9)] == "Whit Monday"


@pytest.mark.parametrize(("year", "day"), [(2022, 16), (2024, 20), (2025, 19), (2026, 18), (2027, 17)])
def test_repentance_day_is_the_wednesday_before_23_november(year, day):
    assert public_holidays(year)[date(year, 11, day)].startswith("Day of Repentance")


@pytest.mark.parametrize(
    ("day", "kind"),
    [
        (date(2026, 6, 10), DayType.WORKING_DAY),
        (date(2026, 6, 13), DayType.SATURDAY),
        (date(2026, 6, 14), DayType.SUNDAY),
        (date(2025, 10, 3), DayType.SUNDAY),
        (date(2025, 12, 26), DayType.SUNDAY),
    ],
)
def test_a_public_holiday_is_a_sunday(day, kind):
    assert day_type(day) is kind


def test_spans_include_both_ends():
    span = (date(2026, 2, 9), date(2026, 2, 21))
    assert [is_within(d, [span]) for d in (date(2026, 2, 8), *span, date(2026, 2, 22))] == [False, True, True, False]
    assert len(days_between(*span)) == 13
