"""Tracks in pixels to trajectories in metres."""

from __future__ import annotations

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.road_users import ROAD_USERS, RoadUser
from detectors.tracks import Tracks
from geo.calibration import Calibration
from geo.smoothing import sigma_speed_m_s, smooth
from geo.trajectories import Trajectories

Floats = NDArray[np.float64]

# A box that touches the edge of the picture has no known ground contact.
_EDGE_PX = 2.0
# Deviation of the ground contact in the image: a share of the box's height, at least one pixel.
_CONTACT_SHARE, _CONTACT_LEAST_PX = 0.03, 1.0
# Deviation of acceleration in m/s2: what road users do between two frames.
_ACCELERATION_M_S2 = {RoadUser.PEDESTRIAN: 0.8, RoadUser.CYCLIST: 1.2}
_VEHICLE_ACCELERATION_M_S2 = 2.0


def georeference(tracks: dy.DataFrame[Tracks], camera: Camera, calibration: Calibration) -> dy.DataFrame[Trajectories]:
    """Places tracks on the ground.

    The ground contact is the middle of the box's lower edge. Boxes cut off by the picture's edge
    and contacts above the horizon have no position and are left out.

    Args:
        tracks: boxes in pixels.
        camera: whose picture they lie in.
        calibration: its ground plane, and the hull of the control points.
    """
    plane = calibration.plane
    width, height = camera.size_px
    whole = tracks.filter(
        (pl.col("left_px") > _EDGE_PX)
        & (pl.col("right_px") < width - _EDGE_PX)
        & (pl.col("bottom_px") < height - _EDGE_PX)
    ).sort("track_id", "time_utc")
    contact = whole.select((pl.col("left_px") + pl.col("right_px")) / 2, "bottom_px").to_numpy().astype(float)
    place = plane.to_ground(contact)
    on_ground = ~np.isnan(place).any(axis=1)
    whole, contact, place = whole.filter(pl.Series(on_ground)), contact[on_ground], place[on_ground]
    box_height = (whole["bottom_px"] - whole["top_px"]).to_numpy().astype(float)
    spread = plane.covariance_m2(contact, np.maximum(_CONTACT_SHARE * box_height, _CONTACT_LEAST_PX))
    state, covariance = smooth(
        whole["track_id"].to_numpy().astype(np.int64),
        whole["time_utc"].dt.epoch("us").to_numpy() / 1e6,
        place,
        spread,
        _acceleration(whole["road_user"]),
    )
    columns = {
        "x_m": state[:, 0],
        "y_m": state[:, 1],
        "var_x_m2": covariance[:, 0, 0],
        "cov_xy_m2": covariance[:, 0, 1],
        "var_y_m2": covariance[:, 1, 1],
        "vx_m_s": state[:, 2],
        "vy_m_s": state[:, 3],
        "sigma_speed_m_s": sigma_speed_m_s(state[:, 2:], covariance[:, 2:, 2:]),
    }
    placed = whole.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()},
        is_trusted=pl.Series(calibration.is_trusted(state[:, :2]), dtype=pl.Boolean),
        is_contact_seen=pl.lit(True),
    )
    return Trajectories.validate(placed.select(Trajectories.column_names()))


def _acceleration(road_users: pl.Series) -> Floats:
    named = {r.value: _ACCELERATION_M_S2.get(r, _VEHICLE_ACCELERATION_M_S2) for r in ROAD_USERS}
    return road_users.cast(pl.String).replace_strict(named, return_dtype=pl.Float64).to_numpy()
