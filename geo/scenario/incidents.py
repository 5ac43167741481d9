"""What happened on purpose: who ran, what was left behind, who stood where nobody may stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl

from geo.scenario.description import Incident, Scenario
from geo.scenario.itineraries import Person
from geo.scenario.scene import EVENTS
from geo.scenario.vehicles import Traffic

Event = tuple[str, int, float, float, float, float]


def what_happened(
    scenario: Scenario, traffic: Traffic, people: Sequence[Person], positions: pl.DataFrame
) -> pl.DataFrame:
    """The incidents as far as they happened in the recorded part.

    Args:
        scenario: what was to happen.
        traffic: vehicles at the end; they are the first users.
        people: the users after them.
        positions: of everybody.

    Returns:
        kind, user_id, start_s, end_s, x_m, y_m; in order of time.
    """
    first = len(traffic.fleet.route)
    walks = {w: walk.walk_id for w, walk in enumerate(scenario.walks)}
    runners = [first + i for i, p in enumerate(people) if p.is_running]
    rows = [*_stops(traffic, positions), *_runs(runners, positions)]
    for incident in scenario.incidents:
        if incident.kind == "left_object":
            on_walk = [first + i for i, p in enumerate(people) if walks[p.walk] == incident.walk_id]
            rows += _left(incident, [u for u in on_walk if u not in runners], positions)
    return pl.DataFrame(rows, schema=EVENTS, orient="row").sort("start_s")


def _end_s(positions: pl.DataFrame) -> float:
    return float(positions["time_s"].to_numpy().max(initial=0.0))


def _stops(traffic: Traffic, positions: pl.DataFrame) -> Iterator[Event]:
    for stand in traffic.stands:
        if stand.vehicle is not None and stand.began_s is not None:
            x_m, y_m = traffic.network.at(np.array([stand.route]), np.array([stand.at_m]))[0][0].tolist()
            end_s = min(stand.began_s + stand.duration_s, _end_s(positions))
            yield "stopped_vehicle", stand.vehicle, stand.began_s, end_s, x_m, y_m


def _runs(runners: list[int], positions: pl.DataFrame) -> Iterator[Event]:
    for user_id in runners:
        rows = positions.filter(pl.col("user_id") == user_id)
        if rows.height:
            x_m, y_m, start_s = rows.select("x_m", "y_m", "time_s").row(0)
            yield "running", user_id, start_s, float(rows["time_s"][-1]), x_m, y_m


def _left(incident: Incident, candidates: list[int], positions: pl.DataFrame) -> Iterator[Event]:
    """Whoever on the walk is nearest to the place at that moment puts something down and goes on."""
    around = positions.filter(pl.col("user_id").is_in(candidates), pl.col("time_s") >= incident.at_s)
    now = around.filter(pl.col("time_s") == pl.col("time_s").min())
    if now.height:
        apart = now.select("x_m", "y_m").to_numpy() - np.array(incident.at_m or (0.0, 0.0))
        user_id, start_s, x_m, y_m = now.select("user_id", "time_s", "x_m", "y_m").row(int(np.hypot(*apart.T).argmin()))
        end_s = min(start_s + incident.duration_s, _end_s(positions))
        yield "left_object", user_id, start_s, end_s, x_m, y_m
