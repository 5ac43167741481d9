"""What kind of day a date is: working day, Saturday, Sunday or public holiday, and school holidays.

Public holidays are those of the free state of Saxony (SächsSFG, section 1), where the demo site's
coordinates lie; movable ones follow from Easter.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

Span = tuple[date, date]  # first and last day, both included


class DayType(StrEnum):
    """How a day is spent; a public holiday is spent like a Sunday."""

    WORKING_DAY = "working day"
    SATURDAY = "Saturday"
    SUNDAY = "Sunday"


def easter(year: int) -> date:
    """Easter Sunday in the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def public_holidays(year: int) -> dict[date, str]:
    """Public holidays of a year with their names."""
    sunday, november_23 = easter(year), date(year, 11, 23)
    movable = {
        "Good Friday": sunday - timedelta(days=2),
        "Easter Monday": sunday + timedelta(days=1),
        "Ascension Day": sunday + timedelta(days=39),
        "Whit Monday": sunday + timedelta(days=50),
        # The Wednesday before 23 November.
        "Day of Repentance and Prayer": november_23 - timedelta(days=(november_23.weekday() - 2) % 7 or 7),
    }
    fixed = {
        "New Year's Day": (1, 1),
        "Labour Day": (5, 1),
        "German Unity Day": (10, 3),
        "Reformation Day": (10, 31),
        "Christmas Day": (12, 25),
        "Second Day of Christmas": (12, 26),
    }
    named = {**movable, **{name: date(year, month, day) for name, (month, day) in fixed.items()}}
    return {day: name for name, day in sorted(named.items(), key=lambda item: item[1])}


def day_type(day: date) -> DayType:
    """The type of a day."""
    if day.weekday() == 6 or day in public_holidays(day.year):
        return DayType.SUNDAY
    return DayType.SATURDAY if day.weekday() == 5 else DayType.WORKING_DAY


def is_within(day: date, spans: Iterable[Span]) -> bool:
    """Whether a day lies in one of the spans."""
    return any(first <= day <= last for first, last in spans)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + timedelta(days=i) for i in range((last - first).days + 1)]
