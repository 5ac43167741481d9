import numpy as np
import polars as pl
import pytest

from detectors.boxes import SIDES
from detectors.fragments import JoiningSettings, as_tracks
from detectors.road_users import RoadUser

CAR, PEDESTRIAN, CYCLIST, BUS = (r.code for r in (RoadUser.CAR, RoadUser.PEDESTRIAN, RoadUser.CYCLIST, RoadUser.BUS))


def piece(number, times_s, x0, speed, *, y=100.0, size=(40.0, 20.0), code=CAR, confidence=0.8):
    """A fragment that moves to the right; ``x0`` is where it is at time 0, in pixels."""
    return [
        (number, round(10 * t), t, code, confidence, x0 + speed * t, y, x0 + speed * t + size[0], y + size[1])
        for t in times_s
    ]


def fragments(*pieces):
    schema = {"fragment": pl.UInt32, "frame": pl.UInt32, "time_s": pl.Float64, "code": pl.UInt8}
    schema |= {"confidence": pl.Float32} | dict.fromkeys(SIDES, pl.Float32)
    return pl.DataFrame([row for one in pieces for row in one], schema=schema, orient="row")


BEFORE = np.arange(0, 2, 0.1)


def after(gap_s, until=6.0):
    return np.arange(1.9 + gap_s, until, 0.1)


def joined(*pieces):
    tracks, joints = as_tracks(fragments(*pieces))
    return tracks["track_id"].n_unique(), joints.height


FIRST = piece(1, BEFORE, 0, 50)


@pytest.mark.parametrize(
    ("later", "n_tracks"),
    [
        (piece(2, after(1.5), 0, 50), 1),
        (piece(2, after(2.5), 0, 50), 2),
        (piece(2, after(1.5), 60, 50), 2),
        (piece(2, after(1.5), 330, -50), 2),
        (piece(2, after(1.5), 0, 50, size=(90.0, 45.0)), 2),
        (piece(2, after(1.5), 0, 50, code=PEDESTRIAN), 2),
        (piece(2, after(1.5), 0, 50, code=BUS), 1),
        (piece(2, np.arange(1.5, 4, 0.1), 0, 50), 2),
        (piece(2, after(1.5), 0, 50) + piece(3, after(1.6), 5, 50), 3),
    ],
    ids=[
        "goes on",
        "after too long",
        "somewhere else",
        "comes back",
        "has grown",
        "was a car",
        "car or bus",
        "both seen at once",
        "two who may be it",
    ],
)
def test_fragments_are_joined_where_motion_leaves_no_doubt(later, n_tracks):
    assert joined(FIRST, later)[0] == n_tracks


def test_what_was_bridged_is_said():
    tracks, joints = as_tracks(fragments(FIRST, piece(2, after(1.5), 0, 50)))
    assert joints.rows() == [(1, pytest.approx(1.9), pytest.approx(3.4))]
    assert tracks["time_s"].is_sorted()


def test_many_fragments_in_a_row_become_one_track():
    starts = [0.0, 3.0, 6.0, 9.0]
    pieces = [piece(9 - i, np.arange(t, t + 2, 0.1), 0, 50) for i, t in enumerate(starts)]
    tracks, joints = as_tracks(fragments(*pieces))
    assert tracks["track_id"].unique().to_list() == [1]
    assert joints.height == 3
    assert tracks["frame"].is_sorted()


def test_two_that_are_hidden_together_are_not_exchanged():
    pieces = [FIRST, piece(2, BEFORE, 0, 50, y=140), piece(3, after(1.5), 0, 50, y=140), piece(4, after(1.5), 0, 50)]
    tracks, joints = as_tracks(fragments(*pieces))
    assert joints.height == 2
    assert (tracks.group_by("track_id").agg(pl.col("top_px").n_unique())["top_px"] == 1).all()


def test_the_class_is_voted_over_all_boxes_of_the_track_by_confidence():
    first = piece(1, BEFORE, 0, 20, code=PEDESTRIAN, confidence=0.3)
    tracks, _ = as_tracks(fragments(first, piece(2, after(1.5), 0, 20, code=CYCLIST, confidence=0.6)))
    assert tracks["track_id"].unique().to_list() == [1]
    assert set(tracks["road_user"]) == {"cyclist"}


def test_settings_say_when():
    pieces = fragments(FIRST, piece(2, after(2.5), 0, 50))
    assert as_tracks(pieces, JoiningSettings(gap_s=3.0))[0]["track_id"].n_unique() == 1


def test_one_fragment_or_none():
    assert joined(FIRST) == (1, 0)
    assert joined() == (0, 0)
