"""Moves everybody through a scenario, step by step, and writes down what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.scenario.bodies import FIGURES, draw_bodies
from geo.scenario.description import Scenario
from geo.scenario.fleet import draw_fleet
from geo.scenario.gates import OnFoot, Surroundings
from geo.scenario.ground import contains, survey, widened
from geo.scenario.incidents import what_happened
from geo.scenario.itineraries import Itineraries
from geo.scenario.pedestrians import Crowd, Street
from geo.scenario.scene import USERS, Log, Scene
from geo.scenario.vehicles import Traffic

Floats = NDArray[np.float64]

STEP_S = 0.1
WARM_UP_S = 90.0
_ABOUT_TO_CROSS_M, _MARGIN_M, _WALKING_M_S = 1.6, 1.0, 0.4


def simulate(
    scenario: Scenario,
    *,
    duration_s: float,
    seed: int,
    factors: Mapping[RoadUser, float] | None = None,
    warm_up_s: float = WARM_UP_S,
) -> Scene:
    """Simulates a scenario after a warm-up, the same for the same seed.

    Args:
        scenario: the place.
        duration_s: length of the recorded part, in seconds.
        seed: of every random draw.
        factors: what scales the arrivals of each road user; 1 where not named.
        warm_up_s: length of the part before, in which the place fills.

    Returns:
        The scene, in steps of STEP_S from 0 s to ``duration_s``.
    """
    return _Run(scenario, duration_s, seed, dict(factors or {}), warm_up_s).scene()


@dataclass
class _Run:
    scenario: Scenario
    duration_s: float
    seed: int
    factors: dict[RoadUser, float]
    warm_up_s: float

    def __post_init__(self) -> None:
        drivers, walkers, crowd = (np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(3))
        span = -self.warm_up_s, self.duration_s
        self.traffic = Traffic(self.scenario, draw_fleet(self.scenario, *span, self.factors, drivers))
        on_foot = self.factors.get(RoadUser.PEDESTRIAN, 1.0)
        self.people = Itineraries(self.scenario, walkers).draw(*span, on_foot, self._calls())
        self.bodies_m = draw_bodies([p.figure for p in self.people], walkers)
        outlines = [np.array(o) for o in (*self.scenario.solids, *self.scenario.barred)]
        corners = np.concatenate([np.array(s.at_m)[None] for s in self.scenario.spots.values()])
        self.crowd = Crowd(self.people, survey(outlines, corners.min(0) - 5.0, corners.max(0) + 5.0), crowd)
        self.crossings = [c.crossing_id for c in self.scenario.crossings]
        self.outlines = [np.array(c.outline_m) for c in self.scenario.crossings]
        self.margins = [widened(o, _MARGIN_M) for o in self.outlines]
        self.log = Log()

    def scene(self) -> Scene:
        vehicles = len(self.traffic.fleet.route)
        steps = range(-round(self.warm_up_s / STEP_S), round(self.duration_s / STEP_S) + 1)
        for step in steps:
            time_s = step * STEP_S
            if step >= 0:
                self._note(time_s, vehicles)
            may_walk = np.array([self._may_walk(c, time_s) for c in self.crossings], bool)
            doors = self.traffic.gates.open_doors(self.traffic)
            self.traffic.step(STEP_S, Surroundings(time_s, self._on_foot(time_s), self.crowd.boarding()))
            self.crowd.step(STEP_S, Street(time_s, may_walk, doors, self.traffic.boxes()))
        positions = self.log.positions()
        users = self._users().join(positions, on="user_id", how="semi", maintain_order="left")
        events = what_happened(self.scenario, self.traffic, self.people, positions)
        return Scene(users, positions, self.log.joints(), events)

    def _note(self, time_s: float, vehicles: int) -> None:
        cars, people = self.traffic.moment(), self.crowd.moment(time_s)
        self.log.note(
            time_s, cars.who, cars.xy_m, cars.heading_rad, cars.speed_m_s, cars.distance_m,
            (cars.speed_m_s < 0.1).astype(int), cars.is_braking,
        )  # fmt: skip
        self.log.note(
            time_s, people.who + vehicles, people.xy_m, people.heading_rad, people.speed_m_s, people.distance_m,
            people.pose, np.zeros(len(people.who), bool),
        )  # fmt: skip
        for i in cars.who.tolist():
            if FIGURES[self.traffic.fleet.figure[i]].sections > 1:
                self.log.note_sections(i, time_s, *self.traffic.sections(i))

    def _on_foot(self, time_s: float) -> dict[str, OnFoot]:
        """Crossing -> the people on it, and where they have the right of way those about to step onto it."""
        here = self.crowd.here(time_s)
        waits, distance = self.crowd.waits_for(here)
        found = {}
        for number, crossing in enumerate(self.scenario.crossings):
            xy = self.crowd.xy_m[here]
            counts = contains(self.outlines[number], xy)
            walks = np.hypot(*self.crowd.velocity_m_s[here].T) > _WALKING_M_S
            counts |= walks & (self.crowd.comes_from(here) == number) & contains(self.margins[number], xy)
            if not crossing.has_signal:
                counts |= (waits == number) & (distance < _ABOUT_TO_CROSS_M)
            who = here[counts]
            found[crossing.crossing_id] = OnFoot(self.crowd.xy_m[who], self.crowd.velocity_m_s[who])
        return found

    def _may_walk(self, crossing: str, time_s: float) -> bool:
        number = self.crossings.index(crossing)
        if self.scenario.crossings[number].has_signal and not self.scenario.signal.is_walk(time_s):
            return False
        return self.traffic.gates.may_walk(crossing, self.traffic)

    def _calls(self) -> list[int]:
        """Vehicles that will call at a stop."""
        fleet, served = self.traffic.fleet, {p.route for p in self.traffic.gates.places if p.gate.stop}
        return [i for i, f in enumerate(fleet.figure) if FIGURES[f].doors_m and fleet.route[i] in served]

    def _users(self) -> pl.DataFrame:
        fleet, people = self.traffic.fleet, self.people
        sizes = np.bincount([p.group for p in people], minlength=1)
        figures = [*fleet.figure, *(p.figure for p in people)]
        bodies = np.concatenate([fleet.bodies_m, self.bodies_m])
        groups = [None] * len(fleet.figure) + [p.group if sizes[p.group] > 1 else None for p in people]
        purposes = [*fleet.purpose, *(self.scenario.walks[p.walk].purpose for p in people)]
        return pl.DataFrame(
            {
                "user_id": np.arange(len(figures)),
                "road_user": [FIGURES[f].road_user.value for f in figures],
                "figure": figures,
                "length_m": bodies[:, 0],
                "width_m": bodies[:, 1],
                "height_m": bodies[:, 2],
                "group_id": groups,
                "purpose": purposes,
            },
            schema=USERS,
        )
