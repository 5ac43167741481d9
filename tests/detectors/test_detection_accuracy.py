import numpy as np
import pytest
import supervision as sv

from detectors.detection_accuracy import average_precision, compare
from detectors.road_users import RoadUser
from detectors.synthetic import Label

BOX = (10.0, 10.0, 30.0, 50.0)


def label(box=BOX, road_user=RoadUser.PEDESTRIAN):
    return Label(road_user, box, 20.0)


def boxes(*rows):
    """(box, class, confidence) each."""
    return sv.Detections(
        xyxy=np.array([r[0] for r in rows], np.float32).reshape(-1, 4),
        class_id=np.array([r[1].code for r in rows], int),
        confidence=np.array([r[2] for r in rows], np.float32),
    )


@pytest.mark.parametrize(
    ("found", "is_found", "hits"),
    [
        (boxes((BOX, RoadUser.PEDESTRIAN, 0.9)), True, [10]),
        (boxes((BOX, RoadUser.PEDESTRIAN, 0.1)), False, [10]),
        (boxes((BOX, RoadUser.CYCLIST, 0.9)), False, [0]),
        (boxes(((10, 10, 30, 30), RoadUser.PEDESTRIAN, 0.9)), True, [1]),
        (boxes(((60, 10, 80, 50), RoadUser.PEDESTRIAN, 0.9)), False, [0]),
        (boxes((BOX, RoadUser.PEDESTRIAN, 0.9), (BOX, RoadUser.PEDESTRIAN, 0.8)), True, [10, 0]),
        (boxes(), False, []),
    ],
    ids=["exact", "faint", "other class", "half of it", "elsewhere", "twice", "nothing"],
)
def test_a_box_finds_a_label(found, is_found, hits):
    one = compare([label()], found, 0.25)
    assert one.is_found.tolist() == [is_found]
    assert one.hits.sum(axis=1).tolist() == hits


def test_perfect_boxes_have_full_precision_and_missing_ones_cost_recall(tmp_path):
    exact = compare([label()], boxes((BOX, RoadUser.PEDESTRIAN, 0.9)), 0.25)
    missed = compare([label()], boxes(), 0.25)
    (perfect,) = average_precision([exact], tmp_path)
    (half,) = average_precision([exact, missed], tmp_path)
    assert (perfect.road_user, perfect.labels, perfect.ap50) == (RoadUser.PEDESTRIAN, 1, pytest.approx(0.995))
    assert half.ap50 == pytest.approx(0.5, abs=0.01)


def test_nothing_found_is_no_precision(tmp_path):
    (none,) = average_precision([compare([label()], boxes(), 0.25)], tmp_path)
    assert (none.ap50, none.ap50_95) == (0.0, 0.0)
