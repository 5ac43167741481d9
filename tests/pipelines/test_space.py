"""Zones from recording to release, and the warehouse's queries against the formulas of ``geo``."""

import shutil
from datetime import UTC, datetime, timedelta

import dataframely as dy
import numpy as np
import polars as pl
import pytest
import shapely

from detectors.road_users import ROAD_USERS
from geo.crowd_safety import CROWD_SAFETY
from geo.dwell import DURATION_CLASSES_S, kaplan_meier, littles_dwell_s, unexplained_share
from geo.level_of_service import DETECTOR_LIMIT_PER_M2, STANDARDS
from geo.zone_occupancy import edie
from pipelines.privacy import space
from pipelines.settings import Settings
from pipelines.stages.site_day import SiteDay
from pipelines.warehouse.connection import Warehouse
from tests import builders

QUARTER = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)


@pytest.fixture
def released(counted_day):
    def rows(table):
        with Warehouse(counted_day.settings.warehouse).read() as session:
            keys = {} if table == "zones" else {"site_id": "crossroads", "days": [builders.DAY]}
            found = session.frame(f"select_{table}", **keys).with_columns(status=pl.lit("final"))
        schema = {**space.PER_DAY, **space.DIMENSIONS}[table]
        return schema.validate(found.select(schema.column_names()), cast=True)

    return rows


def test_zones_are_released_with_their_place(released):
    zone = released("zones").row(0, named=True)
    assert (zone["zone_id"], zone["purpose"], zone["camera_id"]) == ("square", "presence", "pole")
    assert zone["area_m2"] == pytest.approx(40.0, abs=0.01)


def test_who_walks_through_is_measured_in_both_quarter_hours(released):
    """The walker goes 12 m in 4 s, 2 s before and 2 s after 06:15; the zone holds the middle 8 m of it."""
    rows = released("zone_occupancy").filter(road_user="pedestrian").filter(pl.col("coverage") > 0)
    assert rows["interval_start_utc"].to_list() == [QUARTER, QUARTER + timedelta(minutes=15)]
    assert rows["presence_s"].sum() == pytest.approx(8 / 12 * 3.9, rel=0.02)
    assert rows["speed_m_s"].to_numpy() == pytest.approx(12 / 3.9, rel=0.02)
    assert rows["entries"].to_list() == [1, 0]
    assert rows["exits"].to_list() == [0, 1]
    assert rows["births"].sum() + rows["deaths"].sum() == 0


def test_the_released_measures_are_edie_s(released):
    area_m2 = released("zones")["area_m2"].item()
    with_people = released("zone_occupancy").filter(pl.col("presence_s") > 0)
    for row in with_people.iter_rows(named=True):
        observed_s = row["coverage"] * 900
        sums = pl.DataFrame(
            {
                "presence_s": [row["density_per_m2"] * area_m2 * observed_s],
                "dx_m": [row["velocity_x_m_s"] * row["presence_s"]],
                "dy_m": [row["velocity_y_m_s"] * row["presence_s"]],
                "way_m": [row["speed_m_s"] * row["presence_s"]],
            }
        )
        assert sums["presence_s"].item() == pytest.approx(row["presence_s"], abs=1e-5)
        for name, value in edie(sums, area_m2, observed_s).row(0, named=True).items():
            assert row.get(name, value) == pytest.approx(value, rel=1e-5), name


def test_not_observed_is_empty_and_observed_without_anybody_is_zero(released):
    rows = released("zone_occupancy")
    assert rows.height == 96 * len(ROAD_USERS)
    assert rows.filter(coverage=0.0)["presence_s"].null_count() == 94 * len(ROAD_USERS)
    nobody = rows.filter(road_user="tram").filter(pl.col("coverage") > 0)
    assert nobody["density_per_m2"].to_list() == [0.0, 0.0]
    assert nobody["speed_m_s"].null_count() == 2
    hours = released("dwell")
    assert hours.height == 24 * len(ROAD_USERS) * 2
    assert hours.filter(road_user="tram", kind="presence").drop_nulls("ended")["ended"].to_list() == [0]


def test_one_walk_is_one_stay(released):
    stay = released("dwell").filter(road_user="pedestrian", kind="presence").filter(pl.col("coverage") > 0)
    row = stay.row(0, named=True)
    assert (row["ended"], row["censored"], row["start_unseen"]) == (1, 0, 0)
    assert row["median_s"] == 3.0
    assert row["mean_s"] == pytest.approx(8 / 12 * 3.9, rel=0.02)
    assert row["unexplained_share"] == 0


