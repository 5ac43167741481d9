"""MOVEMENTS: by which gate each track entered a junction and by which it left.

One row per track and junction, whatever was seen of it: a track that began inside has no entry, one
that ended inside has no exit, one that crossed no gate has neither. Unassigned is shown, never dropped,
so that movements add up to tracks.
"""

from __future__ import annotations

from collections.abc import Iterable

import dataframely as dy
import polars as pl

from detectors.road_users import ROAD_USERS
from geo.crossings import Crossings
from geo.site import Junction


class Movements(dy.Schema):
    """One track at one junction.

    The entry is the first gate crossed, if inwards, and the exit the last, if outwards; NULL where
    they were not seen. Times are those of these crossings, or of the first and last position where
    there is none. A U-turn leaves by the gate of its entry.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    junction_id = dy.String(primary_key=True)
    entry_line_id = dy.String(nullable=True)
    exit_line_id = dy.String(nullable=True)
    entry_time_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    exit_time_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    is_u_turn = dy.Bool()

    @dy.rule()
    def enters_before_it_leaves(cls) -> pl.Expr:  # noqa: N805
        return pl.col("entry_time_utc") <= pl.col("exit_time_utc")


def junction_movements(
    positions: pl.DataFrame, crossings: dy.DataFrame[Crossings], junctions: Iterable[Junction]
) -> dy.DataFrame[Movements]:
    """The movement of every track at every junction.

    Args:
        positions: recording_id, track_id, road_user and time_utc of every track of the junctions' camera,
            as TRACKS and TRAJECTORIES have them.
        crossings: of the junctions' gates, others are not looked at.
        junctions: of one camera.
    """
    gates = pl.DataFrame(
        [(j.junction_id, gate, way) for j in junctions for gate, way in zip(j.gates, j.inward, strict=True)],
        schema={"junction_id": pl.String, "line_id": pl.String, "inward": pl.String},
        orient="row",
    )
    crossed = (
        crossings.join(gates, on="line_id")
        .with_columns(is_in=pl.col("direction").cast(pl.String) == pl.col("inward"))
        .sort("time_utc", "line_id")
    )
    first, last = pl.col("is_in").first(), pl.col("is_in").last()
    gated = crossed.group_by(*_KEY, "junction_id").agg(
        entry_line_id=pl.when(first).then(pl.col("line_id").first()),
        exit_line_id=pl.when(~last).then(pl.col("line_id").last()),
        entered=pl.when(first).then(pl.col("time_utc").first()),
        left=pl.when(~last).then(pl.col("time_utc").last()),
    )
    seen = positions.group_by(_KEY).agg(
        pl.col("road_user").first(), first=pl.col("time_utc").min(), last=pl.col("time_utc").max()
    )
    everyone = seen.join(gates.select("junction_id").unique(), how="cross")
    rows = everyone.join(gated, on=[*_KEY, "junction_id"], how="left").with_columns(
        entry_time_utc=pl.coalesce("entered", "first"),
        exit_time_utc=pl.coalesce("left", "last"),
        is_u_turn=(pl.col("entry_line_id") == pl.col("exit_line_id")).fill_null(value=False),
    )
    return Movements.validate(rows.select(Movements.column_names()).sort("junction_id", "entry_time_utc", *_KEY))


_KEY = ("recording_id", "track_id")
