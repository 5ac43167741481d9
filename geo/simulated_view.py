"""A simulated scene as a camera would have placed it on the ground: TRAJECTORIES without pixels or a detector."""

from __future__ import annotations

from datetime import datetime

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from geo.calibration import Calibration
from geo.scenario import STEP_S, Scene
from geo.trajectories import Trajectories
from geo.weather import autoregressive

Floats = NDArray[np.float64]

_EVERY_STEPS = 2  # five positions a second
# Error of a smoothed position, assumed: its deviation and how long it keeps its direction.
_ERROR_M, _ERROR_LASTS_S = 0.12, 1.5
# Deviation of a smoothed speed, assumed.
_SPEED_ERROR_M_S = 0.08


def seen_by(
    camera: Camera,
    calibration: Calibration,
    scene: Scene,
    recording_id: str,
    start_utc: datetime,
    rng: np.random.Generator,
) -> dy.DataFrame[Trajectories]:
    """Positions of a scene within a camera's picture, thinned, each with an error that its covariance tells.

    Args:
        camera: whose picture bounds what is seen.
        calibration: from metres to its pixels.
        scene: exact positions.
        recording_id: whose trajectories they become.
        start_utc: the scene's second 0.
        rng: of the errors.
    """
    rows = _with_velocity(scene).filter((pl.col("time_s") / STEP_S).round().cast(pl.Int64) % _EVERY_STEPS == 0)
    place = rows.select("x_m", "y_m").to_numpy()
    pixels = calibration.plane.to_pixels(place)
    is_seen = ((pixels >= 0) & (pixels < np.array(camera.size_px))).all(axis=1)
    rows, place = rows.filter(pl.Series(is_seen)), place[is_seen]
    # One wandering error through all tracks: what the last one ended with, the next one begins with.
    memory = np.exp(-_EVERY_STEPS * STEP_S / _ERROR_LASTS_S)
    place = place + _ERROR_M * np.column_stack([autoregressive(len(place), memory, rng) for _ in range(2)])
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    placed = rows.with_columns(
        recording_id=pl.lit(recording_id),
        track_id=pl.col("user_id").cast(pl.UInt32),
        time_utc=pl.lit(start_utc, pl.Datetime("us", "UTC")) + since_start,
        x_m=pl.Series(place[:, 0]),
        y_m=pl.Series(place[:, 1]),
        var_x_m2=pl.lit(_ERROR_M**2),
        cov_xy_m2=pl.lit(0.0),
        var_y_m2=pl.lit(_ERROR_M**2),
        sigma_speed_m_s=pl.lit(_SPEED_ERROR_M_S),
        is_trusted=pl.Series(calibration.is_trusted(place)),
        is_contact_seen=pl.lit(value=True),
    )
    return Trajectories.validate(Trajectories.cast(placed.select(Trajectories.column_names())))


def _with_velocity(scene: Scene) -> pl.DataFrame:
    """Positions with road_user, vx_m_s and vy_m_s, from differences over two steps, one at either end."""
    rows = scene.positions.join(scene.users.select("user_id", "road_user"), on="user_id").sort("user_id", "time_s")

    def across(name: str) -> pl.Expr:
        ahead, behind = pl.col(name).shift(-1).over("user_id"), pl.col(name).shift(1).over("user_id")
        return ahead.fill_null(pl.col(name)) - behind.fill_null(pl.col(name))

    passed_s = pl.max_horizontal(across("time_s"), STEP_S)
    return rows.with_columns(vx_m_s=across("x_m") / passed_s, vy_m_s=across("y_m") / passed_s)
