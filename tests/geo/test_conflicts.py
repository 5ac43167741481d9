from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from detectors.road_users import RoadUser
from geo.bodies import BODIES
from geo.conflicts import find_conflicts
from geo.trajectories import Trajectories
from tests import builders

CAR, WALKER = BODIES[RoadUser.CAR].size_m, BODIES[RoadUser.PEDESTRIAN].size_m


def goes(number, road_user, start_m, velocity_m_s, from_s=0.0, to_s=10.0, sigma_m=0.1):
    at = np.arange(from_s, to_s + 1e-9, 0.1)
    way = [(t, start_m[0] + velocity_m_s[0] * (t - from_s), start_m[1] + velocity_m_s[1] * (t - from_s)) for t in at]
    rows = builders.trajectories((number, way), road_user=road_user)
    return rows.with_columns(var_x_m2=pl.lit(sigma_m**2), var_y_m2=pl.lit(sigma_m**2))


def conflicts(*trajectories):
    return find_conflicts(Trajectories.validate(pl.concat(trajectories)))


def test_nobody_has_no_conflicts():
    assert find_conflicts(Trajectories.create_empty()).is_empty()


def test_a_pedestrian_behind_a_car_is_a_crossing_with_its_post_encroachment_time():
    found = conflicts(goes(1, "car", (-10, 0), (8, 0)), goes(2, "pedestrian", (0, -5), (0, 1.4)))
    (row,) = found.rows(named=True)
    leaves_s, enters_s = (10 + CAR[0] / 2 + WALKER[1] / 2) / 8, (5 - CAR[1] / 2 - WALKER[0] / 2) / 1.4
    assert row["pet_s"] == pytest.approx(enters_s - leaves_s, abs=1e-5)
    assert row["time_utc"] == builders.START + timedelta(seconds=enters_s)
    assert (row["road_user"], row["other_road_user"]) == ("pedestrian", "car")
    assert (row["track_id"], row["other_track_id"]) == (2, 1)
    assert (row["kind"], row["angle_deg"]) == ("crossing", pytest.approx(90))
    assert (row["speed_m_s"], row["other_speed_m_s"]) == pytest.approx((1.4, 8.0))
    assert row["ttc_s"] is None
    assert row["sigma_pet_s"] == pytest.approx(0.1 * np.sqrt(2) * np.hypot(1 / 8, 1 / 1.4), rel=1e-3)
    assert row["probability_pet"] > 0.99
    assert row["is_measurable"]


def test_who_catches_up_has_a_time_to_collision_and_no_post_encroachment_time():
    found = conflicts(goes(1, "car", (0, 0), (10, 0), to_s=2), goes(2, "bus", (33.25, 0), (2, 0), to_s=2))
    (row,) = found.rows(named=True)
    gap_m = 33.25 - CAR[0] / 2 - 6 - 2 * (10 - 2)
    assert row["kind"] == "rear_end"
    assert row["ttc_s"] == pytest.approx(gap_m / 8, abs=1e-6)
    assert row["drac_m_s2"] == pytest.approx(8**2 / (2 * gap_m), abs=1e-6)
    assert row["pet_s"] is None
    assert row["probability_ttc"] > 0.98


@pytest.mark.parametrize(("road_user", "is_found"), [("pedestrian", False), ("cyclist", True)])
def test_who_walks_up_to_a_standing_vehicle_is_in_no_danger(road_user, is_found):
    standing = goes(1, "car", (4, 0), (0, 0), to_s=3)
    assert conflicts(standing, goes(2, road_user, (-2, 0), (1.2, 0), to_s=2)).is_empty() != is_found


def test_following_at_a_steady_distance_is_no_conflict():
    assert conflicts(goes(1, "car", (0, 0), (10, 0)), goes(2, "car", (-12, 0), (10, 0))).is_empty()


def test_pedestrians_among_themselves_have_no_conflicts():
    assert conflicts(goes(1, "pedestrian", (-5, 0), (1, 0)), goes(2, "pedestrian", (0, -5), (0, 1))).is_empty()


@pytest.mark.parametrize(("pet_s", "is_found"), [(4.9, True), (5.1, False)])
def test_five_seconds_are_looked_at_and_no_more(pet_s, is_found):
    car = goes(1, "car", (-10, 0), (8, 0), to_s=3)
    leaves_s = (10 + CAR[0] / 2 + WALKER[1] / 2) / 8
    walker = goes(2, "pedestrian", (0, -(leaves_s + pet_s) - CAR[1] / 2 - WALKER[0] / 2), (0, 1.0), to_s=12)
    assert conflicts(car, walker)["pet_s"].to_list() == ([pytest.approx(pet_s, abs=1e-5)] if is_found else [])


def test_what_overlaps_or_is_placed_badly_is_no_measurement():
    across = goes(2, "pedestrian", (0, -5), (0, 1.4))
    into = conflicts(goes(1, "car", (-16, 0), (4, 0)), across)
    vague = conflicts(goes(1, "car", (-10, 0), (8, 0), sigma_m=0.6), across)
    assert into["is_overlap"].to_list() == [True]
    assert into["is_measurable"].to_list() == [False]
    assert vague["is_overlap"].to_list() == [False]
    assert vague["is_measurable"].to_list() == [False]


def test_who_stands_keeps_the_heading_with_which_it_came():
    stop = [(t, min(4.0 * t, 12.0), 0.0) for t in np.arange(0, 10, 0.1)]
    waiting = builders.trajectories((1, stop), road_user="bus")
    past = goes(2, "cyclist", (12, -12), (0, 4), from_s=2.0, to_s=5.0)
    assert conflicts(waiting, past)["is_overlap"].to_list() == [True]
    beyond = goes(2, "cyclist", (18.5, -12), (0, 4), from_s=4.0, to_s=8.0)
    assert conflicts(waiting, beyond).is_empty()


def test_conflicts_do_not_change_when_rows_are_shuffled():
    rows = pl.concat([goes(1, "car", (-10, 0), (8, 0)), goes(2, "cyclist", (3, -14), (-0.5, 5))])
    assert find_conflicts(rows).equals(
        find_conflicts(Trajectories.validate(rows.sample(fraction=1, shuffle=True, seed=3)))
    )
