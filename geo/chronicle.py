"""What happens at a simulated place over months: calendar, events, outages; what its ``history.yaml`` says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import dataframely as dy
import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, model_validator

from detectors.road_users import RoadUser
from geo.day_types import days_between, public_holidays
from geo.demand import Purpose

Interval = tuple[datetime, datetime]  # half-open
Factor = Annotated[float, Field(ge=0)]

KINDS = ("closure", "intervention", "market day", "outage", "public holiday", "school holidays")

# Unplanned outages: how often a camera-day has one and how long it lasts; frames lost now and then.
_OUTAGE_PER_DAY, _OUTAGE_MEDIAN_S, _OUTAGE_SPREAD, _OUTAGE_S = 0.06, 2400.0, 0.9, (600.0, 18_000.0)
_GAPS_PER_DAY, _GAP_S = 0.5, (4.0, 90.0)
_TUESDAY, _SEASONS_BEGIN = 1, (3, 6, 9, 12)


class Annotations(dy.Schema):
    """One thing to know about a place in a half-open stretch of time; an open end is NULL."""

    kind = dy.Enum(list(KINDS), primary_key=True)
    start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    text = dy.String(primary_key=True)
    end_utc = dy.Datetime(time_unit="us", time_zone="UTC", nullable=True)


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Effect(_Described):
    """What an event does to some lines and classes; no classes named means all."""

    line_ids: list[str] = Field(min_length=1)
    road_users: list[RoadUser] = list(RoadUser)
    factor: Factor


class Event(_Described):
    """Something that happens at a place from a day on."""

    start: date
    text: str
    effects: list[Effect]


class Closure(Event):
    """Until the day before its end, arrivals are multiplied by its factors."""

    end: date


class Intervention(Event):
    """Something that stays; its factors hold before it, and habits follow it over some weeks."""

    settles_after_days: float = Field(default=28.0, gt=0)


class Market(_Described):
    """A market on the same weekday of every week, unless that is a public holiday."""

    text: str
    weekday: int = Field(ge=1, le=7)  # ISO: Monday is 1
    from_hour: float
    to_hour: float

    def is_held(self, day: date) -> bool:
        """Whether it takes place on a day."""
        return day.isoweekday() == self.weekday and day not in public_holidays(day.year)


class SchoolHolidays(_Described):
    """First and last day, both included."""

    first: date
    last: date
    text: str


class Outage(_Described):
    """A camera that records nothing, in local time."""

    camera_id: str
    start: datetime
    end: datetime
    text: str


class Samples(_Described):
    """When the first Tuesday of every season is simulated road user by road user, in local time."""

    from_hour: int = Field(ge=0, le=23)
    minutes: int = Field(ge=1, le=60)


class Chronicle(_Described):
    """Months in the life of a place.

    Attributes:
        demand: what a scenario's flows and walks do, or the name of one of them -> the purpose its demand follows.
        inbound: line -> the direction commuters take in the morning.
        growth_per_year: class -> relative change of its arrivals in a year, towards the scenario's at the end.
    """

    first_day: date
    last_day: date
    seed: int
    samples: Samples
    demand: dict[str, Purpose]
    inbound: dict[str, Literal["forward", "backward"]] = {}
    growth_per_year: dict[RoadUser, float] = {}
    market: Market | None = None
    school_holidays: list[SchoolHolidays] = []
    closures: list[Closure] = []
    interventions: list[Intervention] = []
    outages: list[Outage] = []

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Chronicle:
        if self.last_day < self.first_day:
            raise ValueError("last_day is before first_day")
        return self

    @property
    def days(self) -> list[date]:
        return days_between(self.first_day, self.last_day)

    @property
    def events(self) -> list[Closure | Intervention]:
        return [*self.closures, *self.interventions]

    def sample_days(self) -> list[date]:
        """The first Tuesday of every season that begins in time, and of the one it begins in."""
        tuesdays = [day for day in self.days if day.weekday() == _TUESDAY]
        firsts = [day for day in tuesdays if day.month in _SEASONS_BEGIN and day.day <= 7]
        return sorted({*tuesdays[:1], *firsts})


@dataclass(frozen=True)
class Watch:
    """One recording's worth of a camera looking: from start to end, without what it lost in between."""

    camera_id: str
    start_utc: datetime
    end_utc: datetime
    observed: tuple[Interval, ...]
    is_sample: bool = False


