"""What the warehouse makes of speeds, queues, discharges and conflicts that recordings contribute."""

import shutil

import numpy as np
import polars as pl
import pytest

from geo.conflicts import find_conflicts
from geo.speeds import sum_speeds
from geo.trajectories import Trajectories
from pipelines.privacy import traffic as released
from pipelines.stages import traffic
from pipelines.warehouse.connection import Warehouse
from tests import builders

QUARTER = builders.START.replace(minute=0, second=0)  # observed for two seconds by the counted day
PLACE = {"site_id": "crossroads", "days": [builders.DAY]}


@pytest.fixture
def session(counted_day, tmp_path):
    """A copy of the counted day's warehouse whose one recording contributes nothing to these tables yet."""
    shutil.copy(counted_day.settings.warehouse, tmp_path / "w.duckdb")
    with Warehouse(tmp_path / "w.duckdb").write() as opened:
        for fact in traffic.FACTS:
            opened.connection.execute(f"DELETE FROM {fact}_contributions")
        yield opened


def contribute(session, fact, rows):
    recording = session.connection.sql("SELECT recording_id FROM loads").fetchall()[0][0]
    rows = rows.with_columns(pl.col(pl.Enum).cast(pl.String), recording_id=pl.lit(recording))
    session.insert(f"insert_{fact}_contributions", rows)


def read(session, table):
    rows = session.frame(f"select_{table}", **PLACE).with_columns(status=pl.lit("final"))
    schema = released.PER_DAY[table]
    return schema.validate(rows.select(schema.column_names()), cast=True)


def speeds_of(values, seconds_apart=5.5, unmeasurable=None):
    rows = [(i, -i * seconds_apart, float(v), "car") for i, v in enumerate(values)]
    ways = [(number, [(at_s - 0.05, 0.0, 0.0), (at_s + 0.05, 0.1, 0.0)]) for number, at_s, *_ in rows]
    crossings = builders.line_crossings("gate", *rows)
    found = sum_speeds(crossings, builders.trajectories(*ways, road_user="car"), unmeasurable)
    return found.with_columns(direction=pl.lit("backward"))


def of_gate(session, table="speeds"):
    return read(session, table).filter(line_id="gate", direction="backward", road_user="car")


def test_means_and_percentile_of_many_recordings_are_those_of_all_their_vehicles(session):
    values = np.random.default_rng(7).normal(13, 2, 150)
    for part in np.array_split(values, 3):
        contribute(session, "speed", speeds_of(part))
    (row,) = of_gate(session).rows(named=True)
    assert row["is_measurable"]
    assert row["time_mean_m_s"] == pytest.approx(values.mean())
    assert row["space_mean_m_s"] == pytest.approx(1 / (1 / values).mean())
    assert row["free_n"] == 147  # who comes first in a recording has no known headway
    assert (row["headway_n"], row["gap_n"], row["close_n"]) == (147, 147, 0)
    assert row["mean_headway_s"] == pytest.approx(5.5)
    leaders = np.concatenate([part[1:] for part in np.array_split(values, 3)])  # the last of each comes first
    assert row["mean_gap_s"] == pytest.approx(5.5 - (4.5 / leaders).mean())
    assert row["v85_m_s"] == pytest.approx(np.quantile(values, 0.85), abs=1 / 3.6)
    spread = 1.96 * np.sqrt(0.85 * 0.15 / 147)
    assert row["v85_lo95_m_s"] == pytest.approx(np.quantile(values, 0.85 - spread), abs=1 / 3.6)
    assert row["v85_hi95_m_s"] == pytest.approx(np.quantile(values, 0.85 + spread), abs=1 / 3.6)
    histogram = of_gate(session, "speed_histogram")
    assert histogram["n"].sum() == 150
    assert histogram["free_n"].sum() == 147
    edges = histogram["from_km_h"].to_numpy()
    assert histogram["n"].to_list() == [((values * 3.6 >= e) & (values * 3.6 < e + 1)).sum() for e in edges]


