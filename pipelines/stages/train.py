"""The demo detector: trained from random weights on rendered frames of seeds the demo never shows."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from detectors.synthetic import Label, Light, Renderer
from detectors.training import Split, TrainingSettings, write_pictures
from detectors.training import train as train_on
from geo.scenario import STEP_S, Scenario, simulate
from pipelines.lake import replacing
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages.report import StageReport
from pipelines.stages.simulate import actors_by_step, pinhole, read_scenario, surfaces

_SCENE_S = 60.0
_FRAMES_PER_SCENE = 20


@dataclass(frozen=True)
class Lessons:
    """Seeds of the scenes to learn from and to check on; the demo's own seed is in neither."""

    train_seeds: range = range(100, 200)
    val_seeds: range = range(900, 905)


def train(
    folder: SiteFolder,
    lessons: Lessons,
    chosen: TrainingSettings,
    weights: Path,
    log: Path,
    settings: Settings,
    progress: Callable[[int], None] = lambda _: None,
) -> StageReport:
    """Renders pictures, trains a detector on them and keeps its weights and its log.

    Args:
        folder: the site whose scenario is rendered.
        lessons: which seeds.
        chosen: how to train.
        weights: the .pt file to write.
        log: the CSV of the training to write.
        settings: where Ultralytics may keep its settings.
        progress: told the number of pictures rendered.
    """
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="passant-training-") as temporary:
        pictures = write_pictures(_samples(folder, lessons, progress), Path(temporary), chosen)
        trained = train_on(Path(temporary), chosen, settings.ultralytics)
        with replacing(weights) as whole:
            whole.write_bytes(trained.weights.read_bytes())
        with replacing(log) as whole, whole.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["seed", *trained.log[0]], lineterminator="\n")
            writer.writeheader()
            writer.writerows(
                {"seed": chosen.seed, **{k.strip(): v.strip() for k, v in row.items()}} for row in trained.log
            )
    return StageReport("detector", pictures, weights, str(chosen.seed), time.perf_counter() - began)


def pictures_in(lessons: Lessons) -> int:
    """How many pictures will be rendered."""
    return (len(lessons.train_seeds) + len(lessons.val_seeds)) * _FRAMES_PER_SCENE


def _samples(
    folder: SiteFolder, lessons: Lessons, progress: Callable[[int], None]
) -> Iterator[tuple[Split, NDArray[np.uint8], list[Label]]]:
    scenario, done = with_more_buses(read_scenario(folder)), 0
    seeds: list[tuple[Split, int]] = [("val", s) for s in lessons.val_seeds]
    seeds += [("train", s) for s in lessons.train_seeds]
    for split, seed in seeds:
        for image, labels in _scene(folder, scenario, seed):
            done += 1
            progress(done)
            yield split, image, labels


def _scene(folder: SiteFolder, scenario: Scenario, seed: int) -> Iterator[tuple[NDArray[np.uint8], list[Label]]]:
    """Frames of one scene under its own light, from a camera that hangs a little differently."""
    rng = np.random.default_rng([seed, 99])
    exact = pinhole(scenario.camera)
    x, y, z = np.array(exact.position_m) + rng.normal(0, 0.15, 3)
    camera = replace(
        exact,
        position_m=(float(x), float(y), float(z)),
        yaw_deg=exact.yaw_deg + rng.normal(0, 0.7),
        pitch_deg=exact.pitch_deg + rng.normal(0, 0.5),
        focal_px=exact.focal_px * rng.normal(1, 0.015),
    )
    light = Light(rng.uniform(100, 260), rng.uniform(25, 65), rng.uniform(0.7, 1.2), rng.uniform(1, 4))
    renderer = Renderer(camera, surfaces(folder.site), light, seed)
    steps = sorted(rng.choice(round(_SCENE_S / STEP_S), _FRAMES_PER_SCENE, replace=False).tolist())
    for _, actors in actors_by_step(simulate(scenario, duration_s=_SCENE_S, seed=seed), steps, seed):
        yield renderer.frame(actors)


def with_more_buses(scenario: Scenario) -> Scenario:
    """The scenario with a third of its motor traffic made buses, so that the rare class is learned too."""
    mix = {RoadUser.CAR: 0.65, RoadUser.BUS: 0.35}
    lanes = [lane.model_copy(update={"mix": mix}) if RoadUser.BUS in lane.mix else lane for lane in scenario.lanes]
    return scenario.model_copy(update={"lanes": lanes})
