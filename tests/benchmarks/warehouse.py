"""A year of 200 sites through the warehouse: made up, loaded, released, and asked what planners ask.

The questions are ``questions/*.sql``, asked of the release's files with the manifest as the only index,
each time about another site, line and day. Seconds of one user are CPU seconds, as everywhere in the
benchmarks, so that neighbours on the machine do not count; of many users they can only be wall seconds.
SITES and DAYS make the city smaller.
"""

from __future__ import annotations

import math
import os
import random
import statistics
import threading
import time
from collections.abc import Callable, Collection
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import polars as pl

from dashboards.release import Release, _connect, open_latest
from pipelines.audit import AuditLog
from pipelines.privacy.release import PLANNER, planner_release
from pipelines.publishing.store import publish, published_months
from pipelines.warehouse.connection import Session, Warehouse
from tests import city
from tests.benchmarks.bench import cpu_s, report

SITES = int(os.environ.get("SITES", len(city.SITES)))
DAYS = int(os.environ.get("DAYS", 365))
FIRST = city.LAST - timedelta(days=DAYS - 1)
USERS, ALONE_MS, TOGETHER_MS = 16, 100.0, 250.0
ASKED_ALONE, ASKED_TOGETHER = 20, 36
_HERE = Path(__file__).parent
# Question -> the tables it reads, and how many days of them from the day it is about.
_WHOLE_YEAR, _MONTH = None, 28
QUESTIONS: dict[str, dict[str, int | None]] = {
    "01_a_week_by_quarter_hour": {"flow_counts": 7},
    "02_a_year_of_days": {"flow_daily": _WHOLE_YEAR},
    "03_the_usual_week": {"flow_hourly": _WHOLE_YEAR},
    "04_modal_split": {"flow_daily": _WHOLE_YEAR},
    "05_peak_hours_of_a_month": {"flow_counts": _MONTH},
    "06_before_and_after": {"flow_daily": 56},
    "07_directional_split": {"flow_profiles": 1},
    "08_the_city_on_a_day": {"flow_daily": 1},
    "09_aadt_of_all_sites": {"flow_monthly": _WHOLE_YEAR},
    "10_busiest_evening_peaks": {"flow_profiles": 1},
    "11_gaps_of_a_month": {"flow_daily": 1},
    "12_weekend_or_weekday_sites": {"flow_monthly": _WHOLE_YEAR},
    "k30": {"flow_hourly": _WHOLE_YEAR},
}


def bench_warehouse() -> None:
    """Generates, loads, releases, then asks."""
    with TemporaryDirectory() as folder:
        warehouse, released = Warehouse(Path(folder) / "warehouse.duckdb"), Path(folder) / "released"
        _timed("loaded", lambda: _load(warehouse))
        print(f"# warehouse: {warehouse.path.stat().st_size / 1e6:.0f} MB")
        _timed("released", lambda: _release(warehouse, released))
        _timed("released again, one site's month changed", lambda: _release_one_change(warehouse, released))
        release = open_latest(released)
        assert release
        files = [file for table in release.manifest["tables"].values() for file in table["files"]]
        size_mb = sum({file["path"]: file["bytes"] for file in files}.values()) / 1e6
        print(
            f"# release: {sum(file['rows'] for file in files) / 1e6:.1f} M rows, {len(files)} files, {size_mb:.0f} MB"
        )
        _ask(release)


def _timed(name: str, work: Callable[[], object]) -> None:
    cpu, wall = cpu_s(work)
    print(f"# {name}: {cpu:.1f} cpu-s, {wall:.1f} wall, {SITES} sites x {DAYS} days", flush=True)


def _load(warehouse: Warehouse) -> None:
    """One recording per site and day, which no camera made; each site in a transaction, which is held in memory."""
    days = pl.date_range(FIRST, city.LAST, eager=True).to_list()
    with warehouse.write() as session:
        for table in ("sites", "counting_lines"):
            described = city.DESCRIBED[table]()
            session.insert(f"insert_{table}", described.filter(pl.col("site_id").is_in(city.SITES[:SITES])))
    for number, site_id in enumerate(city.SITES[:SITES]):
        with warehouse.write() as session:
            _load_site(session, site_id, days, np.random.default_rng(number))
    with warehouse.write() as session:
        session.connection.execute(_statement("insert_verdicts"))


def _load_site(session: Session, site_id: str, days: list[date], rng: np.random.Generator) -> None:
    rows = city.intervals(site_id, days, 4, rng).with_columns(
        recording_id=pl.format("{}_{}", "site_id", pl.col("local").dt.date()),
        interval_start_utc=pl.col("local").dt.replace_time_zone("UTC"),
    )
    observed = rows.filter(pl.col("share") > 0)
    key = ["recording_id", "road_user", "interval_start_utc"]
    coverage = observed.group_by(key, maintain_order=True).agg(observed_s=900.0 * pl.col("share").first())
    session.insert("insert_loads", _loads(site_id, observed))
    flows = observed.filter(pl.col("count") > 0).select(*key, "line_id", "direction", "count")
    for table, new_rows in {
        "coverage_contributions": coverage.with_columns(camera_id=pl.lit("pole")),
        "flow_contributions": flows,
    }.items():
        session.connection.register("new_rows", new_rows.to_arrow())
        session.connection.execute(_statement(f"insert_{table}"))
        session.connection.unregister("new_rows")


