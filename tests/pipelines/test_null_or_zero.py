"""NULL is not observed, 0 is observed and empty: gaps, nights, days on which clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from pipelines.privacy.flows import Coverage, FlowCounts
from pipelines.privacy.release import PER_DAY
from pipelines.privacy.space import Dwell, ZoneOccupancy
from pipelines.warehouse.connection import Warehouse

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, SUMMER, AUTUMN = date(2026, 3, 29), date(2026, 6, 10), date(2026, 10, 25)
QUARTERS = {SPRING: 92, SUMMER: 96, AUTUMN: 100}


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """A camera that looked from 06:00 to 22:00, but for 12:05 to 12:30, and saw one car at 08:00; on three days."""
    warehouse = Warehouse(tmp_path_factory.mktemp("w") / "w.duckdb")
    with warehouse.write() as session:
        session.connection.execute(
            "INSERT INTO sites BY NAME SELECT 's' AS site_id, 'S' AS name, 'Europe/Berlin' AS time_zone,"
            " true AS is_simulated, 'v1' AS site_version;"
            "INSERT INTO counting_lines BY NAME SELECT 'l' AS line_id, 's' AS site_id, 'c' AS camera_id, 'L' AS name,"
            " 'ground' AS space, 'in' AS forward, 'out' AS backward, '' AS path_wkt;"
            "INSERT INTO zones BY NAME SELECT 'z' AS zone_id, 's' AS site_id, 'c' AS camera_id, 'Z' AS name,"
            " 'presence' AS purpose, 10 AS area_m2, '[]' AS outline_m, '[]' AS outline_lonlat"
        )
        for day in QUARTERS:
            at = {hour: datetime(day.year, day.month, day.day, hour, tzinfo=BERLIN) for hour in (6, 8, 12, 22)}
            spans = [(at[6], at[12] + timedelta(minutes=5)), (at[12] + timedelta(minutes=30), at[22])]
            session.insert("insert_loads", load(day, at[6], at[22]))
            observed = [
                {"recording_id": str(day), "camera_id": "c", "road_user": "car", "start_utc": utc(a), "end_utc": utc(b)}
                for a, b in spans
            ]
            session.insert("insert_coverage_contributions", pl.DataFrame(observed))
            crossing = {"recording_id": str(day), "line_id": "l", "direction": "forward", "road_user": "car"}
            session.insert("insert_flow_contributions", pl.DataFrame([{**crossing, "time_utc": utc(at[8])}]))
        session.run("update_observed_days", recording_ids=[str(day) for day in QUARTERS])
    return warehouse


def utc(local):
    return local.astimezone(UTC)


def load(day, start, end):
    return pl.DataFrame(
        {
            "recording_id": str(day), "site_id": "s", "camera_id": "c", "day": day,
            "start_utc": utc(start), "end_utc": utc(end), "expected_s": 57_600.0, "observed_s": 56_100.0,
            "crossings": 1, "has_positions": True, "detector": "d", "detector_digest": "d", "site_version": "v1",
            "digest": "x", "revision": 3, "line_ids": [["l"]], "zone_ids": [["z"]],
        }
    )  # fmt: skip


def rows(warehouse, schema, table, day):
    """The released rows of a day, which the contract accepts."""
    with warehouse.read() as session:
        found = session.frame(f"select_{table}", site_id="s", days=[day]).with_columns(status=pl.lit("final"))
    return schema.validate(found.select(schema.column_names()), cast=True)


def is_open(start_local):
    return pl.col(start_local).dt.hour().is_between(6, 21)


@pytest.mark.parametrize("day", QUARTERS)
def test_a_local_day_has_its_own_number_of_quarter_hours(warehouse, day):
    for schema, table in ((FlowCounts, "flow_counts"), (ZoneOccupancy, "zone_occupancy"), (Coverage, "coverage")):
        per_key = 2 if table == "flow_counts" else 1  # forward and backward
        found = rows(warehouse, schema, table, day)
        assert found.height == per_key * QUARTERS[day]
        assert found["interval_start_local"].dt.date().unique().to_list() == [day]
    assert rows(warehouse, Dwell, "dwell", day).height == 2 * QUARTERS[day] / 4  # presence and stationary


@pytest.mark.parametrize("day", QUARTERS)
def test_the_night_is_empty_and_a_quiet_quarter_hour_is_zero(warehouse, day):
    found = rows(warehouse, FlowCounts, "flow_counts", day)
    night = found.filter(~is_open("interval_start_local"))
    assert night["count"].null_count() == night.height
    assert night["coverage"].unique().to_list() == [0.0]
    assert night.select("revision", "detector", "site_version").unique().rows() == [(None, None, None)]
    seen = found.filter(is_open("interval_start_local"), direction="forward").drop_nulls("count")
    assert seen["count"].sum() == 1
    assert seen.height == 16 * 4 - 1  # the quarter-hour that lies in the hole
    assert seen.select("revision", "detector", "site_version").unique().rows() == [(3, "d", "v1")]


def test_a_hole_is_a_share_where_it_cuts_and_empty_where_it_covers(warehouse):
    noon = pl.col("interval_start_local").dt.hour() == 12
    found = rows(warehouse, FlowCounts, "flow_counts", SUMMER).filter(noon, direction="forward")
    assert found["coverage"].round(6).to_list() == [round(1 / 3, 6), 0.0, 1.0, 1.0]
    assert found["count"].to_list() == [0, None, 0, 0]


def test_a_class_that_no_detector_could_tell_has_no_rows(warehouse):
    assert rows(warehouse, FlowCounts, "flow_counts", SUMMER)["road_user"].unique().to_list() == ["car"]


def test_a_zone_nobody_entered_is_zero_where_it_was_seen(warehouse):
    found = rows(warehouse, ZoneOccupancy, "zone_occupancy", SUMMER)
    open_quarters = found.filter(is_open("interval_start_local"), pl.col("coverage") > 0)
    assert open_quarters["presence_s"].unique().to_list() == [0.0]
    assert found.filter(~is_open("interval_start_local"))["presence_s"].null_count() == QUARTERS[SUMMER] - 64


@pytest.mark.parametrize("table", sorted(PER_DAY))
def test_what_is_held_for_many_queries_answers_each_the_same(warehouse, table):
    days = list(QUARTERS)
    with warehouse.read() as session:
        alone = session.frame(f"select_{table}", site_id="s", days=days)
        with session.holding("s", days):
            held = session.frame(f"select_{table}", site_id="s", days=days)
        after = session.frame(f"select_{table}", site_id="s", days=days[:1])
    assert held.equals(alone)
    assert after.height < alone.height or alone.is_empty()
