"""Trains a detector from random weights on labelled pictures.

Only rendered pictures pass through here: they show nobody, so they may lie on disk while Ultralytics
reads them.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np
import yaml
from numpy.typing import NDArray

from detectors.road_users import RoadUser
from detectors.synthetic import LEAST_VISIBLE_SHARE, Label
from detectors.weights import import_ultralytics

if TYPE_CHECKING:
    from ultralytics.engine.trainer import BaseTrainer

Split = Literal["train", "val"]


@dataclass(frozen=True)
class TrainingSettings:
    """How a detector is trained.

    Attributes:
        architecture: an Ultralytics model description, which starts from random weights.
        classes: in the order of the model's outputs.
        image_size_px: longer side of a whole picture as the detector will see it.
        window_px: width and height of the part of it that is learned from at a time. Small road users
            need fine pictures and training on the CPU small ones; what is learned in a window holds
            anywhere in the picture.
        epochs: passes over the pictures.
        batch: pictures per step.
        seed: of weights and augmentation.
    """

    architecture: str = "yolo11n.yaml"
    classes: tuple[RoadUser, ...] = tuple(RoadUser)
    image_size_px: int = 640
    window_px: tuple[int, int] = (640, 384)
    epochs: int = 11
    batch: int = 8
    seed: int = 0


@dataclass(frozen=True)
class Picture:
    """Part of a rendered picture at the scale the detector sees, and its labels in shares of width and height."""

    split: Split
    image: NDArray[np.uint8]
    lines: list[str]


@dataclass(frozen=True)
class Trained:
    """Half-precision weights and the log of their training, one row per epoch."""

    weights: Path
    log: list[dict[str, str]]


def picture(
    split: Split, image: NDArray[np.uint8], labels: list[Label], settings: TrainingSettings, rng: np.random.Generator
) -> Picture:
    """A window of a frame, anywhere in it, and its labels, as the detector learns from them."""
    scale = settings.image_size_px / image.shape[1]
    small = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    size = np.minimum(settings.window_px, small.shape[1::-1])
    # Half of all windows touch a given border, or road users there would hardly be seen.
    room = small.shape[1::-1] - size
    left, top = np.clip(rng.uniform(-0.5, 1.5, 2) * room, 0, room).astype(int)
    lines = (_line(label, scale, np.array([left, top]), size, settings.classes) for label in labels)
    return Picture(split, small[top : top + size[1], left : left + size[0]], [line for line in lines if line])


def write_pictures(pictures: Iterable[Picture], folder: Path, settings: TrainingSettings) -> int:
    """Writes labelled pictures the way Ultralytics reads them, in random order.

    Returns:
        The number of pictures.
    """
    rng, number = np.random.default_rng(settings.seed), 0
    for number, one in enumerate(pictures, start=1):
        # Ultralytics reads rectangular pictures in the order of their names and does not shuffle them.
        name = f"{rng.integers(10**9):09d}_{number:06d}"
        for kind in ("images", "labels"):
            (folder / kind / one.split).mkdir(parents=True, exist_ok=True)
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(55, 95))]
        cv2.imwrite(str(folder / "images" / one.split / f"{name}.jpg"), one.image, quality)
        (folder / "labels" / one.split / f"{name}.txt").write_text("\n".join(one.lines) + "\n", encoding="utf-8")
    names = {i: road_user.value for i, road_user in enumerate(settings.classes)}
    data = {"path": str(folder.resolve()), "train": "images/train", "val": "images/val", "names": names}
    (folder / "data.yaml").write_text(yaml.safe_dump(data), encoding="utf-8")
    return number


def train(folder: Path, settings: TrainingSettings, config_dir: Path) -> Trained:
    """Trains on the pictures in a folder and leaves everything it writes there."""
    ultralytics = import_ultralytics(config_dir)
    import torch

    model = ultralytics.YOLO(settings.architecture, task="detect")
    # Ultralytics leaves one core idle when it trains on the CPU.
    model.add_callback("on_train_epoch_start", lambda _: torch.set_num_threads(os.cpu_count() or 1))
    model.add_callback("on_pretrain_routine_end", _convolve_in_bfloat16)
    model.train(
        data=str(folder / "data.yaml"),
        project=str(folder.resolve()),
        name="run",
        imgsz=max(settings.window_px),
        epochs=settings.epochs,
        batch=settings.batch,
        nbs=settings.batch,
        seed=settings.seed,
        deterministic=True,
        rect=True,
        mosaic=0.0,
        scale=0.2,
        translate=0.05,
        erasing=0.0,
        optimizer="AdamW",
        lr0=0.002,
        cos_lr=True,
        warmup_epochs=0.5,
        cache="ram",
        workers=0,
        plots=False,
        exist_ok=True,
        pretrained=False,
    )
    with (folder / "run" / "results.csv").open(encoding="utf-8") as file:
        log = list(csv.DictReader(file))
    return Trained(folder / "run" / "weights" / "best.pt", log)


def _convolve_in_bfloat16(trainer: BaseTrainer) -> None:
    """Lets the trained network multiply in bfloat16, which Ultralytics offers on GPUs only; 1.7 times as fast here.

    Losses, weights and the averaged copy that is validated and kept stay in single precision.
    """
    import torch

    network: Any = trainer.model
    exact = network.predict

    def predict(*args: object, **kwargs: object) -> object:
        with torch.autocast("cpu", torch.bfloat16):
            return _single(exact(*args, **kwargs))

    network.predict = predict


def _single(outputs: object) -> object:
    """Tensors, however nested, in single precision."""
    import torch

    if isinstance(outputs, dict):
        return {name: _single(value) for name, value in outputs.items()}
    if isinstance(outputs, list | tuple):
        return type(outputs)(_single(value) for value in outputs)
    return outputs.float() if isinstance(outputs, torch.Tensor) else outputs


def _line(
    label: Label, scale: float, corner_px: NDArray[np.int64], size_px: NDArray[np.int64], classes: tuple[RoadUser, ...]
) -> str | None:
    """A label as Ultralytics reads it, cut at the window's border; None if too little is inside."""
    low, high = scale * np.array(label.box_px).reshape(2, 2) - corner_px
    inside_low, inside_high = np.maximum(low, 0), np.minimum(high, size_px)
    inside = np.maximum(inside_high - inside_low, 0)
    if inside.prod() < LEAST_VISIBLE_SHARE * (high - low).prod():
        return None
    shares = (*((inside_low + inside_high) / 2 / size_px), *(inside / size_px))
    return " ".join([str(classes.index(label.road_user)), *(f"{v:.5f}" for v in shares)])
