"""Non-maximum suppression: of boxes that overlap much, the surest stays, whatever their classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from detectors.boxes import overlapping


def surest(boxes: NDArray[np.float32], scores: NDArray[np.float32], overlap: float, most: int) -> NDArray[np.int64]:
    """Greedy suppression, as torchvision's.

    Args:
        boxes: corners in pixels (n, 4).
        scores: confidence (n,).
        overlap: IoU above which the weaker of two boxes goes.
        most: how many may stay.

    Returns:
        Indices of the boxes that stay, surest first.
    """
    order = np.argsort(-scores, kind="stable")
    corners = boxes[order].astype(np.float64)
    first, second, shared = overlapping(corners, corners, overlap)
    rivals = (first < second) & (shared > overlap)
    stays = [True] * len(order)
    for better, worse in zip(first[rivals].tolist(), second[rivals].tolist(), strict=True):
        if stays[better]:
            stays[worse] = False
    return np.asarray(order[np.array(stays, bool)][:most])
