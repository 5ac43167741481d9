"""A scene: everybody who was there, where they were at every step, and what happened on purpose."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]

POSES = ("moving", "standing", "sitting")

USERS = pl.Schema(
    {
        "user_id": pl.Int64,
        "road_user": pl.String,
        "figure": pl.String,
        "length_m": pl.Float64,
        "width_m": pl.Float64,
        "height_m": pl.Float64,
        "group_id": pl.Int64,
        "purpose": pl.String,
    }
)
POSITIONS = pl.Schema(
    {
        "user_id": pl.Int64(),
        "time_s": pl.Float64(),
        "x_m": pl.Float64(),
        "y_m": pl.Float64(),
        "heading_rad": pl.Float64(),
        "speed_m_s": pl.Float64(),
        "distance_m": pl.Float64(),
        "pose": pl.Enum(POSES),
        "is_braking": pl.Boolean(),
    }
)
JOINTS = pl.Schema(
    {
        "user_id": pl.Int64,
        "time_s": pl.Float64,
        "section": pl.Int64,
        "x_m": pl.Float64,
        "y_m": pl.Float64,
        "heading_rad": pl.Float64,
        "length_m": pl.Float64,
    }
)
EVENTS = pl.Schema(
    {
        "kind": pl.String,
        "user_id": pl.Int64,
        "start_s": pl.Float64,
        "end_s": pl.Float64,
        "x_m": pl.Float64,
        "y_m": pl.Float64,
    }
)


@dataclass(frozen=True)
class Scene:
    """What a simulation produced.

    Attributes:
        users: one row per road user. ``group_id`` is NULL for whoever is alone or on wheels.
        positions: one row per road user and step: the ground centre of its footprint in metres, its
            heading counter-clockwise from east, its speed, the way gone, its pose and its brake lights.
        joints: one row per section of a bendy body and step, front first.
        events: what happened on purpose: kind, who, from when until when, where.
    """

    users: pl.DataFrame
    positions: pl.DataFrame
    joints: pl.DataFrame
    events: pl.DataFrame


@dataclass
class Log:
    """Positions written down step by step."""

    _steps: list[tuple[float, tuple[NDArray[np.generic], ...]]] = field(default_factory=list)
    _joints: list[tuple[int, float, Floats, Floats, float]] = field(default_factory=list)

    def note(self, time_s: float, *columns: NDArray[np.generic]) -> None:
        """Writes one step down: user_id, xy_m, heading_rad, speed_m_s, distance_m, pose, is_braking."""
        self._steps.append((time_s, tuple(np.array(c) for c in columns)))

    def note_sections(self, user_id: int, time_s: float, xy_m: Floats, heading_rad: Floats, length_m: float) -> None:
        """Writes the sections of one bendy body down."""
        self._joints.append((user_id, time_s, xy_m, heading_rad, length_m))

    def positions(self) -> pl.DataFrame:
        """One row per road user and step."""
        if not self._steps:
            return pl.DataFrame(schema=POSITIONS)
        times = np.repeat([t for t, _ in self._steps], [len(c[0]) for _, c in self._steps])
        user, xy, heading, speed, distance, pose, braking = (
            np.concatenate([c[i] for _, c in self._steps]) for i in range(7)
        )
        return pl.DataFrame(
            {
                "user_id": user,
                "time_s": times,
                "x_m": xy[:, 0],
                "y_m": xy[:, 1],
                "heading_rad": heading,
                "speed_m_s": speed,
                "distance_m": distance,
                "pose": pl.Series(np.array(POSES)[pose.astype(int)], dtype=pl.Enum(POSES)),
                "is_braking": braking,
            },
            schema=POSITIONS,
        ).sort("user_id", "time_s")

    def joints(self) -> pl.DataFrame:
        """One row per section of a bendy body and step."""
        rows = [
            (user, time_s, i, *xy[i].tolist(), float(heading[i]), length_m)
            for user, time_s, xy, heading, length_m in self._joints
            for i in range(len(xy))
        ]
        return pl.DataFrame(rows, schema=JOINTS, orient="row").sort("user_id", "time_s", "section")
