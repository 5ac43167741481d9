"""Fragments to tracks: joins pieces of one road user's way where motion leaves no doubt, and votes the class.

A tracker loses whoever is hidden for longer than its patience. Two fragments become one track if the
first, carried on at its last velocity, arrives where the second begins, and the second, carried back,
where the first ends, each within half a box; if both are of about the same size; and if no other
fragment fits as well. What cannot be told by motion alone stays apart: nobody's looks are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.boxes import SIDES, pair_up
from detectors.road_users import LIGHT, ROAD_USERS
from detectors.tracks import RoadUserType

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class JoiningSettings:
    """When two fragments are one road user.

    Attributes:
        gap_s: longest time unseen.
        off_by: largest distance between where one fragment is heading and where the other is, in
            boxes (square root of the area).
        size_ratio: largest ratio of their heights.
        over_s: how much of a fragment's end tells its velocity.
    """

    gap_s: float = 2.0
    off_by: float = 0.5
    size_ratio: float = 1.5
    over_s: float = 0.6


def as_tracks(fragments: pl.DataFrame, settings: JoiningSettings | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Joins fragments, gives every track the class its boxes vote for by summed confidence, numbers from 1.

    Args:
        fragments: fragment, frame, time_s, code, confidence and the sides of each box.
        settings: of joining.

    Returns:
        Tracks: track_id, frame, time_s, road_user, confidence and the sides, in order of birth.
        Joints: track_id, from_s, to_s; one row per gap that was bridged.
    """
    members, joints = join(ends_of(fragments, settings), settings)
    return voted(fragments, members), joints


