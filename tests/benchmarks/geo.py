"""Points per second and memory of every measure at 10 and at 100 million points, beside other libraries.

Points come as recordings of a million, as in the pipeline, so memory is that of one recording however
many there are; there are ten of them, and a hundred million points are all of them ten times. Each
measure has a process of its own, which tells its peak, and so has each library: it is given as many
tracks of the first recording as it can do in a few seconds.

    python -m tests.benchmarks.geo MEASURE MILLIONS
    python -m tests.benchmarks.geo MEASURE peer

MILLIONS=10 in the environment leaves the larger size out.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from geo import line_kernel
from geo.bodies import ACCELERATIONS_M_S2
from geo.conflicts import find_conflicts
from geo.crossings import HYSTERESIS_M, cross_lines, ground_crossings
from geo.crowding import classic_density
from geo.discharge import discharge
from geo.dwell import dwell, zone_balance
from geo.headways import headways
from geo.level_of_service import STANDARDS, letter_probabilities
from geo.movements import junction_movements
from geo.occupancy import occupy
from geo.pedestrian_flow import first_passages
from geo.queues import measure_queues
from geo.site import CountingLine, Junction, Zone
from geo.smoothing import smooth
from geo.speeds import sum_speeds
from geo.trajectories import Trajectories
from geo.visits import visits
from geo.voronoi import CutOff, sampled, voronoi_cells
from geo.zone_occupancy import occupy_zones
from tests import builders

TRACKS, STEPS, STEP_US, HOUR_S = 5_000, 200, 100_000, 3_600
RECORDINGS = 10
LINES = [
    CountingLine(name, name, "camera", "ground", ((x, -50.0), (x, 50.0)), "east", "west", role="stop_line")
    for name, x in (("west", -20.0), ("east", 20.0))
]
SQUARE = np.array([[-10.0, -10], [10, -10], [10, 10], [-10, 10]])
WALKABLE = np.array([[-80.0, -80], [80, -80], [80, 80], [-80, 80]])


def recording(number: int) -> pl.DataFrame:
    """One of the ten recordings: from the folder that FOLDER names, or made up anew."""
    folder = os.environ.get("FOLDER")
    seed = number % RECORDINGS
    return pl.read_parquet(Path(folder) / f"{seed}.parquet") if folder else made_up(seed)


def made_up(seed: int) -> pl.DataFrame:
    """TRAJECTORIES of an hour, a million rows: every tenth road user a car, the rest on foot."""
    rng = np.random.default_rng(seed)
    is_car = np.arange(TRACKS) % 10 == 0
    speed = np.where(is_car, rng.uniform(5, 12, TRACKS), rng.uniform(0.8, 1.8, TRACKS))
    angle = rng.uniform(0, 2 * np.pi, TRACKS)
    velocity = speed[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    at_us = np.arange(STEPS) * STEP_US
    at_s = at_us / 1e6
    middle = rng.uniform(-40, 40, (TRACKS, 2))
    place = middle[:, None] + velocity[:, None] * (at_s - at_s.mean())[:, None]
    start_us = rng.integers(0, HOUR_S * 1_000_000 // STEP_US, TRACKS) * STEP_US
    time_us = start_us[:, None] + at_us
    each = {"track_id": np.arange(TRACKS), "vx_m_s": velocity[:, 0], "vy_m_s": velocity[:, 1]}
    rows = pl.DataFrame({name: np.repeat(values, STEPS) for name, values in each.items()}).with_columns(
        recording_id=pl.lit("r"),
        time_utc=pl.lit(builders.START) + pl.duration(microseconds=pl.Series(time_us.ravel())),
        x_m=pl.Series(place[..., 0].ravel()),
        y_m=pl.Series(place[..., 1].ravel()),
        var_x_m2=0.01,
        cov_xy_m2=0.0,
        var_y_m2=0.01,
        sigma_speed_m_s=0.1,
        is_trusted=True,
        is_contact_seen=True,
        road_user=pl.Series(np.repeat(np.where(is_car, "car", "pedestrian"), STEPS)),
    )
    return Trajectories.validate(rows.select(Trajectories.column_names()), cast=True)


@dataclass(frozen=True)
class Given:
    """A recording, and what measures start from that is not theirs to time."""

    rows: pl.DataFrame

    @cached_property
    def crossings(self) -> pl.DataFrame:
        return ground_crossings(self.rows, LINES)

    @cached_property
    def density_per_m2(self) -> np.ndarray:
        return occupy(self.rows)["presence_s"].to_numpy() / 900.0

    @cached_property
    def track(self) -> np.ndarray:
        return self.rows["track_id"].to_numpy().astype(np.int64)

    @cached_property
    def step(self) -> np.ndarray:
        """Number of each position in its track."""
        return np.arange(self.rows.height) % STEPS

    @cached_property
    def place_m(self) -> np.ndarray:
        return self.rows.select("x_m", "y_m").to_numpy()

    @cached_property
    def xy(self) -> tuple[np.ndarray, np.ndarray]:
        x, y = (np.ascontiguousarray(self.place_m[:, i]) for i in (0, 1))
        return x, y

    @cached_property
    def time_us(self) -> np.ndarray:
        return self.rows["time_utc"].dt.epoch("us").to_numpy()

    @cached_property
    def people(self):
        """The first tracks as PedPy takes them, all of them at once."""
        return self._people(1)

    @cached_property
    def people_each_second(self):
        return self._people(1_000_000 // STEP_US)

    def _people(self, every: int):
        import pedpy

        table = {"id": self.track, "frame": self.step, "x": self.xy[0], "y": self.xy[1]}
        rows = pl.DataFrame(table).filter(pl.col("frame") % every == 0).with_columns(pl.col("frame") // every)
        return pedpy.TrajectoryData(rows.to_pandas(), frame_rate=1e6 / STEP_US / every)

    @cached_property
    def ways(self):
        """The first tracks as movingpandas takes them."""
        import geopandas as gpd
        import movingpandas as mpd

        frame = gpd.GeoDataFrame(
            {"track": self.track},
            geometry=gpd.points_from_xy(*self.xy),
            index=self.rows["time_utc"].dt.replace_time_zone(None).to_pandas(),
            crs=25833,
        )
        return mpd.TrajectoryCollection(frame, "track")

    @cached_property
    def frames(self) -> list:
        """The first tracks as supervision takes them: everybody's box at each step."""
        import supervision as sv

        x, y = (c.reshape(-1, STEPS).T for c in self.xy)
        numbers = np.arange(x.shape[1])
        sides = [np.column_stack([a - 0.1, b - 0.1, a + 0.1, b + 0.1]) for a, b in zip(x, y, strict=True)]
        return [sv.Detections(xyxy=box, tracker_id=numbers, class_id=numbers * 0) for box in sides]


