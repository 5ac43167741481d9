"""Whether a camera still looks where it was calibrated, told from backgrounds without people.

A background is the median of frames far apart in time, without what lies under any tracked box. Where
road users never made way it is unknown. Not even that is kept: only its landmarks are, corners of
buildings and markings with a few bits about what surrounds each, from which no picture can be made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.detector import Detector
from detectors.masks import blacken
from detectors.video import Decoding, Frames, RecordingError, read_frames

Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

_SAMPLES = 25
_LONGEST_LOOK_S = 125.0
# A pixel is known where this many samples show it without a road user.
_LEAST_FREE = 5
# Boxes are widened by this share of their size, for shadows and what the detector missed.
_MARGIN_SHARE = 0.15
_COVERED = 256  # above every grey level
DESCRIPTOR_BYTES = 32
_KEYPOINTS, _LEAST_MATCHES = 2000, 20
_INLIER_PX = 2.0


@dataclass(frozen=True)
class Landmarks:
    """Corners that a place is known by: pixels (n, 2) and binary descriptors (n, 32 bytes)."""

    pixels: Floats
    descriptors: Image


@dataclass(frozen=True)
class Motion:
    """How a picture lies on its reference.

    Attributes:
        keypoints: number of matches that agree on it.
        transform: (2, 3), pixels of the reference to pixels of the picture: turned, scaled, shifted.
    """

    keypoints: int
    transform: Floats

    def moved(self, pixels: Floats) -> Floats:
        """Where pixels (n, 2) of the reference lie now (n, 2)."""
        return np.asarray(pixels @ self.transform[:, :2].T + self.transform[:, 2])


def background(path: Path, camera: Camera, boxes: pl.DataFrame, duration_s: float) -> Image:
    """The people-free median of a recording's first minutes.

    Args:
        path: the recording.
        camera: its camera; what its privacy masks cover stays unknown.
        boxes: time_s since the first frame, left_px, top_px, right_px, bottom_px of everything tracked.
        duration_s: of the recording.

    Returns:
        Grey levels (height, width), 0 where the place is not known.

    Raises:
        RecordingError: if no frame decodes.
    """
    sampled = _sampled(path, camera, duration_s)
    samples = [_without(frames.images[0], camera, boxes, frames.time_s[0]) for frames in sampled]
    if not samples:
        raise RecordingError(f"{path}: zero video frames can be decoded. Copy the file again or re-export it.")
    # Covered pixels sort to the end, so the median of the free ones stands in the middle of those.
    stack = np.sort(np.stack(samples), axis=0)
    free = (stack < _COVERED).sum(axis=0)
    middle = np.take_along_axis(stack, (np.maximum(free - 1, 0) // 2)[None], axis=0)[0]
    is_known = free >= min(_LEAST_FREE, len(samples))
    return np.asarray(np.where(is_known, np.maximum(middle, 1), 0) * _unmasked(camera), dtype=np.uint8)


def boxes_seen(path: Path, camera: Camera, detector: Detector, duration_s: float) -> pl.DataFrame:
    """What a detector finds in the frames that `background` looks at: its boxes where nothing has been tracked yet.

    Returns:
        time_s since the first frame, left_px, top_px, right_px, bottom_px.
    """
    corners = ("left_px", "top_px", "right_px", "bottom_px")
    found = [
        (frames.time_s[0], *box)
        for frames in _sampled(path, camera, duration_s)
        for box in detector.detect(frames)[0].xyxy.tolist()
    ]
    return pl.DataFrame(found, schema=dict.fromkeys(("time_s", *corners), pl.Float64), orient="row")


def landmarks(grey: Image) -> Landmarks:
    """The landmarks of a background: ORB keypoints (Rublee et al., ICCV 2011), away from what is not known."""
    is_known = cv2.erode((grey > 0).astype(np.uint8) * 255, np.ones((9, 9), np.uint8))
    orb = cv2.ORB_create(_KEYPOINTS)  # type: ignore[attr-defined]
    points, descriptors = orb.detectAndCompute(grey, is_known)
    if descriptors is None:
        return Landmarks(np.empty((0, 2)), np.empty((0, DESCRIPTOR_BYTES), np.uint8))
    return Landmarks(np.array([p.pt for p in points], dtype=np.float64), np.asarray(descriptors, dtype=np.uint8))


def motion(reference: Landmarks, now: Landmarks) -> Motion | None:
    """How a camera has turned or zoomed since its reference, or None where the two hardly resemble.

    The similarity that most landmarks agree on, of those that match both ways.
    """
    if min(len(reference.pixels), len(now.pixels)) < _LEAST_MATCHES:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(reference.descriptors, now.descriptors)
    there = reference.pixels[[m.queryIdx for m in matches]]
    here = now.pixels[[m.trainIdx for m in matches]]
    transform, agree = cv2.estimateAffinePartial2D(there, here, ransacReprojThreshold=_INLIER_PX, maxIters=5000)
    if transform is None or agree.sum() < _LEAST_MATCHES:
        return None
    return Motion(int(agree.sum()), np.asarray(transform, dtype=np.float64))


def _without(image: Image, camera: Camera, boxes: pl.DataFrame, time_s: float) -> NDArray[np.int16]:
    """Grey levels of a frame, above every level where somebody is."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.int16)
    width, height = camera.size_px
    # Boxes from shortly before and after too: a track may miss the very frame.
    near = boxes.filter((pl.col("time_s") - time_s).abs() <= 0.3)
    for left, top, right, bottom in near.select("left_px", "top_px", "right_px", "bottom_px").iter_rows():
        dx, dy = _MARGIN_SHARE * (right - left), _MARGIN_SHARE * (bottom - top)
        x0, x1 = np.clip([left - dx, right + dx + 1], 0, width).astype(int)
        y0, y1 = np.clip([top - dy, bottom + dy + 1], 0, height).astype(int)
        grey[y0:y1, x0:x1] = _COVERED
    return np.asarray(grey, dtype=np.int16)


def _unmasked(camera: Camera) -> Image:
    width, height = camera.size_px
    seen = np.full((height, width, 3), 1, np.uint8)
    blacken(seen, camera.privacy_masks_px)
    return seen[..., 0]


def _sampled(path: Path, camera: Camera, duration_s: float) -> Iterator[Frames]:
    """Frames of the first minutes at equal distance, one by one."""
    every_s = min(duration_s, _LONGEST_LOOK_S) / _SAMPLES
    next_s, taken = 0.0, 0
    for frames in read_frames(path, camera, 1, Decoding()):
        if frames.time_s[0] < next_s:
            continue
        yield frames
        next_s, taken = frames.time_s[0] + every_s, taken + 1
        if taken == _SAMPLES:
            return
