import numpy as np
import pytest
import supervision as sv

from detectors.riders import join_riders
from detectors.road_users import RoadUser

PERSON, BICYCLE, CAR = RoadUser.PEDESTRIAN.code, RoadUser.CYCLIST.code, RoadUser.CAR.code
MACHINE = (100, 60, 160, 110)
RIDER = (112, 20, 142, 95)


def boxes(*rows):
    table = np.array([(*corners, score) for corners, score, _ in rows], dtype=np.float32).reshape(-1, 5)
    codes = np.array([code for *_, code in rows], dtype=int)
    return sv.Detections(xyxy=table[:, :4], confidence=table[:, 4], class_id=codes)


@pytest.mark.parametrize(
    ("case", "left"),
    [
        ([(MACHINE, 0.5, BICYCLE), (RIDER, 0.8, PERSON)], [BICYCLE]),
        ([(RIDER, 0.8, PERSON)], [PERSON]),
        ([(MACHINE, 0.5, BICYCLE)], [BICYCLE]),
        ([(MACHINE, 0.5, BICYCLE), ((165, 20, 190, 112), 0.8, PERSON)], [BICYCLE, PERSON]),
        ([(MACHINE, 0.5, BICYCLE), ((112, 75, 142, 150), 0.8, PERSON)], [BICYCLE, PERSON]),
        ([(MACHINE, 0.5, BICYCLE), (RIDER, 0.8, PERSON), (MACHINE, 0.9, CAR)], [BICYCLE, CAR]),
        ([(MACHINE, 0.5, BICYCLE), (RIDER, 0.8, PERSON), ((116, 22, 140, 92), 0.6, PERSON)], [BICYCLE, PERSON]),
        ([(MACHINE, 0.5, BICYCLE), ((95, 10, 125, 112), 0.8, PERSON)], [PERSON]),
        ([], []),
    ],
    ids=[
        "rides",
        "walks",
        "parked",
        "beside",
        "in front of it",
        "beside a car",
        "one rider per bicycle",
        "pushes",
        "nobody",
    ],
)
def test_who_rides(case, left):
    assert sorted(join_riders(boxes(*case)).class_id) == sorted(left)


def test_the_rider_is_boxed_with_the_machine():
    joined = join_riders(boxes((MACHINE, 0.5, BICYCLE), (RIDER, 0.8, PERSON)))
    assert joined.xyxy[0].tolist() == [100, 20, 160, 110]
    assert joined.confidence[0] == pytest.approx(0.8)


def test_who_pushes_keeps_the_own_box():
    joined = join_riders(boxes((MACHINE, 0.9, BICYCLE), ((95, 10, 125, 112), 0.8, PERSON)))
    assert joined.xyxy[0].tolist() == [95, 10, 125, 112]
    assert joined.confidence[0] == pytest.approx(0.8)
