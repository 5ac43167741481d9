"""Who walks where: groups of people drawn from the walks, each with points to pass and things to do there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from geo.scenario.bodies import FIGURES
from geo.scenario.description import Incident, People, Scenario, Seat, Spot, Walk

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PASS, KERB, STAY, SIT, BOARD = range(5)

_ABREAST_M, _BEHIND_M = 0.65, 0.85
_LATER_S = 0.7
_IN_COMPANY = 0.94  # of one's own pace
_RUNNING_M_S = 3.6
# Bounds of the way to a seat, so that it is free when its sitter comes.
_SLOWEST_M_S, _FASTEST_M_S = 0.7, 2.0
_TAKES, _TAKES_SHARES = (("bus",), ("tram",), ("bus", "tram")), (0.3, 0.4, 0.3)


@dataclass(frozen=True)
class Person:
    """One person's plan.

    Attributes:
        walk, group: numbers.
        born_s: when the person appears; after the doors open, for who leaves a vehicle.
        via_m: points (n, 2) to pass.
        task: what to do at each: PASS, KERB, STAY, SIT or BOARD.
        crossing: number of the crossing waited for at each, or -1.
        stay_s: for how long, at each.
        seat_rad: heading when seated.
        takes: what it boards.
        vehicle: number of the vehicle it leaves, or -1.
    """

    walk: int
    group: int
    figure: str
    born_s: float
    wish_m_s: float
    via_m: Floats
    task: Ints
    crossing: Ints
    stay_s: Floats
    seat_rad: float = 0.0
    takes: tuple[str, ...] = ()
    vehicle: int = -1
    starts_seated: bool = False
    is_running: bool = False


@dataclass
class Itineraries:
    """Draws people and keeps account of seats."""

    scenario: Scenario
    rng: np.random.Generator
    people: list[Person] = field(default_factory=list)
    _groups: int = 0
    _taken: dict[tuple[str, int], list[tuple[float, float]]] = field(default_factory=dict)

    def draw(self, start_s: float, end_s: float, factor: float, calls: Sequence[int]) -> list[Person]:
        """Draws everybody.

        Args:
            start_s: when the first people appear.
            end_s: when the last ones do.
            factor: what scales the arrivals.
            calls: numbers of the vehicles that will call at a stop.
        """
        for w, walk in enumerate(self.scenario.walks):
            self._fill_seats(w, walk, start_s)
        for w, walk in enumerate(self.scenario.walks):
            groups = factor / self.scenario.people.mean_group
            n = self.rng.poisson(walk.arrivals_per_h * groups * (end_s - start_s) / 3600)
            for born_s in np.sort(self.rng.uniform(start_s, end_s, n)).tolist():
                self._add_group(w, walk, born_s, -1)
            for vehicle in calls:
                for _ in range(self.rng.poisson(walk.alighting_per_vehicle * groups)):
                    self._add_group(w, walk, float(self.rng.uniform(0.5, 6.0)), vehicle)
        for incident in self.scenario.incidents:
            if incident.kind == "running":
                self._add_runner(incident)
        return self.people

    def _add_group(self, w: int, walk: Walk, born_s: float, vehicle: int) -> None:
        people, spots = self.scenario.people, self._spots(walk)
        size = int(self.rng.choice(list(people.group_sizes), p=list(people.group_sizes.values())))
        figures = [_figure(people, k, self.rng) for k in range(size)]
        pace = min(FIGURES[f].pace for f in figures) * walk.pace * (_IN_COMPANY if size > 1 else 1.0)
        middle_m = self._points(spots)
        stay_s = np.array([self.rng.uniform(*s.stay_s) if s.stay_s else 0.0 for s in spots])
        takes = _TAKES[int(self.rng.choice(len(_TAKES), p=_TAKES_SHARES))]
        at, seats = self._reserve(walk, spots, middle_m, stay_s, size, born_s)
        plan = Person(
            w,
            self._groups,
            "adult",
            born_s,
            self._wish_m_s() * pace,
            middle_m,
            np.array([_task(s) for s in spots]),
            self._crossings(spots),
            stay_s,
            takes=takes,
            vehicle=vehicle,
        )
        for k, figure in enumerate(figures):
            person = replace(plan, figure=figure, born_s=born_s + _LATER_S * (k // 2), via_m=_beside(middle_m, k, size))
            self.people.append(_seated(person, at, seats[k]) if seats else person)
        self._groups += 1

    def _spots(self, walk: Walk) -> list[Spot]:
        return [self.scenario.spots[name] for name in walk.via]

    def _points(self, spots: Sequence[Spot]) -> Floats:
        """A point at every spot, each to the same side of its middle."""
        shift = self.rng.uniform(-1, 1, 2)
        return np.array([np.array(s.at_m) + shift * s.spread_m for s in spots])

    def _crossings(self, spots: Sequence[Spot]) -> Ints:
        number = {c.crossing_id: i for i, c in enumerate(self.scenario.crossings)}
        return np.array([number[s.crossing] if s.crossing else -1 for s in spots])

    def _wish_m_s(self) -> float:
        people = self.scenario.people
        return float(np.clip(self.rng.normal(people.wish_m_s, people.wish_sd_m_s), 0.75, 2.0))

    def _reserve(
        self, walk: Walk, spots: Sequence[Spot], middle_m: Floats, stay_s: Floats, size: int, born_s: float
    ) -> tuple[int, list[Seat]]:
        """Seats next to each other at the first spot that has enough, for as long as they may be needed."""
        for i, spot in enumerate(spots):
            way_m = float(np.hypot(*np.diff(middle_m[: i + 1], axis=0).T).sum())
            span = born_s + way_m / _FASTEST_M_S, born_s + way_m / _SLOWEST_M_S + float(stay_s[i]) + 15.0
            free = [n for n in range(len(spot.seats)) if self._is_free((walk.via[i], n), *span)]
            if spot.seats and len(free) >= size:
                first = int(self.rng.integers(len(free) - size + 1))
                for n in free[first : first + size]:
                    self._taken.setdefault((walk.via[i], n), []).append(span)
                return i, [spot.seats[n] for n in free[first : first + size]]
        return -1, []

    def _is_free(self, seat: tuple[str, int], start_s: float, end_s: float) -> bool:
        return all(end_s < taken[0] or start_s > taken[1] for taken in self._taken.get(seat, []))

    def _fill_seats(self, w: int, walk: Walk, start_s: float) -> None:
        """Seats taken from the start: each sitter has a random rest of a stay, then goes on with the walk."""
        for i, spot in enumerate(self._spots(walk)):
            for n, seat in enumerate(spot.seats):
                is_taken = (walk.via[i], n) in self._taken
                if is_taken or not spot.stay_s or self.rng.uniform() >= spot.taken:
                    continue
                rest_s = 20.0 + float(self.rng.uniform(0.0, 1.0) * self.rng.uniform(*spot.stay_s))
                self._taken[walk.via[i], n] = [(start_s - 1.0, start_s + rest_s + 15.0)]
                self._add_sitter(w, walk, i, seat, start_s, rest_s)

    def _add_sitter(self, w: int, walk: Walk, at: int, seat: Seat, start_s: float, rest_s: float) -> None:
        spots = self._spots(walk)[at:]
        stay_s = np.array([rest_s] + [0.0] * (len(spots) - 1))
        task = np.array([_task(s) for s in spots])
        wish_m_s = self._wish_m_s() * walk.pace
        person = Person(
            w, self._groups, "adult", start_s, wish_m_s, self._points(spots), task, self._crossings(spots), stay_s
        )
        self.people.append(replace(_seated(person, 0, seat), starts_seated=True))
        self._groups += 1

    def _add_runner(self, incident: Incident) -> None:
        w = next(i for i, walk in enumerate(self.scenario.walks) if walk.walk_id == incident.walk_id)
        via_m = np.array([s.at_m for s in self._spots(self.scenario.walks[w])], dtype=float)
        n = len(via_m)
        still = np.zeros(n, dtype=int), np.full(n, -1), np.zeros(n)
        self.people.append(
            Person(w, self._groups, "adult", incident.at_s, _RUNNING_M_S, via_m, *still, is_running=True)
        )
        self._groups += 1


def _figure(people: People, k: int, rng: np.random.Generator) -> str:
    """The figure of a group's k-th member; the first is never a child."""
    is_child, draw = rng.uniform() < people.child, rng.uniform()
    if k > 0 and is_child:
        return "child"
    if draw < people.pram:
        return "pram"
    return "wheelchair" if draw < people.pram + people.wheelchair else "adult"


def _task(spot: Spot) -> int:
    if spot.stop:
        return BOARD
    if spot.crossing:
        return KERB
    return STAY if spot.stay_s and not spot.seats else PASS


def _beside(middle_m: Floats, k: int, size: int) -> Floats:
    """The way of a group's k-th member: two abreast, the others behind; all set out from one row."""
    if size == 1:
        return middle_m
    behind_m = np.where(np.arange(len(middle_m)) > 0, (k // 2) * _BEHIND_M, 0.0)[:, None]
    ahead = np.gradient(middle_m, axis=0)
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-6)[:, None]
    left = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    return np.asarray(middle_m + left * (k % 2 - 0.5) * _ABREAST_M - ahead * behind_m)


def _seated(person: Person, at: int, seat: Seat) -> Person:
    via_m, task = person.via_m.copy(), person.task.copy()
    via_m[at], task[at] = seat.at_m, SIT
    return replace(person, via_m=via_m, task=task, seat_rad=float(np.radians(seat.heading_deg)))
