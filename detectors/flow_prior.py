"""Which way road users usually go at each place of a camera's picture, learned from full-rate tracks.

A tracker that has seen a road user once does not know where to look next; at a reduced frame rate it
looks in the wrong place and loses them. At a fixed camera the place itself tells: a few velocities are
usual there, and each is tried. What is kept are medians of many tracks, of nobody in particular.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.road_users import LIGHT, ROAD_USERS, RoadUser

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A cell is this share of the picture's width; directions are told apart by eighths of a turn.
_CELLS_ACROSS, _SECTORS, _MOST_MODES = 32, 8, 4
_OVER_S = 0.4
# Slower than this, in lengths of the box per second, is standing.
_STANDING_PER_S = 0.25
# Motorcycles go as cars do, and are too few to teach their ways alone.
_LIGHT = LIGHT - {RoadUser.MOTORCYCLE}
_GOES_LIGHT = np.array([r in _LIGHT for r in ROAD_USERS])
_COLUMNS = ("light", "row", "column", "mode", "vx_px_s", "vy_px_s")


@dataclass(frozen=True)
class FlowPrior:
    """Usual velocities by kind, place and rank.

    Attributes:
        size_px: width and height of the picture.
        velocity_px_s: (2, rows, columns, modes, 2): of vehicles and motorcycles, and of all others, in each
            cell, the most usual first; NaN where fewer are known.
    """

    size_px: tuple[int, int]
    velocity_px_s: Floats

    @classmethod
    def learned(cls, tracks: pl.DataFrame, size_px: tuple[int, int]) -> FlowPrior:
        """Learns from full-rate tracks of the camera.

        Args:
            tracks: TRACKS, or its columns track_id, time_s or time_utc, road_user and the sides.
            size_px: width and height of the picture.
        """
        moves = _moves(tracks)
        cell_px = size_px[0] / _CELLS_ACROSS
        column = (pl.col("x") / cell_px).floor().cast(pl.Int64)
        row = (pl.col("y") / cell_px).floor().cast(pl.Int64)
        turn = pl.arctan2("vy", "vx") / (2 * np.pi) * _SECTORS
        sector = pl.when("stands").then(-1).otherwise(turn.round().cast(pl.Int64) % _SECTORS)
        # Cells borrow from their neighbours, for road users do not keep to cells.
        around = pl.DataFrame({"across": [-1, 0, 1]}).join(pl.DataFrame({"along": [-1, 0, 1]}), how="cross")
        modes = (
            moves.select("track_id", "light", "vx", "vy", row=row, column=column, sector=sector)
            .group_by("track_id", "light", "row", "column", "sector")
            .agg(pl.col("vx", "vy").median())
            .join(around, how="cross")
            .with_columns(pl.col("row") + pl.col("along"), pl.col("column") + pl.col("across"))
            .group_by("light", "row", "column", "sector")
            .agg(pl.col("vx", "vy").median().round(2), users=pl.col("track_id").n_unique())
            .sort("users", "sector", descending=[True, False])
            .with_columns(mode=pl.int_range(pl.len()).over("light", "row", "column"))
            .filter(pl.col("mode") < _MOST_MODES)
            .rename({"vx": "vx_px_s", "vy": "vy_px_s"})
        )
        return cls.from_table(modes.select(_COLUMNS), size_px)

    @classmethod
    def from_table(cls, table: pl.DataFrame, size_px: tuple[int, int]) -> FlowPrior:
        """From what `table` gives; cells outside the picture are left out."""
        rows = -(-size_px[1] * _CELLS_ACROSS // size_px[0])
        velocity = np.full((2, rows, _CELLS_ACROSS, _MOST_MODES, 2), np.nan)
        inside = table.filter(pl.col("row").is_between(0, rows - 1), pl.col("column").is_between(0, _CELLS_ACROSS - 1))
        place = tuple(inside[name].cast(pl.Int64).to_numpy() for name in _COLUMNS[:4])
        velocity[place] = inside.select("vx_px_s", "vy_px_s").to_numpy()
        return cls(size_px, velocity)

    def table(self) -> pl.DataFrame:
        """One row per velocity: light, row, column, mode, vx_px_s, vy_px_s."""
        places = np.argwhere(~np.isnan(self.velocity_px_s[..., 0]))
        of = dict(zip(_COLUMNS, [*places.T, *self.velocity_px_s[tuple(places.T)].T], strict=True))
        return pl.DataFrame(of, schema=dict.fromkeys(_COLUMNS[:4], pl.Int64) | dict.fromkeys(_COLUMNS[4:], pl.Float64))

    def tried(self, middle_px: Floats, codes: Ints) -> Floats:
        """Velocities (modes, n, 2) to try for road users at places (n, 2), the most usual first; NaN where fewer."""
        _, rows, columns = self.velocity_px_s.shape[:3]
        cell_px = self.size_px[0] / _CELLS_ACROSS
        column, row = (np.nan_to_num(middle_px) // cell_px).astype(np.int64).T
        here = self.velocity_px_s[_GOES_LIGHT[codes].astype(int), row.clip(0, rows - 1), column.clip(0, columns - 1)]
        return np.asarray(here.swapaxes(0, 1))


def _moves(tracks: pl.DataFrame) -> pl.DataFrame:
    """track_id, light, x, y, vx, vy, stands: position and velocity over a moment, of every box of a track."""
    time_s = pl.col("time_s") if "time_s" in tracks.columns else pl.col("time_utc").dt.epoch("us") / 1e6
    width, height = pl.col("right_px") - pl.col("left_px"), pl.col("bottom_px") - pl.col("top_px")
    places = tracks.select(
        pl.col("track_id").cast(pl.Int64),
        time_s.alias("t"),
        light=pl.col("road_user").cast(pl.String).is_in([r.value for r in _LIGHT]),
        x=((pl.col("left_px") + pl.col("right_px")) / 2).cast(pl.Float64),
        y=((pl.col("top_px") + pl.col("bottom_px")) / 2).cast(pl.Float64),
        length=pl.max_horizontal(width, height).cast(pl.Float64),
    ).sort("track_id", "t")
    usual_s = places.select(pl.col("t").diff().over("track_id").median()).item() or _OVER_S
    ahead = -max(1, round(_OVER_S / usual_s))
    step_s, dx, dy = (pl.col(name).shift(ahead).over("track_id") - pl.col(name) for name in ("t", "x", "y"))
    return (
        places.with_columns(vx=dx / step_s, vy=dy / step_s)
        .drop_nulls()
        .with_columns(stands=(pl.col("vx") ** 2 + pl.col("vy") ** 2).sqrt() < _STANDING_PER_S * pl.col("length"))
    )
