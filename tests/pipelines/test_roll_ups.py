from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest

from pipelines.audit import AuditLog
from pipelines.privacy.release import TABLES, Month, Release, ReleaseTable, _status
from pipelines.privacy.roll_ups import hourly, profiles
from pipelines.publishing.store import publish, published_months

FIRST = date(2026, 6, 1)  # a Monday
PROVENANCE = {"status": "final", "revision": 1, "detector": "d", "site_version": "v"}


def quarters(days=7, **changes):
    """A car per quarter-hour, all day and night, in UTC."""
    start = datetime(2026, 6, 1, tzinfo=UTC)
    rows = {
        "site_id": "s",
        "line_id": "l",
        "direction": "forward",
        "road_user": "car",
        "interval_start_utc": [start + timedelta(minutes=15 * i) for i in range(96 * days)],
        "count": 1,
        "coverage": 1.0,
        "is_simulated": True,
        **PROVENANCE,
        **changes,
    }
    return pl.DataFrame(rows).with_columns(
        pl.col("count").cast(pl.Int64), interval_start_local=pl.col("interval_start_utc").dt.replace_time_zone(None)
    )


def test_a_usual_day_has_an_hour_for_working_days_and_weekends():
    found = profiles(hourly(quarters()))
    assert found.height == 48
    assert found["per_hour"].unique().to_list() == [4.0]
    assert found.group_by("is_weekend").agg(pl.col("observed_h").sum()).sort("is_weekend").rows() == [
        (False, 120.0),
        (True, 48.0),
    ]


def test_a_rate_is_of_the_observed_part_and_empty_without_one():
    half_seen = quarters(1).with_columns(
        coverage=pl.when(pl.col("interval_start_local").dt.minute() < 30).then(1.0).otherwise(0.0)
    )
    half_seen = half_seen.with_columns(count=pl.when(pl.col("coverage") > 0).then("count"))
    night = pl.col("interval_start_local").dt.hour() < 6
    dark = half_seen.with_columns(
        coverage=pl.when(night).then(0.0).otherwise("coverage"), count=pl.when(~night).then("count")
    )
    found = profiles(hourly(dark)).sort("hour")
    assert found["per_hour"].to_list() == [None] * 6 + [4.0] * 18
    assert found["observed_h"].to_list() == [0.0] * 6 + [0.5] * 18


@pytest.mark.parametrize("changed", [{"detector": None}, {"detector": "d"}])
def test_a_row_names_every_detector_behind_it(changed):
    both = quarters(1).with_columns(detector=pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.lit("e")).otherwise(
        pl.lit(changed["detector"], pl.String)
    ))  # fmt: skip
    expected = "d, e" if changed["detector"] else "e"
    assert hourly(both)["detector"].unique().to_list() == [expected]


@pytest.mark.parametrize(
    ("today", "status"),
    [("2026-06-15", "preliminary"), ("2026-07-30", "preliminary"), ("2026-07-31", "final"), ("2027-01-01", "final")],
)
def test_a_month_is_final_thirty_days_after_its_last_day(today, status):
    for day in (date(2026, 6, 1), date(2026, 6, 30)):
        assert _status(day, date.fromisoformat(today)) == status


# Months of all sites in one file.


def month(site_id, number, state="a"):
    first = date(2026, number, 1)
    return Month(site_id, f"{first:%Y-%m}", (first,), "final", state)


def daily_rows(one, count):
    values = {
        **PROVENANCE,
        "site_id": one.site_id,
        "line_id": "l",
        "direction": "forward",
        "road_user": "car",
        "day": one.days[0],
        "count": count,
        "coverage": 1.0,
        "observed_h": 24.0,
        "is_simulated": True,
    }
    schema = TABLES["flow_daily"].create_empty().schema
    return pl.DataFrame([values]).select(schema.names()).cast(dict(schema))


def released(folder, *changed, unchanged=(), count=1):
    def tables():
        for one in changed:
            yield ReleaseTable("flow_counts", TABLES["flow_counts"].create_empty(), one, one.days[0])
            yield ReleaseTable("flow_daily", daily_rows(one, count), one)

    months = tuple(sorted({*changed, *unchanged}, key=lambda m: (m.site_id, m.month)))
    released = Release("planner", months, frozenset(unchanged), tables(), (), {})
    published = publish(released, folder, AuditLog(folder / "log.jsonl"))
    import json

    files = json.loads(published.manifest.read_text())["tables"]["flow_daily"]["files"]
    return {
        file["month"]: (file["path"], pl.read_parquet(folder / "planner" / file["path"])["site_id", "count"].rows())
        for file in files
    }


def test_a_month_of_all_sites_is_one_file_and_only_what_changed_is_written_anew(tmp_path):
    a, b, july = month("a", 6), month("b", 6), month("a", 7)
    first = released(tmp_path, a, b, july)
    assert {name: rows for name, (_, rows) in first.items()} == {
        "2026-06": [("a", 1), ("b", 1)],
        "2026-07": [("a", 1)],
    }
    assert set(published_months(tmp_path / "planner")) == {a, b, july}
    second = released(tmp_path, month("b", 6, "changed"), unchanged=(a, july), count=2)
    assert second["2026-06"][1] == [("a", 1), ("b", 2)]
    assert second["2026-07"] == first["2026-07"]


def test_a_site_that_is_no_longer_released_leaves_the_files_of_all_sites(tmp_path):
    a, b = month("a", 6), month("b", 6)
    released(tmp_path, a, b)
    assert released(tmp_path, unchanged=(b,))["2026-06"][1] == [("b", 1)]


def test_a_lost_file_of_all_sites_is_made_again(tmp_path):
    a = month("a", 6)
    path, _ = released(tmp_path, a)["2026-06"]
    (tmp_path / "planner" / path).unlink()
    assert published_months(tmp_path / "planner") == []
