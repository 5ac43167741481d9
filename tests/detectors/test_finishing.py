import numpy as np
import polars as pl
import pytest

from detectors.edges import complete_at_edges
from detectors.finishing import Finishing
from detectors.fragments import as_tracks
from detectors.notes import Notes
from detectors.tracker import TrackerSettings
from detectors.tracks import displacements
from tests.detectors.test_tracker_parity import followed, scene

SIZE_PX = (1600, 1600)


@pytest.fixture(scope="module")
def tracker():
    found = scene(5, 25, frames=150, recall=0.7, weak=0.1, noise=0.05)
    found = [one if not 60 < i < 90 else (one[0][:0], one[1][:0], one[2][:0]) for i, one in enumerate(found)]
    return followed(found, TrackerSettings())


@pytest.mark.parametrize("at_once", [1, 50, 10**6])
def test_tracks_finished_in_parts_are_those_finished_at_once(tracker, at_once):
    tracks, joints = as_tracks(tracker.fragments())
    finishing = Finishing.of(tracker.notes, 3, at_once)
    parts = list(finishing.parts(SIZE_PX))
    assert joints.height > 0
    assert len(parts) == 1 if at_once == 10**6 else len(parts) > 3
    assert pl.concat(parts).equals(complete_at_edges(tracks, SIZE_PX))
    assert finishing.joints.equals(joints)
    assert finishing.tracks == tracks["track_id"].n_unique()
    expected = displacements(tracks)["displacement"].quantile(0.95, "linear")
    assert finishing.displacement_p95() == pytest.approx(expected, rel=1e-12)


def test_nothing_followed_is_finished_as_nothing():
    finishing = Finishing.of(Notes(), 3)
    assert (finishing.tracks, finishing.displacement_p95(), list(finishing.parts(SIZE_PX))) == (0, None, [])


def test_a_track_is_never_split_over_parts(tracker):
    parts = list(Finishing.of(tracker.notes, 3, 20).parts(SIZE_PX))
    numbers = np.concatenate([part["track_id"].unique().to_numpy() for part in parts])
    assert len(numbers) == len(set(numbers))
