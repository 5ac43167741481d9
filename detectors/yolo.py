"""Ultralytics YOLO behind the Detector protocol.

Ultralytics reads its switches from the environment when it is imported, so they are set here, in
the one place that imports it: nothing is downloaded, installed or reported, and weights are loaded
without running code from their pickle.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS, RoadUser, road_user_of
from detectors.video import Frames

if TYPE_CHECKING:
    import supervision as sv


class WeightsError(ValueError):
    """Weights that cannot be used; names the file, what is wrong with it and what to do."""


@dataclass(frozen=True)
class YoloSettings:
    """How a model is run.

    Attributes:
        image_size_px: longer side of the picture the model sees, a multiple of 32.
        confidence: least score of a box; the tracker uses weak boxes to continue tracks.
        overlap: IoU above which the weaker of two boxes is dropped, across classes.
        device: torch device, or None for CUDA where there is one.
        config_dir: where Ultralytics may keep its settings file.
    """

    image_size_px: int = 640
    confidence: float = 0.1
    overlap: float = 0.55
    device: str | None = None
    config_dir: Path = Path("data/var/ultralytics")


def import_ultralytics(config_dir: Path) -> Any:  # noqa: ANN401  (ultralytics ships no types)
    """Imports Ultralytics with everything switched off that reaches outside this machine."""
    config_dir.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "YOLO_OFFLINE": "true",
        "YOLO_AUTOINSTALL": "false",
        "ULTRALYTICS_SAFE_LOAD": "true",
        "YOLO_CONFIG_DIR": str(config_dir.resolve()),
        "YOLO_VERBOSE": "false",
    }
    # Left alone, Ultralytics sets this to 1 and torch computes on a single core.
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    import ultralytics
    from ultralytics.nn import tasks

    # Read when Ultralytics is first imported, which may have been before it was set above.
    vars(tasks)["SAFE_LOAD"] = True
    return ultralytics


class YoloDetector:
    """A YOLO detection model from a ``.pt`` file, loaded when it is first needed."""

    def __init__(self, weights: Path, settings: YoloSettings) -> None:
        """Names the weights.

        Raises:
            WeightsError: if the file is missing.
        """
        if not weights.is_file():
            raise WeightsError(f"{weights}: no such weights. Check the path given with --weights or in site.yaml.")
        self._weights, self._settings = weights, settings

    @property
    def name(self) -> str:
        return f"{self._weights.name} at {self._settings.image_size_px} px, fp32, {self._device}"

    @cached_property
    def digest(self) -> str:
        parts = [
            hashlib.sha256(self._weights.read_bytes()).hexdigest(),
            *(f"{k}={v}" for k, v in vars(self._settings).items() if k != "config_dir"),
            *(f"{package}={version(package)}" for package in ("torch", "ultralytics")),
        ]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()

    @property
    def road_users(self) -> tuple[RoadUser, ...]:
        _, code_of = self._loaded
        return tuple(r for r in ROAD_USERS if r.code in code_of.values())

    def load(self) -> None:
        """Loads the model now.

        Raises:
            WeightsError: if the file holds no YOLO detector or it knows no road user.
        """
        _ = self._loaded

    def detect(self, frames: Frames) -> list[sv.Detections]:
        model, code_of = self._loaded
        results = self._predict(model, code_of, list(frames.images))
        # Models with an end-to-end head suppress nothing themselves; for the others this changes nothing.
        found = (_detections(result, code_of) for result in results)
        return [boxes.with_nms(self._settings.overlap, class_agnostic=True) for boxes in found]

    @cached_property
    def _device(self) -> str:
        import torch

        return self._settings.device or ("cuda" if torch.cuda.is_available() else "cpu")

    @cached_property
    def _loaded(self) -> tuple[Any, dict[int, int]]:
        """The model, and the code of each of its classes that is a road user."""
        ultralytics = import_ultralytics(self._settings.config_dir)
        import torch

        try:
            model = ultralytics.YOLO(str(self._weights.resolve()), task="detect")
            labels: dict[int, str] = model.names
        except Exception as error:
            raise WeightsError(
                f"{self._weights}: not loadable YOLO weights ({type(error).__name__}). "
                "Give a .pt file saved by Ultralytics for detection."
            ) from error
        code_of = {i: user.code for i, label in labels.items() if (user := road_user_of(label))}
        if model.task != "detect" or not code_of:
            raise WeightsError(
                f"{self._weights}: a model for '{model.task}' with the classes {sorted(labels.values())}. "
                "Give a detection model that knows road users, such as person or car."
            )
        # Setting a model up for the CPU makes torch leave one core idle. It happens on first use, so
        # that is now, and then every core is used from the first frame to the last.
        self._predict(model, code_of, [np.zeros((32, 32, 3), np.uint8)])
        torch.set_num_threads(os.cpu_count() or 1)
        return model, code_of

    def _predict(self, model: Any, code_of: dict[int, int], images: list[NDArray[np.uint8]]) -> Any:  # noqa: ANN401
        return model.predict(
            images,
            imgsz=self._settings.image_size_px,
            conf=self._settings.confidence,
            iou=self._settings.overlap,
            classes=list(code_of),
            agnostic_nms=True,
            # Models rebuilt from end-to-end exports lack the one-to-many head that NMS needs.
            nms=None if getattr(model.model.model[-1], "cv2", None) is not None else False,
            device=self._device,
            half=False,
            verbose=False,
        )


def _detections(result: Any, code_of: dict[int, int]) -> sv.Detections:  # noqa: ANN401
    import supervision as sv

    boxes = result.boxes.cpu().numpy()
    codes = np.array([code_of[int(c)] for c in boxes.cls], dtype=int)
    return sv.Detections(xyxy=boxes.xyxy.astype(np.float32), confidence=boxes.conf.astype(np.float32), class_id=codes)
