"""Sizes of bodies: those that a track's boxes agree on, unless no body of the class has them."""

import numpy as np
import pytest

from detectors.road_users import RoadUser
from geo.bodies import BODIES, OUTLINES
from geo.contact import Bodies, Fit
from geo.placing import Boxes, Places, _seat_m2, _track_bodies

N, VAN = 40, RoadUser.VAN
CLASS_M = BODIES[VAN].size_m


def sized(told_m):
    """The size that a track of a van has, whose boxes surely say another."""
    edges = np.tile([100.0, 100.0, 200.0, 150.0], (N, 1)) + np.arange(N)[:, None] * 30.0
    seen = np.ones((N, 4), bool)
    boxes = Boxes(np.ones(N, int), np.arange(N) * 0.5, np.full(N, VAN.code), edges, seen, seen)
    covariance = np.tile(np.diag([*np.square(BODIES[VAN].sigma_m), 0.01]), (N, 1, 1))
    bodies = Bodies(np.tile(OUTLINES[VAN.code], (N, 1, 1)), np.tile([*CLASS_M, 0.0], (N, 1)), covariance, np.zeros(N))
    fit = Fit(np.zeros((N, 2)), np.tile([*told_m, 0.0], (N, 1)), np.tile(np.eye(6) * 1e4, (N, 1, 1)), np.ones(N))
    return _track_bodies(boxes, bodies, fit, bodies).shape[0, :3]


@pytest.mark.parametrize(
    ("told_m", "expected_m"),
    [((5.9, 2.05, 2.5), (5.9, 2.05, 2.5)), ((5.3, 3.1, 1.7), CLASS_M)],
    ids=["a longer van", "a car, then a van in one track"],
)
def test_a_body_has_the_size_its_boxes_say_if_its_class_has_such(told_m, expected_m):
    assert sized(told_m) == pytest.approx(expected_m, abs=0.01)


def test_what_is_hidden_counts_less_in_smoothing_than_its_own_error_alone_says():
    square = np.tile(np.eye(2), (2, 1, 1))
    counted = Places(np.zeros((2, 2)), square, square, np.array([True, False])).counted_m2
    assert counted[0] == pytest.approx(np.eye(2))
    assert (np.diag(counted[1]) > 3).all()


def test_who_may_sit_is_placed_half_as_surely_along_the_line_of_sight_as_across():
    along, across = np.array([[0.6, 0.8], [-0.8, 0.6]])
    (spread,) = _seat_m2(along[None])
    assert along @ spread @ along == pytest.approx(4 * (across @ spread @ across))
    assert along @ spread @ across == pytest.approx(0)
