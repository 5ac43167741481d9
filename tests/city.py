"""A made-up city for benchmarks and journeys: a year of 200 sites, released by the publisher itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.audit import AuditLog
from pipelines.privacy.release import TABLES, Month, Release, ReleaseTable
from pipelines.privacy.roll_ups import monthly, profiles
from pipelines.publishing.store import publish
from tests import city_places, city_traffic

SITES = [f"site_{number:03d}" for number in range(200)]
FIRST, LAST = date(2025, 6, 1), date(2026, 5, 31)
# Quarter-hours exist of the last weeks of the first sites; of the rest, hours and days.
SITES_IN_FULL, DAYS_IN_FULL = 5, 28
LINES, DIRECTIONS = ("east", "west"), ("forward", "backward")
PER_HOUR = {"pedestrian": 60.0, "cyclist": 25.0, "car": 90.0, "truck": 4.0}
_BY_HOUR = np.array([1, 1, 1, 1, 2, 5, 12, 22, 30, 22, 20, 22, 26, 24, 22, 24, 30, 34, 30, 22, 14, 9, 5, 3]) / 16
_PROVENANCE = {
    "status": pl.lit("final"),
    "revision": 1,
    "detector": pl.lit("made up"),
    "site_version": pl.lit("made up"),
}
_COMMON = {"is_simulated": True, "calibration_note": None}


def write_city(released: Path, *, sites: int = len(SITES), first: date = FIRST) -> None:
    """Publishes the city, or its first sites only; the same numbers every time."""
    days = pl.date_range(first, LAST, eager=True).to_list()
    months = [
        Month(site_id, month, tuple(d for d in days if f"{d:%Y-%m}" == month), "final", "")
        for site_id in SITES[:sites]
        for month in sorted({f"{d:%Y-%m}" for d in days})
    ]
    release = Release("planner", tuple(months), frozenset(), _tables(months), (), {})
    published = publish(release, released, AuditLog(released.parent / "log.jsonl"))
    _name_every_day(published.manifest, months)


def _tables(months: list[Month]) -> Iterator[ReleaseTable]:
    for number, month in enumerate(months):
        rng = np.random.default_rng(number)
        if SITES.index(month.site_id) < SITES_IN_FULL:
            recent = [day for day in month.days if (LAST - day).days < DAYS_IN_FULL]
            yield from (_table("flow_counts", _quarters(month.site_id, day), month, day) for day in recent)
            for day in recent:
                for name, rows in city_places.day_of_places(month.site_id, day):
                    yield _table(name, rows, month, day)
                for name, rows in city_traffic.day_of_traffic(month.site_id, day):
                    yield _table(name, rows, month, day)
        hours = _hours(month, rng)
        yield _table("flow_hourly", hours, month)
        days = _days(hours)
        yield _table("flow_daily", days, month)
        yield _table("flow_monthly", monthly(days.with_columns(**_PROVENANCE)), month)
        yield _table("flow_profiles", profiles(hours.with_columns(**_PROVENANCE)), month)
        yield _table("quality", _quality(month), month)
    # The empty day that stands for all those without quarter-hours.
    yield ReleaseTable("flow_counts", TABLES["flow_counts"].create_empty(), months[0], months[0].days[0])
    for name, describe in DESCRIBED.items():
        yield _table(name, describe())
    for name, rows in city_places.places(SITES):
        yield _table(name, rows)


def _table(name: str, rows: pl.DataFrame, month: Month | None = None, day: date | None = None) -> ReleaseTable:
    """With every column of the table, NULL where nothing is said, in its types."""
    schema = TABLES[name].create_empty().schema
    missing = [pl.lit(None).alias(column) for column in schema if column not in rows.columns]
    return ReleaseTable(name, rows.with_columns(missing).select(schema.names()).cast(dict(schema)), month, day)


def _keys(site_id: str) -> pl.DataFrame:
    """Line x direction x class, each with its mean per hour."""
    size = 0.3 + SITES.index(site_id) % 17 / 8
    rows = [(site_id, li, di, ru, size * mean) for li in LINES for di in DIRECTIONS for ru, mean in PER_HOUR.items()]
    return pl.DataFrame(rows, schema=["site_id", "line_id", "direction", "road_user", "mean"], orient="row")


def intervals(site_id: str, days: list[date], per_hour: int, rng: np.random.Generator) -> pl.DataFrame:
    """Poisson counts by hour or quarter-hour; some days are dark and some hours half seen."""
    start = pl.DataFrame({"day": days}, schema={"day": pl.Date}).with_columns(
        share=pl.Series(rng.choice([0.0, 0.5, 1.0], len(days), p=[0.03, 0.03, 0.94]))
    )
    steps = pl.DataFrame({"step": np.arange(24 * per_hour)}).with_columns(
        usual=pl.Series(np.repeat(_BY_HOUR, per_hour) / per_hour)
    )
    rows = _keys(site_id).join(start, how="cross").join(steps, how="cross")
    counts = rng.poisson((rows["mean"] * rows["usual"] * rows["share"]).to_numpy())
    local = pl.col("day").cast(pl.Datetime("us")) + pl.duration(minutes=60 // per_hour) * pl.col("step")
    return rows.with_columns(
        count=pl.when(pl.col("share") > 0).then(pl.Series(counts)), coverage="share", local=local
    ).with_columns(pl.lit(value).alias(name) for name, value in _COMMON.items())


def _hours(month: Month, rng: np.random.Generator) -> pl.DataFrame:
    rows = intervals(month.site_id, list(month.days), 1, rng)
    return rows.with_columns(hour_start_local="local", hour_start_utc=pl.col("local").dt.replace_time_zone("UTC"))


def _quarters(site_id: str, day: date) -> pl.DataFrame:
    rows = intervals(site_id, [day], 4, np.random.default_rng(day.toordinal()))
    return rows.with_columns(
        interval_start_local="local",
        interval_start_utc=pl.col("local").dt.replace_time_zone("UTC"),
        interval_status=pl.lit("not validated"),
        revision=1,
    )


def _days(hours: pl.DataFrame) -> pl.DataFrame:
    seen = pl.col("count").count() > 0
    return hours.group_by("site_id", "line_id", "direction", "road_user", "day", maintain_order=True).agg(
        pl.when(seen).then(pl.col("count").sum()).alias("count"),
        pl.col("coverage").mean(),
        pl.col("coverage").sum().alias("observed_h"),
        pl.col("is_simulated").first(),
    )


def _quality(month: Month) -> pl.DataFrame:
    return pl.DataFrame({"day": month.days}).with_columns(
        site_id=pl.lit(month.site_id),
        camera_id=pl.lit("pole"),
        recordings=4,
        recorded_s=86_400.0,
        observed_s=86_000.0,
        coverage=0.995,
        detector=pl.lit("made up"),
        site_version=pl.lit("made up"),
        leave_one_out_rmse_m=0.12,
        revision=1,
        is_simulated=True,
    )


def _sites() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    return pl.DataFrame({"site_id": SITES}).with_columns(
        name=pl.col("site_id").str.replace("site_", "Site "),
        time_zone=pl.lit("UTC"),
        origin_lon=pl.Series(rng.uniform(13.6, 13.9, len(SITES))),
        origin_lat=pl.Series(rng.uniform(51.0, 51.1, len(SITES))),
        is_simulated=True,
        site_version=pl.lit("made up"),
    )


def _lines() -> pl.DataFrame:
    every = pl.DataFrame({"site_id": SITES}).join(pl.DataFrame({"line_id": LINES, "x": [0, 20]}), how="cross")
    return every.with_columns(
        name=pl.col("line_id").str.to_titlecase(),
        camera_id=pl.lit("pole"),
        space=pl.lit("ground"),
        forward=pl.lit("north"),
        backward=pl.lit("south"),
        path_wkt=pl.format("LINESTRING ({} 0, {} 8)", "x", "x"),
    ).drop("x")


DESCRIBED = {"sites": _sites, "counting_lines": _lines}


def _name_every_day(manifest: Path, months: list[Month]) -> None:
    """Lets the manifest name a file for every site and day, as long as a real one: here the empty file of one day."""
    document = json.loads(manifest.read_text(encoding="utf-8"))
    files = document["tables"]["flow_counts"]["files"]
    empty = next(file for file in files if file["rows"] == 0)
    named = {(file["site_id"], file["day"]) for file in files}
    files += [
        {**empty, "site_id": month.site_id, "month": month.month, "day": str(day)}
        for month in months
        for day in month.days
        if (month.site_id, str(day)) not in named
    ]
    manifest.write_text(json.dumps(document), encoding="utf-8")
