"""Demo footage with exactly known counts: a scenario, moved, rendered and counted."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser
from detectors.synthetic import Actor, Light, Renderer, Surface, write_mp4
from geo.crossings import DIRECTIONS, HYSTERESIS_M, cross_lines
from geo.scenario import STEP_S, PoleCamera, Scenario, Scene, simulate
from geo.site import CountingLine, Site, SiteError
from pipelines.lake import replacing
from pipelines.sites import SiteFolder
from pipelines.stages.evaluate import TRUTH_COLUMNS
from pipelines.stages.report import StageReport

SCENARIO_FILE = "scenario.yaml"
_QUALITY_CRF = 22


@dataclass(frozen=True)
class Footage:
    """What to film: how long and with which seed, at one frame per simulation step."""

    duration_s: float = 180.0
    seed: int = 20260610


def read_scenario(folder: SiteFolder) -> Scenario:
    """Reads a site's scenario.

    Raises:
        SiteError: if it is missing or malformed, naming file, field and fix.
    """
    path = folder.path / SCENARIO_FILE
    if not path.is_file():
        raise SiteError(f"{path}: no such file. Only a site with a scenario can be simulated.")
    try:
        return Scenario.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise SiteError(f"{path}: {' '.join(str(error).split())}. Mend the file.") from error


def film(
    folder: SiteFolder, footage: Footage, video: Path, truth: Path, progress: Callable[[int], None] = lambda _: None
) -> StageReport:
    """Simulates a site's scenario, renders it into a recording and writes down who crossed which line.

    Args:
        folder: a site with a scenario and lines on the ground.
        footage: what to film.
        video: the mp4 to write.
        truth: the CSV to write.
        progress: told the number of frames rendered.
    """
    began, scenario = time.perf_counter(), read_scenario(folder)
    scene = simulate(scenario, duration_s=footage.duration_s, seed=footage.seed)
    crossings = true_crossings(scene, [line for line in folder.site.lines if line.space == "ground"])
    renderer = Renderer(pinhole(scenario.camera), surfaces(folder.site), Light(), footage.seed)
    frames = round(footage.duration_s / STEP_S)

    def images() -> Iterator[NDArray[np.uint8]]:
        for number, actors in actors_by_step(scene, range(frames), footage.seed):
            yield renderer.frame(actors)[0]
            progress(number + 1)

    with replacing(video) as temporary:
        write_mp4(temporary, images(), fps=Fraction(round(1 / STEP_S)), quality_crf=_QUALITY_CRF)
    with replacing(truth) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(TRUTH_COLUMNS)
        writer.writerows(crossings.select(TRUTH_COLUMNS).iter_rows())
    return StageReport("truth", crossings.height, video, str(footage.seed), time.perf_counter() - began)


def pinhole(camera: PoleCamera) -> Pinhole:
    """The scenario's camera as the renderer's."""
    return Pinhole(camera.position_m, camera.yaw_deg, camera.pitch_deg, camera.focal_px, camera.size_px)


def surfaces(site: Site) -> list[Surface]:
    """The site's plan as the renderer's."""
    return [Surface(s.kind, s.outline_m, s.height_m) for s in site.plan]


def actors_by_step(scene: Scene, steps: range | list[int], seed: int) -> Iterator[tuple[int, list[Actor]]]:
    """The road users present at given simulation steps."""
    bodies = {row["user_id"]: row for row in scene.users.iter_rows(named=True)}
    moments = scene.positions.with_columns(step=(pl.col("time_s") / STEP_S).round().cast(pl.Int64))
    by_step = moments.filter(pl.col("step").is_in(list(steps))).partition_by("step", as_dict=True)
    for step in steps:
        present = by_step.get((step,))
        rows = present.iter_rows(named=True) if present is not None else ()
        yield step, [_actor(row, bodies[row["user_id"]], seed) for row in rows]


def _actor(row: dict[str, float], body: dict[str, object], seed: int) -> Actor:
    length_m, width_m, height_m = (float(str(body[name])) for name in ("length_m", "width_m", "height_m"))
    return Actor(
        RoadUser(str(body["road_user"])),
        row["x_m"],
        row["y_m"],
        row["heading_rad"],
        length_m,
        width_m,
        height_m,
        row["distance_m"],
        look=seed * 100_000 + int(row["user_id"]),
    )


def true_crossings(scene: Scene, lines: list[CountingLine]) -> pl.DataFrame:
    """Who crosses which line, by exact positions and the counting rule's own definition of a crossing.

    Returns:
        line_id, direction, road_user, time_s; in order of time.
    """
    rows = scene.positions.join(scene.users.select("user_id", "road_user"), on="user_id").sort("user_id", "time_s")
    track, time_s, x, y = (rows[name].to_numpy() for name in ("user_id", "time_s", "x_m", "y_m"))
    found = []
    for line in lines:
        passed = cross_lines(track, (x, y), np.full(len(x), HYSTERESIS_M), [np.array(line.path)])
        before, share, forward = passed.before, passed.share, passed.is_forward
        moment = time_s[before] + share * (time_s[before + 1] - time_s[before])
        found.append(
            pl.DataFrame(
                {
                    "line_id": [line.line_id] * len(before),
                    "direction": np.where(forward, *DIRECTIONS),
                    "road_user": rows["road_user"][before],
                    "time_s": moment.round(2),
                },
                schema_overrides={"line_id": pl.String, "direction": pl.String},
            )
        )
    return pl.concat(found).sort("time_s", "line_id")
