"""Moves everybody through a scenario, step by step, and writes down what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.scenario.bodies import FIGURES, draw_bodies
from geo.scenario.description import Flow, Scenario
from geo.scenario.ground import contains, survey
from geo.scenario.itineraries import Itineraries, bodies_of
from geo.scenario.pedestrians import Crowd
from geo.scenario.scene import EVENTS, USERS, Log, Scene
from geo.scenario.vehicles import Fleet, Traffic

Floats = NDArray[np.float64]
Event = tuple[str, int, float, float, float, float]

STEP_S = 0.1
WARM_UP_S = 90.0
_ASIDE_SD_M = 0.1
_ABOUT_TO_CROSS_M = 1.6


def simulate(
    scenario: Scenario, *, duration_s: float, seed: int, factors: Mapping[RoadUser, float] | None = None
) -> Scene:
    """Simulates a scenario after a warm-up, the same for the same seed.

    Args:
        scenario: the place.
        duration_s: length of the recorded part, in seconds.
        seed: of every random draw.
        factors: what scales the arrivals of each road user; 1 where not named.

    Returns:
        The scene, in steps of STEP_S from 0 s to ``duration_s``.
    """
    run = _Run(scenario, duration_s, seed, dict(factors or {}))
    return run.scene()


@dataclass
class _Run:
    scenario: Scenario
    duration_s: float
    seed: int
    factors: dict[RoadUser, float]

    def __post_init__(self) -> None:
        drivers, walkers, crowd = (np.random.default_rng(s) for s in np.random.SeedSequence(self.seed).spawn(3))
        self.traffic = Traffic(self.scenario, self._fleet(drivers))
        plans = Itineraries(self.scenario, walkers)
        self.people = plans.draw(-WARM_UP_S, self.duration_s, self.factors.get(RoadUser.PEDESTRIAN, 1.0), self._calls())
        self.bodies_m = bodies_of(self.people, walkers)
        outlines = [np.array(o) for o in (*self.scenario.solids, *self.scenario.barred)]
        corners = np.concatenate([np.array(s.at_m)[None] for s in self.scenario.spots.values()])
        self.crowd = Crowd(self.people, survey(outlines, corners.min(0) - 5.0, corners.max(0) + 5.0), crowd)
        self.crossings = [c.crossing_id for c in self.scenario.crossings]
        self.outlines = [np.array(c.outline_m) for c in self.scenario.crossings]
        self.log = Log()

    def scene(self) -> Scene:
        vehicles = len(self.traffic.fleet.route)
        steps = range(-round(WARM_UP_S / STEP_S), round(self.duration_s / STEP_S) + 1)
        for step in steps:
            time_s = step * STEP_S
            if step >= 0:
                self._note(time_s, vehicles)
            busy = self._busy(time_s)
            may_walk = np.array([self._may_walk(c, time_s) for c in self.crossings], bool)
            doors = self.traffic.gates.open_doors(self.traffic)
            self.traffic.step(time_s, STEP_S, busy, self.crowd.boarding())
            self.crowd.step(time_s, STEP_S, may_walk, doors)
        positions = self.log.positions()
        users = self._users().join(positions, on="user_id", how="semi", maintain_order="left")
        return Scene(users, positions, self.log.joints(), self._events(positions))

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

    def _busy(self, time_s: float) -> dict[str, bool]:
        """Crossing -> whether vehicles must wait for somebody on foot."""
        here = self.crowd.here(time_s)
        waits, distance = self.crowd.waits_for(here)
        busy = {}
        for number, crossing in enumerate(self.scenario.crossings):
            is_on = bool(contains(self.outlines[number], self.crowd.xy_m[here]).any())
            about_to = not crossing.has_signal and bool(((waits == number) & (distance < _ABOUT_TO_CROSS_M)).any())
            busy[crossing.crossing_id] = is_on or about_to
        return busy

    def _may_walk(self, crossing: str, time_s: float) -> bool:
        number = self.crossings.index(crossing)
        if self.scenario.crossings[number].has_signal and not self.scenario.signal.is_walk(time_s):
            return False
        return self.traffic.gates.may_walk(crossing, self.traffic)

    def _fleet(self, rng: np.random.Generator) -> Fleet:
        arrivals: list[tuple[float, int, str, str]] = []
        rank = {r.route_id: i for i, r in enumerate(self.scenario.routes)}
        for flow in self.scenario.flows:
            times = self._arrivals(flow, rng)
            names = list(flow.figures)
            drawn = rng.choice(len(names), len(times), p=list(flow.figures.values()))
            keep = rng.uniform(size=len(times))
            arrivals += [
                (t, rank[flow.route_id], names[k], flow.purpose)
                for t, k, u in zip(times.tolist(), drawn.tolist(), keep.tolist(), strict=True)
                if flow.is_scheduled or u * self._most(flow) < self._factor(names[k])
            ]
        arrivals.sort()
        figures = [a[2] for a in arrivals]
        route = np.array([a[1] for a in arrivals], dtype=int)
        pace = np.array([FIGURES[f].pace for f in figures])
        speed = np.array([r.speed_m_s for r in self.scenario.routes])[route]
        bodies = draw_bodies(figures, rng)
        aside = rng.normal(0, _ASIDE_SD_M, len(figures)).clip(-0.2, 0.2)
        aside[[FIGURES[f].sections > 1 for f in figures]] = 0.0
        wish = speed * pace * rng.normal(1.0, 0.1, len(figures)).clip(0.75, 1.25)
        return Fleet(np.array([a[0] for a in arrivals]), route, figures, [a[3] for a in arrivals], bodies, wish, aside)

    def _factor(self, figure: str) -> float:
        return self.factors.get(FIGURES[figure].road_user, 1.0)

    def _most(self, flow: Flow) -> float:
        """The largest factor among a flow's figures: arrivals are drawn for it and thinned (Lewis and Shedler 1979)."""
        return max(self._factor(name) for name in flow.figures)

    def _arrivals(self, flow: Flow, rng: np.random.Generator) -> Floats:
        span_s = self.duration_s + WARM_UP_S
        if flow.is_scheduled:
            headway_s = 3600 / flow.arrivals_per_h
            times = np.arange(rng.uniform(0, headway_s), span_s, headway_s)
            return np.asarray(times + rng.normal(0, 0.05 * headway_s, len(times)) - WARM_UP_S)
        n = rng.poisson(flow.arrivals_per_h * self._most(flow) * span_s / 3600)
        return np.sort(rng.uniform(-WARM_UP_S, self.duration_s, n))

    def _calls(self) -> list[tuple[int, float]]:
        """Vehicles that will call at a stop."""
        gates = [p for p in self.traffic.gates.places if p.gate.stop]
        fleet = self.traffic.fleet
        return [
            (i, self.factors.get(RoadUser.PEDESTRIAN, 1.0))
            for i, figure in enumerate(fleet.figure)
            if FIGURES[figure].doors_m and any(p.route == fleet.route[i] for p in gates)
        ]

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

    def _events(self, positions: pl.DataFrame) -> pl.DataFrame:
        """What happened on purpose, as far as it happened in the recorded part."""
        rows = [*self._stops_of_vehicles(), *self._runs(positions), *self._left_objects(positions)]
        return pl.DataFrame(rows, schema=EVENTS, orient="row").sort("start_s")

    def _stops_of_vehicles(self) -> list[Event]:
        found = []
        for stand in self.traffic.stands:
            if stand.began_s is not None and stand.vehicle is not None:
                path = self.traffic.paths[stand.route]
                x_m, y_m = path.at(np.array([stand.at_m]))[0][0]
                end_s = min(stand.began_s + stand.duration_s, self.duration_s)
                found.append(("stopped_vehicle", stand.vehicle, stand.began_s, end_s, float(x_m), float(y_m)))
        return found

    def _runs(self, positions: pl.DataFrame) -> list[Event]:
        vehicles = len(self.traffic.fleet.route)
        runners = [vehicles + i for i, p in enumerate(self.people) if p.is_running]
        runs = positions.filter(pl.col("user_id").is_in(runners)).group_by("user_id", maintain_order=True)
        found = []
        for (user,), rows in runs:
            x_m, y_m, start_s = rows.select("x_m", "y_m", "time_s").row(0)
            found.append(("running", int(str(user)), start_s, float(rows["time_s"][-1]), x_m, y_m))
        return found

    def _left_objects(self, positions: pl.DataFrame) -> list[Event]:
        """A person on the walk puts something down beside its way and goes on."""
        found = []
        vehicles = len(self.traffic.fleet.route)
        for incident in self.scenario.incidents:
            if incident.kind != "left_object" or incident.at_s > self.duration_s:
                continue
            on_walk = [
                vehicles + i for i, p in enumerate(self.people)
                if self.scenario.walks[p.walk].walk_id == incident.walk_id and not p.is_running
            ]  # fmt: skip
            now = positions.filter(
                pl.col("user_id").is_in(on_walk), (pl.col("time_s") - incident.at_s).abs() < STEP_S / 2
            )
            if now.height:
                near = np.array(incident.at_m or (0.0, 0.0))
                row = now.row(int(np.hypot(*(now.select("x_m", "y_m").to_numpy() - near).T).argmin()), named=True)
                end_s = min(incident.at_s + incident.duration_s, self.duration_s)
                found.append(("left_object", row["user_id"], incident.at_s, end_s, row["x_m"], row["y_m"]))
        return found
