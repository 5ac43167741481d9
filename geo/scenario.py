"""Synthetic road users on a plan, with exact trajectories: the truth that demo footage is held to.

Vehicles and cyclists follow lanes with the Intelligent Driver Model (Treiber, Hennecke and Helbing,
Phys. Rev. E 62, 1805, 2000) and stop for a pedestrian signal. Pedestrians walk way-points under a
social force (Helbing and Molnar, Phys. Rev. E 51, 4282, 1995) and wait for the same signal. The
motion is plausible, not calibrated to any street.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from detectors.road_users import RoadUser

Point = tuple[float, float]
Positive = Annotated[float, Field(gt=0)]
Floats = NDArray[np.float64]

STEP_S = 0.1
WARM_UP_S = 60.0
# Intelligent Driver Model: comfortable acceleration and braking (m/s2), time gap (s), standstill gap (m).
ACCELERATION_M_S2, BRAKING_M_S2, TIME_GAP_S, STANDSTILL_GAP_M = 1.5, 2.0, 1.2, 2.0
WALKING_SPEED_M_S, WALKING_SPEED_SD_M_S = 1.34, 0.2  # Weidmann 1993

# Length, width and height in metres, and the standard deviation of their common scale.
_BODIES: dict[RoadUser, tuple[float, float, float, float]] = {
    RoadUser.PEDESTRIAN: (0.35, 0.50, 1.70, 0.06),
    RoadUser.CYCLIST: (1.75, 0.60, 1.75, 0.04),
    RoadUser.CAR: (4.35, 1.80, 1.50, 0.05),
    RoadUser.BUS: (11.5, 2.55, 3.05, 0.03),
}


class _Described(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PoleCamera(_Described):
    """A camera on a pole: where it stands and where it looks."""

    position_m: tuple[float, float, float]
    yaw_deg: float
    pitch_deg: float
    focal_px: Positive
    size_px: tuple[int, int]


class Signal(_Described):
    """A pedestrian signal: walk, then clearance, then the street again."""

    cycle_s: Positive
    walk_s: Positive
    clearance_s: float = Field(ge=0)

    def is_walk(self, time_s: float) -> bool:
        """Whether pedestrians may step off the kerb; the first two seconds let traffic stop."""
        return 2.0 <= time_s % self.cycle_s < self.walk_s

    def is_street_closed(self, time_s: float) -> bool:
        """Whether vehicles and cyclists must stop."""
        return time_s % self.cycle_s < self.walk_s + self.clearance_s


class Lane(_Described):
    """A straight lane with its own arrivals."""

    lane_id: str
    start_m: Point
    end_m: Point
    stop_at_m: Positive
    speed_m_s: Positive
    arrivals_per_h: Positive
    mix: dict[RoadUser, float]

    @model_validator(mode="after")
    def _mix_is_a_share(self) -> Lane:
        if abs(sum(self.mix.values()) - 1.0) > 1e-6 or not self.mix.keys() <= _BODIES.keys():
            raise ValueError(f"mix must add up to 1 over {[r.value for r in _BODIES]}")
        return self


class Walk(_Described):
    """A pedestrian route: way-points, one of which may be a kerb to wait at or a bench to rest on."""

    walk_id: str
    via_m: list[Point] = Field(min_length=2)
    spread_m: Point
    arrivals_per_h: Positive
    wait_at: int | None = None
    pause_at: int | None = None
    pause_s: tuple[float, float] = (0.0, 0.0)


class Scenario(_Described):
    """A place in motion: its camera, its signal, its lanes and its walks."""

    camera: PoleCamera
    signal: Signal
    lanes: list[Lane]
    walks: list[Walk]


@dataclass(frozen=True)
class Scene:
    """What a simulation produced.

    Attributes:
        users: one row per road user: user_id, road_user, length_m, width_m, height_m.
        positions: one row per road user and step: user_id, time_s, x_m, y_m (ground centre of the
            footprint), heading_rad (counter-clockwise from east), distance_m (walked or driven).
    """

    users: pl.DataFrame
    positions: pl.DataFrame


def simulate(scenario: Scenario, *, duration_s: float, seed: int) -> Scene:
    """Simulates a scenario after a warm-up, the same for the same seed.

    Args:
        scenario: the place.
        duration_s: length of the recorded part, in seconds.
        seed: of every random draw.

    Returns:
        The scene, in steps of STEP_S from 0 s to ``duration_s``.
    """
    streams = np.random.SeedSequence(seed).spawn(len(scenario.lanes) + 1)
    flows = [
        _drive(lane, scenario.signal, duration_s, np.random.default_rng(stream))
        for lane, stream in zip(scenario.lanes, streams[:-1], strict=True)
    ]
    flows.append(_walk(scenario.walks, scenario.signal, duration_s, np.random.default_rng(streams[-1])))
    return _number(flows)


@dataclass(frozen=True)
class _Flow:
    road_users: list[RoadUser]
    bodies: Floats  # (users, 3)
    user: NDArray[np.int64]
    time_s: Floats
    xy_m: Floats  # (rows, 2)
    heading_rad: Floats
    distance_m: Floats


def _number(flows: list[_Flow]) -> Scene:
    users, positions, first = [], [], 0
    for flow in flows:
        n = len(flow.road_users)
        users.append(
            pl.DataFrame(
                {
                    "user_id": np.arange(first, first + n),
                    "road_user": [r.value for r in flow.road_users],
                    "length_m": flow.bodies[:, 0],
                    "width_m": flow.bodies[:, 1],
                    "height_m": flow.bodies[:, 2],
                }
            )
        )
        positions.append(
            pl.DataFrame(
                {
                    "user_id": flow.user + first,
                    "time_s": flow.time_s,
                    "x_m": flow.xy_m[:, 0],
                    "y_m": flow.xy_m[:, 1],
                    "heading_rad": flow.heading_rad,
                    "distance_m": flow.distance_m,
                }
            )
        )
        first += n
    everyone = pl.concat(positions).sort("user_id", "time_s")
    return Scene(pl.concat(users).join(everyone, on="user_id", how="semi"), everyone)


def _arrivals(per_hour: float, duration_s: float, rng: np.random.Generator) -> Floats:
    n = rng.poisson(per_hour * (duration_s + WARM_UP_S) / 3600)
    return np.sort(rng.uniform(-WARM_UP_S, duration_s, n))


def _bodies(road_users: list[RoadUser], rng: np.random.Generator) -> Floats:
    table = np.array([_BODIES[r] for r in road_users]).reshape(-1, 4)
    return np.asarray(table[:, :3] * rng.normal(1.0, table[:, 3:]).clip(0.8, 1.2))


def _steps(duration_s: float) -> Floats:
    """Step times counted in whole steps, so that recorded times are exact multiples of STEP_S."""
    return np.asarray(np.arange(-round(WARM_UP_S / STEP_S), round(duration_s / STEP_S) + 1) * STEP_S, dtype=float)


def _drive(lane: Lane, signal: Signal, duration_s: float, rng: np.random.Generator) -> _Flow:
    arrivals = _arrivals(lane.arrivals_per_h, duration_s, rng)
    n = len(arrivals)
    kinds = list(lane.mix)
    road_users = [kinds[i] for i in rng.choice(len(kinds), n, p=list(lane.mix.values()))]
    bodies = _bodies(road_users, rng)
    offset_m = rng.normal(0, 0.12, n)
    wish_m_s = lane.speed_m_s * rng.normal(1.0, 0.1, n).clip(0.75, 1.25)
    start, end = np.array(lane.start_m), np.array(lane.end_m)
    length_m = float(np.hypot(*(end - start)))
    along = (end - start) / length_m
    across = np.array([-along[1], along[0]])

    place_m = np.full(n, -np.inf)  # of the vehicle's centre along the lane
    speed_m_s = wish_m_s.copy()
    waiting = 0  # the next vehicle that has not entered yet
    rows: list[tuple[float, NDArray[np.int64], Floats]] = []
    for time_s in _steps(duration_s):
        while waiting < n and arrivals[waiting] <= time_s:
            tail_m = place_m[waiting - 1] - bodies[waiting - 1, 0] / 2 if waiting else np.inf
            if tail_m - bodies[waiting, 0] / 2 < STANDSTILL_GAP_M + speed_m_s[waiting] * TIME_GAP_S:
                break
            place_m[waiting] = 0.0
            waiting += 1
        on_road = np.flatnonzero((place_m >= 0) & (place_m <= length_m))
        if time_s >= -1e-9:
            rows.append((time_s, on_road, place_m[on_road].copy()))
        pull = _follow(
            lane, signal, time_s, place_m[on_road], speed_m_s[on_road], wish_m_s[on_road], bodies[on_road, 0]
        )
        # The position moves with the mean of old and new speed; speeds never turn negative.
        faster = np.maximum(speed_m_s[on_road] + pull * STEP_S, 0.0)
        place_m[on_road] += (speed_m_s[on_road] + faster) / 2 * STEP_S
        speed_m_s[on_road] = faster
    user = np.concatenate([r[1] for r in rows]) if rows else np.empty(0, np.int64)
    place = np.concatenate([r[2] for r in rows]) if rows else np.empty(0)
    return _Flow(
        road_users,
        bodies,
        user,
        np.repeat([r[0] for r in rows], [len(r[1]) for r in rows]),
        start + place[:, None] * along + offset_m[user][:, None] * across,
        np.full(len(user), np.arctan2(along[1], along[0])),
        place,
    )


def _follow(
    lane: Lane, signal: Signal, time_s: float, place_m: Floats, speed_m_s: Floats, wish_m_s: Floats, length_m: Floats
) -> Floats:
    """IDM acceleration in m/s2; vehicles are ordered leader first."""
    front_m = place_m + length_m / 2
    gap_m = np.concatenate([[np.inf], place_m[:-1] - length_m[:-1] / 2])[: len(place_m)] - front_m
    closing_m_s = speed_m_s - np.concatenate([[0.0], speed_m_s[:-1]])[: len(place_m)]
    if signal.is_street_closed(time_s):
        to_stop_m = lane.stop_at_m - front_m
        # Whoever would need more than 4 m/s2 to stop within a metre of the line drives on, as at amber.
        stops = (to_stop_m + 1.0 > speed_m_s**2 / 8.0) & (to_stop_m > -1.0) & (to_stop_m + STANDSTILL_GAP_M < gap_m)
        gap_m = np.where(stops, to_stop_m + STANDSTILL_GAP_M, gap_m)
        closing_m_s = np.where(stops, speed_m_s, closing_m_s)
    wanted_m = STANDSTILL_GAP_M + np.maximum(
        0.0, speed_m_s * TIME_GAP_S + speed_m_s * closing_m_s / (2 * np.sqrt(ACCELERATION_M_S2 * BRAKING_M_S2))
    )
    pull = ACCELERATION_M_S2 * (1 - (speed_m_s / wish_m_s) ** 4 - (wanted_m / np.maximum(gap_m, 0.1)) ** 2)
    return np.asarray(pull.clip(-8.0, ACCELERATION_M_S2))


def _walk(walks: list[Walk], signal: Signal, duration_s: float, rng: np.random.Generator) -> _Flow:
    born_s, route, via = [], [], []
    for i, walk in enumerate(walks):
        for time_s in _arrivals(walk.arrivals_per_h, duration_s, rng):
            born_s.append(time_s)
            route.append(i)
            via.append(np.array(walk.via_m) + rng.uniform(-1, 1, 2) * walk.spread_m)
    n = len(born_s)
    born = np.array(born_s)
    bodies = _bodies([RoadUser.PEDESTRIAN] * n, rng)
    wish_m_s = rng.normal(WALKING_SPEED_M_S, WALKING_SPEED_SD_M_S, n).clip(0.7, 2.0)
    rest_s = np.array([rng.uniform(*walks[r].pause_s) for r in route])
    xy = np.array([v[0] for v in via]).reshape(-1, 2)
    velocity, heading, walked = np.zeros((n, 2)), np.zeros(n), np.zeros(n)
    target, done = np.ones(n, np.int64), np.zeros(n, bool)
    rows: list[tuple[float, NDArray[np.int64], Floats, Floats, Floats]] = []
    for time_s in _steps(duration_s):
        here = np.flatnonzero((born <= time_s) & ~done)
        if time_s >= -1e-9:
            rows.append((time_s, here, xy[here].copy(), heading[here].copy(), walked[here].copy()))
        wish = np.zeros((len(here), 2))
        for k, i in enumerate(here.tolist()):
            step = via[i][target[i]] - xy[i]
            distance_m = float(np.hypot(*step))
            walk = walks[route[i]]
            if distance_m > 0.4:
                wish[k] = step / distance_m * wish_m_s[i]
            elif target[i] == walk.pause_at and rest_s[i] > 0:
                rest_s[i] -= STEP_S
            elif target[i] == len(via[i]) - 1:
                done[i] = True
            elif target[i] != walk.wait_at or signal.is_walk(time_s):
                target[i] += 1
        velocity[here] += ((wish - velocity[here]) / 0.5 + _repulsion(xy[here])) * STEP_S
        xy[here] += velocity[here] * STEP_S
        pace = np.hypot(*velocity[here].T)
        walked[here] += pace * STEP_S
        heading[here] = np.where(pace > 0.2, np.arctan2(velocity[here][:, 1], velocity[here][:, 0]), heading[here])
    return _Flow(
        [RoadUser.PEDESTRIAN] * n,
        bodies,
        np.concatenate([r[1] for r in rows]),
        np.repeat([r[0] for r in rows], [len(r[1]) for r in rows]),
        np.concatenate([r[2] for r in rows]),
        np.concatenate([r[3] for r in rows]),
        np.concatenate([r[4] for r in rows]),
    )


def _repulsion(xy: Floats) -> Floats:
    """Social force in m/s2, exponential in distance, bounded so that nobody is thrown."""
    apart = xy[:, None] - xy[None]
    distance = np.hypot(apart[..., 0], apart[..., 1]) + np.where(np.eye(len(xy), dtype=bool), np.inf, 1e-6)
    push = 2.0 * np.exp((0.6 - distance) / 0.25)
    return np.asarray((apart / distance[..., None] * push[..., None]).sum(1).clip(-3.0, 3.0))
