from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from detectors.road_users import RoadUser
from geo.chronicle import watches
from geo.crossings import Crossings
from geo.history import FLOWS, class_factors, day_effects, draw_crossings, event_factor, expected, quarters
from geo.weather import simulate_weather
from tests import builders

BERLIN = ZoneInfo("Europe/Berlin")
FLOW_ROWS = [
    ("street", "forward", "car", "east", "through", 400.0),
    ("street", "backward", "car", "west", "through", 380.0),
    ("zebra", "forward", "pedestrian", "to_hall", "shopping", 120.0),
    ("track", "forward", "cyclist", "cycle", "commute", 200.0),
]
BASE = pl.DataFrame(FLOW_ROWS, schema=FLOWS, orient="row")


def moments(chronicle):
    weather = simulate_weather(chronicle.first_day, chronicle.last_day, BERLIN, chronicle.seed)
    return quarters(chronicle, weather, BERLIN)


def means(chronicle, day):
    rows = moments(chronicle)
    table = pl.DataFrame(expected(BASE, rows, chronicle), schema=[str(i) for i in range(BASE.height)])
    return table.insert_column(0, rows["interval_start_utc"]).filter(rows["day"] == day)


def drawn(chronicle, day, seed=0):
    (watch, *_) = watches(chronicle, BERLIN, "pole", day)
    return watch, draw_crossings("r", watch, BASE, means(chronicle, day), np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("day", "expected_quarters"), [(date(2026, 6, 1), 96), (date(2026, 3, 29), 92), (date(2025, 10, 26), 100)]
)
def test_a_local_day_has_its_quarter_hours(day, expected_quarters):
    rows = moments(builders.chronicle(first_day=day, last_day=day))
    assert rows.height == expected_quarters
    assert rows["interval_start_utc"].n_unique() == expected_quarters
    assert rows.null_count().sum_horizontal().item() == 0


def test_a_market_lasts_its_hours():
    market = {"text": "Market", "weekday": 5, "from_hour": 7, "to_hour": 14}
    rows = moments(builders.chronicle(market=market))
    held = rows.filter("is_market")
    assert held["day"].dt.weekday().unique().to_list() == [5]
    assert (held["hour"].min(), held["hour"].max()) == (7.125, 13.875)


@pytest.mark.parametrize(
    ("line_id", "road_user", "is_changed"),
    [("street", RoadUser.CAR, True), ("street", RoadUser.CYCLIST, False), ("track", RoadUser.CAR, False)],
)
def test_a_closure_reduces_the_flows_it_names_while_it_lasts(line_id, road_user, is_changed):
    effect = {"line_ids": ["street"], "road_users": ["car"], "factor": 0.1}
    closure = {"start": "2026-03-04", "end": "2026-03-06", "text": "Closed", "effects": [effect]}
    days = pl.Series([date(2026, 3, d) for d in (3, 4, 5, 6)])
    factor = event_factor(builders.chronicle(closures=[closure]), line_id, road_user, days)
    assert factor.tolist() == ([1.0, 0.1, 0.1, 1.0] if is_changed else [1.0] * 4)


def test_an_intervention_raises_flows_from_its_date_on_and_only_then():
    effect = {"line_ids": ["zebra"], "factor": 0.4}
    opened = {"start": "2026-03-04", "text": "Opened", "settles_after_days": 10, "effects": [effect]}
    chronicle = builders.chronicle(interventions=[opened])
    days = pl.Series([date(2026, 3, d) for d in (2, 3, 4, 9, 14, 31)])
    factor = event_factor(chronicle, "zebra", RoadUser.PEDESTRIAN, days)
    assert factor[:2].tolist() == [0.4, 0.4]
    assert (np.diff(factor[1:5]) > 0).all()
    assert factor[4:] == pytest.approx([1.0, 1.0])
    assert (event_factor(chronicle, "street", RoadUser.PEDESTRIAN, days) == 1).all()


def test_growth_ends_at_the_scenario():
    chronicle = builders.chronicle(growth_per_year={"cyclist": 0.1})
    days = pl.Series([chronicle.last_day.replace(year=chronicle.last_day.year - 1), chronicle.last_day])
    assert event_factor(chronicle, "track", RoadUser.CYCLIST, days) == pytest.approx([1 / 1.1, 1.0], rel=1e-3)


def test_crossings_keep_their_contract_and_are_the_same_for_the_same_seed():
    chronicle, day = builders.chronicle(), date(2026, 3, 4)
    _, first = drawn(chronicle, day)
    assert Crossings.is_valid(first)
    assert first.equals(drawn(chronicle, day)[1])
    assert not first.equals(drawn(chronicle, day, seed=1)[1])


def test_nothing_crosses_where_nothing_was_observed():
    outage = {"camera_id": "pole", "start": "2026-03-04T12:00", "end": "2026-03-05T00:00", "text": "Power cut"}
    watch, rows = drawn(builders.chronicle(outages=[outage]), date(2026, 3, 4))
    assert rows["time_utc"].max() < watch.end_utc
    inside = pl.any_horizontal(pl.col("time_utc").is_between(s, e, closed="left") for s, e in watch.observed)
    assert rows.filter(~inside).is_empty()


def test_counts_are_overdispersed_around_what_is_expected():
    chronicle, day = builders.chronicle(), date(2026, 3, 4)
    mean = means(chronicle, day)
    flat = mean.with_columns(pl.lit(50.0).alias(str(i)) for i in range(BASE.height))
    watch, *_ = watches(chronicle, BERLIN, "pole", day)
    quarter = pl.col("time_utc").dt.truncate("15m")
    rows = draw_crossings("r", watch, BASE, flat, np.random.default_rng(0))
    counts = rows.group_by("line_id", "direction", quarter).len()["len"]
    assert counts.mean() == pytest.approx(50, rel=0.03)
    # Variance of the negative binomial: mean + mean^2 / 40.
    assert counts.var() == pytest.approx(50 + 50**2 / 40, rel=0.2)


def test_days_differ_together():
    effects = day_effects(builders.chronicle(first_day=date(2024, 1, 1), last_day=date(2026, 6, 9)), BASE)
    assert effects.mean() == pytest.approx(1.0, abs=0.02)
    assert (effects[:, 0] == effects[:, 1]).all()
    assert np.corrcoef(effects[:-1, 0], effects[1:, 0])[0, 1] == pytest.approx(0.4, abs=0.1)


def test_a_sample_is_scaled_class_by_class():
    chronicle, day = builders.chronicle(first_day=date(2026, 3, 1), last_day=date(2026, 3, 5)), date(2026, 3, 3)
    mean = means(chronicle, day)
    (sample,) = (w for w in watches(chronicle, BERLIN, "pole", day) if w.is_sample)
    factors = class_factors(BASE, mean, sample)
    at_noon = mean.filter(pl.col("interval_start_utc") == sample.start_utc)
    assert factors.keys() == {RoadUser.CAR, RoadUser.PEDESTRIAN, RoadUser.CYCLIST}
    assert factors[RoadUser.PEDESTRIAN] == pytest.approx(at_noon["2"].item() * 4 / 120)
