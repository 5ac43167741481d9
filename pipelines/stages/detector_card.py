"""The card of the demo detector: what it finds on rendered scenes that neither training nor the demo has seen."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.detection_accuracy import Compared, Precision, average_precision, compare
from detectors.synthetic import Label, Light, Renderer
from detectors.video import Frames
from detectors.weights import digest_of
from detectors.yolo import YoloDetector, YoloSettings
from geo.scenario import STEP_S, simulate
from pipelines.durable import replacing
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, load_site
from pipelines.stages.report import StageReport
from pipelines.stages.simulate import actors_by_step, pinhole, read_scenario, surfaces
from pipelines.stages.train import Lessons, side_by_side

_SCENE_S = 90.0
_CONFIDENCE = 0.25  # from which a box counts as found
_FAINTEST = 0.001  # of boxes that average precision looks at
_HEIGHT_EDGES_PX = (16, 24, 32, 48, 64, 96)
_RANGE_EDGES_M = (15, 20, 25, 30, 35, 40)
_LIGHTS = (Light(215.0, 42.0), Light(250.0, 24.0), Light(sky="overcast"), Light(sky="dusk"))


@dataclass(frozen=True)
class Exam:
    """Scenes to judge the detector by: seeds seen by neither training nor the demo, each under four lights."""

    seeds: tuple[int, ...] = (2001, 2002, 2003)
    pictures_per_scene: int = 30


@dataclass(frozen=True)
class _Scene:
    light: str
    pictures: list[tuple[NDArray[np.uint8], list[Label]]]


def pictures_in(exam: Exam) -> int:
    """How many pictures will be rendered."""
    return len(exam.seeds) * len(_LIGHTS) * exam.pictures_per_scene


def write_card(
    folder: SiteFolder,
    exam: Exam,
    weights: Path,
    log: Path,
    card: Path,
    settings: Settings,
    progress: Callable[[int], None] = lambda _: None,
) -> StageReport:
    """Renders the exam, runs the detector over it and writes the card.

    Args:
        folder: the site whose scenario is rendered, seen by its own camera.
        exam: which scenes.
        weights: the detector.
        log: the CSV of its training.
        card: the Markdown file to write.
        settings: where Ultralytics may keep its settings.
        progress: told the number of pictures judged.
    """
    began = time.perf_counter()
    chosen = YoloSettings(
        folder.site.detector.image_size_px,
        confidence=_FAINTEST,
        config_dir=settings.ultralytics,
        exports_dir=settings.exports,
    )
    detector = YoloDetector(weights, chosen, {digest_of(weights)})
    detector.load()
    compared: list[Compared] = []
    rows: list[pl.DataFrame] = []
    for scene in _scenes(folder, exam):
        for image, labels in scene.pictures:
            one = compare(labels, detector.detect(Frames((0,), (0.0,), (image,)))[0], _CONFIDENCE)
            compared.append(one)
            rows.append(_rows(scene.light, labels, one))
            progress(len(compared))
    results = _results(exam, average_precision(compared, settings.ultralytics), pl.concat(rows), len(compared))
    with replacing(card) as whole:
        whole.write_text("\n\n".join([*_about(weights, detector), *_training(log), *results]) + "\n", encoding="utf-8")
    return StageReport("detector card", len(compared), card, str(exam.seeds), time.perf_counter() - began)


def _scenes(folder: SiteFolder, exam: Exam) -> Iterator[_Scene]:
    places = [(seed, number) for seed in exam.seeds for number in range(len(_LIGHTS))]
    return side_by_side(partial(_scene, folder.path, exam.pictures_per_scene), places)


def _scene(folder: Path, pictures: int, seed: int, number: int) -> _Scene:
    """Pictures of one scene from the site's own camera."""
    site_folder, light = load_site(folder), _LIGHTS[number]
    scenario = read_scenario(site_folder)
    renderer = Renderer(pinhole(scenario.camera), surfaces(site_folder.site), light, seed)
    steps = np.linspace(0, round(_SCENE_S / STEP_S) - 1, pictures).astype(int).tolist()
    scene = simulate(scenario, duration_s=_SCENE_S, seed=seed)
    name = f"clear, sun {light.elevation_deg:.0f}° high" if light.sky == "clear" else light.sky
    return _Scene(name, [renderer.frame(actors) for _, actors in actors_by_step(scene, steps, seed)])


_LABELS = {
    "road_user": pl.String, "height_px": pl.Float64, "range_m": pl.Float64, "light": pl.String, "is_found": pl.Boolean
}  # fmt: skip


def _rows(light: str, labels: Sequence[Label], one: Compared) -> pl.DataFrame:
    """One row per label: its class, height, range and light, and whether it was found."""
    return pl.DataFrame(
        {
            "road_user": [label.road_user.value for label in labels],
            "height_px": [label.box_px[3] - label.box_px[1] for label in labels],
            "range_m": [label.range_m for label in labels],
            "light": [light] * len(labels),
            "is_found": one.is_found,
        },
        schema=_LABELS,
    )


