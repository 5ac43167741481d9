"""How well a detector finds labelled road users: average precision of its boxes, and which labels it finds.

A box finds a label of its class when their intersection over union reaches a threshold; the best
overlaps are paired first, each box and each label once, as in the COCO evaluation (Lin et al., ECCV
2014). Average precision is that of Ultralytics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS, RoadUser
from detectors.synthetic import Label
from detectors.weights import import_ultralytics

if TYPE_CHECKING:
    import supervision as sv

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
OVERLAPS = np.linspace(0.5, 0.95, 10)


@dataclass(frozen=True)
class Compared:
    """One picture's labels beside the boxes found in it.

    Attributes:
        label_code: (n,) class of each label.
        is_found: (n,) whether a confident box finds it at an overlap of 0.5.
        hits: (m, 10) whether each box finds a label, at each of OVERLAPS.
        confidence, code: (m,) of each box.
    """

    label_code: NDArray[np.int64]
    is_found: Flags
    hits: Flags
    confidence: Floats
    code: NDArray[np.int64]


@dataclass(frozen=True)
class Precision:
    """Average precision of one class: at an overlap of 0.5, and the mean over OVERLAPS."""

    road_user: RoadUser
    labels: int
    ap50: float
    ap50_95: float


def compare(labels: Sequence[Label], found: sv.Detections, confidence: float) -> Compared:
    """Sets the boxes of a picture beside its labels; boxes of at least ``confidence`` may find a label."""
    from supervision import box_iou_batch

    boxes = np.array([label.box_px for label in labels], float).reshape(-1, 4)
    codes = np.array([label.road_user.code for label in labels], np.int64)
    code, score = np.asarray(found.class_id, np.int64), np.asarray(found.confidence, float)
    overlap = np.zeros((len(boxes), len(code)))
    if overlap.size:
        overlap = np.asarray(box_iou_batch(boxes, found.xyxy.astype(float)), float)
    overlap = np.where(codes[:, None] == code[None], overlap, 0.0)
    hits = np.zeros((len(code), len(OVERLAPS)), bool)
    for i, least in enumerate(OVERLAPS):
        hits[_paired(overlap, least)[1], i] = True
    is_found = np.zeros(len(boxes), bool)
    is_found[_paired(np.where(score[None] >= confidence, overlap, 0.0), 0.5)[0]] = True
    return Compared(codes, is_found, hits, score, code)


def _paired(overlap: Floats, least: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of pairs of at least that overlap, the best first, each row and each column once."""
    row, column = np.nonzero(overlap >= least)
    order = np.argsort(-overlap[row, column], kind="stable")
    rows: list[int] = []
    columns: list[int] = []
    for r, c in zip(row[order].tolist(), column[order].tolist(), strict=True):
        if r not in rows and c not in columns:
            rows.append(r)
            columns.append(c)
    return np.array(rows, np.int64), np.array(columns, np.int64)


def average_precision(pictures: Sequence[Compared], config_dir: Path) -> list[Precision]:
    """Average precision of every class that has labels; Ultralytics may keep its settings in ``config_dir``."""
    metrics = import_module(f"{import_ultralytics(config_dir).__name__}.utils.metrics")

    labels = np.concatenate([p.label_code for p in pictures])
    hits, score, code = (
        np.concatenate([getattr(p, name) for p in pictures]) for name in ("hits", "confidence", "code")
    )
    if not len(code) or not len(labels):
        return [Precision(r, int((labels == r.code).sum()), 0.0, 0.0) for r in ROAD_USERS if (labels == r.code).any()]
    result = metrics.ap_per_class(hits, score, code, labels)
    ap, classes = result[5], result[6]
    return [
        Precision(ROAD_USERS[c], int((labels == c).sum()), float(row[0]), float(row.mean()))
        for c, row in zip(classes.tolist(), ap, strict=True)
    ]
