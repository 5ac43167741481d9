from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.letterbox import Letterbox

SIDES = st.integers(40, 2000)


@pytest.mark.parametrize(
    ("picture_px", "longest_px", "input_px", "offset_px"),
    [
        ((1280, 720), 640, (640, 384), (0, 12)),
        ((640, 352), 640, (640, 352), (0, 0)),
        ((800, 600), 640, (640, 480), (0, 0)),
        ((720, 1280), 320, (192, 320), (6, 0)),
        ((160, 120), 320, (320, 256), (0, 8)),
    ],
)
def test_the_input_is_no_larger_than_needed(picture_px, longest_px, input_px, offset_px):
    letterbox = Letterbox(picture_px, longest_px)
    assert (letterbox.input_px, letterbox.offset_px) == (input_px, offset_px)


def test_pictures_lie_on_grey():
    picture = np.full((120, 160, 3), 7, np.uint8)
    whole = Letterbox((160, 120), 320).fit((picture, picture))
    assert whole.shape == (2, 256, 320, 3)
    assert (whole[:, :8] == 114).all()
    assert (whole[:, 8:248] == 7).all()


@given(SIDES, SIDES, st.sampled_from([320, 416, 640]))
def test_the_whole_picture_comes_back_as_the_whole_picture(width, height, longest_px):
    letterbox = Letterbox((width, height), longest_px)
    (left, top), (w, h) = letterbox.offset_px, letterbox.scaled_px
    back = letterbox.back(np.array([[left, top, left + w, top + h]], np.float32))
    assert back[0] == pytest.approx([0, 0, width, height], rel=1e-5, abs=1e-3)


def test_boxes_are_cut_off_at_the_edge():
    back = Letterbox((160, 120), 320).back(np.array([[-9, -9, 400, 400]], np.float32))
    assert back.tolist() == [[0, 0, 160, 120]]


@pytest.mark.parametrize("picture_px", [(1280, 720), (640, 352), (717, 403), (300, 500)])
def test_the_same_input_as_ultralytics(picture_px):
    from detectors.weights import import_ultralytics

    import_ultralytics(Path("data/var/ultralytics"))
    from ultralytics.data.augment import LetterBox

    picture = np.random.default_rng(1).integers(0, 255, (*picture_px[::-1], 3), dtype=np.uint8)
    theirs = LetterBox(320, auto=True, stride=32)(image=picture)
    assert np.array_equal(Letterbox(picture_px, 320).fit((picture,))[0], theirs)
