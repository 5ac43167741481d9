"""Boxes to places on the ground: where a body must stand for its picture to have this box.

The lower edge of a box is the near side of a body, not the middle of its footprint, and often it is
hidden. So the place is fitted: a body of the class's shape, its size known to some degree, is put on
the ground so that its outline touches the edges of the box that can be seen. An edge that is cut
off or hidden is left out of the fit, which then rests on the others and on the size, with the error
that follows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.lens import Lens
from geo.viewpoint import Viewpoint

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Deviation of a box's edge: so many pixels of any box, and a share of its extent. The demo detector's edges,
# against the truth of its footage, are off by 1.0 to 1.8 px on foot and by 0.5 to 1.5 px of cars, whatever
# their extent; the share is for detectors that were trained on less.
EDGE_SHARE, EDGE_LEAST_PX = 0.02, 1.3
LEFT, TOP, RIGHT, BOTTOM = range(4)
_STEPS = 6
_LONGEST_STEP_M = 4.0
_NEAREST_M = 0.5  # nobody is seen so close before the lens


@dataclass(frozen=True)
class Bodies:
    """Bodies whose places are sought, one per box.

    Attributes:
        outline: (n, 16, 3), corners in shares of the size.
        shape: (n, 4), expected length, width and height in metres, and 0 for a turn in radians away
            from the heading.
        covariance: (n, 4, 4), of the shape.
        heading_rad: (n,), counter-clockwise from east.
    """

    outline: Floats
    shape: Floats
    covariance: Floats
    heading_rad: Floats

    def __getitem__(self, rows: NDArray[np.int64] | Bools) -> Bodies:
        return Bodies(self.outline[rows], self.shape[rows], self.covariance[rows], self.heading_rad[rows])


@dataclass(frozen=True)
class Fit:
    """Places of bodies and what the boxes say about them.

    Attributes:
        place_m: (n, 2), middle of the footprint.
        shape: (n, 4), length, width, height and turn that fit best.
        information: (n, 6, 6), of place and shape from the box's edges alone.
        chi_square: (n,), squared residuals of edges and shape; 2 are expected where all edges are seen.
    """

    place_m: Floats
    shape: Floats
    information: Floats
    chi_square: Floats


def edge_sigma_px(edges_px: Floats, share: float = EDGE_SHARE) -> Floats:
    """Deviation (n, 4) of the edges of boxes (n, 4): left, top, right, bottom."""
    extent = np.stack([edges_px[:, RIGHT] - edges_px[:, LEFT], edges_px[:, BOTTOM] - edges_px[:, TOP]], axis=1)
    return np.tile(np.hypot(share * extent, EDGE_LEAST_PX), 2)


def fit_places(
    view: Viewpoint, lens: Lens | None, edges_px: Floats, weight: Floats, bodies: Bodies, start_m: Floats
) -> Fit:
    """Puts bodies on the ground so that they fill their boxes (Gauss-Newton).

    Args:
        view: the camera in space.
        lens: the camera's, or None for an ideal one.
        edges_px: (n, 4), left, top, right, bottom.
        weight: (n, 4), one over the variance of each edge in px2; 0 for an edge that is not seen.
        bodies: of n road users.
        start_m: (n, 2), where to begin.

    Returns:
        The fit; NaN where it runs out of the view.
    """
    unknown = np.concatenate([start_m, bodies.shape], axis=1)
    least_m = 0.2 * bodies.shape[:, :3]
    prior = np.linalg.inv(bodies.covariance)
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(_STEPS):
            information, pull = _normal_equations(view, lens, edges_px, weight, bodies, unknown)
            information[:, 2:, 2:] += prior
            pull[:, 2:] += np.einsum("nij,nj->ni", prior, bodies.shape - unknown[:, 2:])
            # A hint of damping keeps directions that no edge speaks of where they are.
            information += np.eye(6) * 1e-6
            step = np.linalg.solve(information, pull[..., None])[..., 0]
            length_m = np.abs(step).max(axis=1, keepdims=True)
            unknown = unknown + step * np.minimum(1.0, _LONGEST_STEP_M / np.maximum(length_m, 1e-9))
            unknown[:, 2:5] = np.maximum(unknown[:, 2:5], least_m)
        information, _ = _normal_equations(view, lens, edges_px, weight, bodies, unknown)
        residual = edges_px - _edges(view, lens, bodies, unknown)[0]
        off = unknown[:, 2:] - bodies.shape
        chi_square = (weight * residual**2).sum(axis=1) + np.einsum("ni,nij,nj->n", off, prior, off)
    return Fit(unknown[:, :2], unknown[:, 2:], information, chi_square)


def _normal_equations(
    view: Viewpoint, lens: Lens | None, edges_px: Floats, weight: Floats, bodies: Bodies, unknown: Floats
) -> tuple[Floats, Floats]:
    predicted, slope = _edges(view, lens, bodies, unknown)
    in_view = np.asarray(np.isfinite(predicted).all(axis=1))[:, None]
    slope = np.where(in_view[..., None], slope, 0.0)
    residual = np.where(in_view, edges_px - predicted, 0.0)
    weighted = slope * weight[..., None]
    return weighted.transpose(0, 2, 1) @ slope, np.einsum("nei,ne->ni", weighted, residual)


def _edges(view: Viewpoint, lens: Lens | None, bodies: Bodies, unknown: Floats) -> tuple[Floats, Floats]:
    """Edges (n, 4) of the boxes that bodies have, and their derivative (n, 4, 6) by place and shape."""
    heading_rad = (bodies.heading_rad + unknown[:, 5])[:, None]
    cos, sin = np.cos(heading_rad), np.sin(heading_rad)
    ahead, left, up = np.moveaxis(bodies.outline * unknown[:, None, 2:5], 2, 0)
    east, north = ahead * cos - left * sin, ahead * sin + left * cos
    hom = (
        np.stack([unknown[:, :1] + east, unknown[:, 1:2] + north, up], axis=2) @ view.projection[:, :3].T
        + view.projection[:, 3]
    )
    hom[hom[..., 2] <= _NEAREST_M * np.linalg.norm(view.projection[2, :3])] = np.nan
    ideal = hom[..., :2] / hom[..., 2:]
    x, y = np.moveaxis(ideal if lens is None else lens.distort(ideal), 2, 0)
    corner = np.stack([x.argmin(axis=1), y.argmin(axis=1), x.argmax(axis=1), y.argmax(axis=1)], axis=1)
    row, edge, axis = np.arange(len(x))[:, None], np.arange(4), np.array([0, 1, 0, 1])
    edges = np.where(axis, y[row, corner], x[row, corner])
    by_space = _slope(view, lens, hom[row, corner], ideal[row, corner])[row, edge, axis]
    length, width, height = np.moveaxis(bodies.outline[row, corner], 2, 0)
    by_unknown = np.stack(
        [
            by_space[..., 0],
            by_space[..., 1],
            length * (by_space[..., 0] * cos + by_space[..., 1] * sin),
            width * (by_space[..., 1] * cos - by_space[..., 0] * sin),
            height * by_space[..., 2],
            by_space[..., 1] * east[row, corner] - by_space[..., 0] * north[row, corner],
        ],
        axis=2,
    )
    return edges, by_unknown


def _slope(view: Viewpoint, lens: Lens | None, hom: Floats, ideal: Floats) -> Floats:
    """Derivative (n, k, 2, 3) of pixels by points in space, which project to homogeneous and ideal pixels."""
    rows = view.projection[:, :3]
    slope = (rows[:2] - ideal[..., None] * rows[2]) / hom[..., 2, None, None]
    return np.asarray(slope if lens is None else lens.derivative(ideal) @ slope)
