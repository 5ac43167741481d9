"""Positions measured with error to smooth ones with honest error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_TRACKS_AT_ONCE = 256


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


def sigma_speed_m_s(velocity_m_s: Floats, covariance: Floats) -> Floats:
    """Standard deviation (n,) of the speed from velocities (n, 2) and their covariances (n, 2, 2).

    To first order that of the velocity along the way; for who hardly moves, the largest in any direction.
    """
    square = np.einsum("ni,ni->n", velocity_m_s, velocity_m_s)
    along = np.einsum("ni,nij,nj->n", velocity_m_s, covariance, velocity_m_s) / np.maximum(square, 1e-12)
    largest = np.linalg.eigvalsh(covariance)[:, 1]
    return np.asarray(np.sqrt(np.where(square > largest, along, largest).clip(0.0)))
