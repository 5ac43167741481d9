import numpy as np
import polars as pl
import pytest

from geo.queues import measure_queues, stands_in_queue, zone_axis
from geo.site import Zone
from geo.trajectories import Trajectories
from tests import builders

LANE = Zone("lane", "Lane", "pole", "queue", np.array([[0.0, -2], [100, -2], [100, 2], [0, 2]]))
START_S = 2.0  # the builders' clock begins at a whole second


def arrives(number, stop_at_m, at_s=10.0, stays_s=20.0, road_user="car"):
    """Drives east at 10 m/s, stands from ``at_s`` on, and drives on."""
    t = np.arange(0, at_s + stays_s + 10, 0.1)
    moving_s = np.minimum(t, at_s) + np.maximum(t - at_s - stays_s, 0)
    x = stop_at_m + 10 * (moving_s - at_s)
    return builders.trajectories((number, [*zip(t, x, np.zeros(len(t)), strict=True)]), road_user=road_user)


def queue(*ways):
    return measure_queues(Trajectories.validate(pl.concat(ways)), [LANE])


def test_an_empty_lane_has_no_queue():
    assert measure_queues(Trajectories.create_empty(), [LANE]).is_empty()
    passing = builders.trajectories((1, [(t, 10 * t, 0.0) for t in np.arange(0, 8, 0.1)]), road_user="car")
    assert queue(passing).is_empty()


def test_a_queue_is_as_long_as_from_the_front_of_the_first_to_the_rear_of_the_last():
    found = queue(arrives(1, 90), arrives(2, 83), arrives(3, 76))
    longest = found.sort("vehicles").row(-1, named=True)
    assert (longest["vehicles"], longest["length_m"]) == (3, 19)  # 14 m between centres, 4.5 m of car
    assert found["duration_s"].sum() == pytest.approx(20, abs=1.01)


def test_the_queue_ends_at_a_spacing_of_twenty_metres():
    assert queue(arrives(1, 90), arrives(2, 69.9))["vehicles"].max() == 1
    assert queue(arrives(1, 90), arrives(2, 70.1))["vehicles"].max() == 2


def test_the_front_is_where_the_vehicles_drive_to():
    outline = LANE.outline_m
    assert zone_axis(outline, np.array([[5.0, 0]])) == pytest.approx((1, 0))
    assert zone_axis(outline, np.array([[-5.0, 0]])) == pytest.approx((-1, 0))
    # Of two groups too far apart, the one in front is the queue.
    found = queue(arrives(1, 95), arrives(2, 40), arrives(3, 33))
    assert found["vehicles"].max() == 1


def test_pedestrians_and_who_stands_beside_the_zone_do_not_queue():
    beside = arrives(2, 80).with_columns(y_m=pl.lit(9.0))
    assert queue(arrives(1, 90, road_user="pedestrian"), beside).is_empty()


def test_who_has_joined_stays_until_faster_than_ten_kilometres_per_hour():
    kilometres_per_hour = [8, 4, 8, 11, 8, 4]
    rows = pl.DataFrame({"track_id": [1] * 6, "vx_m_s": [v / 3.6 for v in kilometres_per_hour], "vy_m_s": [0.0] * 6})
    assert stands_in_queue(rows)["is_standing"].to_list() == [False, True, True, False, False, True]


def test_time_falls_into_the_quarter_hour_in_which_it_passes():
    found = queue(arrives(1, 90, at_s=0.5, stays_s=10))
    by_quarter = found.group_by("interval_start_utc").agg(pl.col("duration_s").sum()).sort("interval_start_utc")
    assert by_quarter.height == 2  # the clock starts two seconds before a quarter-hour
    assert by_quarter["duration_s"].to_list() == pytest.approx([1.5, 9], abs=1.01)
