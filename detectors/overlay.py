"""Tracks drawn for review: ways, boxes and numbers on an empty ground, never on a frame.

Whoever checks a camera needs to see where tracks begin, end and break, not who passed. So the ground
is a plain grey picture, or one that its maker vouches for as free of people, such as a median.
"""

from __future__ import annotations

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.boxes import SIDES
from detectors.road_users import ROAD_USERS, RoadUser

Image = NDArray[np.uint8]

_GREY = 60
_WAY_PX = 1


def draw_tracks(tracks: pl.DataFrame, size_px: tuple[int, int], ground: Image | None = None) -> Image:
    """Draws every track's way along the ground, and its last box with number and class.

    Args:
        tracks: TRACKS of one recording.
        size_px: width and height of the camera's picture.
        ground: BGR picture without people to draw on, of that size; None for plain grey.

    Returns:
        A BGR picture.

    Raises:
        ValueError: if the ground has another size.
    """
    import supervision as sv

    width, height = size_px
    picture = np.full((height, width, 3), _GREY, np.uint8) if ground is None else ground.copy()
    if picture.shape != (height, width, 3):
        raise ValueError(f"ground: is {picture.shape[1]}x{picture.shape[0]} px, the camera's picture {width}x{height}.")
    ordered = tracks.sort("track_id", "frame")
    codes = {r.value: r.code for r in ROAD_USERS}
    palette = sv.ColorPalette.DEFAULT
    for _, one in ordered.group_by("track_id", maintain_order=True):
        way = one.select((pl.col("left_px") + pl.col("right_px")) / 2, "bottom_px").to_numpy()
        colour = palette.by_idx(codes[one["road_user"][0]]).as_bgr()
        cv2.polylines(picture, [np.round(way).astype(np.int32)], isClosed=False, color=colour, thickness=_WAY_PX)
    last = ordered.group_by("track_id", maintain_order=True).last()
    if last.is_empty():
        return picture
    boxes = sv.Detections(
        xyxy=last.select(SIDES).to_numpy().astype(np.float32),
        class_id=np.array([RoadUser(r).code for r in last["road_user"]], dtype=int),
        tracker_id=last["track_id"].to_numpy().astype(int),
    )
    labels = [f"{number} {road_user}" for number, road_user in last.select("track_id", "road_user").iter_rows()]
    picture = sv.BoxAnnotator(thickness=_WAY_PX).annotate(picture, boxes)
    return np.asarray(sv.LabelAnnotator(text_scale=0.3, text_padding=2).annotate(picture, boxes, labels), np.uint8)