@pytest.mark.parametrize(
    ("vehicles", "has_v85", "has_upper_end"), [(10, False, False), (11, True, False), (40, True, True)]
)
def test_the_percentile_needs_ten_vehicles_in_free_flow(session, vehicles, has_v85, has_upper_end):
    contribute(session, "speed", speeds_of(np.linspace(10, 15, vehicles)))
    (row,) = of_gate(session).rows(named=True)
    assert (row["v85_m_s"] is not None) == has_v85
    assert (row["v85_hi95_m_s"] is not None) == has_upper_end


def test_one_recording_that_cannot_tell_makes_the_quarter_hour_unmeasurable(session):
    contribute(session, "speed", speeds_of([10, 11]))
    contribute(session, "speed", speeds_of([12], unmeasurable="by exception"))
    (row,) = of_gate(session).rows(named=True)
    assert (row["is_measurable"], row["reason"], row["time_mean_m_s"]) == (False, "by exception", None)
    assert (row["gap_n"], row["mean_gap_s"], row["close_n"]) == (0, None, 0)
    assert row["n"] == 1  # crossings are counted all the same
    assert of_gate(session, "speed_histogram").is_empty()


def test_headways_that_were_never_measured_are_not_known(session):
    older = speeds_of([10, 11]).drop("headways", "headway_s", "gaps", "gap_s", "close")
    contribute(session, "speed", older)
    (row,) = of_gate(session).rows(named=True)
    assert (row["headway_n"], row["mean_headway_s"], row["mean_gap_s"]) == (0, None, None)


def test_a_line_in_pixels_says_that_it_has_no_speeds(session):
    rows = read(session, "speeds").filter(line_id="gate_px")
    assert set(rows["reason"]) == {"the line is drawn in pixels"}
    assert rows["n"].sum() == 2


def queue_rows(*rows, unmeasurable=None):
    schema = {"zone_id": pl.String, "vehicles": pl.Int32, "length_m": pl.Int32, "duration_s": pl.Float64}
    described = pl.DataFrame([("square", *row) for row in rows], schema=schema, orient="row")
    return described.with_columns(interval_start_utc=pl.lit(QUARTER), unmeasurable=pl.lit(unmeasurable, pl.String))


def test_queues_have_a_maximum_and_a_size_exceeded_in_a_twentieth_of_the_time(session):
    # Observed for 2 s: a twentieth is 0.1 s.
    contribute(session, "queue", queue_rows((1, 5, 0.5), (3, 20, 0.1)))
    contribute(session, "queue", queue_rows((2, 15, 0.2), (4, 18, 0.05)))
    (row,) = read(session, "queues").rows(named=True)
    assert (row["max_vehicles"], row["max_length_m"]) == (4, 20.0)
    assert (row["p95_vehicles"], row["p95_length_m"]) == (3, 18.0)
    assert row["queued_s"] == pytest.approx(0.85)


def test_queues_of_an_exempted_camera_are_not_measurable(session):
    contribute(session, "queue", queue_rows((1, 5, 0.5), unmeasurable="by exception"))
    (row,) = read(session, "queues").rows(named=True)
    assert (row["is_measurable"], row["reason"], row["max_vehicles"]) == (False, "by exception", None)


def discharge_rows():
    return pl.DataFrame(
        {
            "line_id": ["gate"] * 2,
            "direction": ["forward"] * 2,
            "interval_start_utc": [QUARTER] * 2,
            "queues": [1, 2],
            "vehicles": [10, 12],
            "first_four_s": [10.2, 20.4],
            "saturated": [6, 4],
            "saturated_s": [11.4, 7.6],
        }
    )


def test_saturation_flow_and_start_up_loss(session):
    contribute(session, "discharge", discharge_rows())
    (row,) = read(session, "discharges").rows(named=True)
    assert row["saturation_headway_s"] == pytest.approx(1.9)
    assert row["saturation_flow_per_h"] == pytest.approx(3600 / 1.9)
    assert row["start_up_loss_s"] == pytest.approx(10.2 - 4 * 1.9)


