"""What the tracker needs of a detector, so that the model behind it can be exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from detectors.road_users import RoadUser
from detectors.video import Frames

if TYPE_CHECKING:
    import supervision as sv


class Detector(Protocol):
    """Finds road users in frames.

    ``class_id`` of the boxes is `RoadUser.code`; labels Passant does not count are left out.
    """

    @property
    def name(self) -> str:
        """Model, device and precision, for people to read."""

    @property
    def digest(self) -> str:
        """Identity of everything that decides its boxes: weights and settings."""

    @property
    def road_users(self) -> tuple[RoadUser, ...]:
        """The road users it can tell, in the order of the list."""

    @property
    def workers(self) -> int:
        """From how many threads at once `detect` may be called to good effect."""

    def detect(self, frames: Frames) -> list[sv.Detections]:
        """Boxes in pixels for each frame, in order."""
