"""How counts compare with truth: event by event, not total by total; and why what was missed was missed.

Totals hide cancelling errors; a missed car and a phantom one make a perfect count. So crossings are
matched one to one within a tolerance, and what is left over on either side is missed or extra (the
per-line, per-class reading of SWARM's (true - missed - extra) / true).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TRUTH_COLUMNS = ("line_id", "direction", "road_user", "time_utc")
DEFAULT_TOLERANCE = timedelta(seconds=1)

_KEYS = ["line_id", "road_user", "direction"]
# How near, in time and in boxes, a track must begin or end to be the one that missed a crossing.
_NEAR = timedelta(seconds=2)
_NEAR_BOXES = 1.0
_MOVES_BOXES = 0.5
_EDGE_PX = 2.0


class Cause(StrEnum):
    """Why a true crossing was not counted, in the order in which causes are looked for."""

    WRONG_CLASS = "wrong class"
    OTHER_TIME = "counted at another time"
    EDGE_OF_FRAME = "edge of frame"
    LOST = "lost"
    MERGED = "merged"
    NOT_DETECTED = "not detected"


@dataclass(frozen=True)
class ImageLine:
    """What a miss is explained by: a line's corners (n, 2) in pixels and the anchor followed across it."""

    path_px: Floats
    anchor: tuple[float, float]


def match(counted: pl.DataFrame, truth: pl.DataFrame, tolerance: timedelta = DEFAULT_TOLERANCE) -> pl.DataFrame:
    """Matches counted with true crossings of the same line, direction and class.

    Args:
        counted: line_id, direction, road_user, time_utc.
        truth: the same columns.
        tolerance: greatest difference in time between a crossing and its match.

    Returns:
        line_id, road_user, direction, time_utc, side ("counted" or "true"), is_matched; every crossing.
    """
    both = pl.concat(
        [
            frame.select(pl.col(_KEYS).cast(pl.String), "time_utc", side=pl.lit(name))
            for name, frame in (("counted", counted), ("true", truth))
        ]
    ).sort(*_KEYS, "side", "time_utc")
    is_matched = np.zeros(both.height, bool)
    for _, group in both.with_row_index().group_by(_KEYS, maintain_order=True):
        a, b = (group.filter(side=side) for side in ("counted", "true"))
        for i, j in _pairs(a["time_utc"].to_list(), b["time_utc"].to_list(), tolerance):
            is_matched[[a["index"][i], b["index"][j]]] = True
    return both.with_columns(is_matched=pl.Series(is_matched, dtype=pl.Boolean))


def compare(counted: pl.DataFrame, truth: pl.DataFrame, tolerance: timedelta = DEFAULT_TOLERANCE) -> pl.DataFrame:
    """Counts what `match` matches.

    Returns:
        line_id, road_user, direction, counted, true, missed, extra; one row per combination met.
    """
    is_true, is_left = pl.col("side") == "true", ~pl.col("is_matched")
    numbers = {"counted": ~is_true, "true": is_true, "missed": is_true & is_left, "extra": ~is_true & is_left}
    columns = [chosen.sum().cast(pl.Int64).alias(name) for name, chosen in numbers.items()]
    return match(counted, truth, tolerance).group_by(_KEYS).agg(*columns).sort(_KEYS)


def _pairs(a: list[datetime], b: list[datetime], tolerance: timedelta) -> list[tuple[int, int]]:
    """The largest one-to-one matching of two sorted lists of times, as indices."""
    i = j = 0
    pairs = []
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= tolerance:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return pairs


def miss_causes(
    events: pl.DataFrame,
    tracks: pl.DataFrame,
    lines: Mapping[str, ImageLine],
    size_px: tuple[int, int],
    tolerance: timedelta = DEFAULT_TOLERANCE,
) -> pl.DataFrame:
    """Names a cause for every crossing that was missed.

    Args:
        events: every crossing, as `match` returns them.
        tracks: TRACKS of the recording.
        lines: the counting lines by line_id, in pixels.
        size_px: of the picture.
        tolerance: as for `match`.

    Returns:
        line_id, road_user, direction, time_utc, cause; one row per miss.
    """
    ends = _track_ends(tracks, size_px)
    missed = events.filter(pl.col("side") == "true", ~pl.col("is_matched"))
    causes = [_cause(miss, events, ends, lines[miss["line_id"]], tolerance) for miss in missed.iter_rows(named=True)]
    return missed.select(*_KEYS, "time_utc").with_columns(
        cause=pl.Series(causes, dtype=pl.Enum([c.value for c in Cause]))
    )


def _cause(
    miss: dict[str, Any], events: pl.DataFrame, ends: pl.DataFrame, line: ImageLine, tolerance: timedelta
) -> Cause:
    counted = events.filter(pl.col("side") == "counted", line_id=miss["line_id"], direction=miss["direction"])
    apart = (pl.col("time_utc") - miss["time_utc"]).abs()
    same, left = pl.col("road_user") == miss["road_user"], ~pl.col("is_matched")
    if not counted.filter(left, ~same, apart <= tolerance).is_empty():
        return Cause.WRONG_CLASS
    if not counted.filter(left, same, apart <= 2 * _NEAR).is_empty():
        return Cause.OTHER_TIME
    near = ends.filter(apart <= _NEAR)
    near = near.filter(pl.Series(_is_near(near, line), dtype=pl.Boolean))
    if not near.is_empty():
        return Cause.EDGE_OF_FRAME if near["is_at_edge"].any() else Cause.LOST
    return Cause.NOT_DETECTED if counted.filter(same, apart <= tolerance).is_empty() else Cause.MERGED


def _track_ends(tracks: pl.DataFrame, size_px: tuple[int, int]) -> pl.DataFrame:
    """The first and the last box of every track that moved, and whether the picture's edge cuts it."""
    x, y = (pl.col("left_px") + pl.col("right_px")) / 2, pl.col("bottom_px")
    way = ((x.last() - x.first()) ** 2 + (y.last() - y.first()) ** 2).sqrt()
    box = pl.max_horizontal(pl.col("right_px") - pl.col("left_px"), pl.col("bottom_px") - pl.col("top_px"))
    moves = (way > _MOVES_BOXES * box.median()).over("track_id")
    ordered = tracks.sort("track_id", "time_utc").filter(moves).group_by("track_id", maintain_order=True)
    ends = pl.concat([ordered.first(), ordered.last()])
    width, height = size_px
    is_at_edge = (
        (pl.col("left_px") <= _EDGE_PX)
        | (pl.col("top_px") <= _EDGE_PX)
        | (pl.col("right_px") >= width - _EDGE_PX)
        | (pl.col("bottom_px") >= height - _EDGE_PX)
    )
    return ends.with_columns(is_at_edge=is_at_edge)


def _is_near(boxes: pl.DataFrame, line: ImageLine) -> NDArray[np.bool_]:
    """Whether the boxes' anchors lie within about one box of a line."""
    import shapely

    left, top, right, bottom = boxes.select("left_px", "top_px", "right_px", "bottom_px").to_numpy().T
    x = left + line.anchor[0] * (right - left)
    y = top + line.anchor[1] * (bottom - top)
    away_px = shapely.distance(shapely.points(x, y), shapely.LineString(line.path_px))
    return np.asarray(away_px <= _NEAR_BOXES * np.maximum(right - left, bottom - top))
