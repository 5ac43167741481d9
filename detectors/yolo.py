"""Ultralytics YOLO behind the Detector protocol, on whichever engine is at hand.

Ultralytics loads and exports the weights; pictures go in and boxes come out here, the same as through
Ultralytics' own ``predict`` at the same precision, at less cost.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from detectors.backends import Backend, Engine, Found, choose, start
from detectors.exports import Exports
from detectors.letterbox import Letterbox
from detectors.road_users import ROAD_USERS, RoadUser, road_user_of
from detectors.suppression import surest
from detectors.video import Frames
from detectors.weights import WeightsError, digest_of, refuse_unknown

if TYPE_CHECKING:
    import supervision as sv

_MOST_BOXES = 300
_DIRECTORIES = ("config_dir", "exports_dir")


@dataclass(frozen=True)
class YoloSettings:
    """How a model is run.

    Attributes:
        image_size_px: longer side of the picture the model sees, a multiple of 32.
        confidence: least score of a box; the tracker uses weak boxes to continue tracks.
        overlap: IoU above which the weaker of two boxes is dropped, across classes.
        device: torch device, or None for CUDA where there is one.
        backend: engine, or None for the fastest at hand that repeats its boxes exactly.
        precision: f32, f16 or int8, or None for f32.
        quantised: the int8 model that calibration has made, for that precision.
        region_px: left, top, right, bottom of the part of the picture the model sees, or None for all of it.
        config_dir: where Ultralytics may keep its settings file.
        exports_dir: where models in the formats of other engines are kept.
    """

    image_size_px: int = 640
    confidence: float = 0.1
    overlap: float = 0.55
    device: str | None = None
    backend: str | None = None
    precision: str | None = None
    quantised: Path | None = None
    region_px: tuple[int, int, int, int] | None = None
    config_dir: Path = Path("data/var/ultralytics")
    exports_dir: Path = Path("data/var/exports")


class YoloDetector:
    """A YOLO detection model from a ``.pt`` file, loaded when it is first needed."""

    def __init__(self, weights: Path, settings: YoloSettings, allowed: Collection[str] = ()) -> None:
        """Names the weights.

        Args:
            weights: a ``.pt`` file.
            settings: how it is run.
            allowed: SHA-256 of weights that may be read beside those Passant ships.

        Raises:
            WeightsError: if the file is missing or unknown.
            BackendError: if it cannot be run as asked.
        """
        self._weights, self._settings = weights, settings
        self._weights_digest = digest_of(weights)
        refuse_unknown(weights, self._weights_digest, allowed)
        self._backend = choose(settings.backend, settings.precision, settings.device)
        self._exports = Exports(weights, settings.exports_dir, settings.config_dir)
        self._engines: dict[Letterbox, Engine] = {}
        self._starting = Lock()

    @property
    def name(self) -> str:
        on: Backend = self._backend
        return f"{self._weights.name} at {self._settings.image_size_px} px, {on.precision}, {on.name} on {on.device}"

    @cached_property
    def digest(self) -> str:
        quantised = self._settings.quantised
        asked = {k: v for k, v in vars(self._settings).items() if k not in (*_DIRECTORIES, *vars(self._backend))}
        asked["quantised"] = quantised and digest_of(quantised.with_suffix(".bin"))
        parts = [
            self._weights_digest,
            *(f"{k}={v}" for k, v in {**asked, **vars(self._backend)}.items()),
            *(f"{package}={version(package)}" for package in self._backend.packages),
        ]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    @property
    def road_users(self) -> tuple[RoadUser, ...]:
        return tuple(r for r in ROAD_USERS if r.code in self._code_of)

    @property
    def workers(self) -> int:
        return self._backend.workers

    def load(self, picture_px: tuple[int, int] | None = None) -> None:
        """Reads the model's labels now, and loads it for pictures of a width and height, if given.

        Args:
            picture_px: width and height of the pictures, or of their region.

        Raises:
            WeightsError: if the file holds no YOLO detector or it knows no road user.
        """
        _ = self._code_of
        if picture_px:
            self._engine(Letterbox(picture_px, self._settings.image_size_px))

    def detect(self, frames: Frames) -> list[sv.Detections]:
        height, width = frames.images[0].shape[:2]
        left, top, right, bottom = self._settings.region_px or (0, 0, width, height)
        letterbox = Letterbox((right - left, bottom - top), self._settings.image_size_px)
        seen = tuple(image[top:bottom, left:right] for image in frames.images)
        found = self._engine(letterbox)(letterbox.fit(seen))
        return [self._boxes(one, letterbox, (left, top)) for one in found]

    def _engine(self, letterbox: Letterbox) -> Engine:
        with self._starting:
            if letterbox not in self._engines:
                self._engines[letterbox] = start(
                    self._backend, self._exports, letterbox.input_px, self._settings.quantised
                )
            return self._engines[letterbox]

    def _boxes(self, found: Found, letterbox: Letterbox, offset_px: tuple[int, int]) -> sv.Detections:
        import supervision as sv

        sure = found[:, found[4] > self._settings.confidence]
        codes = self._code_of[sure[5].astype(int)]
        sure, codes = sure[:, codes >= 0], codes[codes >= 0]
        kept = surest(sure[:4].T, sure[4], self._settings.overlap, _MOST_BOXES)
        corners = letterbox.back(sure[:4, kept].T) + np.tile(np.array(offset_px, np.float32), 2)
        return sv.Detections(xyxy=corners, confidence=sure[4, kept], class_id=codes[kept])

    @cached_property
    def _code_of(self) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """The code of the road user that each of the model's classes is, -1 where it is none."""
        labels = self._exports.labels()
        codes = np.full(max(labels) + 1, -1)
        for number, label in labels.items():
            user = road_user_of(label)
            codes[number] = -1 if user is None else user.code
        if (codes < 0).all():
            raise WeightsError(
                f"{self._weights}: a model with the classes {sorted(labels.values())}. "
                "Give a detection model that knows road users, such as person or car."
            )
        return codes
