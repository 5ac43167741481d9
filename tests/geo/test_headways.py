import polars as pl
import pytest

from detectors.road_users import RoadUser
from geo.crossings import ground_crossings
from geo.headways import headways
from geo.site import CountingLine
from tests import builders

GATE = CountingLine("gate", "Gate", "pole", "ground", ((0, 0), (0, 8)), "east", "west")


def crossings(*passers, road_user="car"):
    """Who passes at (seconds, place along the line, m/s)."""
    paths = [
        (n, [(t + i / 10, speed * i / 10, y) for i in range(-15, 16)]) for n, (t, y, speed) in enumerate(passers, 1)
    ]
    return ground_crossings(builders.trajectories(*paths, road_user=road_user), [GATE])


def test_a_headway_is_from_one_to_the_next_and_a_gap_is_less():
    found = headways(crossings((2, 4, 9.0), (5, 4, 9.0), (9, 4, 15.0)))
    assert found["headway_s"].to_list() == [None, pytest.approx(3.0), pytest.approx(4.0)]
    assert found["gap_s"].to_list() == [None, pytest.approx(3.0 - 0.5), pytest.approx(4.0 - 0.5)]


def test_directions_have_their_own():
    found = headways(crossings((2, 4, 9.0), (3, 4, -9.0), (5, 4, 9.0)))
    assert found["headway_s"].to_list() == [None, None, pytest.approx(3.0)]


def test_a_cyclist_is_no_car_s_leader():
    cars, cyclist = crossings((2, 4, 9.0), (8, 4, 9.0)), crossings((5, 4, 5.0), road_user="cyclist")
    both = pl.concat([cars, cyclist.with_columns(pl.col("track_id") + 10)])
    assert headways(both)["headway_s"].to_list() == [None, None, pytest.approx(6.0)]


def test_a_lane_is_part_of_the_line():
    passers = crossings((2, 2, 9.0), (3, 6, 9.0), (5, 2, 9.0))
    assert headways(passers, lane=(0.0, 0.5))["headway_s"].to_list() == [None, pytest.approx(3.0)]
    assert headways(passers, lane=(0.5, 1.0))["headway_s"].to_list() == [None]


def test_without_a_length_there_is_no_gap():
    walkers = crossings((2, 4, 1.4), (5, 4, 1.4), road_user="pedestrian")
    assert headways(walkers)["gap_s"].to_list() == [None, None]
    assert headways(walkers, length_m={RoadUser.PEDESTRIAN: 0.35})["gap_s"][1] == pytest.approx(2.75)
