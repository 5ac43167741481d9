import hashlib
import json
from datetime import UTC, date, datetime, timedelta

import dataframely as dy
import duckdb
import polars as pl
import pytest

from pipelines.audit import AuditLog
from pipelines.privacy.flows import FlowCounts
from pipelines.privacy.release import PER_DAY, PER_MONTH, PLANNER, TABLES, planner_release
from pipelines.privacy.roll_ups import daily, hourly
from pipelines.publishing.store import publish, published_months, read_latest
from pipelines.settings import Settings
from pipelines.warehouse.connection import Warehouse
from tests import builders

TODAY = date.today()
PROVENANCE = {"status": "final", "revision": 1, "detector": "d", "site_version": "v"}


def manifest(settings):
    tier = settings.released / PLANNER
    return tier, json.loads((tier / read_latest(tier)["manifest"]).read_text(encoding="utf-8"))


def test_a_manifest_names_files_that_are_what_they_say(counted_day):
    tier, described = manifest(counted_day.settings)
    files = [f for table in described["tables"].values() for f in table["files"]] + list(described["plans"].values())
    assert files
    for file in files:
        content = (tier / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert len(content) == file["bytes"]


def test_only_the_planner_tier_exists(counted_day):
    assert [p.name for p in counted_day.settings.released.iterdir()] == ["planner"]


def test_released_tables_hold_the_named_columns_and_nothing_per_track(counted_day):
    tier, described = manifest(counted_day.settings)
    for name, schema in TABLES.items():
        for file in described["tables"][name]["files"]:
            rows = pl.read_parquet(tier / file["path"])
            assert rows.columns == list(schema.columns())
            assert not {"track_id", "recording_id", "frame", "confidence"} & set(rows.columns)


def test_every_column_is_in_the_dictionary_with_a_meaning(counted_day):
    _, described = manifest(counted_day.settings)
    for name, table in described["tables"].items():
        assert table["description"], name
        for column in table["columns"]:
            assert column["description"].endswith("."), (name, column)


def test_every_aggregate_carries_its_coverage_and_what_it_rests_on():
    carried = {"coverage", "status", "revision", "detector", "site_version"}
    for name, schema in (PER_DAY | PER_MONTH).items():
        assert carried <= set(schema.columns()), name


def test_every_table_says_whether_it_is_simulated():
    of_no_site = {"service_levels"}
    assert {name for name, schema in TABLES.items() if "is_simulated" not in schema.columns()} == of_no_site


def test_an_unobserved_zero_is_refused(counted_day):
    with Warehouse(counted_day.settings.warehouse).read() as session:
        rows = session.frame("select_flow_counts", site_id="crossroads", days=[builders.DAY])
    rows = rows.with_columns(status=pl.lit("final"))
    zero_where_unobserved = rows.with_columns(count=pl.col("count").fill_null(0))
    FlowCounts.validate(rows.select(FlowCounts.column_names()), cast=True)
    with pytest.raises(dy.exc.ValidationError, match="unobserved"):
        FlowCounts.validate(zero_where_unobserved.select(FlowCounts.column_names()), cast=True)


def test_unchanged_days_share_their_files_between_versions(data):
    settings = Settings(data)
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    builders.run_day(builders.site_day(settings))
    _, first = manifest(settings)
    builders.video(settings.recordings / "pole" / "pole_2026-06-11_08-14-58.mp4")
    builders.run_day(builders.site_day(settings, builders.DAY.replace(day=11)))
    _, second = manifest(settings)
    assert second["previous"] == first["version"]
    (shared,) = first["tables"]["flow_counts"]["files"]
    assert shared in second["tables"]["flow_counts"]["files"]
    assert len(second["tables"]["flow_counts"]["files"]) == 2


def test_publishing_accepts_nothing_but_a_release(tmp_path):
    with pytest.raises(AttributeError):
        publish(pl.DataFrame({"a": [1]}), tmp_path, AuditLog(tmp_path / "log.jsonl"))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def two_months(data):
    settings = Settings(data)
    for day in (builders.DAY, builders.DAY.replace(month=7)):
        builders.video(settings.recordings / "pole" / f"pole_{day}_08-14-58.mp4")
        builders.run_day(builders.site_day(settings, day))
    return settings


def unchanged(settings):
    with Warehouse(settings.warehouse).read() as session:
        made = planner_release(session, TODAY, published_months(settings.released / PLANNER))
    return [month.month for month in made.months if month in made.unchanged]


def test_a_month_is_read_again_only_where_something_has_changed(data):
    settings = two_months(data)
    assert unchanged(settings) == ["2026-06", "2026-07"]
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_09-00-00.mp4", builders.images(39))
    day = builders.site_day(settings)
    builders.run_day(day)
    assert unchanged(settings) == ["2026-06", "2026-07"]
    _, described = manifest(settings)
    daily = described["tables"]["flow_daily"]["files"]
    assert [(f["month"], f["day"]) for f in daily] == [("2026-06", None), ("2026-07", None)]


@pytest.mark.parametrize("change", ["a verdict", "the site", "a lost file"])
def test_what_decides_a_month_makes_it_read_again(data, change):
    settings = two_months(data)
    tier, described = manifest(settings)
    if change == "a lost file":
        (tier / described["tables"]["flow_daily"]["files"][0]["path"]).unlink()
        assert unchanged(settings) == ["2026-07"]
        return
    with duckdb.connect(str(settings.warehouse)) as connection:
        if change == "a verdict":
            connection.execute("UPDATE verdicts SET is_passed = false WHERE day = '2026-07-10'")
        else:
            connection.execute("UPDATE sites SET site_version = 'another'")
    assert unchanged(settings) == (["2026-06"] if change == "a verdict" else [])


def test_a_table_without_rows_still_shows_its_columns(counted_day):
    tier, described = manifest(counted_day.settings)
    (file,) = described["tables"]["weather"]["files"]
    assert pl.read_parquet(tier / file["path"]).columns == list(TABLES["weather"].columns())


@pytest.mark.parametrize("count", [[1, None, 2, 0], [None, None, None, None]])
def test_roll_ups_of_nothing_observed_are_empty(count):
    start = datetime(2026, 6, 10, 6, tzinfo=UTC)
    rows = pl.DataFrame(
        {
            "site_id": "s", "line_id": "l", "direction": "forward", "road_user": "car",
            "interval_start_utc": [start + timedelta(minutes=15 * i) for i in range(4)],
            "count": pl.Series(count, dtype=pl.Int64),
            "coverage": [0.0 if c is None else 1.0 for c in count],
            "is_simulated": True, **PROVENANCE,
        }
    ).with_columns(interval_start_local=pl.col("interval_start_utc").dt.replace_time_zone(None))  # fmt: skip
    expected = 3 if any(c is not None for c in count) else None
    assert hourly(rows)["count"].to_list() == daily(rows)["count"].to_list() == [expected]
    assert daily(rows)["observed_h"].to_list() == [0.75 if expected else 0.0]


def test_the_hour_that_happens_twice_stays_two_hours():
    start = datetime(2025, 10, 26, 0, tzinfo=UTC)  # 02:00 CEST
    rows = pl.DataFrame(
        {
            "site_id": "s", "line_id": "l", "direction": "forward", "road_user": "car",
            "interval_start_utc": [start + timedelta(minutes=15 * i) for i in range(8)],
            "count": range(8), "coverage": 1.0, "is_simulated": True, **PROVENANCE,
        }
    )  # fmt: skip
    local = pl.col("interval_start_utc").dt.convert_time_zone("Europe/Berlin").dt.replace_time_zone(None)
    found = hourly(rows.with_columns(interval_start_local=local))
    assert found["hour_start_local"].to_list() == [datetime(2025, 10, 26, 2)] * 2
    assert found.select("count", "hour_start_utc").rows() == [(6, start), (22, start + timedelta(hours=1))]
