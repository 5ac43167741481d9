"""Where a camera stands and how it sees what rises above the ground.

A plane homography knows the ground only. With the focal length it also gives the vertical: the
homography's first two columns are the images of two perpendicular unit vectors, so their product is
the image of the third (Zhang, IEEE PAMI 22(11), 2000, section 3.1). Without a lens in the site file
the focal length itself comes from that perpendicularity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.ground_plane import GroundPlane

Floats = NDArray[np.float64]

# Focal lengths, in widths of the picture, and heights that cameras over streets have.
_FOCAL_WIDTHS = (0.25, 20.0)
_HEIGHTS_M = (1.5, 500.0)


@dataclass(frozen=True)
class Viewpoint:
    """A camera in space.

    Attributes:
        projection: (3, 4), homogeneous local metres (x, y, height) to pixels of an ideal lens; the
            third coordinate is positive in front of the camera.
        position_m: the centre of projection: x, y and height above ground.
        focal_px: focal length.
    """

    projection: Floats
    position_m: Floats
    focal_px: float


def viewpoint_of(plane: GroundPlane, size_px: tuple[int, int]) -> Viewpoint | None:
    """The camera behind a ground plane, or None where its focal length cannot be told.

    From straight above, a near and a far lens show the same ground; then only a lens in the site
    file can tell.
    """
    lens = plane.lens
    centre = np.array(lens.centre_px if lens else (size_px[0] / 2, size_px[1] / 2))
    focal_px = lens.focal_px if lens else _focal_px(_about(centre, plane.to_ideal))
    if focal_px is None or not _FOCAL_WIDTHS[0] < focal_px / size_px[0] < _FOCAL_WIDTHS[1]:
        return None
    to_rays = np.diag([1 / focal_px, 1 / focal_px, 1.0]) @ _about(centre, plane.to_ideal)
    scale = np.sqrt(np.linalg.norm(to_rays[:, 0]) * np.linalg.norm(to_rays[:, 1]))
    up = np.cross(to_rays[:, 0], to_rays[:, 1]) / scale
    rays = np.column_stack([to_rays[:, :2], up, to_rays[:, 2]])
    position_m = -np.linalg.solve(rays[:, :3], rays[:, 3])
    if not _HEIGHTS_M[0] < position_m[2] < _HEIGHTS_M[1]:
        return None
    to_pixels = np.array([[focal_px, 0, centre[0]], [0, focal_px, centre[1]], [0, 0, 1.0]])
    return Viewpoint(to_pixels @ rays, position_m, float(focal_px))


def _about(centre: Floats, homography: Floats) -> Floats:
    """The homography to pixels counted from the principal point."""
    return np.asarray(np.array([[1.0, 0, -centre[0]], [0, 1.0, -centre[1]], [0, 0, 1.0]]) @ homography)


def _focal_px(homography: Floats) -> float | None:
    """Focal length that makes the images of east and north perpendicular and of one length."""
    a, b = homography[:, 0], homography[:, 1]
    in_plane = np.array([a[:2] @ b[:2], a[:2] @ a[:2] - b[:2] @ b[:2]])
    in_depth = np.array([a[2] * b[2], a[2] ** 2 - b[2] ** 2])
    share = -(in_plane @ in_depth) / (in_plane @ in_plane + 1e-300)
    return float(1 / np.sqrt(share)) if share > 0 else None