def join(ends: pl.DataFrame, settings: JoiningSettings | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Decides which fragments are one track.

    Args:
        ends: of every fragment, from `ends_of`.
        settings: of joining.

    Returns:
        Members: fragment, track_id, numbered from 1 in order of birth.
        Joints: track_id, from_s, to_s; one row per gap that was bridged.
    """
    earlier, later = _joints(ends, settings or JoiningSettings())
    numbers = ends["fragment"].to_numpy()
    root = dict(zip(numbers.tolist(), numbers.tolist(), strict=True))
    for i in np.argsort(ends["first_s"].to_numpy()[later], kind="stable"):
        root[int(numbers[later[i]])] = root[int(numbers[earlier[i]])]
    roots = pl.Series([root[number] for number in numbers.tolist()], dtype=pl.UInt32)
    members = ends.select("fragment", track_id=roots.rank("dense").cast(pl.UInt32))
    joints = pl.DataFrame(
        {
            "track_id": members["track_id"].gather(later),
            "from_s": ends["last_s"].to_numpy()[earlier],
            "to_s": ends["first_s"].to_numpy()[later],
        },
        schema={"track_id": pl.UInt32, "from_s": pl.Float64, "to_s": pl.Float64},
    )
    return members, joints.sort("track_id", "from_s")


def voted(fragments: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The boxes of whole tracks, each of the class that its boxes vote for by summed confidence.

    Args:
        fragments: fragment, frame, time_s, code, confidence and the sides of each box.
        members: fragment, track_id.

    Returns:
        track_id, frame, time_s, road_user, confidence and the sides, ordered by track_id, frame.
    """
    boxes = fragments.join(members, on="fragment")
    votes = boxes.group_by("track_id", "code").agg(pl.col("confidence").sum()).sort("track_id", "confidence", "code")
    winner = votes.group_by("track_id", maintain_order=True).agg(pl.col("code").last().alias("class"))
    named = dict(enumerate(r.value for r in ROAD_USERS))
    return (
        boxes.join(winner, on="track_id")
        .with_columns(road_user=pl.col("class").replace_strict(named, return_dtype=RoadUserType))
        .sort("track_id", "frame")
        .select("track_id", "frame", "time_s", "road_user", "confidence", *SIDES)
    )


def ends_of(fragments: pl.DataFrame, settings: JoiningSettings | None = None) -> pl.DataFrame:
    """First and last time, centre, velocity and size of every fragment, in order of its number."""
    over_s = (settings or JoiningSettings()).over_s
    rows = fragments.select(
        "fragment",
        "time_s",
        "code",
        x=(pl.col("left_px") + pl.col("right_px")).cast(pl.Float64) / 2,
        y=(pl.col("top_px") + pl.col("bottom_px")).cast(pl.Float64) / 2,
        width=(pl.col("right_px") - pl.col("left_px")).cast(pl.Float64),
        height=(pl.col("bottom_px") - pl.col("top_px")).cast(pl.Float64),
    ).sort("fragment", "time_s")
    time = pl.col("time_s")
    is_end = {"first": time <= time.min() + over_s, "last": time >= time.max() - over_s}
    columns = []
    for end, chosen in is_end.items():
        at = pl.Expr.first if end == "first" else pl.Expr.last
        columns.append(at(time).alias(f"{end}_s"))
        t = time.filter(chosen)
        for axis in ("x", "y"):
            p = pl.col(axis).filter(chosen)
            columns.append(at(pl.col(axis)).alias(f"{end}_{axis}"))
            columns.append((pl.cov(t, p, ddof=0) / t.var(ddof=0)).fill_nan(0.0).fill_null(0.0).alias(f"{end}_v{axis}"))
        columns += [pl.col(side).filter(chosen).median().alias(f"{end}_{side}") for side in ("width", "height")]
    light = pl.col("code").is_in([r.code for r in LIGHT]).mean() >= 0.5
    return rows.group_by("fragment", maintain_order=True).agg(*columns, light=light)


def _joints(ends: pl.DataFrame, settings: JoiningSettings) -> tuple[Ints, Ints]:
    """Rows of ``ends`` that belong together, earlier and later."""
    of = {name: ends[name].to_numpy() for name in ends.columns}
    order = np.argsort(of["first_s"], kind="stable")
    starts = of["first_s"][order]
    begin = np.searchsorted(starts, of["last_s"], side="right")
    count = np.searchsorted(starts, of["last_s"] + settings.gap_s, side="right") - begin
    earlier = np.repeat(np.arange(len(count)), count)
    later = order[np.arange(len(earlier)) + np.repeat(begin - np.cumsum(count) + count, count)]
    gap_s = of["first_s"][later] - of["last_s"][earlier]
    box_px = (of["last_width"] * of["last_height"])[earlier] * (of["first_width"] * of["first_height"])[later]
    ahead, back = np.zeros(len(earlier)), np.zeros(len(earlier))
    for axis in ("x", "y"):
        way = of[f"first_{axis}"][later] - of[f"last_{axis}"][earlier]
        ahead += (way - of[f"last_v{axis}"][earlier] * gap_s) ** 2
        back += (way - of[f"first_v{axis}"][later] * gap_s) ** 2
    off_by = np.sqrt(np.maximum(ahead, back)) / np.maximum(box_px, 1e-9) ** 0.25
    ratio = np.abs(np.log(of["first_height"][later] / of["last_height"][earlier]))
    fits = (off_by < settings.off_by) & (ratio < np.log(settings.size_ratio))
    fits &= of["light"][earlier] == of["light"][later]
    earlier, later, off_by = earlier[fits], later[fits], off_by[fits]
    kept = pair_up(earlier, later, 1 - off_by / settings.off_by)
    for side in (earlier, later):
        kept &= _has_no_rival(side, off_by, settings.off_by / 2)
    return earlier[kept], later[kept]


def _has_no_rival(side: Ints, off_by: Floats, margin: float) -> NDArray[np.bool_]:
    """Where no other candidate of the same fragment comes within a margin of the best."""
    best = np.full(side.max(initial=0) + 1, np.inf)
    np.minimum.at(best, side, off_by)
    close = off_by <= best[side] + margin
    return np.asarray(np.bincount(side[close], minlength=len(best))[side] <= 1)
