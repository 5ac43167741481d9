"""Letterbox: a picture scaled into a model's input and centred on grey, and boxes brought back from there.

As Ultralytics does it for pictures of one size: the longer side fills the input, the shorter one is
padded to a multiple of the model's stride only, and both are rounded alike, so that boxes agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_GREY = 114
_STRIDE_PX = 32


@dataclass(frozen=True)
class Letterbox:
    """How pictures of one size lie in a model's input.

    Attributes:
        picture_px: width and height of the pictures.
        longest_px: longer side of the input.
    """

    picture_px: tuple[int, int]
    longest_px: int

    @property
    def scaled_px(self) -> tuple[int, int]:
        """Width and height of the picture in the input."""
        scale = self.longest_px / max(self.picture_px)
        width, height = (max(round(side * scale), 1) for side in self.picture_px)
        return width, height

    @property
    def input_px(self) -> tuple[int, int]:
        """Width and height of the input."""
        width, height = (-(-side // _STRIDE_PX) * _STRIDE_PX for side in self.scaled_px)
        return width, height

    @property
    def offset_px(self) -> tuple[int, int]:
        """Left and upper edge of the picture in the input."""
        left, top = (round((whole - part) / 2 - 0.1) for whole, part in zip(self.input_px, self.scaled_px, strict=True))
        return left, top

    def fit(self, pictures: tuple[NDArray[np.uint8], ...]) -> NDArray[np.uint8]:
        """The input (n, height, width, 3) of n pictures."""
        (width, height), (left, top) = self.scaled_px, self.offset_px
        whole = np.full((len(pictures), *self.input_px[::-1], 3), _GREY, np.uint8)
        for place, picture in zip(whole, pictures, strict=True):
            inside = place[top : top + height, left : left + width]
            if picture.shape == inside.shape:
                inside[:] = picture
            else:
                inside[:] = cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)
        return whole

    def back(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """Corners (n, 4) in the input as corners in the picture, cut off at its edge."""
        scale = np.array(self.scaled_px, np.float32) / np.array(self.picture_px, np.float32)
        moved = (corners - np.tile(np.array(self.offset_px, np.float32), 2)) / np.tile(scale, 2)
        return moved.clip(0, np.tile(np.array(self.picture_px, np.float32), 2)).astype(np.float32)