def _paths() -> list[np.ndarray]:
    return [np.array(line.path) for line in LINES]


def _bare(given: Given) -> None:
    paths = _paths()
    line_kernel.find_hits(given.track, *given.xy, np.concatenate(paths), np.array([0, 2, 4]))


def _hysteresis(given: Given) -> None:
    cross_lines(given.track, given.xy, np.full(len(given.track), HYSTERESIS_M), _paths())


def _probability(given: Given) -> None:
    covariance = np.tile([0.01, 0.0, 0.01], (len(given.track), 1))
    cross_lines(given.track, given.xy, np.full(len(given.track), HYSTERESIS_M), _paths(), covariance)


def _line_zones(given: Given) -> None:
    import supervision as sv

    for path in _paths():
        zone = sv.LineZone(sv.Point(*path[0]), sv.Point(*path[1]), triggering_anchors=[sv.Position.CENTER])
        for frame in given.frames:
            zone.trigger(frame)


def _smooth(given: Given) -> None:
    noise = np.broadcast_to(np.eye(2) * 0.02, (len(given.track), 2, 2))
    power = np.full(len(given.track), ACCELERATIONS_M_S2[0])
    smooth(given.track, given.time_us / 1e6, given.place_m, noise, power)


def _movements(given: Given) -> None:
    junction = Junction("junction", "junction", "camera", ("west", "east"), ("forward", "backward"))
    junction_movements(given.rows, given.crossings, [junction])


