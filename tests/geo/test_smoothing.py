import numpy as np
import pytest

from geo.smoothing import sigma_speed_m_s, smooth


def test_smoothed_speed_is_true_within_three_percent():
    rng, n, speed = np.random.default_rng(1), 100, 1.39
    errors = []
    for _ in range(30):
        time_s = np.arange(n) * 0.1
        place = np.column_stack([time_s * speed, np.zeros(n)]) + rng.normal(0, 0.15, (n, 2))
        spread = np.broadcast_to(np.eye(2) * 0.15**2, (n, 2, 2))
        state, _ = smooth(np.zeros(n, np.int64), time_s, place, spread, np.full(n, 0.8))
        errors.append(np.hypot(state[:, 2], state[:, 3]).mean() / speed - 1)
    assert abs(np.mean(errors)) < 0.03


def test_stated_error_is_the_true_one():
    """Normalised estimation error squared: 2 for two coordinates, on motion that follows the model."""
    rng, n, tracks, noise = np.random.default_rng(2), 80, 60, 0.8
    time_s, track = np.tile(np.arange(n) * 0.1, tracks), np.repeat(np.arange(tracks), n)
    velocity = np.cumsum(rng.normal(0, noise * np.sqrt(0.1), (tracks, n, 2)), axis=1)
    truth = np.cumsum(velocity * 0.1, axis=1).reshape(-1, 2)
    spread = np.broadcast_to(np.array([[0.04, 0.01], [0.01, 0.02]]), (len(track), 2, 2))
    measured = truth + rng.multivariate_normal([0, 0], spread[0], len(track))
    state, covariance = smooth(track, time_s, measured, spread, np.full(len(track), noise))
    error = state[:, :2] - truth
    nees = np.einsum("ni,nij,nj->n", error, np.linalg.inv(covariance[:, :2, :2]), error)
    assert nees.mean() / 2 == pytest.approx(1.0, abs=0.1)


def test_many_tracks_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(4)
    lengths = rng.integers(1, 40, 300)
    track = np.repeat(np.arange(300), lengths)
    time_s = np.concatenate([np.cumsum(rng.uniform(0.05, 0.2, k)) for k in lengths])
    place, spread = rng.normal(0, 1, (len(track), 2)), np.broadcast_to(np.eye(2) * 0.1, (len(track), 2, 2))
    noise = np.ones(len(track))
    together, _ = smooth(track, time_s, place, spread, noise)
    for number in (0, 7, 150, 299):
        rows = track == number
        alone, _ = smooth(track[rows], time_s[rows], place[rows], spread[rows], noise[rows])
        assert together[rows] == pytest.approx(alone)


def test_sigma_of_speed_is_that_along_the_way():
    velocity = np.array([[3.0, 4.0], [0.0, 0.0]])
    spread = np.array([[[0.04, 0.01], [0.01, 0.02]]] * 2)
    along = velocity[0] / 5
    expected = [np.sqrt(along @ spread[0] @ along), np.sqrt(np.linalg.eigvalsh(spread[1])[1])]
    assert sigma_speed_m_s(velocity, spread) == pytest.approx(expected)
