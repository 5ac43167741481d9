"""Who drives: vehicles, cyclists and trams drawn from the flows, each with its route, body and temper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.scenario.bodies import FIGURES, draw_bodies
from geo.scenario.description import Flow, Scenario

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ASIDE_SD_M, _MOST_ASIDE_M = 0.1, 0.2
_LATE_SHARE = 0.05  # of a headway, standard deviation


@dataclass(frozen=True)
class Fleet:
    """Everybody on wheels, in order of arrival.

    Attributes:
        route: numbers of their routes (n,).
        bodies_m: length, width and height (n, 3).
        wish_m_s: speed on a free and straight road (n,).
        aside_m: distance to the left of the middle of the lane (n,).
    """

    arrival_s: Floats
    route: Ints
    figure: list[str]
    purpose: list[str]
    bodies_m: Floats
    wish_m_s: Floats
    aside_m: Floats


def draw_fleet(
    scenario: Scenario, start_s: float, end_s: float, factors: Mapping[RoadUser, float], rng: np.random.Generator
) -> Fleet:
    """Draws everybody who arrives in a span of time.

    Args:
        scenario: whose flows.
        start_s: beginning of the span.
        end_s: end of the span.
        factors: what scales the arrivals of each road user; timetables are kept.
        rng: of every draw.
    """
    number = {r.route_id: i for i, r in enumerate(scenario.routes)}
    drawn = sorted(
        (time_s, number[flow.route_id], figure, flow.purpose)
        for flow in scenario.flows
        for time_s, figure in _arrivals(flow, start_s, end_s, factors, rng)
    )
    figures = [figure for _, _, figure, _ in drawn]
    route = np.array([r for _, r, _, _ in drawn], dtype=int)
    pace = np.array([FIGURES[f].pace for f in figures])
    speed_m_s = np.array([r.speed_m_s for r in scenario.routes])[route]
    aside_m = rng.normal(0, _ASIDE_SD_M, len(drawn)).clip(-_MOST_ASIDE_M, _MOST_ASIDE_M)
    aside_m[[FIGURES[f].sections > 1 for f in figures]] = 0.0  # rails
    return Fleet(
        np.array([time_s for time_s, _, _, _ in drawn]),
        route,
        figures,
        [purpose for _, _, _, purpose in drawn],
        draw_bodies(figures, rng),
        speed_m_s * pace * rng.normal(1.0, 0.1, len(drawn)).clip(0.75, 1.25),
        aside_m,
    )


def _arrivals(
    flow: Flow, start_s: float, end_s: float, factors: Mapping[RoadUser, float], rng: np.random.Generator
) -> list[tuple[float, str]]:
    names = list(flow.figures)
    if flow.is_scheduled:
        times_s = _timetable(3600 / flow.arrivals_per_h, start_s, end_s, rng)
        return [(t, names[k]) for t, k in zip(times_s.tolist(), _draw(flow, len(times_s), rng), strict=True)]
    # Arrivals are drawn for the largest factor and thinned (Lewis and Shedler 1979).
    factor = [factors.get(FIGURES[name].road_user, 1.0) for name in names]
    most = max(factor)
    n = rng.poisson(flow.arrivals_per_h * most * (end_s - start_s) / 3600)
    times_s, kinds, luck = rng.uniform(start_s, end_s, n), _draw(flow, n, rng), rng.uniform(0, most, n)
    return [(t, names[k]) for t, k, u in zip(times_s.tolist(), kinds, luck.tolist(), strict=True) if u < factor[k]]


def _draw(flow: Flow, n: int, rng: np.random.Generator) -> list[int]:
    return [int(k) for k in rng.choice(len(flow.figures), n, p=list(flow.figures.values()))]


def _timetable(headway_s: float, start_s: float, end_s: float, rng: np.random.Generator) -> Floats:
    due = np.arange(start_s + rng.uniform(0, headway_s), end_s, headway_s)
    return np.asarray(due + rng.normal(0, _LATE_SHARE * headway_s, len(due)))
