"""Crossings of a simulated past: what counting lines would have seen, drawn from demand.

Counts per quarter-hour are negative binomial around the base flow times its factors, with an effect
of the day that is shared by a purpose and carries over to the next day; each count becomes as many
CROSSINGS at random times of its quarter-hour. Road users are not followed from line to line.
"""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.chronicle import Chronicle, Closure, Interval, Intervention, Watch, local_midnight
from geo.crossings import Crossings
from geo.day_types import day_type, is_within
from geo.demand import CONDITIONS, Purpose, arrival_factor, tide
from geo.scenario import Scenario
from geo.weather import Weather, autoregressive

Floats = NDArray[np.float64]

# What geo.scenario.base_flows gives, with the purpose that its demand follows.
FLOWS = pl.Schema(
    {
        "line_id": pl.String(),
        "direction": pl.String(),
        "road_user": pl.String(),
        "source": pl.String(),
        "purpose": pl.String(),
        "arrivals_per_h": pl.Float64(),
    }
)

QUARTER_US = 900_000_000
# Size of the negative binomial (variance = mean + mean^2 / size), deviation and memory of the day's effect.
_SIZE, _DAY_SD, _DAY_RHO = 40.0, 0.07, 0.4
_AT_ONCE = 0.6  # share of an intervention's effect that shows on its first day
_YEAR_DAYS = 365.25
# Mean and deviation of speed in m/s, assumed.
_SPEED_M_S: dict[str, tuple[float, float]] = {
    "pedestrian": (1.34, 0.25), "cyclist": (4.6, 0.9), "scooter": (4.8, 0.8), "motorcycle": (8.5, 1.5),
    "car": (8.3, 1.3), "van": (8.0, 1.3), "bus": (7.0, 1.3), "truck": (7.2, 1.3), "tram": (6.5, 1.5),
}  # fmt: skip


def with_purposes(flows: pl.DataFrame, scenario: Scenario, chronicle: Chronicle) -> pl.DataFrame:
    """Gives each base flow the purpose that the chronicle names for its source, else for what it does.

    Raises:
        ValueError: if neither is named.
    """
    doing = {flow.flow_id: flow.purpose for flow in scenario.flows} | {w.walk_id: w.purpose for w in scenario.walks}
    purposes = {source: chronicle.demand.get(source) or chronicle.demand.get(doing[source]) for source in doing}
    if missing := sorted({doing[s] for s in flows["source"].unique() if purposes[s] is None}):
        raise ValueError(f"demand: nothing said of '{missing[0]}'. Name one of {', '.join(Purpose)} for it")
    named = {source: purpose.value for source, purpose in purposes.items() if purpose}
    purpose = pl.col("source").replace_strict(named, return_dtype=pl.String)
    return flows.with_columns(purpose=purpose).select(list(FLOWS)).sort(list(FLOWS))


def quarters(chronicle: Chronicle, weather: dy.DataFrame[Weather], zone: ZoneInfo) -> pl.DataFrame:
    """Every quarter-hour of the chronicle's local days: interval_start_utc, then CONDITIONS.

    A local day has 92, 96 or 100 of them.
    """
    ends = (chronicle.first_day, chronicle.last_day + timedelta(days=1))
    start_us, end_us = (round(local_midnight(day, zone).timestamp() * 1e6) for day in ends)
    start_utc = pl.Series(np.arange(start_us, end_us, QUARTER_US)).cast(pl.Datetime("us", "UTC"))
    local = pl.col("interval_start_utc").dt.convert_time_zone(zone.key)
    moments = pl.DataFrame({"interval_start_utc": start_utc}).with_columns(
        day=local.dt.date(),
        hour=local.dt.hour() + (local.dt.minute() + 7.5) / 60,  # of the quarter-hour's middle
        hour_start_utc=pl.col("interval_start_utc").dt.truncate("1h"),
    )
    opening, closing = (chronicle.market.from_hour, chronicle.market.to_hour) if chronicle.market else (0.0, 0.0)
    known = moments.join(_calendar(chronicle), on="day", maintain_order="left")
    known = known.join(weather, on="hour_start_utc", how="left", maintain_order="left").with_columns(
        is_market=pl.col("is_market_day") & pl.col("hour").is_between(opening, closing)
    )
    return known.select("interval_start_utc", *(pl.col(name).cast(dtype) for name, dtype in CONDITIONS.items()))


def _calendar(chronicle: Chronicle) -> pl.DataFrame:
    holidays, market = [(s.first, s.last) for s in chronicle.school_holidays], chronicle.market
    return pl.DataFrame(
        {
            "day": chronicle.days,
            "day_type": [day_type(day).value for day in chronicle.days],
            "is_school_holiday": [is_within(day, holidays) for day in chronicle.days],
            "is_market_day": [market is not None and market.is_held(day) for day in chronicle.days],
        }
    )


def expected(flows: pl.DataFrame, moments: pl.DataFrame, chronicle: Chronicle) -> Floats:
    """Expected crossings per quarter-hour (moments, flows), before chance.

    Args:
        flows: as FLOWS.
        moments: as ``quarters`` gives them.
        chronicle: whose events, growth and inbound directions apply.
    """
    mean = np.empty((moments.height, flows.height))
    for column, flow in enumerate(flows.iter_rows(named=True)):
        purpose, road_user = Purpose(flow["purpose"]), RoadUser(flow["road_user"])
        factor = arrival_factor(purpose, road_user, moments)
        if inbound := chronicle.inbound.get(flow["line_id"]):
            towards = tide(purpose, moments)
            factor = factor * (towards if flow["direction"] == inbound else 2.0 - towards)
        factor = factor * event_factor(chronicle, flow["line_id"], road_user, moments["day"])
        mean[:, column] = flow["arrivals_per_h"] / 4 * factor
    return mean


