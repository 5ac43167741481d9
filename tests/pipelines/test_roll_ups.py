import json
import random
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, product
from pathlib import Path
from statistics import mean

import duckdb
import polars as pl
import pytest

from pipelines.audit import AuditLog
from pipelines.privacy.release import TABLES, Month, Release, ReleaseTable, _status
from pipelines.privacy.roll_ups import FlowMonthly, hourly, monthly, profiles
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


# Average daily traffic.

WEEKEND = (6, 7)


def days(first=FIRST, number=30, **changes):
    """Whole days of a line with 100 cars on working days and 10 on the others."""
    dates = [first + timedelta(days=i) for i in range(number)]
    rows = {
        "site_id": "s",
        "line_id": "l",
        "direction": "forward",
        "road_user": "car",
        "day": dates,
        "count": [10 if day.isoweekday() in WEEKEND else 100 for day in dates],
        "coverage": 1.0,
        "is_simulated": True,
        **PROVENANCE,
    }
    return pl.DataFrame(rows).with_columns(pl.col("count").cast(pl.Int64)).with_columns(**changes)


def of_month(flow_daily):
    (row,) = FlowMonthly.validate(monthly(flow_daily).select(FlowMonthly.column_names())).rows(named=True)
    return row


@pytest.mark.parametrize(
    "is_missing",
    [pl.lit(value=False), pl.col("day").dt.weekday() > 5, pl.col("day").dt.day() > 8, pl.col("day").dt.day() % 3 == 0],
    ids=["none", "most weekends", "all but eight days", "every third"],
)
@pytest.mark.parametrize("how", ["dark", "half seen", "not released"])
def test_missing_days_do_not_bend_the_average_day(is_missing, how):
    is_missing = is_missing & (pl.col("day") > date(2026, 6, 7))
    share, count = {"dark": (0.0, None), "half seen": (0.5, 5), "not released": (1.0, None)}[how]
    found = of_month(
        days().filter(~is_missing)
        if how == "not released"
        else days(
            coverage=pl.when(is_missing).then(share).otherwise(1.0),
            count=pl.when(is_missing).then(count).otherwise("count"),
        )
    )
    assert found["per_day"] == pytest.approx((5 * 100 + 2 * 10) / 7)
    assert (found["per_working_day"], found["per_weekend_day"], found["weekdays"]) == (100, 10, 7)
    missing = days().filter(is_missing).height
    assert found["whole_days"] == 30 - missing
    assert found["coverage"] == pytest.approx((30 - missing + missing * (0.5 if how == "half seen" else 0)) / 30)


@pytest.mark.parametrize(
    ("coverage", "count", "per_day", "whole_days"),
    [(0.0, None, None, 0), (0.94, 3, None, 0), (0.95, 3, 3.0, 30), (1.0, 0, 0.0, 30)],
    ids=["not observed", "no whole day", "nearly whole", "observed and empty"],
)
def test_a_month_without_a_whole_day_has_no_average_and_an_empty_one_has_zero(coverage, count, per_day, whole_days):
    found = of_month(days(coverage=pl.lit(coverage), count=pl.lit(count, pl.Int64)))
    assert (found["per_day"], found["whole_days"]) == (per_day, whole_days)
    assert found["coverage"] == pytest.approx(coverage)


def test_a_month_of_working_days_only_says_so():
    found = of_month(days(number=5))
    assert (found["per_day"], found["per_weekend_day"], found["weekdays"]) == (100, None, 5)


def a_year(seed):
    """Two sites and two classes, both ways, with gaps: a list of days as dictionaries."""
    drawn = random.Random(seed)
    parts = []
    for site_id, direction, road_user in product(("a", "b"), ("forward", "backward"), ("car", "cyclist")):
        one = days(date(2025, 6, 1), 365)
        share = pl.Series([drawn.choice([0.0, 0.5, 1.0, 1.0]) for _ in range(one.height)])
        seen = pl.when(share > 0).then(pl.Series([drawn.randrange(200) for _ in range(one.height)]))
        named = {"site_id": site_id, "direction": direction, "road_user": road_user}
        parts.append(one.with_columns(coverage=share, count=seen, **{k: pl.lit(v) for k, v in named.items()}))
    return pl.concat(parts)


def average(flow_daily, weekdays, **chosen):
    """AADT after AASHTO (1992), written out: mean over months of the mean over weekdays of the mean of whole days."""
    rows = [
        row
        for row in flow_daily.rows(named=True)
        if all(row[name] == value for name, value in chosen.items())
        and row["coverage"] >= 0.95
        and row["day"].isoweekday() in weekdays
    ]
    months = {}

    def weekday_of_month(row):
        return row["day"].month, row["day"].isoweekday()

    for (month, _), same in groupby(sorted(rows, key=weekday_of_month), weekday_of_month):
        months.setdefault(month, []).append(mean(row["count"] for row in same))
    return mean(mean(of_weekdays) for of_weekdays in months.values())


def ask(question, flow_monthly, folder):
    file = folder / "flow_monthly.parquet"
    flow_monthly.write_parquet(file)
    text = (Path("tests/benchmarks/questions") / f"{question}.sql").read_text(encoding="utf-8")
    return duckdb.sql(text, params={"flow_monthly": [str(file)]}).pl()


@pytest.mark.parametrize("seed", range(3))
def test_planners_are_told_from_months_what_the_days_say(seed, tmp_path):
    year = a_year(seed)
    months = pl.concat(monthly(rows) for _, rows in year.group_by(pl.col("day").dt.month_start()))
    told = ask("09_aadt_of_all_sites", months, tmp_path)
    assert told.height == 4
    for site_id, _, road_user, aadt, _ in told.rows():
        both = [
            average(year, range(1, 8), site_id=site_id, road_user=road_user, direction=direction)
            for direction in ("forward", "backward")
        ]
        assert aadt == pytest.approx(sum(both))
    for site_id, ratio in ask("12_weekend_or_weekday_sites", months, tmp_path).rows():
        weekend, working = (
            sum(
                average(year, kind, site_id=site_id, road_user="cyclist", direction=direction)
                for direction in ("forward", "backward")
            )
            for kind in (WEEKEND, range(1, 6))
        )
        assert ratio == pytest.approx(weekend / working)


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


def test_a_release_of_an_older_format_is_made_anew_whatever_it_lacks(tmp_path):
    released(tmp_path, month("a", 6))
    tier = tmp_path / "planner"
    manifest = tier / json.loads((tier / "latest.json").read_text())["manifest"]
    described = json.loads(manifest.read_text())
    del described["tables"]["flow_monthly"]
    manifest.write_text(json.dumps({**described, "format": 3}))
    assert published_months(tier) == []
    assert released(tmp_path, month("a", 6, "changed"), count=2)["2026-06"][1] == [("a", 2)]
