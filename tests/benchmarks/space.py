"""Spatial measures beside their peers on the same points: PedPy for crowds, movingpandas for zones."""

from __future__ import annotations

import statistics
import warnings
from collections.abc import Callable

import numpy as np
import polars as pl
import shapely

from geo.clipping import cut_at_outline
from geo.crowding import classic_density
from geo.occupancy import cut_at_cells
from geo.pedestrian_flow import first_passages
from geo.voronoi import CutOff, voronoi_cells, voronoi_density
from tests import pedestrian_runs
from tests.benchmarks.bench import ROUNDS, cpu_s, report

ZONE = shapely.Polygon([(0, 0), (20, 0), (20, 20), (12, 20), (12, 8), (8, 8), (8, 20), (0, 20)])


def bench_space() -> None:
    """All of the figures below."""
    _clipping()
    if pedestrian_runs.FOLDER.is_dir():
        _crowd()
    else:
        print(f"# {pedestrian_runs.FOLDER} is absent: the comparison with PedPy is left out")


def _median_s(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    work()
    return statistics.median(cpu_s(work)[0] for _ in range(rounds))


def _walks(tracks: int, steps: int) -> np.ndarray:
    """Random walks (tracks, steps, 2) around the zone, in metres."""
    rng = np.random.default_rng(0)
    return rng.uniform(-10, 30, (tracks, 1, 2)) + np.cumsum(rng.normal(0, 0.1, (tracks, steps, 2)), axis=1)


def _clipping() -> None:
    """Million steps per CPU second cut at cells and at a zone of eight corners; the zone beside movingpandas."""
    xy = _walks(3_000, 300)
    start, end = xy[:, :-1].reshape(-1, 2), xy[:, 1:].reshape(-1, 2)
    zone_s = _median_s(lambda: cut_at_outline(start, end, ZONE))
    report("space_cells_msteps_s", len(start) / _median_s(lambda: cut_at_cells(start, end)) / 1e6, 2)
    report("space_zone_msteps_s", len(start) / zone_s / 1e6, 5)
    few = xy[:40]
    collection = _movingpandas(few)
    theirs_s = cpu_s(lambda: collection.clip(ZONE))[0] / few[:, 1:].size * 2
    report("space_zone_times_movingpandas", theirs_s / (zone_s / len(start)), 100)
    length = float(sum(trajectory.to_linestring().length for trajectory in collection.clip(ZONE).trajectories))
    start, end = few[:, :-1].reshape(-1, 2), few[:, 1:].reshape(-1, 2)
    step, begin, until = cut_at_outline(start, end, ZONE)
    ours = float(((until - begin) * np.hypot(*(end - start)[step].T)).sum())
    print(f"# the same way inside the zone: {ours:.6f} m, movingpandas {length:.6f} m")


def _movingpandas(xy: np.ndarray):
    import geopandas as gpd
    import movingpandas as mpd
    import pandas as pd

    warnings.simplefilter("ignore")
    times = pd.to_datetime(np.tile(np.arange(xy.shape[1]), len(xy)) * 100, unit="ms")
    rows = {"track": np.repeat(np.arange(len(xy)), xy.shape[1])}
    frame = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(*xy.reshape(-1, 2).T), index=times, crs=25833)
    return mpd.TrajectoryCollection(frame, "track")


def _crowd() -> None:
    """The bottleneck of 348 people (128,783 positions) measured by us and by PedPy, as ratios of CPU time."""
    import pedpy

    run, asked = pedestrian_runs.pedpy_run("bottleneck")
    their_run = pedpy.TrajectoryData(
        pl.DataFrame({"id": run.track, "frame": run.frame, "x": run.place_m[:, 0], "y": run.place_m[:, 1]}).to_pandas(),
        frame_rate=pedestrian_runs.FRAME_RATE_HZ,
    )
    walkable, area = pedpy.WalkableArea(asked.walkable), pedpy.MeasurementArea(asked.area)
    line, cut_off = pedpy.MeasurementLine(asked.line), pedpy.Cutoff(radius=1.0, quad_segments=3)
    cells = voronoi_cells(run.frame, run.place_m, asked.walkable, CutOff(1.0, 3))
    their_cells = pedpy.compute_individual_voronoi_polygons(
        traj_data=their_run, walkable_area=walkable, cut_off=cut_off
    )
    pairs: dict[str, tuple[Callable[[], object], Callable[[], object], float]] = {
        "voronoi_cells": (
            lambda: voronoi_cells(run.frame, run.place_m, asked.walkable, CutOff(1.0, 3)),
            lambda: pedpy.compute_individual_voronoi_polygons(
                traj_data=their_run, walkable_area=walkable, cut_off=cut_off
            ),
            3,
        ),
        "voronoi_density": (
            lambda: voronoi_density(cells, asked.area),
            lambda: pedpy.compute_voronoi_density(individual_voronoi_data=their_cells, measurement_area=area),
            1,
        ),
        "classic_density": (
            lambda: classic_density(run.frame, run.place_m, asked.area),
            lambda: pedpy.compute_classic_density(traj_data=their_run, measurement_area=area),
            1,
        ),
        "n_t": (
            lambda: first_passages(run.track, run.frame, run.place_m, asked.line),
            lambda: pedpy.compute_n_t(traj_data=their_run, measurement_line=line),
            1,
        ),
    }
    for name, (ours, theirs, target) in pairs.items():
        ours_s, theirs_s = _median_s(ours), statistics.median(cpu_s(theirs)[0] for _ in range(2))
        print(f"# {name}: {ours_s:.3f} s, PedPy {theirs_s:.3f} s of CPU")
        report(f"space_{name}_times_pedpy", theirs_s / ours_s, target)
    rate = len(run.frame) / _median_s(pairs["voronoi_cells"][0]) / 1e3
    report("space_voronoi_kcells_s", rate, 50)