@pytest.fixture
def warehouse(counted_day, tmp_path):
    """A copy of the counted day's warehouse, to which stays can be added."""
    path = tmp_path / "warehouse.duckdb"
    shutil.copy(counted_day.settings.warehouse, path)
    return Warehouse(path)


def of_cyclists(session, rows):
    """Rows of the counted recording and zone, whose cyclists nobody has counted."""
    recording_id = session.connection.execute("SELECT recording_id FROM loads").fetchall()[0][0]
    labels = {"recording_id": recording_id, "zone_id": "square", "road_user": "cyclist", "interval_start_utc": QUARTER}
    return rows.with_columns(**{name: pl.lit(value) for name, value in labels.items()})


def contributions(duration_s, is_censored):
    upper = DURATION_CLASSES_S[np.searchsorted(DURATION_CLASSES_S, duration_s)]
    rows = pl.DataFrame({"up_to_s": upper, "ended": ~is_censored, "censored": is_censored})
    counted = rows.group_by("up_to_s").agg(pl.col("ended", "censored").sum().cast(pl.Int64))
    return upper, counted.with_columns(kind=pl.lit("presence"), start_unseen=pl.lit(0, pl.Int64))


@pytest.mark.parametrize(("n", "censored_share"), [(200, 0.0), (200, 0.5), (40, 0.3), (3, 0.7), (1, 0.0)])
def test_the_warehouse_s_curve_is_kaplan_and_meier_s(warehouse, n, censored_share):
    rng = np.random.default_rng(n)
    duration, censored = rng.exponential(60, n) + 0.1, rng.random(n) < censored_share
    censored[0] = False
    upper, rows = contributions(duration, censored)
    with warehouse.write() as session:
        session.insert("insert_dwell_contributions", of_cyclists(session, rows))
        found = session.frame("select_dwell", site_id="crossroads", days=[builders.DAY])
    row = found.filter(pl.col("ended") > 0, pl.col("road_user") == "cyclist").row(0, named=True)
    curve = kaplan_meier(upper.astype(float), censored)
    expected = {
        "p25_s": curve.quantile_s(0.25),
        "median_s": curve.quantile_s(0.5),
        "median_lo95_s": curve.quantile_interval_s(0.5)[0],
        "median_hi95_s": curve.quantile_interval_s(0.5)[1],
        "p75_s": curve.quantile_s(0.75),
    }
    for name, value in expected.items():
        assert row[name] == (None if np.isnan(value) else value), name
    assert (row["ended"], row["censored"]) == ((~censored).sum(), censored.sum())


def test_the_warehouse_s_mean_is_little_s(warehouse):
    counted = {"entries": 7, "exits": 8, "births": 3, "deaths": 2, "gaps": 2, "gap_s": 2.5, "stationary_s": 40.0}
    spent = {"presence_s": 157.5, "dx_m": 0.0, "dy_m": 0.0, "way_m": 9.0}
    with warehouse.write() as session:
        for table, row in (("zone_balance", counted), ("zone_occupancy", spent)):
            session.insert(f"insert_{table}_contributions", of_cyclists(session, pl.DataFrame([row])))
        found = session.frame("select_dwell", site_id="crossroads", days=[builders.DAY])
    by_kind = {row["kind"]: row for row in found.filter(road_user="cyclist").drop_nulls("mean_s").iter_rows(named=True)}
    assert by_kind["presence"]["mean_s"] == littles_dwell_s(157.5, 2.5, 7, births=3, gaps=2) == 20
    assert by_kind["stationary"]["mean_s"] == 5
    assert by_kind["presence"]["unexplained_share"] == pytest.approx(unexplained_share(3, 2, 7, 8))


def test_crowding_is_that_of_pedestrians_once_a_second(released):
    """The walker is in the zone's 40 m2 for 2.6 s, on both sides of the quarter-hour."""
    rows = released("zone_occupancy").filter(pl.col("coverage") > 0)
    on_foot = rows.filter(road_user="pedestrian")
    assert on_foot["peak_density_per_m2"].to_list() == pytest.approx([1 / 40, 1 / 40], rel=0.01)
    instants = (on_foot["voronoi_density_per_m2"] * on_foot["coverage"] * 900 * 40).sum()
    assert 1.5 <= instants <= 3.5
    others = rows.filter(pl.col("road_user") != "pedestrian")
    assert others.select("voronoi_density_per_m2", "peak_density_per_m2").drop_nulls().is_empty()