def goes(number, road_user, start_m, velocity_m_s, seconds):
    way = [
        (t - 58, start_m[0] + velocity_m_s[0] * t, start_m[1] + velocity_m_s[1] * t) for t in np.arange(0, seconds, 0.1)
    ]
    return builders.trajectories((number, way), road_user=road_user)


def conflict_rows(zone_id):
    """Of a car and two pedestrians who cross behind it."""
    rows = [
        goes(1, "car", (-10, 0), (8, 0), 8),
        goes(2, "pedestrian", (0, -5), (0, 1.4), 9),  # PET 1.19 s
        goes(3, "pedestrian", (2, -7.5), (0, 1.4), 9),  # PET 2.72 s
    ]
    found = find_conflicts(Trajectories.validate(pl.concat(rows)))
    return found.with_columns(zone_id=pl.lit(zone_id), unmeasurable=pl.lit(None, pl.String))


def test_conflicts_leave_as_numbers_by_threshold_with_their_expectation(session):
    found = conflict_rows("-")
    assert found.height == 2
    contribute(session, "conflict", found)
    (row,) = read(session, "conflicts").rows(named=True)
    assert (row["conflicts"], row["not_measured"]) == (2, 0)
    assert (row["pet_below_1_0_s"], row["pet_below_1_5_s"], row["pet_below_5_0_s"]) == (0, 1, 2)
    assert row["expected_pet_below_1_5_s"] == pytest.approx(found["probability_pet"].sum())
    assert (row["road_user"], row["other_road_user"], row["kind"]) == ("pedestrian", "car", "crossing")


@pytest.mark.parametrize(
    ("table", "fact", "rows"),
    [
        ("queues", "queue", lambda: queue_rows((1, 5, 0.5))),
        ("discharges", "discharge", discharge_rows),
        ("conflicts", "conflict", lambda: conflict_rows("square")),
    ],
)
def test_only_recordings_that_were_looked_at_for_a_place_have_observed_it(session, table, fact, rows):
    contribute(session, fact, rows())
    alone = read(session, table)["coverage"].unique().to_list()
    builders.loaded_before_anything_was_drawn(session)
    assert alone == [pytest.approx(2 / 900, abs=1e-6)]
    assert read(session, table)["coverage"].unique().to_list() == alone


def test_what_lies_in_no_zone_is_observed_with_its_camera(session):
    contribute(session, "conflict", conflict_rows("-"))
    builders.loaded_before_anything_was_drawn(session)
    assert read(session, "conflicts")["coverage"].to_list() == [pytest.approx(4 / 900, abs=1e-6)]


def test_a_recording_is_carried_from_boxes_to_a_released_conflict(data):
    """A pedestrian crosses behind a car, in a zone; all of it seen from straight above."""
    from pipelines.settings import Settings

    settings, folder = Settings(data), data / "sites" / "crossroads"
    zone = builders.feature(
        "Polygon",
        [(4, 2), (8, 2), (8, 8), (4, 8)],
        zone_id="middle",
        name="Middle",
        camera_id="pole",
        purpose="presence",
    )
    (folder / "zones.geojson").write_text(builders.collection(zone), encoding="utf-8")
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    passing = builders.recorded(
        builders.walk(range(40), (25, 65), (150, 65), road_user="car", width=30.0, height=20.0),
        builders.walk(range(40), (55, 118), (55, 48)),
    )
    builders.run_day(builders.site_day(settings), lambda: passing)
    with Warehouse(settings.warehouse).read() as session:
        (row,) = read(session, "conflicts").rows(named=True)
    assert (row["kind"], row["road_user"], row["other_road_user"]) == ("crossing", "pedestrian", "car")
    assert row["zone_id"] == "middle"
    assert row["conflicts"] == 1
