from datetime import date, timedelta

import duckdb
import polars as pl
import pytest

from dashboards import queries
from dashboards.release import Release, _connect, open_latest
from tests import builders

# Nobody queues on the small test site, and nobody comes close; it has no junction, no event and no weather.
WHERE_NOTHING_HAPPENED = {"queues", "discharges", "conflicts", "movements", "junctions", "annotations", "weather"}
ON_FOOT = builders.selection(road_users=("pedestrian",))


@pytest.fixture
def release(counted_day):
    return open_latest(counted_day.settings.released)


def test_there_may_be_no_release_yet(tmp_path):
    assert open_latest(tmp_path) is None


def test_sites_and_lines(release):
    (site,) = queries.sites(release).rows(named=True)
    assert (site["site_id"], site["name"], site["is_simulated"]) == ("crossroads", "Crossroads", True)
    assert (site["origin_lon"], site["origin_lat"]) == pytest.approx((13.7376, 51.0496))
    assert queries.lines(release, "crossroads")["line_id"].to_list() == ["gate", "gate_px"]
    assert [s["kind"] for s in release.plan("crossroads")] == ["plaza"]
    assert release.plan("elsewhere") == []


def test_the_days_of_a_site_are_those_released(release):
    assert release.site_ids == ["crossroads"]
    assert release.days("crossroads") == (builders.DAY, builders.DAY)


def test_a_release_is_opened_once(release, counted_day):
    assert open_latest(counted_day.settings.released) is release


def test_readers_share_a_database_and_never_a_cursor(release):
    from concurrent.futures import ThreadPoolExecutor

    def total(road_user):
        chosen = builders.selection(road_users=(road_user,))
        rows = release.query("totals", "flow_daily", **queries._without(chosen, "hours"))
        return rows["count"].sum()

    with ThreadPoolExecutor(4) as readers:
        assert list(readers.map(total, ["car", "tram"] * 20)) == [2, 0] * 20


def test_totals_count_what_was_observed(release):
    totals = queries.totals(release, builders.selection())
    found = totals.filter(count=1, line_id="gate").select("direction", "road_user").rows()
    assert sorted(found) == [("backward", "car"), ("forward", "pedestrian")]
    assert totals["observed_h"].to_list() == pytest.approx([4 / 3600] * totals.height)


def test_a_day_without_a_recording_is_there_and_not_observed(release):
    chosen = builders.selection(first_day=builders.DAY - timedelta(days=2))
    days = queries.days(release, chosen, "gate")
    assert days["day"].to_list() == [builders.DAY - timedelta(days=back) for back in (2, 1, 0)]
    assert days["count"].to_list()[:2] == [None, None]
    assert days["coverage"].to_list()[:2] == [0.0, 0.0]


def test_a_series_keeps_the_unobserved_empty(release):
    rows = queries.series(release, builders.selection(interval="quarter"), "gate")
    assert rows.height == 2 * 96
    assert rows["count"].null_count() == 2 * 94
    assert rows["count"].sum() == 2


def test_the_week_keeps_the_unobserved_empty(release):
    week = queries.hour_by_weekday(release, builders.selection(), "gate")
    seen = week.drop_nulls("per_hour")
    assert seen.select("weekday", "hour", "days").rows() == [(3, 8, 1)]
    # Two crossings in four observed seconds.
    assert seen["per_hour"].to_list() == pytest.approx([1800.0])


def test_density_is_time_over_area_and_observed_time(release):
    cells = queries.occupancy(release, ON_FOOT)
    # Present for 3.9 s of the observed 4 s.
    assert cells["density_per_m2"].sum() == pytest.approx(3.9 / 4.0, abs=0.01)


