"""Pedestrian flow across a line: cumulative count, flow and specific flow.

The headline is a count over a fixed interval. Beside it stand the conventions of PedPy, so that its
users can check our numbers: only the first passage of each person counts, and flow is measured
between passages, over windows of unequal length (few people per window make it high and unsteady).
"""

from __future__ import annotations

import numpy as np
import polars as pl
import shapely
from numpy.typing import NDArray

from geo.crossings import HYSTERESIS_M, cross_lines

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ON_LINE_M = 1e-5


def passages(track: Ints, frame: Ints, place_m: Floats, line_m: Floats) -> pl.DataFrame:
    """Every passage of a line, with its direction; whoever comes back counts again.

    Args:
        track: of each position (n,), in order of track, then frame.
        frame: (n,).
        place_m: (n, 2).
        line_m: start and end (2, 2).

    Returns:
        track, frame (with the share of the step that lies before the line), is_forward (from the
        line's left to its right, looking from start to end); in order of frame.
    """
    hysteresis = np.full(len(track), HYSTERESIS_M)
    found = cross_lines(track, (place_m[:, 0], place_m[:, 1]), hysteresis, [line_m])
    before, share, is_forward = found.before, found.share, found.is_forward
    ahead = frame[np.minimum(before + 1, len(frame) - 1)] if len(frame) else frame
    time = frame[before] + share * (ahead - frame[before])
    return pl.DataFrame({"track": track[before], "frame": time, "is_forward": is_forward}).sort("frame", "track")


def first_passages(track: Ints, frame: Ints, place_m: Floats, line_m: Floats) -> pl.DataFrame:
    """The first passage of each track, whichever way it leads, as PedPy's `compute_n_t` has it.

    A step that touches the line passes it unless it ends on it; one that starts on it passes it.
    The passage bears the frame at which its step ends.

    Returns:
        track, frame; one row per track that passes, in order of frame.
    """
    follows = (track[1:] == track[:-1]) & (np.diff(frame) == 1)
    low, high = np.minimum(place_m[:-1], place_m[1:]), np.maximum(place_m[:-1], place_m[1:])
    row = np.flatnonzero(follows & ((high >= line_m.min(axis=0)) & (low <= line_m.max(axis=0))).all(axis=1))
    line = shapely.linestrings(line_m)
    shapely.prepare(line)
    steps = shapely.linestrings(np.stack([place_m[row], place_m[row + 1]], axis=1))
    row = row[shapely.intersects(line, steps)]
    row = row[shapely.distance(line, shapely.points(place_m[row + 1])) >= _ON_LINE_M]
    passed = pl.DataFrame({"track": track[row], "frame": frame[row + 1]})
    return passed.group_by("track").agg(pl.col("frame").min()).sort("frame", "track")


def cumulative_count(passed_frame: Ints, frames: Ints) -> Ints:
    """N-t: passages up to and including each frame (n,)."""
    return np.searchsorted(np.sort(passed_frame), frames, side="right")


def specific_flow(count: float, duration_s: float, width_m: float) -> float:
    """Specific flow in 1/(m s): N / (T b). Times 60 it is people per minute and metre of width."""
    return count / (duration_s * width_m)


def flow_between_passages(
    passed_frame: Ints, last_frame: int, window: int, frame_rate_hz: float, speed_m_s: Floats | None = None
) -> pl.DataFrame:
    """Flow as PedPy's `compute_flow` has it: from the last passage of one window to that of the next.

    Args:
        passed_frame: frame of each passage, sorted (n,).
        last_frame: of the recording.
        window: length of the windows in frames, the first of them from the first passage.
        frame_rate_hz: frames per second.
        speed_m_s: of each person at the passage (n,), or None; NaN is left out.

    Returns:
        flow_per_s, mean_speed_m_s; one row per window in which somebody passed.
    """
    rows: list[tuple[float, float | None]] = []
    passed_before, since = 0, int(passed_frame[0]) if len(passed_frame) else last_frame
    for frame in range(since + window, last_frame, window):
        passed = int(np.searchsorted(passed_frame, frame, side="right"))
        if passed == passed_before:
            continue
        until = int(passed_frame[passed - 1]) + 1
        flow = (passed - passed_before) / (until - since) * frame_rate_hz
        among = (passed_frame >= since) & (passed_frame <= until)
        rows.append((flow, None if speed_m_s is None else float(np.nanmean(speed_m_s[among]))))
        passed_before, since = passed, until
    return pl.DataFrame(rows, schema={"flow_per_s": pl.Float64, "mean_speed_m_s": pl.Float64}, orient="row")
