"""Privacy masks: what nobody looks at is black, and nothing found there counts."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.camera import Camera, Polygon

Image = NDArray[np.uint8]

# A box more than this much under a mask is the mask's own shape, not a road user.
_MASKED_SHARE = 0.5


def blacken(image: Image, masks_px: tuple[Polygon, ...]) -> None:
    """Paints the masks black in place."""
    for mask in masks_px:
        cv2.fillPoly(image, [np.round(np.array(mask)).astype(np.int32)], (0, 0, 0))


class MaskedArea:
    """How much of a box lies under a camera's masks."""

    def __init__(self, camera: Camera) -> None:
        width, height = camera.size_px
        seen = np.full((height, width, 3), 255, np.uint8)
        blacken(seen, camera.privacy_masks_px)
        # Summed-area table (Crow 1984): the masked pixels of any box from four look-ups.
        self._sum = cv2.integral((seen[..., 0] == 0).astype(np.uint8))

    def is_visible(self, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which boxes (n, 4) lie at most half under a mask."""
        height, width = self._sum.shape
        corners = np.round(boxes).astype(int).clip(0, [width - 1, height - 1, width - 1, height - 1])
        left, top, right, bottom = corners.T
        masked = self._sum[bottom, right] - self._sum[top, right] - self._sum[bottom, left] + self._sum[top, left]
        return np.asarray(masked <= _MASKED_SHARE * np.maximum((right - left) * (bottom - top), 1))
