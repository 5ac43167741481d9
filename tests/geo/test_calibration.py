import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.pinhole import Pinhole
from geo.calibration import Exemption, calibrate
from geo.control_points import read_control_points
from geo.ground_plane import CalibrationError, fit_ground_plane
from tests import builders
from tests.footage import SHARED, clips

POLE = Pinhole((0.0, -9.0, 8.0), 5.0, 20.0, 1400.0, (1920, 1080))
EXEMPTION = Exemption(reason="only these were ever surveyed", recorded_by="tests", recorded_on="2026-01-01")


def seen(places):
    return POLE.project(np.column_stack([places, np.zeros(len(places))]))


def spread(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-12, 12, n), rng.uniform(8, 80, n)])


def test_exact_points_give_the_exact_plane():
    places = spread(10)
    found = calibrate(seen(places), places, sigma_px=1, sigma_m=0.05)
    elsewhere = spread(50, seed=1)
    assert found.plane.to_ground(seen(elsewhere)) == pytest.approx(elsewhere, abs=1e-6)
    assert found.leave_one_out_rmse_m < 1e-6


PLANE = calibrate(seen(spread(10)), spread(10), sigma_px=1, sigma_m=0.05).plane


@given(st.floats(0, 1920), st.floats(450, 1080))
def test_pixels_to_metres_to_pixels_is_the_identity(x, y):
    pixel = np.array([[x, y]])
    assert PLANE.to_pixels(PLANE.to_ground(pixel)) == pytest.approx(pixel, abs=1e-4)


def test_above_the_horizon_there_is_no_ground():
    assert np.isnan(PLANE.to_ground(np.array([[960.0, 5.0]]))).all()


def test_predicted_error_is_that_of_a_simulation():
    places, elsewhere = spread(10), np.array([[0.0, 15], [-3, 40], [4, 100]])
    rng, drawn = np.random.default_rng(3), []
    for _ in range(600):
        plane = fit_ground_plane(
            seen(places) + rng.normal(0, 1, places.shape),
            places + rng.normal(0, 0.05, places.shape),
            sigma_px=1,
            sigma_m=0.05,
        )
        drawn.append(plane.to_ground(seen(elsewhere) + rng.normal(0, 2, elsewhere.shape)))
    plane = fit_ground_plane(seen(places), places, sigma_px=1, sigma_m=0.05)
    predicted = plane.covariance_m2(seen(elsewhere), np.full(3, 2.0))
    for i in range(3):
        simulated = np.cov(np.array(drawn)[:, i].T)
        ratio = np.sqrt(np.linalg.eigvalsh(predicted[i]) / np.linalg.eigvalsh(simulated))
        assert ratio == pytest.approx(1.0, abs=0.1)


def test_fewer_than_six_points_need_a_recorded_reason():
    places = spread(5)
    with pytest.raises(CalibrationError, match="5 control points; at least 6"):
        calibrate(seen(places), places, sigma_px=1, sigma_m=0.05)
    excused = calibrate(seen(places), places, sigma_px=1, sigma_m=0.05, exemption=EXEMPTION)
    assert "5 control points" in (excused.note or "")
    assert EXEMPTION.reason in (excused.note or "")


def test_no_reason_excuses_three_points():
    places = spread(3)
    with pytest.raises(CalibrationError, match="3 control points"):
        calibrate(seen(places), places, sigma_px=1, sigma_m=0.05, exemption=EXEMPTION)


ON_A_LINE = np.column_stack([np.arange(8) * 2.0, np.full(8, 20.0)])
ALL_BUT_ONE = np.vstack([ON_A_LINE, [[3.0, 40.0]]])


@pytest.mark.parametrize(
    ("places", "says"), [(ON_A_LINE, "lie on a line"), (ALL_BUT_ONE, "all but one")], ids=["all", "all but one"]
)
def test_points_on_a_line_are_refused(places, says):
    with pytest.raises(CalibrationError, match=says):
        calibrate(seen(places), places, sigma_px=1, sigma_m=0.05)


@pytest.mark.parametrize("swap", [(0, 1), (0, 2)])
def test_swapped_points_are_refused(swap):
    places = np.array([[-8.0, 12], [8, 12], [-8, 50], [8, 50], [0, 20], [3, 30]])
    pixels = seen(places)
    pixels[list(swap)] = pixels[list(swap)[::-1]]
    with pytest.raises(CalibrationError, match="swapped"):
        calibrate(pixels, places, sigma_px=1, sigma_m=0.05)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "columns"),
        ("x_px,y_px,lon\n1,2,3\n", "columns: x_px, y_px and lon, lat"),
        ("x_px,y_px,lon,lat\n1,2,3,4\n1,two,3,4\n", "line 3"),
        ("x_px,y_px,lon,lat\n1,2,3\n", "line 2"),
    ],
)
def test_malformed_control_points_are_named(text, says):
    with pytest.raises(CalibrationError, match=says):
        read_control_points(text)


def test_easting_and_northing_are_read_too():
    points = read_control_points("x_px,y_px,easting_m,northing_m\n1,2,3,4\n")
    assert (points.pixels.tolist(), points.places.tolist(), points.system) == ([[1, 2]], [[3, 4]], "site")


def test_small_site_is_calibrated():
    assert builders.site().calibrations["pole"].leave_one_out_rmse_m < 1e-3


@pytest.mark.oracle
@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared")
def test_dresden_leaves_one_out_as_published():
    from geo.site import read_site

    (clip,) = (c for c in clips() if c.name == "dresden_metres_00")
    calibration = read_site(clip.documents, clip.name).calibrations["dresden_metres_camera"]
    assert calibration.leave_one_out_m == pytest.approx([2.3, 4.0, 12.3, 16.7, 0.4], abs=0.05)
    assert "leave-one-out RMSE 9.5 m" in (calibration.note or "")
