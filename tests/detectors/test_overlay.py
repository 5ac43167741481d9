import numpy as np
import pytest

from detectors.overlay import draw_tracks
from tests import builders

TRACKS = builders.tracks((1, [(0.1 * i, 20 + 3 * i, 70) for i in range(40)]), (2, [(0.0, 80, 110), (0.1, 82, 110)]))


def test_ways_and_boxes_are_drawn_on_nothing():
    picture = draw_tracks(TRACKS, builders.SIZE_PX)
    assert picture.shape == (120, 160, 3)
    assert picture.dtype == np.uint8
    drawn = (picture != 60).any(axis=2)
    assert drawn[70, 25:130].all()
    assert not drawn[75:78, :60].any()


def test_the_ground_is_kept_and_must_fit():
    ground = np.full((120, 160, 3), 200, np.uint8)
    picture = draw_tracks(TRACKS, builders.SIZE_PX, ground)
    assert (picture[75:78, :60] == 200).all()
    assert (ground == 200).all()
    with pytest.raises(ValueError, match="ground: is 160x120 px, the camera's picture 640x480"):
        draw_tracks(TRACKS, (640, 480), ground)


def test_no_track_leaves_the_ground_empty():
    assert (draw_tracks(TRACKS.clear(), builders.SIZE_PX) == 60).all()
