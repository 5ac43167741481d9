"""Laboratory crowds of ``../shared`` with what PedPy makes of them, and HERMES corridors with known flows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely

from tests.footage import SHARED

FOLDER = SHARED / "oracles" / "pedestrian_flow"
FRAME_RATE_HZ = 16
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

needs_runs = pytest.mark.skipif(not FOLDER.is_dir(), reason="../shared/oracles/pedestrian_flow is not here")


@dataclass(frozen=True)
class Run:
    """Positions (n, 2) in metres in order of track, then frame; 16 frames per second."""

    track: np.ndarray
    frame: np.ndarray
    place_m: np.ndarray

    @property
    def positions(self) -> pl.DataFrame:
        """The same as rows, frame 0 at the start of 1970."""
        return pl.DataFrame(
            {
                "recording_id": pl.repeat("r", len(self.track), eager=True),
                "track_id": self.track,
                "time_utc": pl.Series(self.frame * 1_000_000 // FRAME_RATE_HZ).cast(pl.Datetime("us", "UTC")),
                "x_m": self.place_m[:, 0],
                "y_m": self.place_m[:, 1],
                "road_user": pl.repeat("pedestrian", len(self.track), eager=True),
            }
        )

    def speed_m_s(self, step: int, *, one_sided: bool = False) -> np.ndarray:
        """Central difference over 2 x step frames; near the ends NaN, or the difference to the one side there is."""
        behind, ahead = self._shifted(-step), self._shifted(step)
        speed = np.hypot(*(ahead - behind).T) / (2 * step / FRAME_RATE_HZ)
        if one_sided:
            for other in (ahead, behind):
                single = np.hypot(*(other - self.place_m).T) / (step / FRAME_RATE_HZ)
                speed = np.where(np.isnan(speed), single, speed)
        return speed

    def _shifted(self, step: int) -> np.ndarray:
        row = np.arange(len(self.track)) + step
        known = row.clip(0, len(self.track) - 1)
        same = (row == known) & (self.track[known] == self.track)
        return np.where(same[:, None], self.place_m[known], np.nan)


@dataclass(frozen=True)
class Reference:
    """What PedPy was asked, in metres."""

    walkable: shapely.Geometry
    area: shapely.Geometry
    line: np.ndarray
    frame_step: int


def pedpy_run(name: str) -> tuple[Run, Reference]:
    asked = json.loads((FOLDER / "manifest.json").read_text())["data"][name]
    area, walkable = (shapely.from_wkt(asked[key]) for key in ("area", "walkable"))
    return _read(f"{name}_traj.txt", 1.0), Reference(
        walkable, area, np.array(asked["line"], float), asked["frame_step"]
    )


def pedpy_table(name: str, table: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / f"{name}_{table}.csv")


def hermes_run(name: str) -> Run:
    return _read(f"{name}.txt", 0.01)


def at_frame(frame: float) -> datetime:
    return EPOCH + timedelta(microseconds=round(frame * 1e6 / FRAME_RATE_HZ))


def _read(file: str, metres: float) -> Run:
    rows = np.loadtxt(FOLDER / file)
    rows = rows[np.lexsort([rows[:, 1], rows[:, 0]])]
    return Run(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2:4] * metres)