def test_overlapping_views_are_never_added(tmp_path):
    """Two cameras see one cell: one pedestrian stands in it for a minute, and is one pedestrian."""
    start = builders.START.replace(minute=0, second=0)
    common = {"site_id": "s", "road_user": "pedestrian", "interval_start_utc": start}
    common["interval_start_local"] = start.replace(tzinfo=None)
    cell = {"cell_x": 3, "cell_y": 4}
    cameras = pl.DataFrame(
        {
            "camera_id": ["mast", "pole"],
            "presence_s": [60.0, 54.0],
            "dx_m": [6.0, 0.0],
            "dy_m": [0.0, 0.0],
            "way_m": [9.0, 0.0],
            "position_coverage": [1.0, 1.0],
        }
    )
    rows = cameras.with_columns(**{name: pl.lit(value) for name, value in {**common, **cell}.items()})
    rows.write_parquet(tmp_path / "rows.parquet")
    file = {"files": [{"path": "rows.parquet", "site_id": "s", "month": None, "day": str(start.date())}]}
    release = Release(tmp_path, {"version": "overlapping", "tables": {"occupancy": file, "coverage": file}})
    cells = queries.occupancy(release, builders.selection(site_id="s", road_users=("pedestrian",)))
    assert cells.rows() == [(3, 4, pytest.approx(60 / 900), pytest.approx(0.1), 0.0, pytest.approx(0.15))]


def test_the_report_adds_no_overlapping_views(release):
    from dashboards.report import _key_figures

    figures = _key_figures(release, builders.selection(overlapping_views="pole and mast"))
    assert [figure["value"] for figure in figures[:2]] == ["not added up"] * 2


@pytest.mark.parametrize(
    ("change", "crossings"),
    [
        ({}, 4),
        ({"road_users": ("car",)}, 2),
        ({"directions": ("forward",)}, 2),
        ({"weekdays": (6, 7)}, 0),
        ({"first_day": date(2026, 6, 11), "last_day": date(2026, 6, 11)}, 0),
    ],
)
def test_a_selection_narrows_what_is_counted(release, change, crossings):
    selection = builders.selection(**change)
    assert queries.totals(release, selection)["count"].sum() == crossings
    assert (queries.days(release, selection)["count"].sum() or 0) == crossings


def test_a_line_shows_each_direction_on_its_own(release):
    gate = queries.with_counts(release, ON_FOOT).row(0, named=True)
    assert (gate["line_id"], gate["forward_count"], gate["backward_count"]) == ("gate", 1, 0)


@pytest.mark.parametrize(("interval", "rows"), [("quarter", 96), ("hour", 24), ("day", 1), ("week", 1)])
def test_every_interval_holds_the_same_crossings(release, interval, rows):
    series = queries.series(release, builders.selection(interval=interval), "gate")
    assert series.height == 2 * rows
    assert series["count"].sum() == 2


def test_the_network_has_a_mean_only_where_a_day_was_whole(release):
    selection = builders.selection()
    assert queries.network(release, selection, 0.9)["per_day"].to_list() == [None]
    assert queries.network(release, selection, 0.0)["per_day"].to_list() == [4.0]


@pytest.mark.parametrize("table", queries.TABLES)
def test_every_table_can_be_downloaded(release, table):
    rows = queries.download(release, table, "crossroads")
    assert rows.height > 0 or table in WHERE_NOTHING_HAPPENED
    assert rows.columns == [c["name"] for c in release.manifest["tables"][table]["columns"]]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "COPY (SELECT 1) TO '/tmp/passant-leak.csv'",
        "ATTACH '/tmp/passant-leak.duckdb'",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "INSTALL spatial",
    ],
)
def test_the_database_reaches_nothing_but_the_release(release, statement):
    with _connect(release.root) as connection, pytest.raises(duckdb.Error):
        connection.execute(statement)


def test_the_database_reaches_no_restricted_file(release, counted_day):
    restricted = next(counted_day.settings.lake.rglob("*.parquet"))
    with _connect(release.root) as connection, pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM read_parquet($path)", {"path": str(restricted)})


def test_values_are_bound_and_never_formatted(release):
    hostile = "crossroads' OR '1'='1"
    assert queries.download(release, "flow_counts", hostile).is_empty()


def test_every_query_file_is_used():
    from importlib.resources import files
    from pathlib import Path

    code = "".join(Path(f"dashboards/{room}.py").read_text(encoding="utf-8") for room in ("queries", "release"))
    for file in (files("dashboards") / "sql").iterdir():
        name = file.name.removesuffix(".sql")
        assert f'"{name}"' in code or name.removeprefix("download_") in queries.TABLES, name
