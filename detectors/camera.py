"""The camera as the pixel room sees it: its picture size, its clock and what it must never look at."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from detectors.lens import Lens

Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Camera:
    """A fixed camera.

    Attributes:
        camera_id: unique in the city; the name of its folder under ``data/recordings``.
        size_px: width and height of its picture.
        time_zone: of its clock and of local times in its file names.
        start_pattern: ``strptime`` pattern of the start time in its file names, or None.
        trusts_container_time: whether the container's creation time may stand in for a start time.
        privacy_masks_px: polygons blackened before anything looks at a frame.
        lens: what its lens does to straight lines, or None if that is unknown or negligible.
    """

    camera_id: str
    size_px: tuple[int, int]
    time_zone: ZoneInfo
    start_pattern: str | None = None
    trusts_container_time: bool = False
    privacy_masks_px: tuple[Polygon, ...] = ()
    lens: Lens | None = None
