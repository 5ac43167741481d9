"""Gates: where and when vehicles must wait, for a signal, for people on foot, for others, or at a stop."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.scenario.bodies import FIGURES
from geo.scenario.description import Gate, Scenario
from geo.scenario.ground import contains
from geo.scenario.paths import SAMPLE_M, Network

if TYPE_CHECKING:
    from geo.scenario.vehicles import Traffic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ON_PATH_M = 0.6
# Whoever would need more than this to stop drives on, as at amber, in m/s2.
_AMBER_M_S2 = 4.0
# Half the width of the strip that a crossing or merging path blocks, and how much of a merge counts, in metres.
_CONFLICT_M, _MERGE_M = 2.4, 7.0
_DOORS_AT_M, _SETS_OFF_M_S2 = 1.0, 0.6
# Pedestrians step out only before who can still stop without haste, in m/s2 and seconds.
_HASTE_M_S2, _REACTION_S = 2.2, 0.5
# Vehicles wait for people who are in their lane, will be within this time, or stand beside it within this distance.
_COMES_S, _BESIDE_M, _ARM_M = 4.0, 2.0, 0.6


@dataclass(frozen=True)
class OnFoot:
    """People on a crossing or about to step onto it: positions (n, 2) in metres, velocities (n, 2) in m/s."""

    xy_m: Floats
    velocity_m_s: Floats


@dataclass(frozen=True)
class Surroundings:
    """What vehicles see at one moment: the time, the people on each crossing, those who walk to a vehicle's doors."""

    time_s: float
    on_foot: dict[str, OnFoot]
    boarding: dict[int, int]


@dataclass(frozen=True)
class _Lane:
    """Where a route passes a crossing: its middle there, how far along the route, which way, how wide to each side."""

    middle_m: Floats
    way_m: float
    along: Floats
    half_m: float

    def aside(self, people: OnFoot) -> Floats:
        """Distance of people (n,) from the middle of the lane, positive to its left, in metres."""
        return np.asarray((people.xy_m - self.middle_m) @ np.array([-self.along[1], self.along[0]]))

    def is_wanted(self, people: OnFoot) -> bool:
        """Whether somebody on foot is in the lane, will be there soon, or waits beside it."""
        aside = self.aside(people)
        away = np.sign(aside) * (people.velocity_m_s @ np.array([-self.along[1], self.along[0]]))
        to_go = np.abs(aside) - self.half_m
        comes = (away < -0.2) & (to_go < -away * _COMES_S)
        stands = (np.abs(away) <= 0.2) & (to_go < _BESIDE_M)
        return bool(((to_go < 0) | comes | stands).any())

    def ways_m(self, people: OnFoot) -> Floats:
        """Where people in the lane are along the route, in metres."""
        inside = np.abs(self.aside(people)) < self.half_m
        return np.asarray((people.xy_m[inside] - self.middle_m) @ self.along + self.way_m)


@dataclass(frozen=True)
class _Conflict:
    route: int
    from_m: float
    to_m: float
    gap_s: float


@dataclass
class _Place:
    """A gate on one route."""

    gate: Gate
    route: int
    at_m: float
    beyond_m: dict[str, float]  # crossing -> where it ends on this route
    lanes: dict[str, _Lane]
    conflicts: list[_Conflict]


@dataclass
class Call:
    """A bus or tram at a stop: since when its doors are open, and until when at the least."""

    stop: str
    since_s: float
    least_s: float
    latest_s: float
    is_over: bool = False


