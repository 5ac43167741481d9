import numpy as np
import pytest

from geo.crowd_safety import THRESHOLDS, crowd_pressure, probability_reached


def test_thresholds_rise_and_name_their_source():
    assert [t.density_per_m2 for t in THRESHOLDS] == sorted(t.density_per_m2 for t in THRESHOLDS)
    assert all(t.meaning and t.source for t in THRESHOLDS)
    assert {t.density_per_m2 for t in THRESHOLDS if t.is_verified} == {0.43, 2.0, 3.57, 5.55, 7.1}


def test_a_threshold_is_reached_with_the_probability_of_its_error():
    chances = probability_reached(np.array([0.43, 3.57, 9.0]), np.array([0.0, 0.5, 0.1]))
    assert chances[0, 0] == pytest.approx(0.5)
    assert chances[0, 1] == pytest.approx(0)
    assert chances[1, 3] == pytest.approx(0.5)
    assert chances[2].tolist() == pytest.approx([1.0] * len(THRESHOLDS))
    assert (np.diff(chances, axis=1) <= 0).all()


def test_pressure_is_density_times_the_variance_of_velocity():
    velocity = np.array([[1.0, 0], [-1.0, 0], [0, 1.0], [0, -1.0]])
    assert crowd_pressure(np.full(4, 3.0), velocity, np.zeros(4)) == pytest.approx(3 * 4 / 3)


def test_noise_of_velocity_is_no_pressure():
    rng = np.random.default_rng(0)
    velocity = np.array([1.2, 0.0]) + rng.normal(0, 0.3, (20_000, 2))
    assert crowd_pressure(np.full(20_000, 2.0), velocity, np.full(20_000, 0.3)) == pytest.approx(0, abs=0.01)
    assert crowd_pressure(np.full(20_000, 2.0), velocity, np.full(20_000, 9.0)) == 0


def test_one_person_has_no_pressure():
    assert np.isnan(crowd_pressure(np.ones(1), np.ones((1, 2)), np.zeros(1)))
