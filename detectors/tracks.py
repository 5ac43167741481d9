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
