import numpy as np
import polars as pl
import pytest

from geo.trajectories import georeference, smooth
from tests import builders

PLANE = builders.site().calibrations["pole"].plane


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


def test_a_walk_in_the_image_is_a_walk_on_the_ground():
    path = [(i * 0.1, *builders.to_px(3 + 0.14 * i, 6.0)) for i in range(50)]
    placed = georeference(builders.tracks((1, path)), builders.camera(), PLANE)
    assert placed.height == 50
    assert placed["y_m"].to_numpy() == pytest.approx(6.0, abs=0.02)
    assert placed["vx_m_s"].mean() == pytest.approx(1.4, abs=0.02)
    assert (placed["var_x_m2"] > 0).all()


@pytest.mark.parametrize(("x", "y"), [(3, 60), (157, 60), (80, 119.5)], ids=["left edge", "right edge", "lower edge"])
def test_boxes_cut_off_by_the_edge_have_no_place(x, y):
    path = [(0.0, 80.0, 60.0), (0.1, 80.0, 60.0), (0.2, float(x), float(y))]
    placed = georeference(builders.tracks((1, path)), builders.camera(), PLANE)
    assert placed.height == 2


def test_no_track_has_no_trajectory():
    nothing = builders.tracks((1, [(0.0, 80.0, 60.0)])).head(0)
    assert georeference(nothing, builders.camera(), PLANE).is_empty()


def test_the_contract_refuses_an_impossible_covariance():
    import dataframely as dy

    from geo.trajectories import Trajectories

    good = builders.trajectories((1, [(0, 0, 0), (1, 1, 1)]))
    with pytest.raises(dy.exc.ValidationError):
        Trajectories.validate(good.with_columns(cov_xy_m2=pl.lit(1.0)))