def _about(weights: Path, detector: YoloDetector) -> list[str]:
    return [
        "# Card of the demo detector",
        f"`{weights.name}`, {weights.stat().st_size / 1e6:.1f} MB in half precision, "
        f"SHA-256 `{hashlib.sha256(weights.read_bytes()).hexdigest()[:16]}`. Licence: AGPL-3.0-or-later, "
        "as is Ultralytics, whose YOLO11n architecture it is. "
        f"Classes: {', '.join(r.value for r in detector.road_users)}.",
        "**For the demo place only.** It has seen nothing but rendered pictures of one invented square from one "
        "pole. It knows no real street, camera or weather, and must not be used on real video: the figures "
        "below say nothing about any. It tells classes of road users apart and nothing about who anybody is.",
    ]


def _training(log: Path) -> list[str]:
    rows, lessons = pl.read_csv(log), Lessons()
    last = rows.row(-1, named=True)
    return [
        "## Training",
        f"From random weights, seed {last['seed']}, {rows.height} epochs over "
        f"{len(lessons.train_seeds) * lessons.pictures_per_scene} pictures in {last['time'] / 60:.0f} min "
        f"(log: `{log.name}`). One command trains it again: `make detector`. Training and checking use seeds "
        f"{_span(lessons.train_seeds)} and {_span(lessons.val_seeds)} of the scenario, each under its own light "
        "and from a camera moved a little; the demo's seed is in neither.",
        f"torch {version('torch')}, Ultralytics {version('ultralytics')}, numba {version('numba')}; "
        f"{os.cpu_count()} cores of {platform.machine()}, no GPU.",
    ]


def _results(exam: Exam, precision: list[Precision], labels: pl.DataFrame, pictures: int) -> list[str]:
    people = labels.filter(pl.col("road_user") == "pedestrian")
    ap50, ap50_95 = (float(np.mean([getattr(p, name) for p in precision])) for name in ("ap50", "ap50_95"))
    return [
        "## Held-out scenes",
        f"Seeds {', '.join(map(str, exam.seeds))}, {len(_LIGHTS)} lights each, the site's own camera; "
        f"{pictures} pictures, {labels.height} labels. Pictures are judged before video compression. A label "
        "is a road user of which at least 35 % is seen; somebody more hidden who is found all the same counts "
        "as a false box. Boxes are those the tracker gets, of which the weaker of two that overlap much is "
        f"dropped. Recall counts boxes of at least {_CONFIDENCE} confidence and the right class at an overlap of 0.5.",
        f"**mAP50 {ap50:.3f}, mAP50-95 {ap50_95:.3f}**, recall {labels['is_found'].sum() / labels.height:.3f}.",
        _by_class(precision, labels),
        _by_bin("Box height (px)", labels, people, "height_px", _HEIGHT_EDGES_PX),
        _by_bin("Range (m)", labels, people, "range_m", _RANGE_EDGES_M),
        _table("Light", labels.group_by("light", maintain_order=True).agg(*_COUNTS), people, "light"),
    ]


def _span(seeds: range) -> str:
    return f"{seeds[0]} to {seeds[-1]}"


_COUNTS = (pl.len().alias("labels"), pl.col("is_found").mean().alias("recall"))


def _by_class(precision: list[Precision], labels: pl.DataFrame) -> str:
    recall = dict(labels.group_by("road_user").agg(pl.col("is_found").mean()).iter_rows())
    lines = ["| Class | Labels | AP50 | AP50-95 | Recall |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {p.road_user.value} | {p.labels} | {p.ap50:.3f} | {p.ap50_95:.3f} | {recall[p.road_user.value]:.3f} |"
        for p in precision
    ]
    return "\n".join(lines)


def _by_bin(title: str, labels: pl.DataFrame, people: pl.DataFrame, column: str, edges: Sequence[int]) -> str:
    names = [
        f"under {edges[0]}",
        *(f"{a} to {b}" for a, b in pairwise(edges)),
        f"{edges[-1]} and more",
    ]
    binned = pl.col(column).cut(list(edges), labels=names, left_closed=True).cast(pl.Enum(names)).alias(column)
    groups = labels.with_columns(binned).group_by(column).agg(*_COUNTS).sort(column)
    return _table(title, groups, people.with_columns(binned), column)


def _table(title: str, groups: pl.DataFrame, people: pl.DataFrame, column: str) -> str:
    of_people = dict(people.group_by(column).agg(pl.col("is_found").mean()).iter_rows())
    lines = [f"| {title} | Labels | Recall | Recall of pedestrians |", "|---|---:|---:|---:|"]
    for name, count, recall in groups.iter_rows():
        walkers = f"{of_people[name]:.3f}" if name in of_people else ""
        lines.append(f"| {name} | {count} | {recall:.3f} | {walkers} |")
    return "\n".join(lines)
