"""Person + bicycle (or motorcycle) = one road user.

COCO labels the machine and the person apart; counted apart, every cyclist would count twice. Whose
feet are off the ground rides, and both become one box of the machine's class; whoever walks beside
the machine pushes it, and stays a pedestrian without a machine. One frame may err; a track's boxes
vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detectors.road_users import RoadUser

if TYPE_CHECKING:
    import supervision as sv

_RIDDEN = (RoadUser.CYCLIST.code, RoadUser.MOTORCYCLE.code)
# A rider covers the machine's middle and sits above its lower edge; these bounds were set from the
# geometry of upright riders seen from a pole, not fitted to a clip.
_SHARED_WIDTH = 0.5  # of the narrower of the two boxes
_SHARED_HEIGHT = 0.3  # of the machine's height
# Pedals keep a rider's feet above the wheels' contact by about a quarter of a bicycle's height.
_LIFTED_FEET = 0.1  # of the machine's height


def join_riders(boxes: sv.Detections) -> sv.Detections:
    """Makes one box of each person and the machine they ride or push."""
    if len(boxes) == 0 or boxes.class_id is None or boxes.confidence is None:
        return boxes
    machines = np.flatnonzero(np.isin(boxes.class_id, _RIDDEN))
    people = np.flatnonzero(boxes.class_id == RoadUser.PEDESTRIAN.code)
    if len(machines) == 0 or len(people) == 0:
        return boxes
    fit = _fit(boxes.xyxy[machines].astype(float), boxes.xyxy[people].astype(float))
    rows, columns = linear_sum_assignment(-fit)
    fits = fit[rows, columns] > 0
    machine, person = machines[rows[fits]], people[columns[fits]]
    lift = boxes.xyxy[machine, 3] - boxes.xyxy[person, 3]
    rides = lift >= _LIFTED_FEET * (boxes.xyxy[machine, 3] - boxes.xyxy[machine, 1])
    gone = np.concatenate([person[rides], machine[~rides]])
    machine, person = machine[rides], person[rides]
    corners, confidence = boxes.xyxy.copy(), boxes.confidence.copy()
    corners[machine, :2] = np.minimum(corners[machine, :2], corners[person, :2])
    corners[machine, 2:] = np.maximum(corners[machine, 2:], corners[person, 2:])
    confidence[machine] = np.maximum(confidence[machine], confidence[person])
    rest = ~np.isin(np.arange(len(boxes)), gone)
    return type(boxes)(xyxy=corners[rest], confidence=confidence[rest], class_id=boxes.class_id[rest])


def _fit(machines: NDArray[np.float64], people: NDArray[np.float64]) -> NDArray[np.float64]:
    """How well each person sits on each machine (machines x people), 0 where they do not."""
    m, p = machines[:, None], people[None]
    across = np.minimum(m[..., 2], p[..., 2]) - np.maximum(m[..., 0], p[..., 0])
    along = np.minimum(m[..., 3], p[..., 3]) - np.maximum(m[..., 1], p[..., 1])
    across = across / np.minimum(m[..., 2] - m[..., 0], p[..., 2] - p[..., 0])
    along = along / (m[..., 3] - m[..., 1])
    person_is_higher = p[..., 1] < m[..., 1] + 0.25 * (m[..., 3] - m[..., 1])
    rides = (across >= _SHARED_WIDTH) & (along >= _SHARED_HEIGHT) & person_is_higher
    return np.where(rides, across + along, 0.0)
