"""Figures: the sizes, speeds and tempers of the road users a scene may hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """What a kind of body is like on average.

    Attributes:
        length_m, width_m, height_m: of its box, the rider or the pusher included.
        spread: standard deviation of the common scale of the three.
        pace: its wished speed as a share of the speed of its lane or walk.
        acceleration_m_s2, braking_m_s2: comfortable, as the Intelligent Driver Model means it.
        sections: rigid bodies it consists of.
        doors_m: doors on its right side, behind its front.
    """

    road_user: RoadUser
    length_m: float
    width_m: float
    height_m: float
    spread: float = 0.04
    pace: float = 1.0
    acceleration_m_s2: float = 1.6
    braking_m_s2: float = 2.2
    sections: int = 1
    doors_m: tuple[float, ...] = ()


FIGURES: dict[str, Figure] = {
    "adult": Figure(RoadUser.PEDESTRIAN, 0.35, 0.50, 1.72, 0.05),
    "child": Figure(RoadUser.PEDESTRIAN, 0.26, 0.36, 1.22, 0.08, pace=0.95),
    "pram": Figure(RoadUser.PEDESTRIAN, 1.35, 0.60, 1.70, pace=0.92),
    "wheelchair": Figure(RoadUser.PEDESTRIAN, 1.05, 0.68, 1.32, pace=0.80),
    "cyclist": Figure(RoadUser.CYCLIST, 1.75, 0.60, 1.75, acceleration_m_s2=0.9, braking_m_s2=1.8),
    "cargo_bike": Figure(
        RoadUser.CYCLIST, 2.45, 0.75, 1.75, pace=0.88, acceleration_m_s2=0.7, braking_m_s2=1.6
    ),
    "scooter": Figure(RoadUser.SCOOTER, 1.15, 0.55, 1.82, pace=1.08, acceleration_m_s2=1.2, braking_m_s2=2.0),
    "motorcyclist": Figure(RoadUser.MOTORCYCLE, 2.10, 0.80, 1.60, acceleration_m_s2=2.4, braking_m_s2=2.6),
    "hatchback": Figure(RoadUser.CAR, 4.00, 1.77, 1.48),
    "saloon": Figure(RoadUser.CAR, 4.65, 1.83, 1.44),
    "estate": Figure(RoadUser.CAR, 4.60, 1.84, 1.58),
    "van": Figure(RoadUser.VAN, 5.40, 2.02, 2.40, pace=0.97, acceleration_m_s2=1.3),
    "lorry": Figure(RoadUser.TRUCK, 7.60, 2.45, 3.20, pace=0.92, acceleration_m_s2=0.9, braking_m_s2=1.8),
    "bus": Figure(
        RoadUser.BUS, 12.0, 2.55, 3.05, 0.01, 0.92, 1.0, 1.5, doors_m=(1.6, 6.0, 9.8)
    ),
    "tram": Figure(
        RoadUser.TRAM, 18.0, 2.40, 3.45, 0.0, 0.92, 1.0, 1.3, sections=3, doors_m=(2.4, 7.6, 10.6, 15.6)
    ),
}  # fmt: skip


def draw_bodies(figures: list[str], rng: np.random.Generator) -> Floats:
    """Length, width and height in metres (n, 3) of as many bodies."""
    table = np.array(
        [(f.length_m, f.width_m, f.height_m, f.spread) for f in (FIGURES[name] for name in figures)]
    ).reshape(-1, 4)
    return np.asarray(table[:, :3] * rng.normal(1.0, table[:, 3:]).clip(0.85, 1.15))