def _dwell(given: Given) -> None:
    span = [(builders.START, builders.START + timedelta(seconds=HOUR_S, microseconds=STEPS * STEP_US))]
    stays = visits(given.rows, {"square": SQUARE}, span)
    dwell(stays)
    zone_balance(stays)


def _stops(given: Given) -> None:
    import movingpandas as mpd

    mpd.TrajectoryStopDetector(given.ways).get_stop_segments(max_diameter=1.0, min_duration=timedelta(seconds=5))


def _queues(given: Given) -> None:
    measure_queues(given.rows, [Zone("square", "square", "camera", "queue", SQUARE)])


def _voronoi(given: Given) -> None:
    """Once a second, as the pipeline's crowd measures ask."""
    now = np.flatnonzero(sampled(given.time_us))
    voronoi_cells(given.time_us[now], given.place_m[now], WALKABLE, CutOff(1.0, 3))


def _voronoi_of_pedpy(given: Given) -> None:
    """Once a second too."""
    import pedpy

    pedpy.compute_individual_voronoi_polygons(
        traj_data=given.people_each_second,
        walkable_area=pedpy.WalkableArea(WALKABLE),
        cut_off=pedpy.Cutoff(radius=1.0, quad_segments=3),
    )


def _classic_of_pedpy(given: Given) -> None:
    import pedpy

    pedpy.compute_classic_density(traj_data=given.people, measurement_area=pedpy.MeasurementArea(SQUARE))


def _n_t_of_pedpy(given: Given) -> None:
    import pedpy

    pedpy.compute_n_t(traj_data=given.people, measurement_line=pedpy.MeasurementLine(_paths()[0]))


def _clip(given: Given) -> None:
    import shapely

    given.ways.clip(shapely.Polygon(SQUARE))


def _letters(given: Given) -> None:
    for standard in STANDARDS:
        letter_probabilities(given.density_per_m2, given.density_per_m2 / 10, standard)


class Measure(NamedTuple):
    """How a measure is taken; by which library else, and of how many tracks that one can."""

    ours: Callable[[Given], object]
    peer: str = ""
    theirs: Callable[[Given], object] | None = None
    tracks: int = 0
    start: str = ""  # what of Given it starts from


MEASURES = {
    "crossings, bare": Measure(_bare, "supervision LineZone", _line_zones, 500),
    "crossings, hysteresis": Measure(_hysteresis, "supervision LineZone", _line_zones, 500),
    "crossings, probability": Measure(_probability, "supervision LineZone", _line_zones, 500),
    "crossings, as a table": Measure(lambda given: ground_crossings(given.rows, LINES)),
    "movements": Measure(_movements, start="crossings"),
    "headways": Measure(lambda given: headways(given.crossings), start="crossings"),
    "discharge": Measure(lambda given: discharge(given.crossings, given.rows, LINES), start="crossings"),
    "speeds": Measure(
        lambda given: sum_speeds(given.crossings, given.rows, None),
        "movingpandas add_speed",
        lambda given: given.ways.add_speed(overwrite=True),
        50,
        start="crossings",
    ),
    "smoothing": Measure(_smooth),
    "density, Edie by cell": Measure(lambda given: occupy(given.rows)),
    "density, by zone": Measure(
        lambda given: occupy_zones(given.rows, {"square": SQUARE}), "movingpandas clip", _clip, 50
    ),
    "density, classic": Measure(
        lambda given: classic_density(given.time_us, given.place_m, SQUARE), "PedPy", _classic_of_pedpy, 500
    ),
    "density, Voronoi": Measure(_voronoi, "PedPy", _voronoi_of_pedpy, 50),
    "level of service": Measure(_letters, start="density_per_m2"),
    "N-t": Measure(
        lambda given: first_passages(given.track, given.step, given.place_m, _paths()[0]), "PedPy", _n_t_of_pedpy, 500
    ),
    "dwell": Measure(_dwell, "movingpandas stop detector", _stops, 20),
    "queues": Measure(_queues),
    "conflicts": Measure(lambda given: find_conflicts(given.rows)),
}

