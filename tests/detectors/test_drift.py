import cv2
import numpy as np
import polars as pl
import pytest

from detectors.drift import background, landmarks, motion
from tests import builders

SIZE_PX = (320, 240)


def place(seed=0):
    """A grey place full of corners."""
    rng = np.random.default_rng(seed)
    picture = np.full((SIZE_PX[1], SIZE_PX[0]), 120, np.uint8)
    for x, y, w, h, level in rng.integers([0, 0, 6, 6, 20], [300, 220, 50, 40, 240], (160, 5)).tolist():
        cv2.rectangle(picture, (x, y), (x + w, y + h), level, -1)
    return cv2.GaussianBlur(picture, (3, 3), 0.7)


def turned(picture, shift=(0.0, 0.0), degrees=0.0):
    matrix = cv2.getRotationMatrix2D((SIZE_PX[0] / 2, SIZE_PX[1] / 2), degrees, 1.0)
    matrix[:, 2] += shift
    return cv2.warpAffine(picture, matrix, SIZE_PX, borderMode=cv2.BORDER_REPLICATE), matrix


@pytest.mark.parametrize(("shift", "degrees"), [((0.0, 0.0), 0.0), ((5.0, -3.0), 0.0), ((-2.5, 1.0), 1.5)])
def test_a_turned_camera_is_found_out(shift, degrees):
    now, matrix = turned(place(), shift, degrees)
    found = motion(landmarks(place()), landmarks(now))
    points = np.array([[60.0, 60.0], [260.0, 200.0], [160.0, 120.0]])
    assert found.moved(points) == pytest.approx(points @ matrix[:, :2].T + matrix[:, 2], abs=0.5)


def test_another_place_is_not_told_apart():
    assert motion(landmarks(place()), landmarks(place(seed=1))) is None
    assert motion(landmarks(place()), landmarks(np.full_like(place(), 90))) is None


@pytest.fixture
def filmed(tmp_path):
    """A recording of a place where a bright block stands for a while, and the boxes around the block."""
    frames, boxes = [], []
    for i in range(50):
        image = cv2.cvtColor(place(), cv2.COLOR_GRAY2BGR)
        left = 100 if i < 35 else 200
        image[100:160, left : left + 30] = 255
        frames.append(image)
        sides = {"left_px": left, "top_px": 100, "right_px": left + 30, "bottom_px": 160}
        boxes.append({"time_s": i / 10, **sides})
    return builders.video(tmp_path / "a.mp4", frames), pl.DataFrame(boxes).cast(pl.Float64)


def test_a_background_shows_nobody(filmed):
    path, boxes = filmed
    camera = builders.camera(size_px=SIZE_PX)
    grey = background(path, camera, boxes, 5.0)
    seen = grey[105:155, 105:125]
    assert np.median(np.abs(seen.astype(int) - place()[105:155, 105:125])) < 8
    assert background(path, camera, boxes.clear(), 5.0)[105:155, 105:125].min() > 230  # without boxes it would


def test_where_road_users_never_make_way_nothing_is_known(filmed):
    path, boxes = filmed
    still = boxes.with_columns(left_px=pl.lit(100.0), right_px=pl.lit(130.0))
    grey = background(path, builders.camera(size_px=SIZE_PX), still, 5.0)
    assert (grey[100:160, 100:130] == 0).all()
    assert not ((np.abs(landmarks(grey).pixels - [115, 130]) < [15, 30]).all(axis=1)).any()


def test_masked_places_stay_unknown(filmed):
    path, boxes = filmed
    camera = builders.camera(size_px=SIZE_PX, privacy_masks_px=(((0, 0), (80, 0), (80, 240), (0, 240)),))
    assert (background(path, camera, boxes, 5.0)[:, :80] == 0).all()