@dataclass
class Gates:
    """All gates of a scene."""

    scenario: Scenario
    network: Network
    calls: dict[int, Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._rank = {r.route_id: i for i, r in enumerate(self.scenario.routes)}
        self._stops = {s.stop_id: s for s in self.scenario.stops}
        self._has_signal = {c.crossing_id for c in self.scenario.crossings if c.has_signal}
        self._outlines = {c.crossing_id: np.array(c.outline_m) for c in self.scenario.crossings}
        self.places = [p for gate in self.scenario.gates for p in self._placed(gate)]
        # Of several gates before a crossing the last one is where vehicles let people pass.
        self._last = {(c, p.route): p for p in sorted(self.places, key=lambda p: p.at_m) for c in p.gate.crossings}

    def _placed(self, gate: Gate) -> list[_Place]:
        found = []
        for route_id, r in self._rank.items():
            at_m, distance_m = self.network.paths[r].nearest(gate.at_m)
            if distance_m <= _ON_PATH_M and (not gate.routes or route_id in gate.routes):
                ends = {c: self._end_m(c, r, at_m) for c in gate.crossings}
                lanes = {c: self._lane(c, r) for c in gate.crossings}
                found.append(_Place(gate, r, at_m, ends, lanes, self._conflicts(gate, r, at_m)))
        return found

    def _end_m(self, crossing: str, route: int, at_m: float) -> float:
        inside = contains(self._outlines[crossing], self.network.paths[route].xy_m)
        return float(np.flatnonzero(inside)[-1]) * SAMPLE_M if inside.any() else at_m

    def _lane(self, crossing: str, route: int) -> _Lane:
        way_m, _ = self.network.paths[route].nearest(self._outlines[crossing].mean(axis=0))
        middle, heading = self.network.at(np.array([route]), np.array([way_m]))
        along = np.array([np.cos(heading[0]), np.sin(heading[0])])
        return _Lane(middle[0], way_m, along, self.scenario.routes[route].corridor_m + 0.15)

    def _conflicts(self, gate: Gate, route: int, at_m: float) -> list[_Conflict]:
        mine = self.network.paths[route].xy_m[int(at_m / SAMPLE_M) :]
        found = []
        for priority in gate.gives_way_to:
            other = self._rank[priority.route_id]
            theirs = self.network.paths[other].xy_m
            close = np.hypot(*(theirs[:, None] - mine[None]).transpose(2, 0, 1)).min(axis=1) < _CONFLICT_M
            way = np.flatnonzero(close) * SAMPLE_M
            if len(way):
                found.append(
                    _Conflict(other, float(way[0]), min(float(way[-1]), float(way[0]) + _MERGE_M), priority.gap_s)
                )
        return found

    def hold(
        self,
        traffic: Traffic,
        here: Ints,
        gap_m: Floats,
        ahead_m_s: Floats,
        seen: Surroundings,
    ) -> tuple[Floats, Floats]:
        """Puts a standing obstacle behind every closed gate.

        Returns:
            Gaps in metres and speeds ahead of the vehicles ``here``, gates included.
        """
        self._serve(traffic, here, seen)
        free_m = gap_m.copy()
        for place in self.places:
            k = np.flatnonzero(traffic.fleet.route[here] == place.route)
            if len(k) == 0:
                continue
            who = here[k]
            to_stop = place.at_m - traffic.place_m[who] - traffic.length_m[who] / 2
            held = self._is_closed(place, traffic, here, seen) | self._must_call(place, traffic, who)
            if place.gate.clear_m:
                room = free_m[k] - to_stop - place.gate.clear_m - traffic.length_m[who]
                held = held | ((room < 0) & (ahead_m_s[k] < 2.5))
            can = (to_stop + 0.8 > traffic.speed_m_s[who] ** 2 / (2 * _AMBER_M_S2)) & (to_stop > -0.8)
            virtual = to_stop + traffic.standstill_m[who]
            stops = held & can & (virtual < gap_m[k])
            gap_m[k] = np.where(stops, virtual, gap_m[k])
            ahead_m_s[k] = np.where(stops, 0.0, ahead_m_s[k])
            self._spare(place, traffic, here, k, gap_m, ahead_m_s, seen)
        return gap_m, ahead_m_s

    def _spare(
        self, place: _Place, traffic: Traffic, here: Ints, k: Ints, gap_m: Floats, ahead_m_s: Floats, seen: Surroundings
    ) -> None:
        """Keeps who is past a gate off the people in front of it."""
        front = traffic.place_m[here[k]] + traffic.length_m[here[k]] / 2
        for crossing, lane in place.lanes.items():
            room = lane.ways_m(seen.on_foot[crossing])[None] - front[:, None] - _ARM_M
            nearest = np.where(room > -2 * _ARM_M, room, np.inf).min(axis=1, initial=np.inf)
            blocks = (front > place.at_m + 0.5) & (nearest + 1.0 < gap_m[k])
            gap_m[k] = np.where(blocks, np.maximum(nearest + 1.0, 0.1), gap_m[k])
            ahead_m_s[k] = np.where(blocks, 0.0, ahead_m_s[k])

    def _is_closed(self, place: _Place, traffic: Traffic, here: Ints, seen: Surroundings) -> bool:
        if any(place.lanes[c].is_wanted(seen.on_foot[c]) for c in place.gate.crossings):
            return True
        if self._has_signal.intersection(place.gate.crossings) and self.scenario.signal.is_street_closed(seen.time_s):
            return True
        return any(self._is_taken(c, traffic, here) for c in place.conflicts)

    def _is_taken(self, conflict: _Conflict, traffic: Traffic, here: Ints) -> bool:
        """Whether somebody with the right of way is in a conflict or will be within its gap."""
        who = here[traffic.fleet.route[here] == conflict.route]
        half = traffic.length_m[who] / 2
        to_come = conflict.from_m - traffic.place_m[who] - half
        is_past = traffic.place_m[who] - half > conflict.to_m
        calling = np.array([i in self.calls and not self.calls[i].is_over for i in who.tolist()], bool)
        # Who stands may set off meanwhile.
        soon = to_come < 2.0 + traffic.speed_m_s[who] * conflict.gap_s + _SETS_OFF_M_S2 * conflict.gap_s**2 / 2
        return bool((soon & ~is_past & ~calling).any())

    def _must_call(self, place: _Place, traffic: Traffic, who: Ints) -> NDArray[np.bool_]:
        if place.gate.stop is None:
            return np.zeros(len(who), bool)
        return np.array(
            [
                bool(FIGURES[traffic.fleet.figure[i]].doors_m) and not (i in self.calls and self.calls[i].is_over)
                for i in who.tolist()
            ],
            bool,
        )

    def _serve(self, traffic: Traffic, here: Ints, seen: Surroundings) -> None:
        """Opens doors of who has stopped at a stop and closes them when nobody is on the way."""
        for place in self.places:
            if place.gate.stop is None:
                continue
            stop = self._stops[place.gate.stop]
            for i in here[traffic.fleet.route[here] == place.route].tolist():
                to_stop = place.at_m - traffic.place_m[i] - traffic.length_m[i] / 2
                if i not in self.calls:
                    is_there = abs(to_stop) < _DOORS_AT_M and traffic.speed_m_s[i] < 0.15
                    if is_there and FIGURES[traffic.fleet.figure[i]].doors_m:
                        self.calls[i] = Call(
                            stop.stop_id, seen.time_s, seen.time_s + stop.dwell_s[0], seen.time_s + stop.dwell_s[1]
                        )
                call = self.calls.get(i)
                if call and seen.time_s >= call.least_s and (not seen.boarding.get(i) or seen.time_s >= call.latest_s):
                    call.is_over = True

    def open_doors(self, traffic: Traffic) -> dict[int, tuple[str, RoadUser, Floats]]:
        """Vehicle -> stop, kind and doors (n, 2) at the kerb, for those whose doors are open."""
        found = {}
        for i, call in self.calls.items():
            if call.is_over:
                continue
            figure = FIGURES[traffic.fleet.figure[i]]
            front = traffic.place_m[i] + traffic.length_m[i] / 2
            doors_m = front - np.array(figure.doors_m)
            xy, _ = self.network.at(np.full(len(doors_m), traffic.fleet.route[i]), doors_m)
            found[i] = (
                call.stop,
                figure.road_user,
                np.column_stack([xy[:, 0], np.full(len(xy), self._stops[call.stop].kerb_y_m)]),
            )
        return found

    def may_walk(self, crossing: str, traffic: Traffic) -> bool:
        """Whether nobody on wheels is on a crossing, or too near to stop before it."""
        for (name, _), place in self._last.items():
            if name != crossing:
                continue
            who = np.flatnonzero(traffic.is_here & (traffic.fleet.route == place.route))
            half, speed = traffic.length_m[who] / 2, traffic.speed_m_s[who]
            to_stop = place.at_m - traffic.place_m[who] - half
            is_beyond = traffic.place_m[who] - half > place.beyond_m[crossing] + 0.5
            too_near = to_stop < speed**2 / (2 * _HASTE_M_S2) + _REACTION_S * speed - 0.3
            if bool((~is_beyond & too_near & ((speed > 0.4) | (to_stop < -0.8))).any()):
                return False
        return True
