"""VISITS: one stay of one track in one zone, or one stop that it made there.

A stay begins and ends where the track crosses the outline, found exactly. Where the track itself
begins or ends inside, the stay does not: it lasted at least as long as was seen. Nobody appears or
vanishes in the middle of a zone, so such births and deaths score the tracking without any truth,
except where the recording begins or ends.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import ROAD_USERS
from geo.clipping import Outline, cut_at_outline
from geo.steps import Steps, steps_of
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Intervals = Sequence[tuple[datetime, datetime]]

KINDS = ("presence", "stationary")
# Whoever is back within this time has not left: positions on the outline jitter.
REENTRY_S = 2.0
# A stop is slower than this for at least so long, with breaks of at most so long.
STANDING_M_S, STANDING_LEAST_S, STANDING_BREAK_S = 0.5, 2.0, 1.0
# A track that begins so soon after the recording was there before it.
EDGE_S = 1.0


class Visits(dy.Schema):
    """One stay (kind presence) or stop (kind stationary) of one track in one zone.

    ``inside_s`` leaves out breaks. A birth or death is a beginning or end that was not seen and that
    the recording's edge does not explain. Places and velocities are those at the start and the end.
    """

    recording_id = dy.String(primary_key=True)
    zone_id = dy.String(primary_key=True)
    kind = dy.Enum(list(KINDS), primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    start_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    end_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    road_user = dy.Enum([r.value for r in ROAD_USERS])
    inside_s = dy.Float64(min=0.0)
    is_start_seen = dy.Bool()
    is_end_seen = dy.Bool()
    is_birth = dy.Bool()
    is_death = dy.Bool()
    start_x_m = dy.Float64()
    start_y_m = dy.Float64()
    start_vx_m_s = dy.Float64()
    start_vy_m_s = dy.Float64()
    end_x_m = dy.Float64()
    end_y_m = dy.Float64()
    end_vx_m_s = dy.Float64()
    end_vy_m_s = dy.Float64()

    @dy.rule()
    def births_and_deaths_are_unseen(cls) -> pl.Expr:  # noqa: N805
        return ~(pl.col("is_birth") & pl.col("is_start_seen")) & ~(pl.col("is_death") & pl.col("is_end_seen"))


def visits(
    trajectories: dy.DataFrame[Trajectories], zones: Mapping[str, Outline], observed: Intervals
) -> dy.DataFrame[Visits]:
    """Finds every stay and stop in every zone.

    Args:
        trajectories: of any number of recordings.
        zones: outline of each zone by its name, in local metres.
        observed: when somebody looked; tracks that begin or end at its edges are no births or deaths.
    """
    steps = steps_of(trajectories, "vx_m_s", "vy_m_s")
    stands = np.hypot(*steps.keys.select("vx_m_s", "vy_m_s").to_numpy().astype(float).T) < STANDING_M_S
    found: list[pl.DataFrame] = [Visits.create_empty()]
    for zone_id, outline in zones.items():
        piece = cut_at_outline(steps.start_m, steps.end_m, outline)
        slow = tuple(column[stands[piece[0]]] for column in piece)
        stays = _episodes(steps, *piece, break_s=REENTRY_S)
        stops = _episodes(steps, *slow, break_s=STANDING_BREAK_S).filter(_duration_s() >= STANDING_LEAST_S)
        for kind, episodes in zip(KINDS, (stays, stops), strict=True):
            labelled = episodes.with_columns(zone_id=pl.lit(zone_id), kind=pl.lit(kind, pl.Enum(KINDS)))
            found.append(_with_births_and_deaths(labelled, observed).select(Visits.column_names()))
    return Visits.validate(pl.concat(found).sort(Visits.primary_key()))


def _duration_s() -> pl.Expr:
    return (pl.col("end_utc") - pl.col("start_utc")).dt.total_microseconds() / 1e6


def _episodes(steps: Steps, step: Ints, begin: Floats, until: Floats, *, break_s: float) -> pl.DataFrame:
    """Joins pieces of one track's steps that follow each other within a break."""
    if len(step) == 0:
        return _episodes_of(steps, step, step, begin, until, np.empty(0))
    duration = (steps.end_us - steps.start_us)[step]
    start_us, end_us = steps.start_us[step] + begin * duration, steps.start_us[step] + until * duration
    begins = _track_begins(steps)
    track = np.cumsum(begins)[step]
    is_new = np.r_[True, (track[1:] != track[:-1]) | (start_us[1:] - end_us[:-1] > break_s * 1e6)]
    first = np.flatnonzero(is_new)
    last = np.r_[first[1:], len(step)] - 1
    return _episodes_of(
        steps, step[first], step[last], begin[first], until[last], np.add.reduceat(end_us - start_us, first)
    )


def _track_begins(steps: Steps) -> NDArray[np.bool_]:
    track, recording = steps.keys["track_id"].to_numpy(), steps.keys["recording_id"].rle_id().to_numpy()
    begins = np.r_[True, (track[1:] != track[:-1]) | (recording[1:] != recording[:-1])]
    return np.asarray(begins[: len(track)])


def _episodes_of(
    steps: Steps, first: Ints, last: Ints, begin: Floats, until: Floats, inside_us: Floats
) -> pl.DataFrame:
    """Episodes from their first step's share ``begin`` to their last step's share ``until``."""
    is_first = _track_begins(steps)
    is_last = np.r_[is_first[1:], True][: len(is_first)]
    start_m = steps.start_m[first] + begin[:, None] * steps.way_m[first]
    end_m = steps.start_m[last] + until[:, None] * steps.way_m[last]
    length = steps.end_us - steps.start_us
    return steps.keys.select("recording_id", "track_id", "road_user")[first].with_columns(
        start_utc=_utc(steps.start_us[first] + np.round(begin * length[first]).astype(np.int64)),
        end_utc=_utc(steps.start_us[last] + np.round(until * length[last]).astype(np.int64)),
        inside_s=pl.Series(inside_us / 1e6, dtype=pl.Float64),
        is_start_seen=pl.Series(~(is_first[first] & (begin <= 0)), dtype=pl.Boolean),
        is_end_seen=pl.Series(~(is_last[last] & (until >= 1)), dtype=pl.Boolean),
        start_x_m=start_m[:, 0],
        start_y_m=start_m[:, 1],
        start_vx_m_s=steps.keys["vx_m_s"][first],
        start_vy_m_s=steps.keys["vy_m_s"][first],
        end_x_m=end_m[:, 0],
        end_y_m=end_m[:, 1],
        end_vx_m_s=steps.keys["vx_m_s"][last],
        end_vy_m_s=steps.keys["vy_m_s"][last],
    )


def _utc(time_us: Ints) -> pl.Series:
    return pl.Series(time_us, dtype=pl.Int64).cast(pl.Datetime("us", "UTC"))


def _with_births_and_deaths(episodes: pl.DataFrame, observed: Intervals) -> pl.DataFrame:
    return episodes.with_columns(
        is_birth=~pl.col("is_start_seen") & ~_is_near("start_utc", [start for start, _ in observed]),
        is_death=~pl.col("is_end_seen") & ~_is_near("end_utc", [end for _, end in observed]),
    )


def _is_near(column: str, times: list[datetime]) -> pl.Expr:
    nears = [(pl.col(column) - pl.lit(t)).abs() <= pl.duration(seconds=EDGE_S) for t in times]
    return pl.any_horizontal(*nears) if nears else pl.lit(value=False)
