"""People on foot: they walk under a social force, keep together, wait, sit down and board.

The force is that of Helbing and Molnar (Phys. Rev. E 51, 4282, 1995) with the weaker influence of what
is behind from Helbing, Farkas and Vicsek (Nature 407, 487, 2000), and a pull towards one's own group.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.scenario.ground import Ground
from geo.scenario.itineraries import BOARD, KERB, PASS, SIT, STAY, Person

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Doors = dict[int, tuple[str, RoadUser, Floats]]

_RELAXATION_S = 0.5
# Push of others and of walls: strength in m/s2, range and reach in metres; the share felt from behind.
_PUSH_M_S2, _PUSH_RANGE_M, _BODY_M, _FROM_BEHIND = 2.2, 0.25, 0.55, 0.35
_WALL_M_S2, _WALL_RANGE_M, _WALL_BODY_M = 3.0, 0.15, 0.3
_MOST_M_S2 = 4.0
_TOGETHER_M, _PULL_PER_S2 = 1.1, 0.9
# How near a point counts as reached, by task: PASS, KERB, STAY, SIT, BOARD.
_REACHED_M = np.array([0.7, 1.0, 0.6, 0.15, 1.5])
_STANDING_M_S, _TURNING_RAD_S = 0.3, 3.0
_DOOR_M, _SITTING_DOWN_M = 0.6, 1.0
_STEP_AHEAD_M, _BERTH_M = 0.7, 0.35


@dataclass(frozen=True)
class Moment:
    """Where people are at one step: person number and everything recorded of them."""

    who: Ints
    xy_m: Floats
    heading_rad: Floats
    speed_m_s: Floats
    distance_m: Floats
    pose: Ints  # 0 moving, 1 standing, 2 sitting


@dataclass(frozen=True)
class Street:
    """What people on foot see at one moment.

    Attributes:
        time_s: now.
        may_walk: crossing number -> whether one may step onto it.
        doors: vehicle -> stop, kind and doors of the vehicles that stand with open doors.
        boxes: x, y, heading, length and width of everybody on wheels (n, 5).
    """

    time_s: float
    may_walk: Flags
    doors: Doors
    boxes: Floats


@dataclass
class Crowd:
    """All people on foot of a scene, moved step by step."""

    people: list[Person]
    ground: Ground
    rng: np.random.Generator
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        n = len(self.people)
        self.longest = max((len(p.via_m) for p in self.people), default=1)
        self.born_s = np.array([p.born_s if p.vehicle < 0 else np.inf for p in self.people])
        self.group = np.array([p.group for p in self.people], dtype=int)
        self.wish_m_s = np.array([p.wish_m_s for p in self.people])
        self.seat_rad = np.array([p.seat_rad for p in self.people])
        self.via_m = np.zeros((n, self.longest, 2))
        self.task = np.zeros((n, self.longest), int)
        self.crossing = np.full((n, self.longest), -1)
        self.rest_s = np.zeros((n, self.longest))
        for i, p in enumerate(self.people):
            k = len(p.via_m)
            self.via_m[i, :k], self.task[i, :k], self.crossing[i, :k], self.rest_s[i, :k] = (
                p.via_m, p.task, p.crossing, p.stay_s
            )  # fmt: skip
        self.last = np.array([len(p.via_m) - 1 for p in self.people], dtype=int)
        self.target = np.array([0 if p.starts_seated else 1 for p in self.people], dtype=int)
        self.xy_m = self.via_m[:, 0].copy()
        self.velocity_m_s = np.zeros((n, 2))
        self.heading_rad = self._first_heading()
        self.walked_m = np.zeros(n)
        self.has_left = np.zeros(n, bool)
        self.sits = np.array([p.starts_seated for p in self.people], bool)
        self.heading_rad[self.sits] = self.seat_rad[self.sits]
        self.bus = np.full(n, -1)  # whose doors a person walks to
        self.door_m = np.zeros((n, 2))
        self._takes = [set(p.takes) for p in self.people]
        self._from = np.array([p.vehicle for p in self.people], dtype=int)

    def _first_heading(self) -> Floats:
        ahead = self.via_m[:, min(1, self.longest - 1)] - self.via_m[:, 0]
        return np.arctan2(ahead[:, 1], ahead[:, 0])

    def here(self, time_s: float) -> Ints:
        """Who is present."""
        return np.flatnonzero((self.born_s <= time_s) & ~self.has_left)

    def step(self, step_s: float, street: Street) -> None:
        """Moves everybody by one step of so many seconds."""
        self._alight(street.time_s, street.doors)
        here = self.here(street.time_s)
        self._board(here, street.doors)
        self._go_on(here, step_s, street.may_walk)
        here = here[~self.has_left[here]]
        self._walk(here[~self.sits[here]], step_s, street.boxes)

    def moment(self, time_s: float) -> Moment:
        """Where everybody is."""
        who = self.here(time_s)
        speed = np.where(self.sits[who], 0.0, np.hypot(*self.velocity_m_s[who].T))
        pose = np.where(self.sits[who], 2, np.where(speed < _STANDING_M_S, 1, 0))
        return Moment(who, self.xy_m[who], self.heading_rad[who], speed, self.walked_m[who], pose)

    def boarding(self) -> dict[int, int]:
        """Vehicle -> people on their way to its doors."""
        vehicles, people = np.unique(self.bus[(self.bus >= 0) & ~self.has_left], return_counts=True)
        return dict(zip(vehicles.tolist(), people.tolist(), strict=True))

    def waits_for(self, here: Ints) -> tuple[Ints, Floats]:
        """The crossing each person is about to step onto (-1 for none) and the distance to its kerb in metres."""
        k = self.target[here]
        at_kerb = (self.task[here, k] == KERB) & ~self.sits[here]
        distance = np.hypot(*(self.via_m[here, k] - self.xy_m[here]).T)
        return np.where(at_kerb, self.crossing[here, k], -1), distance

    def comes_from(self, here: Ints) -> Ints:
        """The crossing whose kerb each person left last, -1 for none."""
        k = self.target[here]
        return np.where(k > 0, self.crossing[here, np.maximum(k - 1, 0)], -1)

    def _alight(self, time_s: float, doors: Doors) -> None:
        """Lets people out of vehicles that have just opened their doors."""
        for vehicle, (_, _, places) in doors.items():
            for i in np.flatnonzero((self._from == vehicle) & np.isinf(self.born_s)).tolist():
                self.born_s[i] = time_s + self.people[i].born_s
                self.xy_m[i] = places[self.group[i] % len(places)] + self.rng.uniform(-0.3, 0.3, 2) * [1.0, 0.2]

    def _board(self, here: Ints, doors: Doors) -> None:
        """Sends those who wait at a stop to the nearest open door; they wait again once it has closed."""
        left_behind = here[(self.bus[here] >= 0) & ~np.isin(self.bus[here], list(doors))]
        self.bus[left_behind] = -1
        for vehicle, (_, kind, places) in doors.items():
            for i in here[(self.bus[here] < 0) & (self.task[here, self.target[here]] == BOARD)].tolist():
                distance = np.hypot(*(places - self.xy_m[i]).T)
                if kind.value in self._takes[i] and distance.min() < 16.0:
                    self.bus[i], self.door_m[i] = vehicle, places[distance.argmin()]
        aboard = here[(self.bus[here] >= 0)]
        aboard = aboard[np.hypot(*(self.door_m[aboard] - self.xy_m[aboard]).T) < _DOOR_M]
        self.has_left[aboard] = True

    def _go_on(self, here: Ints, step_s: float, may_walk: Flags) -> None:
        """Gives those who have done what they came for their next point; groups wait for each other."""
        k = self.target[here]
        task = self.task[here, k]
        distance = np.hypot(*(self.via_m[here, k] - self.xy_m[here]).T)
        reached = (distance < _REACHED_M[task]) | self._is_passed(here, k, task)
        sit = reached & (task == SIT)
        self.xy_m[here[sit]] = self.via_m[here, k][sit]
        self.velocity_m_s[here[sit]], self.heading_rad[here[sit]] = 0.0, self.seat_rad[here[sit]]
        self.sits[here[sit]] = True
        resting = reached & ((task == SIT) | (task == STAY))
        self.rest_s[here[resting], k[resting]] -= step_s
        ready = reached & (task != BOARD)
        ready &= ~resting | (self.rest_s[here, k] <= 0)
        kerb = task == KERB
        ready[kerb] &= may_walk[self.crossing[here, k][kerb]]
        together = self._together(here, k, ready)
        go = ready & ((task == PASS) | together)
        self.sits[here[go]] = False
        self.has_left[here[go & (k == self.last[here])]] = True
        self.target[here[go]] = np.minimum(k[go] + 1, self.last[here[go]])

    def _is_passed(self, here: Ints, k: Ints, task: Ints) -> Flags:
        """Whether somebody in a throng has gone past a point without touching it."""
        before = self.via_m[here, np.maximum(k - 1, 0)]
        leg = self.via_m[here, k] - before
        length = np.maximum(np.hypot(*leg.T), 1e-6)
        along = ((self.xy_m[here] - before) * leg).sum(1) / length
        return np.asarray((task == PASS) & (along > length) & (k > 0) & (k < self.last[here]))

    def _together(self, here: Ints, k: Ints, ready: Flags) -> Flags:
        """Whether everybody of one's group who is at the same point, or not there yet, is ready."""
        lagging = np.zeros(self.group.max(initial=0) + 1, bool)
        furthest = np.full(len(lagging), -1)
        np.maximum.at(furthest, self.group[here], k)
        lagging[self.group[here[~ready]]] = True
        return np.asarray(~lagging[self.group[here]] | (k < furthest[self.group[here]]))

    def _walk(self, here: Ints, step_s: float, boxes: Floats) -> None:
        if len(here) == 0:
            return
        k = self.target[here]
        goal = np.where((self.bus[here] >= 0)[:, None], self.door_m[here], self.via_m[here, k])
        way = goal - self.xy_m[here]
        distance = np.hypot(*way.T)
        homing = (self.bus[here] >= 0) | ((self.task[here, k] == SIT) & (distance < _SITTING_DOWN_M))
        stops = (self.task[here, k] != PASS) & (self.bus[here] < 0)
        pace = self.wish_m_s[here] * np.where(stops, (distance / 0.9).clip(0.0, 1.0), 1.0)
        pace = np.where(stops & ~homing & (distance < 0.3), 0.0, pace)
        wish = way / np.maximum(distance, 1e-6)[:, None]
        pace = np.where((self.comes_from(here) >= 0) & _is_blocked(self.xy_m[here], wish, boxes), 0.0, pace)
        wish = wish * pace[:, None]
        force = self._others(here) * np.where(homing, 0.2, 1.0)[:, None]
        force += (self._walls(here) + self._company(here)) * ~homing[:, None]
        self.velocity_m_s[here] += ((wish - self.velocity_m_s[here]) / _RELAXATION_S + force) * step_s
        self._limit(here)
        self.xy_m[here] += self.velocity_m_s[here] * step_s
        self._keep_out(here[~homing])
        speed = np.hypot(*self.velocity_m_s[here].T)
        self.walked_m[here] += speed * step_s
        self._turn(here, way, distance, speed, step_s)

    def _limit(self, here: Ints) -> None:
        speed = np.hypot(*self.velocity_m_s[here].T)
        most = 1.35 * self.wish_m_s[here] + 0.2
        self.velocity_m_s[here] *= np.minimum(1.0, most / np.maximum(speed, 1e-6))[:, None]

    def _others(self, here: Ints) -> Floats:
        xy = self.xy_m[here]
        apart = xy[:, None] - xy[None]
        distance = np.hypot(apart[..., 0], apart[..., 1])
        np.fill_diagonal(distance, np.inf)
        distance = np.maximum(distance, 0.05)
        push = _PUSH_M_S2 * np.exp((_BODY_M - distance) / _PUSH_RANGE_M)
        heading = np.column_stack([np.cos(self.heading_rad[here]), np.sin(self.heading_rad[here])])
        ahead = -(apart * heading[:, None]).sum(-1) / distance
        push *= _FROM_BEHIND + (1 - _FROM_BEHIND) * (1 + ahead) / 2
        return np.asarray((apart / distance[..., None] * push[..., None]).sum(1).clip(-_MOST_M_S2, _MOST_M_S2))

    def _walls(self, here: Ints) -> Floats:
        distance, away = self.ground.at(self.xy_m[here])
        push = _WALL_M_S2 * np.exp((_WALL_BODY_M - distance) / _WALL_RANGE_M)
        return np.asarray(away * push.clip(0.0, 2 * _MOST_M_S2)[:, None])

    def _company(self, here: Ints) -> Floats:
        """Pull towards the middle of one's group beyond arm's length."""
        groups, mine = np.unique(self.group[here], return_inverse=True)
        size = np.bincount(mine, minlength=len(groups))
        middle = np.column_stack([np.bincount(mine, self.xy_m[here][:, a]) / size for a in (0, 1)])
        way = middle[mine] - self.xy_m[here]
        distance = np.hypot(*way.T)
        pull = _PULL_PER_S2 * (distance - _TOGETHER_M).clip(0.0, 3.0)
        return np.asarray(way / np.maximum(distance, 1e-6)[:, None] * pull[:, None])

    def _keep_out(self, here: Ints) -> None:
        """Puts whoever was pushed onto forbidden ground back to its edge."""
        distance, away = self.ground.at(self.xy_m[here])
        inside = distance < 0.0
        self.xy_m[here[inside]] += away[inside] * (0.05 - distance[inside])[:, None]

    def _turn(self, here: Ints, way: Floats, distance: Floats, speed: Floats, step_s: float) -> None:
        """Turns people where they walk; who stands looks where it goes on."""
        velocity = self.velocity_m_s[here]
        moving = np.arctan2(velocity[:, 1], velocity[:, 0])
        k = np.minimum(self.target[here] + 1, self.last[here])
        onward = self.via_m[here, k] - self.xy_m[here]
        onward = np.where((distance < 0.5)[:, None], onward, way)
        wanted = np.where(speed > _STANDING_M_S, moving, np.arctan2(onward[:, 1], onward[:, 0]))
        turn = (wanted - self.heading_rad[here] + np.pi) % (2 * np.pi) - np.pi
        most = _TURNING_RAD_S * step_s * np.where(speed > _STANDING_M_S, 1.0, 0.4)
        self.heading_rad[here] += turn.clip(-most, most)


def _is_blocked(xy_m: Floats, wish: Floats, boxes: Floats) -> Flags:
    """Whether a step in the wished direction (n, 2) would end in or at a vehicle (k, 5)."""
    apart = (xy_m + _STEP_AHEAD_M * wish)[:, None] - boxes[None, :, :2]
    cos, sin = np.cos(boxes[:, 2]), np.sin(boxes[:, 2])
    along, across = apart[..., 0] * cos + apart[..., 1] * sin, apart[..., 1] * cos - apart[..., 0] * sin
    inside = (np.abs(along) < boxes[:, 3] / 2 + _BERTH_M) & (np.abs(across) < boxes[:, 4] / 2 + _BERTH_M)
    return np.asarray(inside.any(axis=1))
