"""Who walks where: groups of people drawn from the walks, each with points to pass and things to do there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.scenario.bodies import FIGURES, draw_bodies
from geo.scenario.description import Incident, Scenario, Seat, Spot, Walk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PASS, KERB, STAY, SIT, BOARD = range(5)
_ABREAST_M = 0.65
_RUNNING_M_S = 3.6
_OFTEN_TAKEN_M_S = 1.1  # for guesses of when somebody reaches a seat


@dataclass
class Person:
    """One person's plan: points in metres, what to do at each, for how long, and where to look when seated."""

    walk: int
    group: int
    figure: str
    born_s: float
    wish_m_s: float
    via_m: Floats
    task: Ints
    crossing: Ints
    stay_s: Floats
    heading_rad: float = 0.0
    takes: tuple[str, ...] = ()
    from_vehicle: int = -1
    starts_seated: bool = False
    is_running: bool = False


@dataclass
class Itineraries:
    """Draws people and keeps account of seats."""

    scenario: Scenario
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self._crossing = {c.crossing_id: i for i, c in enumerate(self.scenario.crossings)}
        self._taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
        self.people: list[Person] = []
        self._groups = 0

    def draw(self, start_s: float, end_s: float, factor: float, calls: list[tuple[int, float]]) -> list[Person]:
        """Draws everybody.

        Args:
            start_s, end_s: when people may appear.
            factor: what scales the arrivals.
            calls: numbers of the vehicles that call at the stop, and how much the flow that brings them is scaled.
        """
        self._fill_seats(start_s)
        for w, walk in enumerate(self.scenario.walks):
            per_s = walk.arrivals_per_h * factor / self.scenario.people.mean_group / 3600
            n = self.rng.poisson(per_s * (end_s - start_s))
            for born in np.sort(self.rng.uniform(start_s, end_s, n)).tolist():
                self._add_group(w, walk, born)
            for vehicle, share in calls:
                self._alight(w, walk, vehicle, share)
        for incident in self.scenario.incidents:
            if incident.kind == "running":
                self._add_runner(incident)
        return self.people

    def _alight(self, w: int, walk: Walk, vehicle: int, share: float) -> None:
        if not walk.alighting_per_vehicle:
            return
        groups = self.rng.poisson(walk.alighting_per_vehicle * share / self.scenario.people.mean_group)
        for _ in range(groups):
            self._add_group(w, walk, float(self.rng.uniform(0.5, 6.0)), vehicle)

    def _add_group(self, w: int, walk: Walk, born_s: float, vehicle: int = -1) -> None:
        people = self.scenario.people
        sizes = list(people.group_sizes)
        size = int(self.rng.choice(sizes, p=[people.group_sizes[s] for s in sizes]))
        figures = [self._figure(k) for k in range(size)]
        pace = min(FIGURES[f].pace for f in figures) * walk.pace * (0.94 if size > 1 else 1.0)
        wish = float(np.clip(self.rng.normal(people.wish_m_s, people.wish_sd_m_s), 0.75, 2.0)) * pace
        spots = [self.scenario.spots[name] for name in walk.via]
        shift = self.rng.uniform(-1, 1, 2)
        middle = np.array([np.array(s.at_m) + shift * s.spread_m for s in spots])
        stays = [float(self.rng.uniform(*s.stay_s)) if s.stay_s else 0.0 for s in spots]
        takes = [("bus",), ("tram",), ("bus", "tram")][int(self.rng.choice(3, p=[0.3, 0.4, 0.3]))]
        seats = self._seats(walk, spots, middle, stays, size, born_s)
        for k, figure in enumerate(figures):
            self._add(w, walk, spots, k, size, figure, born_s, wish, middle, stays, seats, takes, vehicle)
        self._groups += 1

    def _figure(self, k: int) -> str:
        people = self.scenario.people
        if k > 0 and self.rng.uniform() < people.child:
            return "child"
        draw = self.rng.uniform()
        if draw < people.pram:
            return "pram"
        return "wheelchair" if draw < people.pram + people.wheelchair else "adult"

    def _add(
        self,
        w: int,
        walk: Walk,
        spots: list[Spot],
        k: int,
        size: int,
        figure: str,
        born_s: float,
        wish_m_s: float,
        middle_m: Floats,
        stays_s: list[float],
        seats: dict[int, list[Seat]],
        takes: tuple[str, ...],
        vehicle: int,
    ) -> None:
        via, task, crossing, stay = [], [], [], []
        rank, row = k % 2, k // 2
        for i, spot in enumerate(spots):
            ahead = middle_m[min(i + 1, len(spots) - 1)] - middle_m[max(i - 1, 0)]
            ahead = ahead / max(float(np.hypot(*ahead)), 1e-6)
            left = np.array([-ahead[1], ahead[0]])
            beside = (rank - 0.5) * _ABREAST_M if size > 1 else 0.0
            place = middle_m[i] + left * beside - ahead * row * _ABREAST_M * 1.3
            if i in seats:
                seat = seats[i][k]
                approach = np.array(seat.at_m) + 0.0
                via.append(approach)
                task.append(SIT)
            elif spot.stop:
                via.append(place)
                task.append(BOARD)
            elif spot.crossing:
                via.append(place)
                task.append(KERB)
            elif spot.stay_s and not spot.seats:
                via.append(place)
                task.append(STAY)
            else:
                via.append(place)
                task.append(PASS)
            crossing.append(self._crossing[spot.crossing] if spot.crossing else -1)
            stay.append(stays_s[i])
        heading = np.radians(next(iter(seats.values()))[k].heading_deg) if seats else 0.0
        self.people.append(
            Person(
                w,
                self._groups,
                figure,
                born_s + 0.5 * row,
                wish_m_s,
                np.array(via),
                np.array(task),
                np.array(crossing),
                np.array(stay),
                float(heading),
                takes,
                vehicle,
            )
        )

    def _seats(
        self, walk: Walk, spots: list[Spot], middle_m: Floats, stays_s: list[float], size: int, born_s: float
    ) -> dict[int, list[Seat]]:
        """Seats for a group at the first spot that has enough free ones for the time they may need them."""
        for i, spot in enumerate(spots):
            if not spot.seats:
                continue
            way = float(np.hypot(*np.diff(middle_m[: i + 1], axis=0).T).sum())
            start, end = born_s + way / 2.0, born_s + way / 0.7 + stays_s[i] + 15.0
            free = [n for n in range(len(spot.seats)) if self._is_free((walk.via[i], n), start, end)]
            if len(free) >= size:
                first = int(self.rng.integers(len(free) - size + 1))
                chosen = free[first : first + size]
                for n in chosen:
                    self._taken.setdefault((walk.via[i], n), []).append((start, end))
                return {i: [spot.seats[n] for n in chosen]}
        return {}

    def _is_free(self, seat: tuple[str, int], start_s: float, end_s: float) -> bool:
        return all(end_s < taken[0] or start_s > taken[1] for taken in self._taken.get(seat, []))

    def _fill_seats(self, start_s: float) -> None:
        """Seats taken from the start: each sitter has a random rest of a stay, then leaves by its walk."""
        for w, walk in enumerate(self.scenario.walks):
            for i, name in enumerate(walk.via):
                spot = self.scenario.spots[name]
                for n in range(len(spot.seats)):
                    key = (name, n)
                    if key in self._taken or not spot.stay_s or self.rng.uniform() >= spot.taken:
                        continue
                    rest = float(self.rng.uniform(0.0, 1.0) * self.rng.uniform(*spot.stay_s)) + 20.0
                    self._taken[key] = [(start_s - 1.0, start_s + rest + 15.0)]
                    self._seat(w, walk, i, spot.seats[n], start_s, rest)

    def _seat(self, w: int, walk: Walk, i: int, seat: Seat, start_s: float, rest_s: float) -> None:
        spots = [self.scenario.spots[name] for name in walk.via[i + 1 :]]
        shift = self.rng.uniform(-1, 1, 2)
        via = [np.array(seat.at_m)] + [np.array(s.at_m) + shift * s.spread_m for s in spots]
        people = self.scenario.people
        task = [SIT] + [KERB if s.crossing else PASS for s in spots]
        self.people.append(
            Person(
                w,
                self._groups,
                "adult",
                start_s,
                float(np.clip(self.rng.normal(people.wish_m_s, people.wish_sd_m_s), 0.75, 2.0)) * walk.pace,
                np.array(via),
                np.array(task),
                np.array([-1] + [self._crossing[s.crossing] if s.crossing else -1 for s in spots]),
                np.array([rest_s] + [0.0] * len(spots)),
                float(np.radians(seat.heading_deg)),
                starts_seated=True,
            )
        )
        self._groups += 1

    def _add_runner(self, incident: Incident) -> None:
        w = next(i for i, walk in enumerate(self.scenario.walks) if walk.walk_id == incident.walk_id)
        spots = [self.scenario.spots[name] for name in self.scenario.walks[w].via]
        n = len(spots)
        via = np.array([s.at_m for s in spots], dtype=float)
        self.people.append(
            Person(
                w,
                self._groups,
                "adult",
                incident.at_s,
                _RUNNING_M_S,
                via,
                np.zeros(n, int),
                np.full(n, -1),
                np.zeros(n),
                is_running=True,
            )
        )
        self._groups += 1


def bodies_of(people: list[Person], rng: np.random.Generator) -> Floats:
    """Length, width and height in metres (n, 3)."""
    return draw_bodies([p.figure for p in people], rng)