def _loads(site_id: str, observed: pl.DataFrame) -> pl.DataFrame:
    days = observed.group_by("recording_id", day=pl.col("local").dt.date(), maintain_order=True).agg(
        observed_s=86_400.0 * pl.col("share").first(), crossings=pl.col("count").sum()
    )
    start = pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return days.with_columns(
        site_id=pl.lit(site_id),
        camera_id=pl.lit("pole"),
        start_utc=start,
        end_utc=start + pl.duration(days=1),
        expected_s=86_400.0,
        has_positions=False,
        detector=pl.lit("made up"),
        detector_digest=pl.lit("made up"),
        site_version=pl.lit("made up"),
        digest=pl.lit("made up"),
        revision=1,
        observed_days=pl.concat_list("day"),
        line_ids=pl.lit(city.LINES, pl.List(pl.String)),
        zone_ids=pl.lit([], pl.List(pl.String)),
    )


def _release(warehouse: Warehouse, released: Path) -> None:
    with warehouse.read() as session:
        publish(
            planner_release(session, city.LAST, published_months(released / PLANNER)),
            released,
            AuditLog(released.parent / "log.jsonl"),
        )


def _release_one_change(warehouse: Warehouse, released: Path) -> None:
    with warehouse.write() as session:
        session.connection.execute(_statement("change_one_load"))
    _release(warehouse, released)


def _statement(name: str) -> str:
    return (_HERE / "statements" / f"{name}.sql").read_text(encoding="utf-8")


def _ask(release: Release) -> None:
    """Each question alone, then sixteen users with all of them at once."""
    database = _connect(release.root)
    asked = random.Random(0)
    slowest = 0.0
    for name in QUESTIONS:
        _ask_once(release, database, name, asked)
        times = [cpu_s(lambda name=name: _ask_once(release, database, name, asked)) for _ in range(ASKED_ALONE)]
        cpu, wall = (1000 * _p95(values) for values in zip(*times, strict=True))
        middle = 1000 * statistics.median(c for c, _ in times)
        print(f"# {name}: {middle:.0f} cpu-ms, p95 {cpu:.0f} (wall {wall:.0f})", flush=True)
        slowest = max(slowest, cpu if name != "k30" else 0.0)
    report("warehouse_alone_p95", ALONE_MS / slowest, 1.0)
    waits, cpu_ms = _together(release, database)
    print(f"# {USERS} users at once: p95 {1000 * _p95(waits):.0f} ms wall, {cpu_ms:.0f} cpu-ms a question")
    report("warehouse_together_p95", TOGETHER_MS / (1000 * _p95(waits)), 1.0)


def _together(release: Release, database: duckdb.DuckDBPyConnection) -> tuple[list[float], float]:
    """Wall seconds of every answer to users who ask again as soon as they are answered, and CPU ms of one."""
    waits: list[float] = []
    named = [name for name in QUESTIONS if name != "k30"]

    def user(number: int) -> None:
        asked = random.Random(number)
        for _ in range(ASKED_TOGETHER):
            began = time.perf_counter()
            _ask_once(release, database, asked.choice(named), asked)
            waits.append(time.perf_counter() - began)

    users = [threading.Thread(target=user, args=(number,)) for number in range(USERS)]
    began = time.process_time()
    for one in users:
        one.start()
    for one in users:
        one.join()
    return waits, 1000 * (time.process_time() - began) / len(waits)


def _ask_once(release: Release, database: duckdb.DuckDBPyConnection, name: str, asked: random.Random) -> None:
    text = (_HERE / "questions" / f"{name}.sql").read_text(encoding="utf-8")
    site_id, day = asked.choice(city.SITES[:SITES]), FIRST + timedelta(days=asked.randrange(max(1, DAYS - 60)) + 28)
    of_site = site_id if "$site_id" in text else None
    values: dict[str, Any] = {"site_id": site_id, "line_id": asked.choice(city.LINES), "day": day}
    for table, days in QUESTIONS[name].items():
        first = day - timedelta(days=28) if name == "06_before_and_after" else day
        period = (first, first + timedelta(days=days - 1)) if days else None
        values[table] = release.files(table, of_site, period)
    with database.cursor() as cursor:
        rows = cursor.sql(text, params={key: value for key, value in values.items() if f"${key}" in text}).pl()
    if rows.is_empty():
        raise RuntimeError(f"{name}: no answer for {values}")


def _p95(values: Collection[float]) -> float:
    """By nearest rank: the least that 95 % of the values do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]
