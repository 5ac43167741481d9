"""Replays saved boxes in place of a model: for re-tracking, for tests, for other tools' detections."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from detectors.road_users import ROAD_USERS, RoadUser
from detectors.video import Frames

if TYPE_CHECKING:
    import supervision as sv


class RecordedDetector:
    """Boxes looked up by frame number.

    Args:
        boxes: frame, road_user, confidence, left_px, top_px, right_px, bottom_px.
    """

    def __init__(self, boxes: pl.DataFrame) -> None:
        self._boxes = boxes.sort("frame", maintain_order=True)
        self._frames = self._boxes["frame"].to_numpy()

    @property
    def name(self) -> str:
        return f"{self._boxes.height} recorded boxes"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self._boxes.write_csv().encode()).hexdigest()

    @property
    def road_users(self) -> tuple[RoadUser, ...]:
        return ROAD_USERS

    @property
    def workers(self) -> int:
        return 1

    def detect(self, frames: Frames) -> list[sv.Detections]:
        return [self._of_frame(number) for number in frames.number]

    def _of_frame(self, number: int) -> sv.Detections:
        import supervision as sv

        first, last = np.searchsorted(self._frames, [number, number + 1])
        rows = self._boxes[int(first) : int(last)]
        return sv.Detections(
            xyxy=rows.select("left_px", "top_px", "right_px", "bottom_px").to_numpy().astype(np.float32).reshape(-1, 4),
            confidence=rows["confidence"].to_numpy().astype(np.float32),
            class_id=np.array([RoadUser(r).code for r in rows["road_user"]], dtype=int),
        )
