"""TRACKS: one box of one track."""

from __future__ import annotations

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS

RoadUserType = pl.Enum([r.value for r in ROAD_USERS])


class Tracks(dy.Schema):
    """One box of one track, in pixels; ``road_user`` is the class of the whole track.

    Track numbers start at 1 in every recording, so that nobody is followed beyond it.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    frame = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    confidence = dy.Float32(min=0.0, max=1.0)
    left_px = dy.Float32()
    top_px = dy.Float32()
    right_px = dy.Float32()
    bottom_px = dy.Float32()

    @dy.rule()
    def box_has_an_area(cls) -> pl.Expr:  # noqa: N805
        return (pl.col("left_px") < pl.col("right_px")) & (pl.col("top_px") < pl.col("bottom_px"))

    @dy.rule()
    def track_has_one_class(cls) -> pl.Expr:  # noqa: N805
        return pl.col("road_user").n_unique().over("recording_id", "track_id") == 1


def displacements(tracks: pl.DataFrame) -> pl.DataFrame:
    """How far each track moves from one processed frame to the next, in lengths of its box.

    A tracker that matches boxes by overlap is safe up to about 0.3 and loses nearly everything
    beyond 0.5. The length of a box is its extent in the direction of motion; gaps count per frame.

    Args:
        tracks: TRACKS, or its columns track_id, frame and the sides.

    Returns:
        track_id, displacement: the median over the track's steps, for tracks that moved on by more
        than their own length.
    """
    x, y = (pl.col("left_px") + pl.col("right_px")) / 2, (pl.col("top_px") + pl.col("bottom_px")) / 2
    dx, dy = x.diff().over("track_id").abs(), y.diff().over("track_id").abs()
    width, height = pl.col("right_px") - pl.col("left_px"), pl.col("bottom_px") - pl.col("top_px")
    step = (dx**2 + dy**2).sqrt()
    # The extent of a box in direction (dx, dy) / step; a box at rest has none, and no displacement.
    extent = (dx * width + dy * height) / step
    frames = pl.col("frame").cast(pl.Int64).diff().over("track_id")
    way = ((x.last() - x.first()) ** 2 + (y.last() - y.first()) ** 2).sqrt()
    moves = (way > pl.max_horizontal(width.median(), height.median())).over("track_id")
    return (
        tracks.sort("track_id", "frame")
        .filter(moves)
        .with_columns(displacement=pl.when(step > 0).then(step / extent / frames).otherwise(step / frames))
        .group_by("track_id", maintain_order=True)
        .agg(pl.col("displacement").median())
        .drop_nulls()
    )
