import numpy as np
import pytest

from detectors.lens import Lens
from detectors.pinhole import Pinhole
from geo.calibration import calibrate
from geo.viewpoint import viewpoint_of
from tests import builders

PLACES = np.array([[-8.0, 12], [8, 12], [-8, 50], [8, 50], [0, 20], [3, 30], [-4, 35], [5, 18.0]])


def plane(pole, lens=None):
    pixels = pole.project(np.column_stack([PLACES, np.zeros(len(PLACES))]))
    return calibrate(pixels, PLACES, sigma_px=1, sigma_m=0.05, lens=lens).plane


@pytest.mark.parametrize("pitch_deg", [15.0, 35.0])
@pytest.mark.parametrize("yaw_deg", [0.0, 12.0])
def test_a_camera_is_found_behind_its_plane(pitch_deg, yaw_deg):
    pole = Pinhole((2.0, -9.0, 8.0), yaw_deg, pitch_deg, 1400.0, (1920, 1080))
    view = viewpoint_of(plane(pole), (1920, 1080))
    assert view.position_m == pytest.approx(pole.position_m, abs=1e-4)
    assert view.focal_px == pytest.approx(1400.0, abs=0.01)
    above = np.array([[1.0, 20.0, 1.7], [-3.0, 40.0, 3.0]])
    hom = np.column_stack([above, np.ones(2)]) @ view.projection.T
    assert hom[:, :2] / hom[:, 2:] == pytest.approx(pole.project(above), abs=1e-3)


def test_from_straight_above_only_a_lens_can_tell():
    top = builders.site().calibrations["pole"].plane
    assert viewpoint_of(top, builders.SIZE_PX) is None
    down = Pinhole((0.0, 28.0, 60.0), 0.0, 89.999, 1400.0, (1920, 1080))
    view = viewpoint_of(plane(down, Lens(1400.0, (960.0, 540.0))), (1920, 1080))
    assert view.position_m == pytest.approx(down.position_m, abs=0.01)
