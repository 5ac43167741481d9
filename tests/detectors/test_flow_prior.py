import numpy as np
import polars as pl
import pytest

from detectors.flow_prior import FlowPrior
from detectors.road_users import RoadUser
from detectors.tracker import Tracker, TrackerSettings
from tests.detectors import lanes

CAR = RoadUser.CAR.code
COLUMNS = ["light", "row", "column", "mode", "vx_px_s", "vy_px_s"]
WAYS = ((0, 400.0), (1, 0.0))


def followed(found, every, prior=None):
    tracker = Tracker(TrackerSettings(), prior)
    for frame, (boxes, scores) in list(enumerate(found))[::every]:
        tracker.update(frame, frame / lanes.FPS, boxes, scores, np.full(len(boxes), CAR))
    return tracker.tracks()


def counted(tracks):
    return lanes.crossings(tracks.select("track_id", "frame", "left_px", "right_px").to_numpy())


def learned(speed_px):
    """What 15 s at full rate teach, from other traffic than is counted."""
    return FlowPrior.learned(followed(lanes.traffic(99, speed_px, frames=450)[0], 1), lanes.SIZE_PX)


@pytest.mark.parametrize(("speed_px", "every"), [(3, 10), (6, 6), (12, 6), (12, 8)])
def test_counts_hold_at_a_reduced_rate_once_the_way_is_known(speed_px, every):
    found, crossed = lanes.traffic(1, speed_px)
    assert crossed > 40
    assert abs(counted(followed(found, every, learned(speed_px))) - crossed) <= max(1, 0.02 * crossed)


def test_without_knowing_the_way_most_are_lost():
    found, crossed = lanes.traffic(1, 12)
    assert counted(followed(found, 6)) < 0.2 * crossed


def moving(number, start, velocity, road_user="car", n=30):
    times = np.arange(n) / 10
    x, y = start[0] + velocity[0] * times, start[1] + velocity[1] * times
    return pl.DataFrame(
        {
            "track_id": [number] * n,
            "frame": range(n),
            "time_s": times,
            "road_user": [road_user] * n,
            "left_px": x - 20,
            "top_px": y - 10,
            "right_px": x + 20,
            "bottom_px": y + 10,
        }
    )


def tried(prior, place, road_user="car"):
    velocities = [v[0] for v in prior.tried(np.array([place], float), np.array([RoadUser(road_user).code]))]
    return [v.round(3).tolist() for v in velocities if not np.isnan(v).any()]


def test_ways_that_cross_are_each_known_the_most_usual_first():
    east = [moving(i, (10, 100), (60, 0)) for i in range(3)]
    south = [moving(9, (100, 10), (0, 60))]
    prior = FlowPrior.learned(pl.concat(east + south), (200, 200))
    assert tried(prior, (100, 100)) == [[60, 0], [0, 60]]
    assert tried(prior, (30, 100)) == [[60, 0]]


def test_what_stands_is_tried_as_standing():
    prior = FlowPrior.learned(moving(1, (100, 100), (1, 0)), (200, 200))
    assert tried(prior, (100, 100)) == [[1, 0]]


@pytest.mark.parametrize(
    ("road_user", "way"), [("van", [60, 0]), ("motorcycle", [60, 0]), ("pedestrian", [0, 12]), ("cyclist", [0, 12])]
)
def test_people_and_vehicles_have_ways_of_their_own(road_user, way):
    both = pl.concat([moving(1, (10, 100), (60, 0)), moving(2, (10, 100), (0, 12), "pedestrian")])
    prior = FlowPrior.learned(both, (200, 200))
    assert tried(prior, (12, 104), road_user) == [way]


def test_of_two_who_stand_neither_is_taken_for_the_other_on_a_more_usual_way():
    step_px = 40.0
    ways = [(1, row, column, mode, vx, 0.0) for row in range(8) for column in range(32) for mode, vx in WAYS]
    prior = FlowPrior.from_table(pl.DataFrame(ways, schema=COLUMNS, orient="row"), (320, 80))
    tracker = Tracker(TrackerSettings(), prior)
    pair = np.array([(100.0, 20.0, 120.0, 60.0), (100.0 + step_px, 20.0, 120.0 + step_px, 60.0)])
    for frame in range(8):
        boxes = pair if frame else pair[:0]
        codes = np.full(len(boxes), RoadUser.PEDESTRIAN.code)
        tracker.update(frame, frame / 10, boxes, np.full(len(boxes), 0.9), codes)
    tracks = tracker.tracks()
    assert (
        tracks.group_by("track_id").agg(pl.col("left_px").n_unique(), pl.len())["left_px", "len"].rows() == [(1, 7)] * 2
    )


def test_where_nobody_was_seen_nothing_is_tried():
    assert tried(FlowPrior.learned(moving(1, (10, 100), (60, 0)), (200, 200)), (100, 20)) == []


def test_a_prior_is_the_same_after_writing_and_reading():
    prior = learned(6)
    again = FlowPrior.from_table(prior.table(), prior.size_px)
    assert np.array_equal(prior.velocity_px_s, again.velocity_px_s, equal_nan=True)
    assert prior.table().height > 100


def test_without_a_prior_nothing_changes():
    found, _ = lanes.traffic(2, 3, frames=200)
    empty = FlowPrior.from_table(learned(3).table().clear(), lanes.SIZE_PX)
    assert followed(found, 1).equals(followed(found, 1, empty))
