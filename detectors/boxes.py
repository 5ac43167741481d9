"""Boxes as arrays: left, top, right, bottom in pixels, one row each; how they overlap and pair up."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SIDES = ("left_px", "top_px", "right_px", "bottom_px")


def overlap(a: Floats, b: Floats) -> Floats:
    """Intersection over union of boxes (n, 4) and (m, 4): (n, m)."""
    return _overlap(a[:, None], b[None])


def most_covered(a: Floats, b: Floats) -> Floats:
    """Greatest share (n,) of each box of (n, 4), or of the smaller of two, that one of (m, 4) covers."""
    if not len(a) or not len(b):
        return np.zeros(len(a))
    smaller = np.minimum(_area(a)[:, None], _area(b)[None])
    return np.asarray((_shared(a[:, None], b[None]) / np.maximum(smaller, 1e-9)).max(axis=1))


def overlapping(a: Floats, b: Floats, least: float) -> tuple[Ints, Ints, Floats]:
    """Pairs of boxes of (n, 4) and (m, 4) with at least that IoU: indices into a, into b, and IoU.

    Boxes are looked up by their left side, so that the cost follows the pairs that meet in a column
    of the picture and not n x m.
    """
    if not len(a) or not len(b):
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
    order = np.argsort(b[:, 0], kind="stable")
    left = b[order, 0]
    first = np.searchsorted(left, a[:, 0] - (b[:, 2] - b[:, 0]).max())
    count = np.searchsorted(left, a[:, 2]) - first
    rows = np.repeat(np.arange(len(a)), count)
    columns = order[np.arange(len(rows)) + np.repeat(first - np.cumsum(count) + count, count)]
    shared = _overlap(a[rows], b[columns])
    good = shared >= least
    return rows[good], columns[good], shared[good]


def best_overlapping(places: Floats, b: Floats, least: float) -> tuple[Ints, Ints, Floats]:
    """As `overlapping`, for boxes that may be in any of some places (places, n, 4): each pair's best IoU."""
    if len(places) == 1:
        return overlapping(places[0], b, least)
    found = [overlapping(a, b, least) for a in (np.empty((0, 4)), *places)]
    rows, columns, shared = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-shared, kind="stable")
    _, first = np.unique(rows[order] * len(b) + columns[order], return_index=True)
    best = order[first]
    return rows[best], columns[best], shared[best]


def pair_up(rows: Ints, columns: Ints, weight: Floats) -> NDArray[np.bool_]:
    """Which of some candidate pairs to keep: one-to-one, with the greatest sum of weights > 0.

    Pairs without a rival are kept as they are; only the rest goes through an assignment problem.
    """
    if not len(rows):
        return np.empty(0, bool)
    kept = np.asarray((np.bincount(rows)[rows] == 1) & (np.bincount(columns)[columns] == 1))
    rivals = np.flatnonzero(~kept)
    if len(rivals):
        row_ids, row = np.unique(rows[rivals], return_inverse=True)
        column_ids, column = np.unique(columns[rivals], return_inverse=True)
        index = np.full((len(row_ids), len(column_ids)), -1)
        index[row, column] = rivals
        table = np.zeros(index.shape)
        table[row, column] = weight[rivals]
        chosen = index[linear_sum_assignment(-table)]
        kept[chosen[chosen >= 0]] = True
    return kept


def _overlap(a: Floats, b: Floats) -> Floats:
    shared = _shared(a, b)
    return np.asarray(shared / np.maximum(_area(a) + _area(b) - shared, 1e-9))


def _shared(a: Floats, b: Floats) -> Floats:
    across = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    along = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    return np.asarray(np.maximum(across, 0.0) * np.maximum(along, 0.0))


def _area(boxes: Floats) -> Floats:
    return np.asarray((boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1]))
