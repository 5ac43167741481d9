"""TRAJECTORIES: one position of one road user, in site-local metres, with its covariance."""

from __future__ import annotations

import dataframely as dy
import numpy as np
import polars as pl
from numpy.typing import NDArray

from detectors.camera import Camera
from detectors.road_users import ROAD_USERS, RoadUser
from detectors.tracks import Tracks
from geo.calibration import GroundPlane

Floats = NDArray[np.float64]

# A box that touches the edge of the picture has no known ground contact.
_EDGE_PX = 2.0
# Deviation of the ground contact in the image: a share of the box's height, at least one pixel.
_CONTACT_SHARE, _CONTACT_LEAST_PX = 0.03, 1.0
# Deviation of acceleration in m/s2: what road users do between two frames.
_ACCELERATION_M_S2 = {RoadUser.PEDESTRIAN: 0.8, RoadUser.CYCLIST: 1.2}
_VEHICLE_ACCELERATION_M_S2 = 2.0
_TRACKS_AT_ONCE = 256


class Trajectories(dy.Schema):
    """One position of one road user.

    Positions and velocities are smoothed over the whole track; variances in m2 are those of the
    smoothed position. x points east and y north from the site's origin.
    """

    recording_id = dy.String(primary_key=True)
    track_id = dy.UInt32(primary_key=True)
    time_utc = dy.Datetime(time_unit="us", time_zone="UTC", primary_key=True)
    x_m = dy.Float64(allow_inf=False, allow_nan=False)
    y_m = dy.Float64(allow_inf=False, allow_nan=False)
    var_x_m2 = dy.Float64(min=0.0)
    cov_xy_m2 = dy.Float64()
    var_y_m2 = dy.Float64(min=0.0)
    vx_m_s = dy.Float64(allow_inf=False, allow_nan=False)
    vy_m_s = dy.Float64(allow_inf=False, allow_nan=False)
    road_user = dy.Enum([r.value for r in ROAD_USERS])

    @dy.rule()
    def covariance_is_positive(cls) -> pl.Expr:  # noqa: N805
        return pl.col("var_x_m2") * pl.col("var_y_m2") * (1 + 1e-9) + 1e-12 >= pl.col("cov_xy_m2") ** 2


def georeference(tracks: dy.DataFrame[Tracks], camera: Camera, plane: GroundPlane) -> dy.DataFrame[Trajectories]:
    """Places tracks on the ground.

    The ground contact is the middle of the box's lower edge. Boxes cut off by the picture's edge
    and contacts above the horizon have no position and are left out.

    Args:
        tracks: boxes in pixels.
        camera: whose picture they lie in.
        plane: from pixels to metres.
    """
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
    }
    placed = whole.with_columns(**{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()})
    return Trajectories.validate(placed.select(Trajectories.column_names()))


def _acceleration(road_users: pl.Series) -> Floats:
    named = {r.value: _ACCELERATION_M_S2.get(r, _VEHICLE_ACCELERATION_M_S2) for r in ROAD_USERS}
    return road_users.cast(pl.String).replace_strict(named, return_dtype=pl.Float64).to_numpy()


def smooth(
    track: NDArray[np.int64], time_s: Floats, place_m: Floats, covariance_m2: Floats, acceleration_m_s2: Floats
) -> tuple[Floats, Floats]:
    """Kalman filter and Rauch-Tung-Striebel smoother with constant velocity, many tracks at once.

    Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001),
    sections 6.2.2 (white-noise acceleration, continuous) and 8.6.

    Args:
        track: track number of each row (n,), rows sorted by track, then time.
        time_s: (n,), steps of any length.
        place_m: measured positions (n, 2).
        covariance_m2: of the measurements (n, 2, 2).
        acceleration_m_s2: deviation of the acceleration over one second (n,).

    Returns:
        States (n, 4): x, y in m and vx, vy in m/s; their covariances (n, 4, 4).
    """
    state, spread = np.zeros((len(track), 4)), np.zeros((len(track), 4, 4))
    if len(track) == 0:
        return state, spread
    starts = np.flatnonzero(np.r_[True, track[1:] != track[:-1]])
    lengths = np.diff(np.r_[starts, len(track)])
    # Tracks of like length go together, so that little of the rectangle they fill is empty.
    order = np.argsort(lengths, kind="stable")
    for group in np.array_split(order, range(_TRACKS_AT_ONCE, len(order), _TRACKS_AT_ONCE)):
        rows = starts[group][:, None] + np.minimum(np.arange(lengths[group].max()), lengths[group][:, None] - 1)
        filled = np.arange(rows.shape[1]) < lengths[group][:, None]
        x, p = _smooth_rectangle(time_s[rows], place_m[rows], covariance_m2[rows], acceleration_m_s2[rows[:, 0]])
        state[rows[filled]], spread[rows[filled]] = x[filled], p[filled]
    return state, spread


def _smooth_rectangle(time_s: Floats, place_m: Floats, covariance_m2: Floats, noise: Floats) -> tuple[Floats, Floats]:
    """Smooths tracks padded to one length by repeating their last row, (tracks, steps, ...)."""
    n, steps = time_s.shape
    state, spread = np.zeros((n, steps, 4)), np.zeros((n, steps, 4, 4))
    ahead, ahead_spread = np.zeros((n, steps, 4)), np.zeros((n, steps, 4, 4))
    move = np.broadcast_to(np.eye(4), (n, steps, 4, 4)).copy()
    x = np.concatenate([place_m[:, 0], np.zeros((n, 2))], axis=1)
    p = np.zeros((n, 4, 4))
    p[:, :2, :2], p[:, 2, 2], p[:, 3, 3] = covariance_m2[:, 0], 100.0, 100.0  # 10 m/s: any speed
    state[:, 0], spread[:, 0] = x, p
    for k in range(1, steps):
        step_s = time_s[:, k] - time_s[:, k - 1]
        move[:, k, 0, 2] = move[:, k, 1, 3] = step_s
        x = np.einsum("nij,nj->ni", move[:, k], x)
        p = move[:, k] @ p @ move[:, k].transpose(0, 2, 1) + _process_noise(step_s, noise)
        ahead[:, k], ahead_spread[:, k] = x, p
        gain = p[:, :, :2] @ np.linalg.inv(p[:, :2, :2] + covariance_m2[:, k])
        # A repeated row (padding) measures nothing new.
        gain *= (step_s > 0)[:, None, None]
        x = x + np.einsum("nij,nj->ni", gain, place_m[:, k] - x[:, :2])
        p = p - gain @ p[:, :2]
        state[:, k], spread[:, k] = x, p
    for k in range(steps - 2, -1, -1):
        back = spread[:, k] @ move[:, k + 1].transpose(0, 2, 1) @ np.linalg.inv(ahead_spread[:, k + 1])
        state[:, k] += np.einsum("nij,nj->ni", back, state[:, k + 1] - ahead[:, k + 1])
        spread[:, k] += back @ (spread[:, k + 1] - ahead_spread[:, k + 1]) @ back.transpose(0, 2, 1)
    return state, (spread + spread.transpose(0, 1, 3, 2)) / 2


def _process_noise(step_s: Floats, acceleration: Floats) -> Floats:
    noise = np.zeros((len(step_s), 4, 4))
    for i in (0, 1):
        noise[:, i, i] = step_s**3 / 3
        noise[:, i, i + 2] = noise[:, i + 2, i] = step_s**2 / 2
        noise[:, i + 2, i + 2] = step_s
    return noise * (acceleration**2)[:, None, None]
