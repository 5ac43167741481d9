"""A YOLO model as one function from picture bytes to boxes, the same for every backend.

Scaling to 0..1, the order of colours and the choice of each box's best class lie inside the model, so
that an export computes what torch computes and little is copied outside. Importing this module
imports torch.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from detectors.weights import WeightsError, import_ultralytics


class YoloModel(torch.nn.Module):
    """BGR pictures (n, height, width, 3), bytes -> (n, 6, m): corners in pixels, score, class of each of m boxes."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401  (ultralytics ships no types)
        super().__init__()
        head = network.model[-1]
        # Models rebuilt from end-to-end exports lack the one-to-many head that suppression needs.
        network.end2end = self._is_end_to_end = head.cv2 is None
        self._network = network.float().eval().fuse(verbose=False)
        network.set_head_attr(export=True, agnostic_nms=True, max_det=300)
        self.eval().requires_grad_(False)

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        dtype = next(self._network.parameters()).dtype
        found: torch.Tensor = self._network(pictures.permute(0, 3, 1, 2).flip(1).to(dtype) / 255)
        if self._is_end_to_end:
            return found.permute(0, 2, 1)
        middle, half = found[:, :2], found[:, 2:4] / 2
        score, best = found[:, 4:].max(1, keepdim=True)
        return torch.cat([middle - half, middle + half, score, best.to(dtype)], 1)


def load_model(weights: Path, config_dir: Path) -> tuple[YoloModel, dict[int, str]]:
    """The model in a ``.pt`` file, and its labels.

    Raises:
        WeightsError: if the file holds no YOLO detector.
    """
    ultralytics = import_ultralytics(config_dir)
    try:
        loaded = ultralytics.YOLO(str(weights.resolve()), task="detect")
        labels: dict[int, str] = dict(loaded.names)
        task: str = loaded.model.task
    except Exception as error:
        raise WeightsError(
            f"{weights}: not loadable YOLO weights ({type(error).__name__}). "
            "Give a .pt file saved by Ultralytics for detection."
        ) from error
    if task != "detect":
        raise WeightsError(
            f"{weights}: a model for '{task}' with the classes {sorted(labels.values())}. "
            "Give a detection model that knows road users, such as person or car."
        )
    return YoloModel(loaded.model), labels
