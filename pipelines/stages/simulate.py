"""Demo footage with exactly known counts: a scenario, moved, rendered and counted."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from numpy.typing import NDArray
from pydantic import ValidationError

from detectors.lens import Lens
from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser
from detectors.synthetic import Actor, Light, Renderer, Surface, write_mp4
from geo.scenario import STEP_S, PoleCamera, Scenario, Scene, simulate, true_crossings
from geo.site import Site, SiteError
from pipelines.durable import replacing
from pipelines.sites import SiteFolder
from pipelines.stages.evaluate import TRUTH_COLUMNS
from pipelines.stages.report import StageReport

SCENARIO_FILE = "scenario.yaml"
_QUALITY_CRF = 27
_BAG_M = (0.55, 0.3, 0.4)  # length, width and height of what is left behind


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
    width, height = camera.size_px
    lens = Lens(camera.focal_px, (width / 2, height / 2), camera.k1, camera.k2)
    return Pinhole(camera.position_m, camera.yaw_deg, camera.pitch_deg, camera.focal_px, camera.size_px, lens=lens)


def surfaces(site: Site) -> list[Surface]:
    """The site's plan as the renderer's."""
    return [Surface(s.kind, s.outline_m, s.height_m, s.name) for s in site.plan]


def actors_by_step(scene: Scene, steps: range | list[int], seed: int) -> Iterator[tuple[int, list[Actor]]]:
    """The road users present at given simulation steps, and what they have left behind."""
    bodies = {row["user_id"]: row for row in scene.users.iter_rows(named=True)}
    wanted = pl.col("step").is_in(list(steps))
    positions = _stepped(scene.positions).filter(wanted).partition_by("step", as_dict=True)
    joints = _stepped(scene.joints).filter(wanted).partition_by("step", "user_id", as_dict=True)
    for step in steps:
        present = positions.get((step,))
        rows = present.iter_rows(named=True) if present is not None else ()
        actors = [_actor(row, bodies[row["user_id"]], joints.get((step, row["user_id"])), seed) for row in rows]
        yield step, [*actors, *_left_behind(scene, step * STEP_S, seed)]


def _left_behind(scene: Scene, time_s: float, seed: int) -> Iterator[Actor]:
    left = scene.events.filter(pl.lit(time_s).is_between("start_s", "end_s"), kind="left_object")
    for user_id, x_m, y_m in left.select("user_id", "x_m", "y_m").iter_rows():
        look = seed * 100_000 + user_id
        yield Actor(None, "bag", "standing", x_m, y_m, 0.3 * (look % 20), *_BAG_M, 0.0, 0.0, False, look)


def _stepped(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(step=(pl.col("time_s") / STEP_S).round().cast(pl.Int64))


def _actor(row: dict[str, Any], body: dict[str, Any], joints: pl.DataFrame | None, seed: int) -> Actor:
    sections = joints.select("x_m", "y_m", "heading_rad", "length_m").rows() if joints is not None else []
    return Actor(
        road_user=RoadUser(body["road_user"]),
        figure=body["figure"],
        pose=row["pose"],
        x_m=row["x_m"],
        y_m=row["y_m"],
        heading_rad=row["heading_rad"],
        length_m=body["length_m"],
        width_m=body["width_m"],
        height_m=body["height_m"],
        speed_m_s=row["speed_m_s"],
        distance_m=row["distance_m"],
        is_braking=row["is_braking"],
        look=seed * 100_000 + row["user_id"],
        joints=tuple(sections),
    )
