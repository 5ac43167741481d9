import numpy as np
import polars as pl
import pytest

from detectors.masks import MaskedArea, blacken
from detectors.track_video import track_video
from tests import builders

MASK = ((20.0, 30.0), (70.0, 30.0), (70.0, 80.0), (20.0, 80.0))


def test_blacken_leaves_the_rest_alone():
    image = np.full((120, 160, 3), 200, np.uint8)
    blacken(image, (MASK,))
    assert image[30:81, 20:71].max() == 0
    assert (image == 0).all(axis=2).sum() == 51 * 51


@pytest.mark.parametrize(
    ("box", "visible"),
    [
        ((25, 35, 65, 75), False),
        ((100, 35, 140, 75), True),
        ((60, 40, 90, 70), True),
        ((50, 40, 80, 70), False),
        ((-5, -5, 200, 200), True),
        ((30, 40, 30, 40), True),
    ],
    ids=["under the mask", "beside it", "a third under it", "two thirds under it", "around everything", "no area"],
)
def test_what_lies_under_a_mask_is_not_seen(box, visible):
    area = MaskedArea(builders.camera(privacy_masks_px=(MASK,)))
    assert area.is_visible(np.array([box], float)).tolist() == [visible]


def test_without_masks_everything_is_visible():
    assert MaskedArea(builders.camera()).is_visible(np.array([[0.0, 0, 160, 120]])).all()


def test_boxes_under_a_mask_make_no_track(tmp_path):
    detector = builders.recorded(
        builders.walk(range(40), (45, 75), (46, 75)), builders.walk(range(40), (100, 75), (140, 75))
    )
    parts, _ = track_video(
        builders.video(tmp_path / "a.mp4"),
        builders.camera(privacy_masks_px=(MASK,)),
        detector,
        recording_id="r",
        start_utc=builders.START,
    )
    tracks = pl.concat(parts)
    assert tracks["track_id"].n_unique() == 1
    assert tracks["left_px"].min() > 90
