"""How tracks compare with ground-truth tracks: HOTA, CLEAR MOT and IDF1.

HOTA (Luiten et al., "HOTA: a higher order metric for evaluating multi-object tracking", IJCV 2021)
weighs detection and association alike; MOTA (Bernardin and Stiefelhagen, "Evaluating multiple object
tracking performance: the CLEAR MOT metrics", 2008) counts errors, IDF1 (Ristani et al., "Performance
measures and a data set for multi-target, multi-camera tracking", 2016) asks how long whoever is
followed keeps one number. Definitions and ties are those of TrackEval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from detectors.boxes import SIDES, overlap

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# HOTA is the mean over these overlaps.
LEVELS = np.arange(0.05, 0.99, 0.05)
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class TrackingAccuracy:
    """Scores as shares (1 is perfect), errors as numbers of boxes.

    Attributes:
        hota, det_a, ass_a, loc_a: HOTA and its parts, means over overlaps from 0.05 to 0.95.
        mota: 1 - (missed + false + switches) / true boxes; below 0 where errors outnumber them.
        motp: mean overlap of matched boxes.
        idf1: F1 of boxes that carry the right number, under the best pairing of tracks.
        matched, missed, false, switches: boxes at the overlap asked for; matches whose track changed.
        true_tracks, tracks: how many tracks there are on either side.
    """

    hota: float
    det_a: float
    ass_a: float
    loc_a: float
    mota: float
    motp: float
    idf1: float
    matched: int
    missed: int
    false: int
    switches: int
    true_tracks: int
    tracks: int


@dataclass(frozen=True)
class _Frame:
    """What one frame holds: indices of true and of found tracks, and their overlaps (true x found)."""

    true: Ints
    found: Ints
    overlap: Floats


@dataclass(frozen=True)
class _Scene:
    """All frames of all recordings, and how many boxes every track has."""

    frames: list[_Frame]
    true_boxes: Ints
    found_boxes: Ints


def score(found: pl.DataFrame, true: pl.DataFrame, least_overlap: float = 0.5) -> TrackingAccuracy:
    """Scores tracks against ground truth, whatever their class: filter both for one class.

    Several recordings are scored together as TrackEval combines sequences: numbers are summed first.

    Args:
        found: recording_id, track_id, frame and the sides of a box, as in TRACKS.
        true: the same columns.
        least_overlap: IoU from which a box matches, for MOTA and IDF1.
    """
    scene = _scene(found, true)
    hota, det_a, ass_a, loc_a = _hota(scene)
    matched, switches, overlap_sum = _clear(scene, least_overlap)
    n_true, n_found = int(scene.true_boxes.sum()), int(scene.found_boxes.sum())
    missed, false = n_true - matched, n_found - matched
    return TrackingAccuracy(
        hota=hota,
        det_a=det_a,
        ass_a=ass_a,
        loc_a=loc_a,
        mota=(matched - false - switches) / n_true if n_true and n_found else 0.0,
        motp=overlap_sum / max(matched, 1),
        idf1=2 * _right_number(scene, least_overlap) / max(n_true + n_found, 1),
        matched=matched,
        missed=missed,
        false=false,
        switches=switches,
        true_tracks=len(scene.true_boxes),
        tracks=len(scene.found_boxes),
    )


def _scene(found: pl.DataFrame, true: pl.DataFrame) -> _Scene:
    both = [
        t.select("recording_id", "frame", *SIDES, track=pl.struct("recording_id", "track_id").rank("dense") - 1)
        for t in (true, found)
    ]
    boxes = [np.bincount(t["track"].to_numpy()) if t.height else np.empty(0, np.int64) for t in both]
    return _Scene(list(_frames(*both)), *boxes)


def _frames(true: pl.DataFrame, found: pl.DataFrame) -> Iterator[_Frame]:
    """Frames that hold a box on either side, in order."""
    keys = ["recording_id", "frame"]
    sides = [
        {key: (g["track"].to_numpy().astype(np.int64), g.select(SIDES).to_numpy().astype(float)) for key, g in groups}
        for groups in (t.sort("track").group_by(keys) for t in (true, found))
    ]
    nobody = (np.empty(0, np.int64), np.empty((0, 4)))
    for key in sorted(sides[0].keys() | sides[1].keys()):
        (a, a_boxes), (b, b_boxes) = (side.get(key, nobody) for side in sides)
        yield _Frame(a, b, overlap(a_boxes, b_boxes))


def _hota(scene: _Scene) -> tuple[float, float, float, float]:
    """HOTA, DetA, AssA and LocA, each the mean over LEVELS."""
    if not len(scene.true_boxes) or not len(scene.found_boxes):
        return 0.0, 0.0, 0.0, 1.0
    alignment = _alignment(scene)
    pairs, overlaps = [np.empty(0, np.int64)], [np.empty(0)]
    for frame in scene.frames:
        rows, columns = linear_sum_assignment(-alignment[np.ix_(frame.true, frame.found)] * frame.overlap)
        pairs.append(frame.true[rows] * len(scene.found_boxes) + frame.found[columns])
        overlaps.append(frame.overlap[rows, columns])
    return _over_levels(scene, np.concatenate(pairs), np.concatenate(overlaps))


def _alignment(scene: _Scene) -> Floats:
    """How well every true track fits every found one over all frames, before any is matched."""
    together = np.zeros((len(scene.true_boxes), len(scene.found_boxes)))
    for frame in scene.frames:
        rivals = frame.overlap.sum(0) + frame.overlap.sum(1)[:, None] - frame.overlap
        together[np.ix_(frame.true, frame.found)] += np.where(
            rivals > _EPS, frame.overlap / np.maximum(rivals, _EPS), 0
        )
    return np.asarray(together / (scene.true_boxes[:, None] + scene.found_boxes - together))


def _over_levels(scene: _Scene, pairs: Ints, overlaps: Floats) -> tuple[float, float, float, float]:
    n_true, n_found = scene.true_boxes.sum(), scene.found_boxes.sum()
    det_a, ass_a, loc_a = np.zeros(len(LEVELS)), np.zeros(len(LEVELS)), np.zeros(len(LEVELS))
    for i, level in enumerate(LEVELS):
        good = overlaps >= level - _EPS
        pair, times = np.unique(pairs[good], return_counts=True)
        true, found = np.divmod(pair, len(scene.found_boxes))
        share = times / (scene.true_boxes[true] + scene.found_boxes[found] - times)
        n = int(good.sum())
        det_a[i] = n / (n_true + n_found - n)
        ass_a[i] = (times * share).sum() / max(n, 1)
        loc_a[i] = max(overlaps[good].sum(), 1e-10) / max(n, 1e-10)
    return float(np.sqrt(det_a * ass_a).mean()), float(det_a.mean()), float(ass_a.mean()), float(loc_a.mean())


def _clear(scene: _Scene, least_overlap: float) -> tuple[int, int, float]:
    """Matched boxes, switches of number and summed overlap; a match is kept while it holds."""
    last, current = np.full(len(scene.true_boxes), -1), np.full(len(scene.true_boxes), -1)
    matched, switches, overlap_sum = 0, 0, 0.0
    for frame in scene.frames:
        if not len(frame.true) or not len(frame.found):
            continue
        weight = 1000.0 * (current[frame.true][:, None] == frame.found) + frame.overlap
        weight[frame.overlap < least_overlap - _EPS] = 0.0
        rows, columns = linear_sum_assignment(-weight)
        good = weight[rows, columns] > _EPS
        rows, columns = rows[good], columns[good]
        true, found = frame.true[rows], frame.found[columns]
        switches += int(((last[true] >= 0) & (last[true] != found)).sum())
        current[:] = -1
        last[true] = current[true] = found
        matched += len(true)
        overlap_sum += float(frame.overlap[rows, columns].sum())
    return matched, switches, overlap_sum


def _right_number(scene: _Scene, least_overlap: float) -> int:
    """True positives of identity: boxes shared under the best one-to-one pairing of tracks."""
    shared = np.zeros((len(scene.true_boxes), len(scene.found_boxes)))
    for frame in scene.frames:
        shared[np.ix_(frame.true, frame.found)] += frame.overlap >= least_overlap
    rows, columns = linear_sum_assignment(-shared)
    return int(shared[rows, columns].sum())
