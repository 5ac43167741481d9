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
from detectors.class_changes import LARGEST_TURN, class_changes, parted
from detectors.ends import ends_of, size_px, turn
from detectors.road_users import ROAD_USERS
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
        turn: of two classes, largest change of velocity, as of `detectors.ends.turn`.
    """

    gap_s: float = 2.0
    off_by: float = 0.5
    size_ratio: float = 1.5
    turn: float = LARGEST_TURN


def as_tracks(fragments: pl.DataFrame, settings: JoiningSettings | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parts and joins fragments, gives every track the class its boxes vote for by summed confidence, numbers from 1.

    Args:
        fragments: fragment, frame, time_s, code, confidence and the sides of each box.
        settings: of joining.

    Returns:
        Tracks: track_id, frame, time_s, road_user, confidence and the sides, in order of birth.
        Joints: track_id, from_s, to_s; one row per gap that was bridged.
    """
    beyond = int(fragments["fragment"].max() or 0) + 1  # type: ignore[arg-type]
    pieces = parted(fragments, class_changes(fragments), beyond)
    members, joints = join(ends_of(pieces), settings)
    return voted(pieces, members), joints


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
    ahead, back = np.zeros(len(earlier)), np.zeros(len(earlier))
    for axis in ("x", "y"):
        way = of[f"first_{axis}"][later] - of[f"last_{axis}"][earlier]
        ahead += (way - of[f"last_v{axis}"][earlier] * gap_s) ** 2
        back += (way - of[f"first_v{axis}"][later] * gap_s) ** 2
    off_by = np.sqrt(np.maximum(ahead, back)) / size_px(of, earlier, later)
    ratio = np.abs(np.log(of["first_height"][later] / of["last_height"][earlier]))
    fits = (off_by < settings.off_by) & (ratio < np.log(settings.size_ratio))
    fits &= of["light"][earlier] == of["light"][later]
    fits &= (of["code"][earlier] == of["code"][later]) | (turn(of, earlier, later) < settings.turn)
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
