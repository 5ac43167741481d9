import numpy as np
import polars as pl
import pytest

from detectors.finishing import Finishing
from detectors.fragments import as_tracks
from detectors.notes import Notes
from detectors.road_users import RoadUser

CAR, VAN, PEDESTRIAN, CYCLIST = (r.code for r in (RoadUser.CAR, RoadUser.VAN, RoadUser.PEDESTRIAN, RoadUser.CYCLIST))


def fragment(*legs):
    """Notes of one fragment at 10 Hz: legs of (code, boxes, px/s), each from where the last ended."""
    notes, x, frame = Notes(), 0.0, 0
    for code, boxes, speed in legs:
        for _ in range(boxes):
            corners = np.array([[x, 100.0, x + 40.0, 120.0]])
            notes.add(np.array([1]), frame, frame / 10, (corners, np.array([0.8]), np.array([code])))
            x, frame = x + speed / 10, frame + 1
    return notes


@pytest.mark.parametrize(
    ("legs", "parts"),
    [
        ([(VAN, 20, 120), (CAR, 20, -120)], 2),
        ([(PEDESTRIAN, 20, 20), (CYCLIST, 20, -90)], 2),
        ([(VAN, 20, 120), (CAR, 20, 120)], 1),
        ([(VAN, 20, 120), (VAN, 20, -120)], 1),
        ([(VAN, 20, 120), (CAR, 2, -120)], 1),
        ([(VAN, 20, 20), (CAR, 20, -20)], 1),
        ([(VAN, 2, 100), (CAR, 2, 100)] * 10, 1),
        ([(VAN, 3, 120)], 1),
    ],
    ids=[
        "leaves and comes back as another",
        "walks and cycles away",
        "goes on under another name",
        "turns round",
        "is another too shortly to tell",
        "turns about as positions tremble",
        "flickers",
        "is short",
    ],
)
def test_who_turns_and_changes_class_for_good_is_two(legs, parts):
    tracks, _ = as_tracks(fragment(*legs).of(np.array([1])))
    assert tracks["track_id"].n_unique() == parts
    assert tracks.height == sum(boxes for _, boxes, _ in legs)


def test_each_of_the_two_has_its_own_class_and_boxes():
    tracks, joints = as_tracks(fragment((VAN, 20, 120), (CAR, 30, -120)).of(np.array([1])))
    assert tracks.group_by("track_id", "road_user", maintain_order=True).len().rows() == [
        (1, "van", 20),
        (2, "car", 30),
    ]
    assert joints.is_empty()


def test_in_parts_it_comes_to_the_same():
    notes = fragment((VAN, 20, 120), (CAR, 30, -120))
    finishing = Finishing.of(notes, 3, at_once=10)
    assert finishing.tracks == 2
    assert pl.concat(finishing.parts((1280, 720))).equals(as_tracks(notes.of(np.array([1])))[0])
