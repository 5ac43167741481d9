from pathlib import Path

import numpy as np
import polars as pl
import pytest

from geo.scenario import STEP_S, simulate
from pipelines.sites import load_site
from pipelines.stages.simulate import pinhole, read_scenario, true_crossings

FOLDER = load_site(Path("data/sites/lindenplatz"))
SCENARIO = read_scenario(FOLDER)
SCENE = simulate(SCENARIO, duration_s=60, seed=11)
ROWS = SCENE.positions.join(SCENE.users, on="user_id").sort("user_id", "time_s")


def test_the_same_seed_gives_the_same_scene():
    assert simulate(SCENARIO, duration_s=20, seed=3).positions.equals(
        simulate(SCENARIO, duration_s=20, seed=3).positions
    )
    assert not simulate(SCENARIO, duration_s=20, seed=3).positions.equals(
        simulate(SCENARIO, duration_s=20, seed=4).positions
    )


def test_positions_lie_on_whole_steps():
    steps = ROWS["time_s"].to_numpy() / STEP_S
    assert steps == pytest.approx(np.round(steps))


@pytest.mark.parametrize(
    ("road_user", "fastest_m_s"), [("pedestrian", 3.0), ("cyclist", 6.5), ("car", 11.0), ("bus", 11.0)]
)
def test_nobody_is_faster_than_its_kind(road_user, fastest_m_s):
    one = ROWS.filter(road_user=road_user)
    way = one.select(
        (pl.col("x_m").diff() ** 2 + pl.col("y_m").diff() ** 2).sqrt().over("user_id") / STEP_S
    ).to_series()
    assert way.max() < fastest_m_s


def test_vehicles_in_a_lane_never_overlap():
    lane = ROWS.filter(pl.col("y_m").is_between(12.0, 13.4), pl.col("road_user").is_in(["car", "bus"]))
    for _, moment in lane.group_by("time_s"):
        ordered = moment.sort("x_m")
        gap = ordered["x_m"].diff() - (ordered["length_m"] + ordered["length_m"].shift(1)) / 2
        assert (gap.drop_nulls() > 0).all()


def test_nobody_drives_over_the_zebra_while_people_walk():
    walk = pl.col("time_s") % SCENARIO.signal.cycle_s
    driving = ROWS.filter(
        pl.col("road_user").is_in(["car", "bus"]),
        pl.col("x_m").is_between(3.8, 8.2),
        walk.is_between(9.0, SCENARIO.signal.walk_s),
    )
    assert driving.is_empty()


def test_truth_is_what_an_independent_count_says():
    lines = [line for line in FOLDER.site.lines if line.space == "ground"]
    truth = true_crossings(SCENE, lines)
    for line in lines:
        (x0, y0), (x1, y1) = line.path
        side = (pl.col("x_m") - x0) * (y1 - y0) - (pl.col("y_m") - y0) * (x1 - x0)
        ends = (
            ROWS.with_columns(side=side)
            .group_by("user_id")
            .agg(pl.col("side").first().alias("first"), pl.col("side").last().alias("last"))
        )
        swapped = ends.filter((pl.col("first") < 0) != (pl.col("last") < 0))["user_id"].to_list()
        crossed = truth.filter(line_id=line.line_id).height
        # Everybody who ends on the other side crossed this line, or passed beyond its ends.
        assert crossed <= len(swapped) + 2
        if line.line_id in ("street", "cycle_track"):
            in_lane = pl.col("y_m").is_between(min(y0, y1), max(y0, y1)) & (pl.col("road_user") != "pedestrian")
            lanes = ROWS.filter(pl.col("user_id").is_in(swapped), in_lane)
            assert crossed == lanes["user_id"].n_unique()


def test_control_points_are_those_of_the_scenario_camera():
    calibration = FOLDER.site.calibrations["lindenplatz_pole"]
    places = np.array([[0.0, 5.0], [-8.0, 12.0], [8.0, 16.0], [0.0, 19.0]])
    exact = pinhole(SCENARIO.camera).project(np.column_stack([places, np.zeros(len(places))]))
    assert calibration.plane.to_ground(exact) == pytest.approx(places, abs=0.15)
    assert calibration.exemption is None
