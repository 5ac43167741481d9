"""Vehicles, cyclists and trams: who follows whom, who waits where, and how fast.

Everybody follows the Intelligent Driver Model (Treiber, Hennecke and Helbing, Phys. Rev. E 62, 1805,
2000) along a route, behind whatever is ahead in its corridor, whichever route that came by. Closed
gates act as standing obstacles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from geo.scenario.bodies import FIGURES
from geo.scenario.description import Scenario
from geo.scenario.fleet import Fleet
from geo.scenario.gates import Gates, Surroundings
from geo.scenario.paths import SAMPLE_M, Network, lay, meetings

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TIME_GAP_S, STANDSTILL_GAP_M = 1.1, 1.8
HARDEST_BRAKING_M_S2, _PRUDENCE = 8.0, 1.4
BRAKE_LIGHT_M_S2 = 0.4
# Shares of the length at which a body is felt by others, and where its axles are.
_FELT = np.array([-0.5, -0.25, 0.0, 0.25, 0.5])
_AXLE = 0.3
_FOLLOWING_TWO_WHEELS_M = 0.8


@dataclass(frozen=True)
class Moment:
    """Where vehicles are at one step: vehicle number and everything recorded of it."""

    who: Ints
    xy_m: Floats
    heading_rad: Floats
    speed_m_s: Floats
    distance_m: Floats
    is_braking: NDArray[np.bool_]


@dataclass
class Stand:
    """A vehicle that has to stand from a moment on: an incident."""

    route: int
    at_m: float
    from_s: float
    duration_s: float
    vehicle: int | None = None
    began_s: float | None = None

    def is_over(self, time_s: float) -> bool:
        """Whether it has stood long enough."""
        return self.began_s is not None and time_s >= self.began_s + self.duration_s


@dataclass
class Traffic:
    """All vehicles of a scene, moved step by step."""

    scenario: Scenario
    fleet: Fleet
    stands: list[Stand] = field(init=False)
    network: Network = field(init=False)
    gates: Gates = field(init=False)

    def __post_init__(self) -> None:
        self.network = Network([lay(r.via_m, r.corner_radius_m, r.speed_m_s) for r in self.scenario.routes])
        self.corridor_m = np.array([r.corridor_m for r in self.scenario.routes])
        self._meetings = meetings(self.network.paths, self.corridor_m.tolist())
        self.gates = Gates(self.scenario, self.network)
        rank = {r.route_id: i for i, r in enumerate(self.scenario.routes)}
        self.stands = [
            Stand(rank[i.route_id], self.network.paths[rank[i.route_id]].nearest(i.at_m)[0], i.at_s, i.duration_s)
            for i in self.scenario.incidents
            if i.kind == "stopped_vehicle" and i.route_id and i.at_m
        ]
        n = len(self.fleet.route)
        self.place_m = np.full(n, -np.inf)  # of the middle, along the route
        self.speed_m_s = self.fleet.wish_m_s.copy()
        self.pull_m_s2 = np.zeros(n)
        self.is_here = np.zeros(n, bool)
        self.has_left = np.zeros(n, bool)
        self._waiting = np.ones(n, bool)
        character = [FIGURES[f] for f in self.fleet.figure]
        self._acceleration = np.array([c.acceleration_m_s2 for c in character])
        self._braking = np.array([c.braking_m_s2 for c in character])
        two_wheels = self.fleet.bodies_m[:, 1] < 1.0
        self.standstill_m = np.where(two_wheels, _FOLLOWING_TWO_WHEELS_M, STANDSTILL_GAP_M)

    @property
    def length_m(self) -> Floats:
        """Lengths of all vehicles."""
        return self.fleet.bodies_m[:, 0]

    def step(self, step_s: float, seen: Surroundings) -> None:
        """Moves everybody by one step.

        Args:
            step_s: length of the step.
            seen: the time and who is on foot.
        """
        self._let_in(seen.time_s)
        here = np.flatnonzero(self.is_here)
        gap_m, ahead_m_s = self._ahead(here)
        gap_m, ahead_m_s = self.gates.hold(self, here, gap_m, ahead_m_s, seen)
        gap_m, ahead_m_s = self._stand(here, gap_m, ahead_m_s, seen.time_s)
        pull = self._follow(here, gap_m, self.speed_m_s[here] - ahead_m_s)
        # Positions move with the mean of old and new speed; speeds never turn negative.
        faster = np.maximum(self.speed_m_s[here] + pull * step_s, 0.0)
        self.pull_m_s2[here] = (faster - self.speed_m_s[here]) / step_s
        self.place_m[here] += (self.speed_m_s[here] + faster) / 2 * step_s
        self.speed_m_s[here] = faster
        gone = here[self.place_m[here] > self.network.length_m(self.fleet.route[here])]
        self.is_here[gone], self.has_left[gone] = False, True

    def moment(self) -> Moment:
        """Where everybody is."""
        here = np.flatnonzero(self.is_here)
        xy, heading = self.pose(here, self.place_m[here])
        stands = (self.pull_m_s2[here] < -BRAKE_LIGHT_M_S2) | (self.speed_m_s[here] < 0.1)
        return Moment(here, xy, heading, self.speed_m_s[here], self.place_m[here], stands)

    def boxes(self) -> Floats:
        """Everybody's x, y, heading, length and width (n, 5)."""
        here = np.flatnonzero(self.is_here)
        xy, heading = self.pose(here, self.place_m[here])
        return np.column_stack([xy, heading, self.fleet.bodies_m[here, :2]])

    def pose(self, who: Ints, place_m: Floats, share: float = 1.0) -> tuple[Floats, Floats]:
        """Positions (n, 2) and headings (n,) of rigid bodies that stand with both axles on their routes.

        Args:
            who: vehicles.
            place_m: of the bodies' middles along the routes.
            share: length of the bodies as a share of the vehicles'.
        """
        reach, route = _AXLE * self.length_m[who] * share, self.fleet.route[who]
        rear, _ = self.network.at(route, place_m - reach)
        front, _ = self.network.at(route, place_m + reach)
        heading = np.arctan2(front[:, 1] - rear[:, 1], front[:, 0] - rear[:, 0])
        left = np.stack([-np.sin(heading), np.cos(heading)], axis=-1)
        return (front + rear) / 2 + left * self._aside(who, place_m)[:, None], heading

    def sections(self, who: int) -> tuple[Floats, Floats, float]:
        """Positions, headings and length of a bendy body's sections, front first."""
        count = FIGURES[self.fleet.figure[who]].sections
        length_m = float(self.length_m[who]) / count
        middle = self.place_m[who] + (np.arange(count)[::-1] - (count - 1) / 2) * length_m
        xy, heading = self.pose(np.full(count, who), middle, 1 / count)
        return xy, heading, length_m

    def _aside(self, who: Ints, place_m: Floats) -> Floats:
        """Two-wheelers sway a little as they go."""
        sway = np.where(self.fleet.bodies_m[who, 1] < 0.78, 0.06, 0.0)
        return np.asarray(self.fleet.aside_m[who] + sway * np.sin(place_m / 1.6 + who))

    def _ahead(self, here: Ints) -> tuple[Floats, Floats]:
        """Gap to the next body in each corridor, in metres, and that body's speed along it."""
        if len(here) == 0:
            return np.empty(0), np.empty(0)
        length, route, place = self.length_m[here], self.fleet.route[here], self.place_m[here]
        felt = place[:, None] + _FELT * length[:, None]
        sample = np.floor(felt / SAMPLE_M).astype(int).clip(0, self._meetings.shape[2] - 1)
        found = self._meetings[route[:, None, None], route[None, :, None], sample[None]]
        found = found + (felt - sample * SAMPLE_M)[None]
        front = place + length / 2
        found[found <= front[:, None, None]] = np.inf
        found[np.arange(len(here)), np.arange(len(here))] = np.inf
        nearest = found.min(axis=2)
        leader = nearest.argmin(axis=1)
        gap = nearest[np.arange(len(here)), leader] - front
        _, heading = self.network.at(route, place)
        ahead = self.speed_m_s[here][leader] * np.cos(heading[leader] - heading).clip(0.0, 1.0)
        return gap, np.where(np.isfinite(gap), ahead, 0.0)

    def _follow(self, here: Ints, gap_m: Floats, closing_m_s: Floats) -> Floats:
        """IDM acceleration in m/s2."""
        speed, a, b = self.speed_m_s[here], self._acceleration[here], self._braking[here]
        limit = self.network.limit_m_s(self.fleet.route[here], self.place_m[here])
        wish = np.minimum(self.fleet.wish_m_s[here], limit)
        wanted = self.standstill_m[here] + np.maximum(
            0.0, speed * TIME_GAP_S + speed * closing_m_s / (2 * np.sqrt(a * b))
        )
        free = np.where(speed <= wish, 1 - (speed / wish) ** 4, -b / a * (1 - (wish / np.maximum(speed, 0.1)) ** 4))
        pull = a * (free - (wanted / np.maximum(gap_m, 0.1)) ** 2)
        # Nobody brakes much harder than standing still behind what is ahead asks for.
        room = np.maximum(gap_m - 0.6 * self.standstill_m[here], 0.2)
        needed = np.maximum(b, _PRUDENCE * np.maximum(closing_m_s, 0.0) ** 2 / (2 * room))
        return np.asarray(pull.clip(-np.minimum(needed, HARDEST_BRAKING_M_S2), a))

    def _let_in(self, time_s: float) -> None:
        """Lets arrived vehicles enter where there is room; nobody enters past one who waits at the same place."""
        full: set[tuple[float, float]] = set()
        for i in np.flatnonzero(self._waiting & (self.fleet.arrival_s <= time_s)).tolist():
            start = tuple(self.network.paths[self.fleet.route[i]].xy_m[0].tolist())
            if start in full:
                continue
            self.place_m[i], self.is_here[i] = 0.0, True
            here = np.flatnonzero(self.is_here)
            gap, ahead = (v[np.searchsorted(here, i)] for v in self._ahead(here))
            if gap < self.standstill_m[i] + self.speed_m_s[i] * TIME_GAP_S * 0.8 or self._overlaps(i, here):
                self.place_m[i], self.is_here[i] = -np.inf, False
                full.add(start)
                continue
            self._waiting[i] = False
            if gap < 30:
                self.speed_m_s[i] = min(self.speed_m_s[i], ahead + 0.5)

    def _overlaps(self, i: int, here: Ints) -> bool:
        """Whether somebody stands astride the place where a vehicle would enter."""
        others = here[here != i]
        start = self.network.paths[self.fleet.route[i]].xy_m[0]
        xy, _ = self.pose(others, self.place_m[others])
        apart = np.hypot(*(xy - start).T)
        return (
            bool(
                (apart < (self.length_m[others] + self.length_m[i]) / 2 + self.standstill_m[i])[
                    np.abs(xy[:, 1] - start[1]) < self.corridor_m[self.fleet.route[i]]
                ].any()
            )
            if len(others)
            else False
        )

    def _stand(self, here: Ints, gap_m: Floats, ahead_m_s: Floats, time_s: float) -> tuple[Floats, Floats]:
        """Holds the vehicles that incidents stop."""
        for stand in self.stands:
            if time_s < stand.from_s or stand.is_over(time_s):
                continue
            if stand.vehicle is None:
                stand.vehicle = self._next_car(here, stand)
            k = np.flatnonzero(here == stand.vehicle)
            if len(k) == 0:
                continue
            to_stop = stand.at_m - self.place_m[stand.vehicle] + STANDSTILL_GAP_M
            if to_stop < gap_m[k[0]]:
                gap_m[k], ahead_m_s[k] = np.maximum(to_stop, 0.1), 0.0
            if stand.began_s is None and self.speed_m_s[stand.vehicle] < 0.1 and to_stop < STANDSTILL_GAP_M + 3.0:
                stand.began_s = time_s
        return gap_m, ahead_m_s

    def _next_car(self, here: Ints, stand: Stand) -> int | None:
        to_go = stand.at_m - self.place_m[here]
        is_car = np.array([self.fleet.figure[i] in ("hatchback", "saloon", "estate", "van") for i in here], bool)
        can = (self.fleet.route[here] == stand.route) & is_car & (to_go > 15.0)
        return int(here[can][to_go[can].argmin()]) if can.any() else None
