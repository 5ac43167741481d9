"""What the renderer is asked to show: road users, the plan they move on, and the light."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
Sky = Literal["clear", "overcast", "dusk"]

FIGURES = (
    "adult", "child", "pram", "wheelchair", "cyclist", "cargo_bike", "scooter", "motorcyclist",
    "hatchback", "saloon", "estate", "van", "lorry", "bus", "tram", "bag",
)  # fmt: skip
POSES = ("moving", "standing", "sitting")


@dataclass(frozen=True)
class Surface:
    """A part of the plan: what it is, its outline (n, 2) in metres, its height in metres and its name."""

    kind: str
    outline_m: Floats
    height_m: float = 0.0
    name: str = ""


@dataclass(frozen=True)
class Actor:
    """A road user, or a thing that one of them left behind, at one moment, in metres and radians.

    Attributes:
        road_user: its class; None for a thing, which is shown and never labelled.
        figure: its shape, one of FIGURES.
        pose: one of POSES.
        x_m, y_m: ground centre of its footprint.
        heading_rad: counter-clockwise from east.
        length_m, width_m, height_m: its size.
        speed_m_s: how fast it moves.
        distance_m: the way gone so far, which turns wheels and pedals and swings legs.
        is_braking: whether its brake lights are lit.
        look: seeds clothing, skin, paint and bags.
        joints: of trams and bendy bodies, x_m, y_m, heading_rad, length_m of each section, front
            first; empty for one rigid body.
    """

    road_user: RoadUser | None
    figure: str
    pose: str
    x_m: float
    y_m: float
    heading_rad: float
    length_m: float
    width_m: float
    height_m: float
    speed_m_s: float
    distance_m: float
    is_braking: bool
    look: int
    joints: tuple[tuple[float, float, float, float], ...] = ()


@dataclass(frozen=True)
class Light:
    """The sky, the sun and the sensor.

    Attributes:
        azimuth_deg: of the sun, clockwise from north.
        elevation_deg: of the sun above the horizon.
        brightness: exposure, 1 is neutral.
        noise: of the sensor, in grey levels.
        sky: clear, overcast (no sun, soft light) or dusk (lamps and lit windows).
        warmth: of the white balance, 0 is neutral, positive is yellower.
    """

    azimuth_deg: float = 215.0
    elevation_deg: float = 42.0
    brightness: float = 1.0
    noise: float = 1.2
    sky: Sky = "clear"
    warmth: float = 0.0

    @property
    def to_sun(self) -> Floats:
        """Unit vector towards the sun."""
        azimuth, elevation = np.radians([self.azimuth_deg, self.elevation_deg])
        return np.array([np.sin(azimuth) * np.cos(elevation), np.cos(azimuth) * np.cos(elevation), np.sin(elevation)])


@dataclass(frozen=True)
class Label:
    """A rendered road user: its box in pixels (left, top, right, bottom) and its distance from the pole in metres."""

    road_user: RoadUser
    box_px: tuple[float, float, float, float]
    range_m: float