def local_midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant a local day begins."""
    return _to_utc(datetime.combine(day, time()), zone)


def _to_utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)


def sample_of(chronicle: Chronicle, zone: ZoneInfo, day: date) -> Interval | None:
    """The part of a day that is simulated road user by road user."""
    if day not in chronicle.sample_days():
        return None
    start = _to_utc(datetime.combine(day, time(chronicle.samples.from_hour)), zone)
    return start, start + timedelta(minutes=chronicle.samples.minutes)


def watches(chronicle: Chronicle, zone: ZoneInfo, camera_id: str, day: date) -> list[Watch]:
    """What a camera recorded of a local day: pieces between outages, a sample in a piece of its own."""
    sample = sample_of(chronicle, zone, day)
    whole = (local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone))
    pieces = _without([whole], [(o.start_utc, o.end_utc) for o in outages(chronicle, zone, camera_id, day)])
    rng = np.random.default_rng([chronicle.seed, 2, day.toordinal(), *camera_id.encode()])
    found = []
    if sample and _without([sample], pieces) == []:
        pieces = _without(pieces, [sample])
        found.append(Watch(camera_id, *sample, (sample,), is_sample=True))
    for start, end in pieces:
        lost = _lost(start, end, rng)
        found.append(Watch(camera_id, start, end, tuple(_without([(start, end)], lost))))
    return sorted(found, key=lambda watch: watch.start_utc)


@dataclass(frozen=True)
class Outed:
    """A stretch without recording, and why."""

    start_utc: datetime
    end_utc: datetime
    text: str


def outages(chronicle: Chronicle, zone: ZoneInfo, camera_id: str, day: date) -> list[Outed]:
    """Outages of a camera that touch a local day: the described ones, and an unplanned one now and then."""
    start, end = local_midnight(day, zone), local_midnight(day + timedelta(days=1), zone)
    described = [
        Outed(_to_utc(o.start, zone), _to_utc(o.end, zone), o.text)
        for o in chronicle.outages
        if o.camera_id == camera_id
    ]
    touching = [o for o in described if o.start_utc < end and start < o.end_utc]
    rng = np.random.default_rng([chronicle.seed, 1, day.toordinal(), *camera_id.encode()])
    if touching or sample_of(chronicle, zone, day) or rng.random() > _OUTAGE_PER_DAY:
        return touching
    length_s = float(np.clip(rng.lognormal(np.log(_OUTAGE_MEDIAN_S), _OUTAGE_SPREAD), *_OUTAGE_S))
    begins = start + timedelta(seconds=round(rng.uniform(0, (end - start).total_seconds() - length_s)))
    return [Outed(begins, begins + timedelta(seconds=round(length_s)), "Camera did not record")]


def annotate(chronicle: Chronicle, zone: ZoneInfo, camera_ids: list[str]) -> dy.DataFrame[Annotations]:
    """Everything worth knowing beside the numbers, in order of time."""

    def days(kind: str, first: date, after: date | None, text: str) -> tuple[str, datetime, str, datetime | None]:
        return kind, local_midnight(first, zone), text, local_midnight(after, zone) if after else None

    one = timedelta(days=1)
    rows = [days("closure", e.start, e.end, e.text) for e in chronicle.closures]
    rows += [days("intervention", e.start, None, e.text) for e in chronicle.interventions]
    rows += [days("school holidays", s.first, s.last + one, s.text) for s in chronicle.school_holidays]
    for day in chronicle.days:
        if name := public_holidays(day.year).get(day):
            rows.append(days("public holiday", day, day + one, name))
        if chronicle.market and chronicle.market.is_held(day):
            rows.append(days("market day", day, day + one, chronicle.market.text))
        for camera_id in camera_ids:
            out = outages(chronicle, zone, camera_id, day)
            rows += [("outage", o.start_utc, f"{camera_id}: {o.text}", o.end_utc) for o in out]
    columns = ("kind", "start_utc", "text", "end_utc")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns), orient="row")
    return Annotations.validate(Annotations.cast(frame).unique().sort("start_utc", "kind", "text"))


def _lost(start: datetime, end: datetime, rng: np.random.Generator) -> list[Interval]:
    length_s = (end - start).total_seconds()
    gaps = []
    for _ in range(rng.poisson(_GAPS_PER_DAY * length_s / 86_400)):
        begins = start + timedelta(seconds=round(rng.uniform(0, length_s), 1))
        gaps.append((begins, begins + timedelta(seconds=round(rng.uniform(*_GAP_S), 1))))
    return gaps


def _without(spans: list[Interval], holes: list[Interval]) -> list[Interval]:
    """Spans less the holes in them."""
    for hole_start, hole_end in holes:
        cut = [((a, min(b, hole_start)), (max(a, hole_end), b)) for a, b in spans]
        spans = [(a, b) for pair in cut for a, b in pair if a < b]
    return spans
