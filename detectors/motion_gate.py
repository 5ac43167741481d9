"""Leaves out frames in which nothing has moved since the detector last looked; its boxes stand for them.

Who stands still is so found again in every frame, and not lost. Differences are taken to the last
frame looked at, not to the one before, so that slow movement adds up until it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import compress

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video import Frames

Image = NDArray[np.uint8]

_CELL_PX = 8


@dataclass(frozen=True)
class Glance:
    """A batch of frames, and which of them the detector must look at."""

    frames: Frames
    has_moved: tuple[bool, ...]

    @property
    def to_look_at(self) -> Frames:
        of, kept = self.frames, self.has_moved
        return Frames(
            tuple(compress(of.number, kept)), tuple(compress(of.time_s, kept)), tuple(compress(of.images, kept))
        )


class MotionGate:
    """Tells which frames differ from the last one that did.

    Args:
        least: difference of brightness, of 255, that counts as movement, averaged over 8 x 8 pixels so
            that the noise of sensor and compression stays below it.
        longest_s: the detector looks again after this long in any case.
    """

    def __init__(self, least: float = 4.0, longest_s: float = 5.0) -> None:
        self._least, self._longest_s = least, longest_s
        self._last: NDArray[np.int16] | None = None
        self._last_s = -np.inf

    def glance(self, frames: Frames) -> Glance:
        """Judges the frames of a batch, which must come in order."""
        looks = zip(frames.images, frames.time_s, strict=True)
        return Glance(frames, tuple(self._has_moved(image, time_s) for image, time_s in looks))

    def _has_moved(self, image: Image, time_s: float) -> bool:
        coarse = _coarse(image)
        is_recent = time_s - self._last_s < self._longest_s
        if self._last is not None and is_recent and np.abs(coarse - self._last).max() < self._least:
            return False
        self._last, self._last_s = coarse, time_s
        return True


def everything(frames: Frames) -> Glance:
    """All frames, for a detector that looks at each."""
    return Glance(frames, (True,) * len(frames.number))


def _coarse(image: Image) -> NDArray[np.int16]:
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(width // _CELL_PX, 1), max(height // _CELL_PX, 1)), interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.int16)
