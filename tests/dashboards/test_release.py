import duckdb
import pytest

from dashboards import queries
from dashboards.release import _connect, open_latest
from tests import builders


@pytest.fixture
def release(counted_day):
    return open_latest(counted_day.settings.released)


def test_there_may_be_no_release_yet(tmp_path):
    assert open_latest(tmp_path) is None


def test_sites_and_lines(release):
    assert queries.sites(release).rows() == [("crossroads", "Crossroads", True)]
    assert queries.lines(release, "crossroads")["line_id"].to_list() == ["gate", "gate_px"]
    assert [s["kind"] for s in release.plan("crossroads")] == ["plaza"]
    assert release.plan("elsewhere") == []


def test_totals_count_what_was_observed(release):
    totals = queries.totals(release, "crossroads", builders.DAY, builders.DAY)
    found = totals.filter(count=1, line_id="gate").select("direction", "road_user").rows()
    assert sorted(found) == [("backward", "car"), ("forward", "pedestrian")]
    assert totals["observed_h"].to_list() == pytest.approx([4 / 3600] * totals.height)


def test_a_series_keeps_the_unobserved_empty(release):
    rows = queries.series(release, "crossroads", "gate", ["car", "pedestrian"], builders.DAY, builders.DAY)
    assert rows.height == 2 * 96
    assert rows["count"].null_count() == 2 * 94
    assert rows["count"].sum() == 2


def test_the_week_keeps_the_unobserved_empty(release):
    week = queries.hour_by_weekday(release, "crossroads", "gate", ["car", "pedestrian"], builders.DAY, builders.DAY)
    seen = week.drop_nulls("per_hour")
    assert seen.select("weekday", "hour", "days").rows() == [(3, 8, 1)]
    # Two crossings in four observed seconds.
    assert seen["per_hour"].to_list() == pytest.approx([1800.0])


def test_density_is_time_over_area_and_observed_time(release):
    cells = queries.occupancy(release, "crossroads", ["pedestrian"], builders.DAY, builders.DAY)
    # Present for 3.9 s of the observed 4 s.
    assert cells["density_per_m2"].sum() == pytest.approx(3.9 / 4.0, abs=0.01)


@pytest.mark.parametrize("table", queries.TABLES)
def test_every_table_can_be_downloaded(release, table):
    rows = queries.download(release, table, "crossroads")
    assert (rows.height > 0) == (table not in ("annotations", "weather"))
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

    code = Path("dashboards/queries.py").read_text(encoding="utf-8")
    for file in (files("dashboards") / "sql").iterdir():
        name = file.name.removesuffix(".sql")
        assert f'"{name}"' in code or name.removeprefix("download_") in queries.TABLES, name
