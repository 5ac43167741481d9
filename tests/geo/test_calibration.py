import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lens import Lens
from detectors.pinhole import Pinhole
from geo.calibration import Exemption, calibrate
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


BARREL = Lens(1400.0, (960.0, 540.0), k1=-0.2, k2=0.03, p1=0.001)
BENT = calibrate(BARREL.distort(seen(spread(10))), spread(10), sigma_px=1, sigma_m=0.05, lens=BARREL).plane


def test_a_lens_is_taken_out_first():
    elsewhere = spread(50, seed=1)
    pixels = BARREL.distort(seen(elsewhere))
    assert BENT.to_ground(pixels) == pytest.approx(elsewhere, abs=1e-4)
    straight = calibrate(BARREL.distort(seen(spread(10))), spread(10), sigma_px=1, sigma_m=0.05)
    assert straight.leave_one_out_rmse_m > 0.3
    assert any("disagree" in warning for warning in straight.warnings)


@given(st.floats(0, 1920), st.floats(450, 1080))
def test_the_identity_holds_through_a_lens(x, y):
    pixel = np.array([[x, y]])
    assert BENT.to_pixels(BENT.to_ground(pixel)) == pytest.approx(pixel, abs=1e-4)


def test_what_lies_behind_the_camera_has_no_pixel():
    behind = np.array([[0.0, -30.0], [3.0, -20.0]])
    assert np.isnan(PLANE.to_pixels(behind)).all()
    assert np.isnan(BENT.to_pixels(behind)).all()


def test_where_a_lens_folds_back_there_is_no_pixel():
    fold = Lens(1400.0, (960.0, 540.0), k1=-0.3)
    plane = calibrate(fold.distort(seen(spread(10))), spread(10), sigma_px=1, sigma_m=0.05, lens=fold).plane
    assert np.isnan(plane.to_pixels(np.array([[60.0, -5.0]]))).all()
    assert np.isfinite(plane.to_pixels(np.array([[0.0, 30.0]]))).all()


def test_stretch_of_the_plane_is_its_derivative():
    pixel, step = np.array([[700.0, 800.0]]), 1e-3
    for plane in (PLANE, BENT):
        moved = [plane.to_ground(pixel + d) - plane.to_ground(pixel - d) for d in np.eye(2) * step]
        numeric = np.concatenate(moved).T / (2 * step)
        assert plane.metres_per_px(pixel)[0] == pytest.approx(numeric, rel=1e-5)


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


def test_error_is_predicted_through_a_lens_too():
    places, elsewhere = spread(10), np.array([[0.0, 15], [-3, 40], [4, 100]])
    at, rng, drawn = BARREL.distort(seen(elsewhere)), np.random.default_rng(4), []
    for _ in range(300):
        pixels = BARREL.distort(seen(places)) + rng.normal(0, 1, places.shape)
        plane = fit_ground_plane(
            pixels, places + rng.normal(0, 0.05, places.shape), sigma_px=1, sigma_m=0.05, lens=BARREL
        )
        drawn.append(plane.to_ground(at + rng.normal(0, 2, at.shape)))
    predicted = BENT.covariance_m2(at, np.full(3, 2.0))
    for i in range(3):
        ratio = np.sqrt(np.linalg.eigvalsh(predicted[i]) / np.linalg.eigvalsh(np.cov(np.array(drawn)[:, i].T)))
        assert ratio == pytest.approx(1.0, abs=0.1)


def test_points_that_disagree_widen_the_error():
    places = spread(12)
    off = places.copy()
    off[::3] += [0.4, -0.6]
    good, bad = (calibrate(seen(places), p, sigma_px=1, sigma_m=0.05) for p in (places, off))
    assert good.plane.variance_factor == 1.0
    assert bad.plane.variance_factor > 4
    assert any("disagree" in warning for warning in bad.warnings)


@pytest.mark.parametrize(("points", "advice"), [(7, ["7 control points; 8 or more are advised"]), (8, [])])
def test_under_eight_points_there_is_advice(points, advice):
    found = calibrate(seen(spread(points)), spread(points), sigma_px=1, sigma_m=0.05)
    assert [w.split(",")[0] for w in found.warnings] == advice


def test_a_point_given_twice_counts_once():
    places = np.vstack([spread(5), spread(5)[:2]])
    with pytest.raises(CalibrationError, match=r"5 control points that differ \(of 7\)"):
        calibrate(seen(places), places, sigma_px=1, sigma_m=0.05)


def test_mirrored_points_are_refused():
    places = spread(10)
    with pytest.raises(CalibrationError, match="mirrored"):
        calibrate(seen(places), places[:, ::-1], sigma_px=1, sigma_m=0.05)


def test_a_loose_layout_is_refused():
    places = np.column_stack([np.tile([-0.4, 0.0, 0.4], 3), np.repeat([40.0, 41.0, 42.0], 3)])
    with pytest.raises(CalibrationError, match="uncertain by"):
        calibrate(seen(places), places, sigma_px=3, sigma_m=0.05)


def test_numbers_are_trusted_between_the_points():
    places = np.array([[-8.0, 12], [8, 12], [-8, 50], [8, 50], [0, 20], [3, 30]])
    found = calibrate(seen(places), places, sigma_px=1, sigma_m=0.05)
    asked = np.array([[0.0, 30], [8, 30], [9, 30], [0, 11], [0, 51]])
    assert found.is_trusted(asked).tolist() == [True, True, False, False, False]


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
