"""Positions measured with error to smooth ones with honest error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from geo.kalman import smooth_tracks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# For this long a detector repeats itself: the correlation of its errors falls to 1/e.
_MEMORY_S = 0.11


def smooth(
    track: Ints, time_s: Floats, place_m: Floats, covariance_m2: Floats, acceleration_m_s2: Floats
) -> tuple[Floats, Floats]:
    """Kalman filter and Rauch-Tung-Striebel smoother with constant velocity, track by track.

    Bar-Shalom, Li and Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001),
    sections 6.2.2 (white-noise acceleration, continuous) and 8.6. The backward pass is in the form of
    Bierman ("Fixed interval smoothing with discrete measurements", Int. J. Control 18, 1973), which
    gives the same result without inverting the predicted covariance.

    Args:
        track: track number of each row (n,), rows sorted by track, then time.
        time_s: (n,), steps of any length.
        place_m: measured positions (n, 2).
        covariance_m2: of the measurements (n, 2, 2).
        acceleration_m_s2: deviation of the acceleration over one second (n,).

    Returns:
        States (n, 4): x, y in m and vx, vy in m/s; their covariances (n, 4, 4).
    """
    starts = np.flatnonzero(np.r_[True, track[1:] != track[:-1], True][: len(track) + 1])
    state, spread = np.empty((len(track), 4)), np.empty((len(track), 4, 4))
    if len(track):
        as_floats = [np.ascontiguousarray(a, np.float64) for a in (time_s, place_m, covariance_m2, acceleration_m_s2)]
        smooth_tracks(starts, *as_floats, state, spread)  # type: ignore[call-arg]
    return state, spread


def as_white(track: Ints, time_s: Floats) -> Floats:
    """Factor (n,) by which variances grow when errors that resemble their neighbours' are smoothed as if they did not.

    A mean of many errors with correlation r from one to the next has (1 + r) / (1 - r) times the
    variance of independent ones (Bayley and Hammersley, J. R. Stat. Soc. Suppl. 8, 1946).

    Args:
        track: track number of each row, rows sorted by track, then time.
        time_s: (n,).
    """
    step_s = np.diff(time_s, prepend=-np.inf)
    step_s[np.flatnonzero(np.diff(track)) + 1] = np.inf
    correlation = np.exp(-step_s / _MEMORY_S).clip(max=0.9)
    return np.asarray((1 + correlation) / (1 - correlation))


def sigma_speed_m_s(velocity_m_s: Floats, covariance: Floats) -> Floats:
    """Standard deviation (n,) of the speed from velocities (n, 2) and their covariances (n, 2, 2).

    To first order that of the velocity along the way; for who hardly moves, the largest in any direction.
    """
    square = np.einsum("ni,ni->n", velocity_m_s, velocity_m_s)
    along = np.einsum("ni,nij,nj->n", velocity_m_s, covariance, velocity_m_s) / np.maximum(square, 1e-12)
    largest = np.linalg.eigvalsh(covariance)[:, 1]
    return np.asarray(np.sqrt(np.where(square > largest, along, largest).clip(0.0)))
