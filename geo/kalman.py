"""The arithmetic of the smoother in geo/smoothing.py, compiled: scalars, fixed sizes and plain loops.

States are x, y, vx, vy. Arrays are those of all rows; a function works on one of them. Covariances
are kept symmetric to the last bit: what is not would grow from step to step.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_ANY_SPEED_M2_S2 = 100.0  # variance of a speed not yet measured: 10 m/s either way


@njit(cache=True)
def smooth_tracks(
    starts: Ints, time_s: Floats, place: Floats, noise: Floats, acceleration: Floats, x: Floats, p: Floats
) -> None:
    """Fills states ``x`` (n, 4) and covariances ``p`` (n, 4, 4) of tracks that begin at ``starts``, n included."""
    n = len(time_s)
    miss, weight, gain = np.empty((n, 2)), np.empty((n, 3)), np.empty((n, 4, 2))
    pull, grip, wide = np.empty(4), np.empty((4, 4)), np.empty((4, 4))
    for track in range(len(starts) - 1):
        first, last = starts[track], starts[track + 1] - 1
        _begin(first, place, noise, x, p)
        for k in range(first + 1, last + 1):
            step_s = time_s[k] - time_s[k - 1]
            _predict(k, step_s, step_s * acceleration[k] ** 2, x, p)
            _update(k, place, noise, x, p, miss, weight, gain)
        pull[:] = 0.0
        grip[:] = 0.0
        for k in range(last, first, -1):
            _improve(k, pull, grip, x, p, wide)
            _learn(k, miss, weight, gain, pull, grip, wide)
            _carry_back(time_s[k] - time_s[k - 1], pull, grip)
        _improve(first, pull, grip, x, p, wide)


@njit(cache=True)
def _begin(k: int, place: Floats, noise: Floats, x: Floats, p: Floats) -> None:
    for i in range(2):
        x[k, i], x[k, i + 2] = place[k, i], 0.0
        for j in range(2):
            p[k, i, j] = noise[k, i, j]
            p[k, i, j + 2] = p[k, i + 2, j] = 0.0
            p[k, i + 2, j + 2] = _ANY_SPEED_M2_S2 if i == j else 0.0


@njit(cache=True)
def _predict(k: int, step_s: float, power: float, x: Floats, p: Floats) -> None:
    """Row k from row k - 1; ``power`` is the variance that the speed gains."""
    for i in range(2):
        x[k, i] = x[k - 1, i] + step_s * x[k - 1, i + 2]
        x[k, i + 2] = x[k - 1, i + 2]
        for j in range(2):
            place, cross, back, speed = p[k - 1, i, j], p[k - 1, i, j + 2], p[k - 1, i + 2, j], p[k - 1, i + 2, j + 2]
            p[k, i, j] = place + step_s * (cross + back + step_s * speed)
            p[k, i, j + 2] = cross + step_s * speed
            p[k, i + 2, j] = back + step_s * speed
            p[k, i + 2, j + 2] = speed
        p[k, i, i] += power * step_s * step_s / 3
        p[k, i, i + 2] += power * step_s / 2
        p[k, i + 2, i] += power * step_s / 2
        p[k, i + 2, i + 2] += power


@njit(cache=True)
def _update(
    k: int, place: Floats, noise: Floats, x: Floats, p: Floats, miss: Floats, weight: Floats, gain: Floats
) -> None:
    s00, s01, s11 = p[k, 0, 0] + noise[k, 0, 0], p[k, 0, 1] + noise[k, 0, 1], p[k, 1, 1] + noise[k, 1, 1]
    determinant = s00 * s11 - s01 * s01
    w00, w01, w11 = s11 / determinant, -s01 / determinant, s00 / determinant
    m0, m1 = place[k, 0] - x[k, 0], place[k, 1] - x[k, 1]
    weight[k, 0], weight[k, 1], weight[k, 2], miss[k, 0], miss[k, 1] = w00, w01, w11, m0, m1
    for i in range(4):
        gain[k, i, 0] = p[k, i, 0] * w00 + p[k, i, 1] * w01
        gain[k, i, 1] = p[k, i, 0] * w01 + p[k, i, 1] * w11
        x[k, i] += gain[k, i, 0] * m0 + gain[k, i, 1] * m1
    for j in range(4):
        top0, top1 = p[k, 0, j], p[k, 1, j]
        for i in range(j + 1):
            p[k, i, j] -= gain[k, i, 0] * top0 + gain[k, i, 1] * top1
            p[k, j, i] = p[k, i, j]


@njit(cache=True)
def _improve(k: int, pull: Floats, grip: Floats, x: Floats, p: Floats, wide: Floats) -> None:
    """Row k in the light of all later ones: ``pull`` is what they say, ``grip`` how surely."""
    for i in range(4):
        for j in range(4):
            wide[i, j] = 0.0
            for m in range(4):
                wide[i, j] += p[k, i, m] * grip[m, j]
    for i in range(4):
        for m in range(4):
            x[k, i] += p[k, i, m] * pull[m]
    for j in range(4):
        c0, c1, c2, c3 = p[k, 0, j], p[k, 1, j], p[k, 2, j], p[k, 3, j]
        for i in range(j + 1):
            p[k, i, j] -= wide[i, 0] * c0 + wide[i, 1] * c1 + wide[i, 2] * c2 + wide[i, 3] * c3
            p[k, j, i] = p[k, i, j]


@njit(cache=True)
def _learn(k: int, miss: Floats, weight: Floats, gain: Floats, pull: Floats, grip: Floats, held: Floats) -> None:
    """Adds what the measurement of row k says."""
    w00, w01, w11 = weight[k, 0], weight[k, 1], weight[k, 2]
    said0, said1 = w00 * miss[k, 0] + w01 * miss[k, 1], w01 * miss[k, 0] + w11 * miss[k, 1]
    for m in range(4):
        said0 -= gain[k, m, 0] * pull[m]
        said1 -= gain[k, m, 1] * pull[m]
    pull[0] += said0
    pull[1] += said1
    for i in range(4):
        for j in range(2):
            held[i, j] = 0.0
            for m in range(4):
                held[i, j] += grip[i, m] * gain[k, m, j]
    for i in range(2):
        for j in range(2):
            both = w00 if i + j == 0 else w01 if i != j else w11
            for m in range(4):
                both += gain[k, m, i] * held[m, j]
            grip[i, j] += both
    for i in range(4):
        for j in range(2):
            grip[i, j] -= held[i, j]
            grip[j, i] -= held[i, j]


@njit(cache=True)
def _carry_back(step_s: float, pull: Floats, grip: Floats) -> None:
    for j in range(2):
        pull[j + 2] += step_s * pull[j]
    for i in range(4):
        for j in range(2):
            grip[i, j + 2] += step_s * grip[i, j]
    for i in range(2):
        for j in range(4):
            grip[i + 2, j] += step_s * grip[i, j]
    for i in range(4):
        for j in range(i):
            grip[i, j] = grip[j, i]
