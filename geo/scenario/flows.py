"""What a scenario amounts to per hour at each counting line, without simulating it.

A route or walk is followed along its middle; whoever takes it crosses what that crosses. Only the
arrivals of the busiest hour are counted; what scales them is said elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from geo.crossings import DIRECTIONS, cross_line
from geo.scenario.bodies import FIGURES
from geo.scenario.description import Scenario, Walk
from geo.scenario.paths import lay
from geo.site import CountingLine

Floats = NDArray[np.float64]

_SCHEMA = pl.Schema(
    {
        "line_id": pl.String,
        "direction": pl.String,
        "road_user": pl.String,
        "source": pl.String,
        "arrivals_per_h": pl.Float64,
    }
)


def base_flows(scenario: Scenario, lines: Iterable[CountingLine]) -> pl.DataFrame:
    """Expected crossings per hour at factor 1, by what brings them.

    Args:
        scenario: a place in motion.
        lines: counting lines on the ground.

    Returns:
        line_id, direction, road_user, source (the flow_id or walk_id), arrivals_per_h.
    """
    ways = [*_vehicle_ways(scenario), *_walk_ways(scenario)]
    rows = [
        (line.line_id, direction, road_user.value, source, per_hour)
        for line in lines
        for source, way_m, mix in ways
        for direction in _directions(way_m, line)
        for road_user, per_hour in mix.items()
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row").sort("line_id", "direction", "road_user", "source")


def _vehicle_ways(scenario: Scenario) -> Iterator[tuple[str, Floats, dict[RoadUser, float]]]:
    paths = {r.route_id: lay(r.via_m, r.corner_radius_m, r.speed_m_s).xy_m for r in scenario.routes}
    for flow in scenario.flows:
        mix: dict[RoadUser, float] = {}
        for figure, share in flow.figures.items():
            road_user = FIGURES[figure].road_user
            mix[road_user] = mix.get(road_user, 0.0) + share * flow.arrivals_per_h
        yield flow.flow_id, paths[flow.route_id], mix


def _walk_ways(scenario: Scenario) -> Iterator[tuple[str, Floats, dict[RoadUser, float]]]:
    for walk in scenario.walks:
        way_m = np.array([scenario.spots[name].at_m for name in walk.via])
        yield walk.walk_id, way_m, {RoadUser.PEDESTRIAN: walk.arrivals_per_h + _alighting_per_h(scenario, walk)}


def _alighting_per_h(scenario: Scenario, walk: Walk) -> float:
    served = {route for gate in scenario.gates if gate.stop for route in gate.routes}
    calls = sum(
        flow.arrivals_per_h * share
        for flow in scenario.flows
        for figure, share in flow.figures.items()
        if flow.route_id in served and FIGURES[figure].doors_m
    )
    return walk.alighting_per_vehicle * calls


def _directions(way_m: Floats, line: CountingLine) -> list[str]:
    n = len(way_m)
    ends = np.array([line.start, line.end])
    _, _, forward = cross_line(np.zeros(n, np.int64), way_m[:, 0], way_m[:, 1], np.zeros(n), ends)
    return [DIRECTIONS[0] if f else DIRECTIONS[1] for f in forward]
