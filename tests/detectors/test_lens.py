import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lens import Lens

BARREL = Lens(800.0, (640.0, 360.0), k1=-0.18, k2=0.03, p1=0.001, p2=-0.0007)
# r (1 + k1 r2) stops growing at r = 1 / sqrt(3 |k1|): beyond it no pixel is seen by such a lens.
FOLDING = Lens(500.0, (640.0, 360.0), k1=-0.5)


def test_bends_like_opencv():
    points = np.random.default_rng(1).uniform([0, 0], [1280, 720], (50, 2))
    matrix = np.array([[BARREL.focal_px, 0, BARREL.centre_px[0]], [0, BARREL.focal_px, BARREL.centre_px[1]], [0, 0, 1]])
    rays = np.column_stack([(points - BARREL.centre_px) / BARREL.focal_px, np.ones(50)])
    coefficients = np.array([BARREL.k1, BARREL.k2, BARREL.p1, BARREL.p2])
    expected, _ = cv2.projectPoints(rays, np.zeros(3), np.zeros(3), matrix, coefficients)
    np.testing.assert_allclose(BARREL.distort(points), expected[:, 0], atol=1e-9)


@given(st.floats(0, 1280), st.floats(0, 720))
def test_undistort_takes_distort_back(x, y):
    point = np.array([[x, y]])
    np.testing.assert_allclose(BARREL.undistort(BARREL.distort(point)), point, atol=1e-6)


def test_a_straight_lens_changes_nothing():
    points = np.array([[0.0, 0.0], [1279.0, 719.0]])
    np.testing.assert_allclose(Lens(900.0, (640.0, 360.0)).undistort(points), points, atol=1e-9)


@pytest.mark.parametrize(("x", "is_seen"), [(640.0, True), (900.0, True), (1279.0, False)])
def test_says_nothing_of_pixels_that_no_ray_reaches(x, is_seen):
    assert np.isfinite(FOLDING.undistort(np.array([[x, 360.0]]))).all() == is_seen
