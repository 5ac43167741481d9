import numpy as np
import pytest

from geo.pedestrian_flow import (
    cumulative_count,
    first_passages,
    flow_between_passages,
    passages,
    specific_flow,
)
from tests import pedestrian_runs

LINE = np.array([[0.0, -2.0], [0.0, 2.0]])


def positions(*walks):
    """Track, frame and place of walks along x."""
    track = np.concatenate([np.full(len(w), i) for i, w in enumerate(walks)])
    frame = np.concatenate([np.arange(len(w)) for w in walks])
    x = np.concatenate(walks).astype(float)
    return track, frame, np.column_stack([x, np.zeros(len(x))])


def test_every_passage_counts_with_its_direction_or_only_the_first():
    walk = positions([-1, 1, -1, 1, -1, 1])
    found = passages(*walk, LINE)
    assert found["is_forward"].to_list() == [True, False, True, False, True]
    assert found["frame"].to_list() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert first_passages(*walk, LINE)["frame"].to_list() == [1]


@pytest.mark.parametrize(
    ("walk", "frames"),
    [
        ([-1, 0, 1], [2]),  # ends on the line: not yet; starts on it: passed
        ([-1, 0], []),
        ([0, 1], [1]),
        ([-2, -1, -0.5], []),
    ],
)
def test_on_the_line_is_as_in_pedpy(walk, frames):
    assert first_passages(*positions(walk), LINE)["frame"].to_list() == frames


def test_a_gap_in_the_frames_is_no_step():
    track, frame, place = positions([-1, 1])
    assert first_passages(track, frame * 2, place, LINE).is_empty()


def test_tracks_are_not_joined():
    assert first_passages(*positions([-1, -1], [1, 1]), LINE).is_empty()
    assert passages(*positions([-1, -1], [1, 1]), LINE).is_empty()


def test_the_count_rises_at_each_passage():
    assert cumulative_count(np.array([4, 2, 4]), np.arange(6)).tolist() == [0, 0, 1, 1, 3, 3]


def test_specific_flow():
    assert specific_flow(360, 60, 2.0) == pytest.approx(3.0)


def test_nobody_makes_no_flow():
    assert flow_between_passages(np.empty(0, np.int64), 100, 10, 16.0).is_empty()
    empty = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 2)))
    assert passages(*empty, LINE).is_empty()
    assert first_passages(*empty, LINE).is_empty()


@pytest.mark.oracle
@pedestrian_runs.needs_runs
@pytest.mark.parametrize("name", ["bottleneck", "corner"])
def test_counts_and_flow_are_those_of_pedpy(name):
    run, asked = pedestrian_runs.pedpy_run(name)
    found = first_passages(run.track, run.frame, run.place_m, asked.line)
    crossing = pedestrian_runs.pedpy_table(name, "crossing_frames")
    assert dict(found.rows()) == dict(crossing.select("id", "frame").rows())
    per_frame = pedestrian_runs.pedpy_table(name, "perframe")
    count = cumulative_count(found["frame"].to_numpy(), per_frame["frame"].to_numpy())
    assert count.tolist() == per_frame["cumulative_pedestrians"].to_list()
    speed = dict(zip(zip(run.track, run.frame, strict=True), run.speed_m_s(asked.frame_step), strict=True))
    flow = flow_between_passages(
        found["frame"].to_numpy(), int(run.frame.max()), 100, 16.0, np.array([speed[row] for row in found.rows()])
    )
    expected = pedestrian_runs.pedpy_table(name, "flow_df100")
    assert flow["flow_per_s"].to_numpy() == pytest.approx(expected["flow"].to_numpy(), abs=1e-6)
    assert flow["mean_speed_m_s"].to_numpy() == pytest.approx(expected["mean_speed"].to_numpy(), abs=1e-6)
