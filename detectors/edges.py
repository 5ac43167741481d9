"""Boxes that the picture's edge cuts off are completed to the size their road user had in full view.

The middle of what is left of a car at the edge is not the middle of the car, and a line near the
edge would be crossed late or never. MOTChallenge annotates boxes beyond the picture in the same way.
"""

from __future__ import annotations

import polars as pl

# A side this near to the edge of the picture is cut off by it.
EDGE_PX = 2.0


def complete_at_edges(tracks: pl.DataFrame, size_px: tuple[int, int]) -> pl.DataFrame:
    """Moves cut sides outwards, so that no box is smaller than in the nearest full view of its track.

    The size in full view is scaled with the dimension that is still whole, for road users grow and
    shrink on their way. Tracks never seen in full, and boxes cut on opposite sides, stay as they are.

    Args:
        tracks: track_id, frame and the sides of each box.
        size_px: width and height of the picture.

    Returns:
        The same rows, ordered by track_id, frame; sides may lie beyond the picture.
    """
    width, height = size_px
    full = tracks.sort("track_id", "frame").with_columns(
        w=pl.col("right_px") - pl.col("left_px"),
        h=pl.col("bottom_px") - pl.col("top_px"),
        cut_left=pl.col("left_px") <= EDGE_PX,
        cut_right=pl.col("right_px") >= width - EDGE_PX,
        cut_top=pl.col("top_px") <= EDGE_PX,
        cut_bottom=pl.col("bottom_px") >= height - EDGE_PX,
    )
    is_cut = {
        "w": pl.col("cut_left") | pl.col("cut_right"),
        "h": pl.col("cut_top") | pl.col("cut_bottom"),
    }
    full = full.with_columns(_nearest(name, ~(is_cut["w"] | is_cut["h"])).alias(f"full_{name}") for name in "wh")
    wanted = {}
    for name, other in ("wh", "hw"):
        scale = pl.when(is_cut[other]).then(1.0).otherwise(pl.col(other) / pl.col(f"full_{other}"))
        wanted[name] = pl.max_horizontal(name, pl.col(f"full_{name}") * scale)
    return full.with_columns(
        _moved("left_px", pl.col("cut_left") & ~pl.col("cut_right"), pl.col("right_px") - wanted["w"]),
        _moved("right_px", pl.col("cut_right") & ~pl.col("cut_left"), pl.col("left_px") + wanted["w"]),
        _moved("top_px", pl.col("cut_top") & ~pl.col("cut_bottom"), pl.col("bottom_px") - wanted["h"]),
        _moved("bottom_px", pl.col("cut_bottom") & ~pl.col("cut_top"), pl.col("top_px") + wanted["h"]),
    ).select(tracks.columns)


def _moved(side: str, is_cut: pl.Expr, place: pl.Expr) -> pl.Expr:
    return pl.when(is_cut).then(place.fill_null(pl.col(side))).otherwise(pl.col(side)).cast(pl.Float32).alias(side)


def _nearest(name: str, is_whole: pl.Expr) -> pl.Expr:
    """A column's value in the row of the same track that is whole and nearest in frames."""
    frame = pl.col("frame").cast(pl.Int64)

    def filled(column: pl.Expr, *, forwards: bool) -> pl.Expr:
        known = pl.when(is_whole).then(column)
        return (known.forward_fill() if forwards else known.backward_fill()).over("track_id")

    since = frame - filled(frame, forwards=True)
    until = filled(frame, forwards=False) - frame
    is_earlier = since.fill_null(2**62) <= until.fill_null(2**62)
    earlier, later = filled(pl.col(name), forwards=True), filled(pl.col(name), forwards=False)
    return pl.when(is_earlier).then(earlier).otherwise(later)
