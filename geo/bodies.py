"""How large road users are and what shape they have, as far as a box in a picture depends on it.

Sizes are rounded means of what is met on European streets, deviations wide enough for what the class
covers. They are where estimation starts; the track's own boxes take over where they say more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS, RoadUser

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Body:
    """A road user's size and shape.

    Attributes:
        size_m: length, width and height; riders included.
        sigma_m: their standard deviations.
        profile: cross-sections from the ground up, each as height, length and width in shares of
            the size. The box in a picture encloses all of them.
        acceleration_m_s2: deviation of the acceleration over one second.
    """

    size_m: tuple[float, float, float]
    sigma_m: tuple[float, float, float]
    profile: tuple[tuple[float, float, float], ...]
    acceleration_m_s2: float


_WALKER = ((0.0, 1.0, 0.7), (0.2, 0.9, 0.8), (0.65, 0.7, 1.0), (1.0, 0.45, 0.35))
_RIDER = ((0.0, 0.62, 0.1), (0.2, 1.0, 0.1), (0.57, 0.4, 1.0), (1.0, 0.15, 0.3))
_SALOON = ((0.0, 0.65, 1.0), (0.2, 1.0, 1.0), (0.6, 1.0, 1.0), (1.0, 0.45, 0.85))
_BOX = ((0.0, 0.7, 1.0), (0.12, 1.0, 1.0), (0.6, 1.0, 1.0), (1.0, 0.97, 0.98))

BODIES: dict[RoadUser, Body] = {
    RoadUser.PEDESTRIAN: Body((0.45, 0.5, 1.7), (0.1, 0.06, 0.11), _WALKER, 0.8),
    RoadUser.CYCLIST: Body((1.75, 0.6, 1.72), (0.12, 0.07, 0.11), _RIDER, 1.2),
    RoadUser.SCOOTER: Body((1.15, 0.55, 1.8), (0.1, 0.07, 0.11), _RIDER, 1.2),
    RoadUser.MOTORCYCLE: Body((2.1, 0.8, 1.6), (0.2, 0.1, 0.15), _RIDER, 2.0),
    RoadUser.CAR: Body((4.4, 1.82, 1.52), (0.4, 0.1, 0.12), _SALOON, 2.0),
    RoadUser.VAN: Body((5.4, 2.0, 2.2), (0.7, 0.12, 0.35), _BOX, 2.0),
    RoadUser.BUS: Body((12.0, 2.55, 3.1), (2.0, 0.08, 0.25), _BOX, 2.0),
    RoadUser.TRUCK: Body((8.0, 2.5, 3.3), (2.5, 0.15, 0.5), _BOX, 2.0),
    RoadUser.TRAM: Body((32.0, 2.5, 3.6), (8.0, 0.15, 0.25), _BOX, 2.0),
}

# The same by class code, for many boxes at once.
SIZES_M: Floats = np.array([BODIES[r].size_m for r in ROAD_USERS])
SIZE_SIGMAS_M: Floats = np.array([BODIES[r].sigma_m for r in ROAD_USERS])
ACCELERATIONS_M_S2: Floats = np.array([BODIES[r].acceleration_m_s2 for r in ROAD_USERS])
_SIDES: Floats = np.array([[1.0, s, t] for s in (-0.5, 0.5) for t in (-0.5, 0.5)])
OUTLINES: Floats = np.array(
    [[np.array([x, y, z]) * side[[1, 2, 0]] for z, x, y in BODIES[r].profile for side in _SIDES] for r in ROAD_USERS]
)
"""Corners (classes, 16, 3) of the profiles: ahead, left and up, in shares of length, width and height."""