def event_factor(chronicle: Chronicle, line_id: str, road_user: RoadUser, days: pl.Series) -> Floats:
    """What closures, interventions and growth multiply a line's flow of a class by (days,)."""
    day = days.to_physical().to_numpy()  # days since 1970
    growth = 1.0 + chronicle.growth_per_year.get(road_user, 0.0)
    factor: Floats = growth ** ((day - _number(chronicle.last_day)) / _YEAR_DAYS)
    for event in chronicle.events:
        for effect in event.effects:
            if line_id in effect.line_ids and road_user in effect.road_users:
                factor = factor * _course(event, effect.factor, day)
    return factor


def _course(event: Closure | Intervention, factor: float, day: NDArray[np.int32]) -> Floats:
    since = day - _number(event.start)
    if isinstance(event, Intervention):
        rise = _AT_ONCE + (1 - _AT_ONCE) * np.minimum(since / event.settles_after_days, 1.0)
        return np.where(since < 0, factor, factor + (1 - factor) * rise)
    return np.where((since >= 0) & (day < _number(event.end)), factor, 1.0)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def day_effects(chronicle: Chronicle, flows: pl.DataFrame) -> Floats:
    """What chance multiplies each day's flows by (days, flows), mean 1."""
    of_purpose = {
        purpose: autoregressive(len(chronicle.days), _DAY_RHO, np.random.default_rng([chronicle.seed, 3, number]))
        for number, purpose in enumerate(Purpose)
    }
    return np.exp(_DAY_SD * np.column_stack([of_purpose[Purpose(p)] for p in flows["purpose"]]) - _DAY_SD**2 / 2)


def draw_crossings(
    recording_id: str, watch: Watch, flows: pl.DataFrame, mean: pl.DataFrame, rng: np.random.Generator
) -> dy.DataFrame[Crossings]:
    """Draws what a camera saw of a stretch of time.

    Args:
        recording_id: whose crossings they are.
        watch: the stretch; crossings in its gaps are lost.
        flows: those on the camera's lines, as FLOWS.
        mean: interval_start_utc, and a column of expected crossings per flow, by its number.
        rng: of every draw.
    """
    within = mean.filter(
        (pl.col("interval_start_utc") < watch.end_utc)
        & (pl.col("interval_start_utc") + pl.duration(minutes=15) > watch.start_utc)
    )
    start_us = within["interval_start_utc"].dt.epoch("us").to_numpy()
    rates = within.drop("interval_start_utc").to_numpy()
    counts = rng.negative_binomial(_SIZE, _SIZE / (_SIZE + rates))
    flow = np.repeat(np.tile(np.arange(flows.height), len(counts)), counts.ravel())
    time_us = np.repeat(np.repeat(start_us, flows.height), counts.ravel()) + rng.integers(0, QUARTER_US, len(flow))
    seen = _is_within(time_us, watch.observed)
    flow, time_us = flow[seen], time_us[seen]
    order = np.argsort(time_us, kind="stable")
    speed = np.array([_SPEED_M_S[r] for r in flows["road_user"]])[flow[order]]
    drawn = rng.normal(speed[:, 0], speed[:, 1]).clip(0.3)
    rows = flows.select("line_id", "direction", "road_user")[flow[order]].with_columns(
        recording_id=pl.lit(recording_id),
        track_id=pl.Series(np.arange(len(order)), dtype=pl.UInt32),
        time_utc=pl.Series(time_us[order]).cast(pl.Datetime("us", "UTC")),
        speed_m_s=pl.Series(drawn.round(1)),
        probability=pl.lit(None, pl.Float64),
        at_share=pl.lit(0.5),
        is_over_gap=pl.lit(value=False),
    )
    # Nobody was followed: all that is known of when a crossing was seen is the crossing itself.
    seen_at = ("before_utc", "after_utc", "clear_before_utc", "clear_after_utc")
    rows = rows.with_columns(**{name: pl.col("time_utc") for name in seen_at})
    return Crossings.cast(rows.select(Crossings.column_names()))


def _is_within(time_us: NDArray[np.int64], intervals: tuple[Interval, ...]) -> NDArray[np.bool_]:
    inside = np.zeros(len(time_us), bool)
    for interval in intervals:
        start_us, end_us = (round(moment.timestamp() * 1e6) for moment in interval)
        inside |= (time_us >= start_us) & (time_us < end_us)
    return inside


def class_factors(flows: pl.DataFrame, mean: pl.DataFrame, watch: Watch) -> dict[RoadUser, float]:
    """What a scenario's arrivals of each class are multiplied by during a stretch, over all of its lines."""
    within = mean.filter(pl.col("interval_start_utc").is_between(watch.start_utc, watch.end_utc, closed="left"))
    per_h = within.drop("interval_start_utc").to_numpy().mean(axis=0) * 4
    sums = flows.with_columns(per_h=pl.Series(per_h)).group_by("road_user").agg(pl.col("per_h", "arrivals_per_h").sum())
    return {RoadUser(name): expected / base for name, expected, base in sums.iter_rows()}
