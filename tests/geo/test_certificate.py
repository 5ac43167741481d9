import numpy as np
import pytest

from detectors.pinhole import Pinhole
from geo.calibration import calibrate
from geo.certificate import drift_m, line_certificates, px_per_m, sigma_map
from geo.site import CountingLine

POLE = Pinhole((0.0, -9.0, 8.0), 0.0, 20.0, 1400.0, (1920, 1080))
PLACES = np.array([[-8.0, 12], [8, 12], [-8, 50], [8, 50], [0, 20], [3, 30], [-4, 35], [5, 18.0]])


def seen(places):
    return POLE.project(np.column_stack([places, np.zeros(len(places))]))


CALIBRATION = calibrate(seen(PLACES), PLACES, sigma_px=1, sigma_m=0.05)


def line(start, end):
    return CountingLine("gate", "Gate", "pole", "ground", (start, end), "in", "out")


def test_pixels_per_metre_are_those_of_a_metre_facing_the_camera():
    for y_m in (15.0, 40.0):
        ends = seen(np.array([[-0.5, y_m], [0.5, y_m]]))
        found = px_per_m(CALIBRATION, seen(np.array([[0.0, y_m]])))
        assert found[0] == pytest.approx(np.hypot(*(ends[1] - ends[0])), rel=1e-3)


def test_the_map_of_errors_grows_with_distance_and_ends_at_the_horizon():
    rows = sigma_map(CALIBRATION, POLE.size_px).sort("y_m")
    middle = rows.filter((rows["x_px"] - 960).abs() < 40, rows["y_m"].is_between(5, 100))
    assert middle["sigma_m"].to_numpy()[-1] > 5 * middle["sigma_m"].to_numpy()[0]
    assert rows["y_px"].min() > POLE.project(np.array([[0.0, 1e6, 0.0]]))[0, 1]
    trusted = rows.filter("is_trusted")
    assert trusted["y_m"].min() >= 12
    assert trusted["y_m"].max() <= 50


def test_a_line_is_judged_by_its_worst_part():
    near, far, behind = (
        line_certificates(CALIBRATION, [line(*ends)]).row(0, named=True)
        for ends in (((-4, 20), (4, 20)), ((0, 40), (0, 60)), ((0, -40), (0, -20)))
    )
    assert near["trusted_share"] == near["visible_share"] == 1.0
    assert far["px_per_m"] < near["px_per_m"]
    assert far["sigma_m"] > near["sigma_m"]
    assert far["trusted_share"] == pytest.approx(0.5, abs=0.05)
    assert (behind["px_per_m"], behind["sigma_m"], behind["visible_share"]) == (None, None, 0.0)


def test_a_turned_camera_misses_by_what_it_turned():
    assert drift_m(CALIBRATION, lambda pixels: pixels) == pytest.approx((0.0, 0.0), abs=1e-6)
    off_px, off_m = drift_m(CALIBRATION, lambda pixels: pixels + np.array([0.0, 5.0]))
    assert off_px == pytest.approx(5.0)
    assert 0.25 < off_m < 3.0
