"""Every word and number a reader sees, in the reader's language, from one catalogue.

A text is looked up by key in ``catalogue/<language>.toml``; numbers, dates and durations follow the
same language. A missing key is an error, and a test keeps the catalogues alike.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = {"en": "English", "de": "Deutsch"}


@dataclass(frozen=True)
class Words:
    """The catalogue of one language."""

    language: str
    texts: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its placeholders filled in."""
        return self.texts[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with thousands set apart; "not observed" for None."""
        if value is None:
            return self("not_observed")
        told = f"{round(value, digits) + 0.0:,.{digits}f}"  # what rounds to zero has no sign
        return told.translate(str.maketrans(",.-", self("thousands") + self("decimal") + "−"))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share as per cent."""
        return self("not_observed") if share is None else f"{self.number(100 * share, digits)} %"

    def change(self, share: float) -> str:
        """A change as signed per cent."""
        return f"{'+' if round(100 * share) >= 0 else '−'}{self.number(abs(100 * share))} %"

    def change_interval(self, lo95: float | None, hi95: float | None) -> str:
        """The 95 % bounds of a change, or that there are none."""
        if lo95 is None or hi95 is None:
            return self("no_interval")
        return self("interval_95", low=self.change(lo95), high=self.change(hi95))

    def interval(self, lo95: float | None, hi95: float | None, digits: int = 0) -> str:
        """The 95 % bounds of a number, or that there are none."""
        if lo95 is None or hi95 is None:
            return self("no_interval")
        return self("interval_95", low=self.number(lo95, digits), high=self.number(hi95, digits))

    def day(self, day: date) -> str:
        """A date as people write it."""
        weekday, month = self(f"weekday_{day.isoweekday()}"), self(f"month_{day.month}")
        return self("date", weekday=weekday, day=day.day, month=month, year=day.year)

    def moment(self, moment: datetime) -> str:
        """A date and a time of day."""
        return f"{self.day(moment.date())} {moment:%H:%M}"

    def duration(self, seconds: float) -> str:
        """Days, hours and minutes, the largest two units."""
        minutes, rest = divmod(round(seconds), 60)
        hours, minutes = divmod(minutes, 60)
        if hours >= 48:
            return f"{self.number(hours / 24)} {self('unit_days')}"
        return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"

    @property
    def weekdays(self) -> list[str]:
        """Monday to Sunday, short."""
        return [self(f"weekday_{number}") for number in range(1, 8)]

    @property
    def separators(self) -> str:
        """Decimal and thousands marks, as Plotly takes them."""
        return self("decimal") + self("thousands")

    def road_user(self, road_user: str) -> str:
        """What people call a class."""
        return self(f"road_user_{road_user}")

    def detector(self, detector: str) -> str:
        """What a number was made with; what the pipeline writes where there was no detector, in this language."""
        return detector.replace("simulated crossings, no detector", self("made_crossings")).replace(
            "simulated road users, no detector", self("made_road_users")
        )


@cache
def words(language: str) -> Words:
    """The catalogue of a language; English for one that is not there."""
    known = language if language in LANGUAGES else "en"
    text = (files("dashboards") / "catalogue" / f"{known}.toml").read_text(encoding="utf-8")
    return Words(known, _flat(tomllib.loads(text)))


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in table.items():
        found |= _flat(value, f"{prefix}{key}_") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return found