# What is laid out before the clock starts, because neither side would count it to the measure.
_LAID_OUT = ("track", "step", "place_m", "xy", "time_us")


def bench_geo() -> None:
    """A table: million points per CPU second and the peak of memory of each measure, and the libraries' beside."""
    sizes = os.environ.get("MILLIONS", "10,100").split(",")
    columns = [f"{size} M points: M/s | MB" for size in sizes]
    print(f"| measure | {' | '.join(columns)} | beside, points | M/s | ratio |")
    print("|---" * (2 * len(sizes) + 4) + "|")
    with tempfile.TemporaryDirectory(prefix="passant-geo-") as folder:
        os.environ["FOLDER"] = folder
        for seed in range(RECORDINGS):
            made_up(seed).write_parquet(Path(folder) / f"{seed}.parquet")
        for name in MEASURES:
            print(_line(name, sizes), flush=True)
        del os.environ["FOLDER"]


def _line(name: str, sizes: list[str]) -> str:
    ours = [_child(name, size) for size in sizes]
    cells = [f"{figures['mpoints_per_cpu_s']:.3g} | {figures['peak_mb']}" for figures in ours]
    if not MEASURES[name].peer:
        return f"| {name} | {' | '.join(cells)} | | | |"
    theirs = _child(name, "peer")
    rate = theirs["mpoints_per_cpu_s"]
    beside = f"{MEASURES[name].peer}, {theirs['points']:,.0f} | {rate:.2g} | {ours[0]['mpoints_per_cpu_s'] / rate:,.0f}"
    return f"| {name} | {' | '.join(cells)} | {beside} |"


def _child(name: str, size: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.geo", name, size]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _laid_out(rows: pl.DataFrame, start: str) -> Given:
    given = Given(rows)
    for part in filter(None, (*_LAID_OUT, start)):
        getattr(given, part)
    return given


def time_ours(measure: Measure, recordings: int) -> dict[str, float]:
    """Measures recordings one after the other; making them up is not timed."""
    measure.ours(_laid_out(recording(0).head(50 * STEPS), measure.start))  # compiles
    spent_s = 0.0
    for number in range(recordings):
        given = _laid_out(recording(number), measure.start)
        began = time.process_time()
        measure.ours(given)
        spent_s += time.process_time() - began
    points = recordings * TRACKS * STEPS
    return {"points": points, "mpoints_per_cpu_s": points / spent_s / 1e6, "peak_mb": _peak_mb()}


def time_peer(work: Callable[[Given], object], tracks: int) -> dict[str, float]:
    """The same of a library, on its first tracks of the first recording."""
    warnings.simplefilter("ignore")
    few = Given(recording(0).head(tracks * STEPS))
    work(few)  # makes the library's own layout, which is not timed
    began = time.process_time()
    work(few)
    return {"points": len(few.track), "mpoints_per_cpu_s": len(few.track) / (time.process_time() - began) / 1e6}


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main(name: str, size: str) -> None:
    """Prints the figures of one measure."""
    measure = MEASURES[name]
    if size == "peer" and measure.theirs:
        print(json.dumps(time_peer(measure.theirs, measure.tracks)))
    else:
        print(json.dumps(time_ours(measure, int(size))))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
