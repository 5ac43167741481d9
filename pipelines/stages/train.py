"""The demo detector: trained from random weights on rendered frames of seeds the demo never shows."""

from __future__ import annotations

import csv
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from detectors.pinhole import Pinhole
from detectors.synthetic import Light, Renderer
from detectors.training import Picture, Split, TrainingSettings, picture, write_pictures
from detectors.training import train as train_on
from geo.scenario import STEP_S, Scenario, simulate
from pipelines.durable import replacing
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, load_site
from pipelines.stages.report import StageReport
from pipelines.stages.simulate import actors_by_step, pinhole, read_scenario, surfaces

T = TypeVar("T")
_SCENE_S = 90.0

# Shares of motor traffic and of the cycle track in every other scene, so that rare classes are learned too.
_RARE_MOTOR = {"hatchback": 0.18, "saloon": 0.14, "estate": 0.12, "van": 0.19, "lorry": 0.17, "motorcyclist": 0.20}
_RARE_CYCLES = {"cyclist": 0.5, "cargo_bike": 0.14, "scooter": 0.36}
_MORE_SERVICES = 1.6  # times as many buses and trams


@dataclass(frozen=True)
class Lessons:
    """Seeds of the scenes to learn from and to check on, and how many pictures to take of each.

    The seeds of the demo and of the evaluation are in neither.
    """

    train_seeds: range = range(100, 180)
    val_seeds: range = range(900, 906)
    pictures_per_scene: int = 32


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
        pictures = write_pictures(_pictures(folder, lessons, chosen, progress), Path(temporary), chosen)
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
    return (len(lessons.train_seeds) + len(lessons.val_seeds)) * lessons.pictures_per_scene


def _pictures(
    folder: SiteFolder, lessons: Lessons, chosen: TrainingSettings, progress: Callable[[int], None]
) -> Iterator[Picture]:
    """Pictures of every scene, scenes rendered side by side, in the order of their seeds."""
    seeds: list[tuple[Split, int]] = [("val", s) for s in lessons.val_seeds]
    seeds += [("train", s) for s in lessons.train_seeds]
    render, done = partial(_scene, folder.path, lessons.pictures_per_scene, chosen), 0
    for pictures in side_by_side(render, seeds):
        for one in pictures:
            done += 1
            progress(done)
            yield one


def side_by_side(render: Callable[..., T], scenes: Sequence[tuple[object, ...]]) -> Iterator[T]:
    """Renders scenes on every core, in their order, holding no more of them than there are cores twice over."""
    cores = os.cpu_count() or 1
    with ProcessPoolExecutor(cores, multiprocessing.get_context("spawn")) as pool:
        waiting = iter(scenes)
        running = [pool.submit(render, *one) for one in islice(waiting, 2 * cores)]
        while running:
            yield running.pop(0).result()
            running += [pool.submit(render, *one) for one in islice(waiting, 1)]


def _scene(folder: Path, pictures: int, chosen: TrainingSettings, split: Split, seed: int) -> list[Picture]:
    """Pictures of one scene under its own light, from a camera that hangs a little differently."""
    site_folder = load_site(folder)
    scenario, rng = read_scenario(site_folder), np.random.default_rng([seed, 99])
    mixed = with_rare_classes(scenario) if split == "train" and seed % 2 else scenario
    renderer = Renderer(_elsewhere(pinhole(scenario.camera), rng), surfaces(site_folder.site), draw_light(rng), seed)
    steps = sorted(rng.choice(round(_SCENE_S / STEP_S), pictures, replace=False).tolist())
    scene = simulate(mixed, duration_s=_SCENE_S, seed=seed)
    return [picture(split, *renderer.frame(actors), chosen, rng) for _, actors in actors_by_step(scene, steps, seed)]


def _elsewhere(exact: Pinhole, rng: np.random.Generator) -> Pinhole:
    """A camera that hangs a little differently."""
    x, y, z = np.array(exact.position_m) + rng.normal(0, 0.15, 3)
    focal_px = exact.focal_px * float(rng.normal(1, 0.015))
    return replace(
        exact,
        position_m=(float(x), float(y), float(z)),
        yaw_deg=exact.yaw_deg + float(rng.normal(0, 0.7)),
        pitch_deg=exact.pitch_deg + float(rng.normal(0, 0.5)),
        focal_px=focal_px,
        lens=None if exact.lens is None else replace(exact.lens, focal_px=focal_px),
    )


def draw_light(rng: np.random.Generator) -> Light:
    """A light for learning: six in ten under a clear sky, a quarter overcast, the rest at dusk."""
    kind = rng.random()
    return Light(
        azimuth_deg=float(rng.uniform(80, 280)),
        elevation_deg=float(rng.uniform(18, 63)),
        brightness=float(rng.uniform(0.75, 1.25)),
        noise=float(rng.uniform(1.0, 3.5)),
        sky="clear" if kind < 0.6 else "overcast" if kind < 0.85 else "dusk",
        warmth=float(rng.normal(0, 0.5)),
    )


def with_rare_classes(scenario: Scenario) -> Scenario:
    """The scenario with more of its rare road users, so that they are learned too."""
    flows = []
    for flow in scenario.flows:
        changes: dict[str, object] = {}
        if flow.is_scheduled:
            changes["arrivals_per_h"] = flow.arrivals_per_h * _MORE_SERVICES
        elif "cyclist" in flow.figures:
            changes["figures"] = _RARE_CYCLES
        elif "saloon" in flow.figures:
            changes["figures"] = _RARE_MOTOR
        flows.append(flow.model_copy(update=changes))
    return scenario.model_copy(update={"flows": flows})