def test_crowding_that_was_never_measured_is_not_zero(warehouse):
    with warehouse.write() as session:
        session.connection.execute(
            "UPDATE zone_occupancy_contributions SET voronoi_s_per_m2 = NULL, peak_per_m2 = NULL"
        )
        rows = session.frame("select_zone_occupancy", site_id="crossroads", days=[builders.DAY])
    with_people = rows.filter(pl.col("road_user") == "pedestrian", pl.col("presence_s") > 0)
    assert with_people.height
    assert with_people["voronoi_density_per_m2"].null_count() == with_people.height


def test_what_was_not_placed_on_the_ground_has_no_density(warehouse):
    """Without a calibration nobody has a place: that is not observed, and not zero people."""
    with warehouse.write() as session:
        session.connection.execute("UPDATE loads SET has_positions = false")
        rows = session.frame("select_zone_occupancy", site_id="crossroads", days=[builders.DAY])
    assert rows.drop_nulls("density_per_m2").is_empty()


def test_flow_that_is_not_density_times_velocity_is_refused(released):
    rows = released("zone_occupancy").with_columns(flow_x_per_m_s=pl.col("flow_x_per_m_s") * 1.001)
    with pytest.raises(dy.exc.ValidationError, match="flow_is_density_times_velocity"):
        space.ZoneOccupancy.validate(rows)


def test_measuring_again_changes_nothing_and_a_moved_zone_everything(counted_day, tmp_path):
    shutil.copytree(counted_day.settings.data, tmp_path / "data")
    settings = Settings(tmp_path / "data")
    day = SiteDay.of("crossroads", builders.DAY, settings)
    assert [report.is_reused for report in day.measure() + day.load()] == [True, True]
    moved = shapely.box(4, 3, 13, 8)
    zones = settings.sites / "crossroads" / "zones.geojson"
    corners = [(float(x), float(y)) for x, y in shapely.get_coordinates(moved)[:-1]]
    properties = {"zone_id": "square", "name": "Square", "camera_id": "pole", "purpose": "presence"}
    zones.write_text(builders.collection(builders.feature("Polygon", corners, **properties)), encoding="utf-8")
    day = SiteDay.of("crossroads", builders.DAY, settings)
    assert [report.is_reused for report in day.measure() + day.load()] == [False, False]


@pytest.mark.parametrize(
    ("density", "flow_per_min_m"),
    [(0.0, 0.0), (3.0, 40.0)]
    + [(s.crowding_bounds()[2], 0.0) for s in STANDARDS if s.quantity == "space"]
    + [(0.05, s.crowding_bounds()[2]) for s in STANDARDS if s.quantity == "flow"],
)
def test_released_letters_are_those_of_the_standards(warehouse, density, flow_per_min_m):
    with warehouse.write() as session:
        area, observed = session.connection.execute(
            "SELECT area_m2, observed_s FROM zones JOIN coverage_contributions USING (camera_id) "
            "WHERE interval_start_utc = $1 AND road_user = 'pedestrian'",
            [QUARTER],
        ).fetchall()[0]
        session.connection.execute("DELETE FROM zone_occupancy_contributions")
        exposure = (1 - 1e-12) * area * observed
        spent = {"presence_s": density * exposure, "dx_m": 0.0, "dy_m": 0.0, "way_m": flow_per_min_m / 60 * exposure}
        rows = of_cyclists(session, pl.DataFrame([spent]))
        session.insert("insert_zone_occupancy_contributions", rows.with_columns(road_user=pl.lit("pedestrian")))
        found = session.frame("select_level_of_service", site_id="crossroads", days=[builders.DAY])
    letters = found.filter(interval_start_utc=QUARTER).select("standard", "letter", "is_at_least").rows()
    by_name = {s.name: s for s in (*STANDARDS, CROWD_SAFETY)}
    assert {name for name, _, _ in letters} == set(by_name)
    for name, letter, is_at_least in letters:
        standard = by_name[name]
        assert is_at_least == (density >= DETECTOR_LIMIT_PER_M2)
        if standard.quantity == "space":
            assert letter == standard.grade_density(min(density * (1 - 1e-12), DETECTOR_LIMIT_PER_M2))
        else:
            assert letter == standard.grade(flow_per_min_m * (1 - 1e-12))
