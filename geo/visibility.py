"""Which edges of boxes show where a road user ends, and which show where its view does."""

from __future__ import annotations

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.tracks import Tracks

Bools = NDArray[np.bool_]

EDGES = ("left_px", "top_px", "right_px", "bottom_px")
# An edge this near the border of the picture, in pixels and as a share of the box, may lie beyond it:
# detectors let a box that is cut off end a little before the border.
_BORDER_PX, _BORDER_SHARE = 2.0, 0.15
# A nearer road user that reaches this close to an edge, as a share of the box, may be what ends it.
_REACH_SHARE = 0.05
# It hides an edge if it covers this share of it.
_COVERED_SHARE = 0.4


def inside_edges(tracks: dy.DataFrame[Tracks], size_px: tuple[int, int]) -> Bools:
    """Whether each edge (n, 4) of boxes lies in the picture: left, top, right, bottom.

    At the border of the picture ends the view and not the road user.
    """
    left, top, right, bottom = tracks.select(EDGES).to_numpy().T
    across, along = _BORDER_PX + _BORDER_SHARE * (right - left), _BORDER_PX + _BORDER_SHARE * (bottom - top)
    return np.column_stack([left > across, top > along, right < size_px[0] - across, bottom < size_px[1] - along])


def hidden_edges(tracks: dy.DataFrame[Tracks]) -> Bools:
    """Whether each edge (n, 4) of boxes is covered by the box of a nearer road user, one that reaches further down.

    Where a hidden road user ends is the detector's guess.
    """
    boxes = tracks.select("frame", *EDGES).with_row_index("row")
    pairs = boxes.join(boxes, on="frame", suffix="_2").filter(
        (pl.col("row") != pl.col("row_2"))
        & (pl.col("bottom_px_2") > pl.col("bottom_px"))
        & (pl.col("left_px_2") < pl.col("right_px") + _reach("left", "right"))
        & (pl.col("right_px_2") > pl.col("left_px") - _reach("left", "right"))
        & (pl.col("top_px_2") < pl.col("bottom_px") + _reach("top", "bottom"))
    )
    across, along = _shared("left", "right"), _shared("top", "bottom")
    found = pairs.select(
        "row",
        left=(along > _COVERED_SHARE) & (pl.col("left_px_2") < pl.col("left_px")),
        top=(across > _COVERED_SHARE) & (pl.col("top_px_2") < pl.col("top_px")),
        right=(along > _COVERED_SHARE) & (pl.col("right_px_2") > pl.col("right_px")),
        bottom=across > _COVERED_SHARE,
    )
    hidden = np.zeros((tracks.height, 4), bool)
    np.logical_or.at(hidden, found["row"].to_numpy(), found.drop("row").to_numpy())
    return hidden


def _reach(low: str, high: str) -> pl.Expr:
    return _REACH_SHARE * (pl.col(f"{high}_px") - pl.col(f"{low}_px"))


def _shared(low: str, high: str) -> pl.Expr:
    """Share of a box's extent that another one covers."""
    starts = pl.max_horizontal(f"{low}_px", f"{low}_px_2")
    ends = pl.min_horizontal(f"{high}_px", f"{high}_px_2")
    return (ends - starts) / (pl.col(f"{high}_px") - pl.col(f"{low}_px"))
