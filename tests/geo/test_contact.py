import numpy as np
import pytest

from detectors.lens import Lens
from detectors.pinhole import Pinhole
from detectors.road_users import ROAD_USERS, RoadUser
from geo.bodies import BODIES, OUTLINES
from geo.calibration import calibrate
from geo.contact import BOTTOM, LEFT, Bodies, edge_sigma_px, fit_places
from geo.viewpoint import viewpoint_of

POLE = Pinhole((0.0, -9.0, 8.0), 5.0, 20.0, 1400.0, (1920, 1080))
BARREL = Lens(1400.0, (960.0, 540.0), k1=-0.15, k2=0.02)
PLACES = np.array([[-8.0, 12], [8, 12], [-8, 50], [8, 50], [0, 20], [3, 30], [-4, 35], [5, 18.0]])
HEADINGS = np.array([0.0, 0.6, 1.57, -2.0, 3.0, -0.7, 0.2, 1.2])


def on_ground(places, lens):
    pixels = POLE.project(np.column_stack([places, np.zeros(len(places))]))
    return pixels if lens is None else lens.distort(pixels)


def boxes(road_user, lens):
    """Boxes of bodies that stand at PLACES, projected by the camera that the fit does not know."""
    corners = OUTLINES[road_user.code] * np.array(BODIES[road_user].size_m)
    found = []
    for (x, y), heading in zip(PLACES, HEADINGS, strict=True):
        c, s = np.cos(heading), np.sin(heading)
        turned = np.column_stack([corners[:, :2] @ np.array([[c, s], [-s, c]]) + [x, y], corners[:, 2]])
        pixels = POLE.project(turned)
        pixels = pixels if lens is None else lens.distort(pixels)
        found.append([*pixels.min(axis=0), *pixels.max(axis=0)])
    return np.array(found)


def bodies(road_user):
    n = len(PLACES)
    shape = np.tile([*BODIES[road_user].size_m, 0.0], (n, 1))
    sigma = np.tile([*BODIES[road_user].sigma_m, 0.05], (n, 1))
    outline = np.tile(OUTLINES[road_user.code], (n, 1, 1))
    return Bodies(outline, shape, sigma[:, :, None] ** 2 * np.eye(4), HEADINGS)


def calibrated(lens):
    return calibrate(on_ground(PLACES, lens), PLACES, sigma_px=1, sigma_m=0.05, lens=lens).plane


@pytest.mark.parametrize("lens", [None, BARREL], ids=["ideal", "barrel"])
@pytest.mark.parametrize("road_user", ROAD_USERS)
def test_a_body_is_put_where_it_stands(road_user, lens):
    plane, edges = calibrated(lens), boxes(road_user, lens)
    start = plane.to_ground(np.column_stack([(edges[:, 0] + edges[:, 2]) / 2, edges[:, 3]]))
    start[:, 1] += np.mean(BODIES[road_user].size_m[:2]) / 2
    view, weight = viewpoint_of(plane, (1920, 1080)), 1 / edge_sigma_px(edges) ** 2
    fit = fit_places(view, lens, edges, weight, bodies(road_user), start)
    assert fit.place_m == pytest.approx(PLACES, abs=0.05)
    assert fit.chi_square.max() < 0.1


def test_hidden_feet_are_told_from_the_rest_of_the_box():
    plane, edges = calibrated(None), boxes(RoadUser.PEDESTRIAN, None)
    whole = 1 / edge_sigma_px(edges) ** 2
    hidden, cut = edges.copy(), whole.copy()
    hidden[:, BOTTOM] -= 0.4 * (edges[:, 3] - edges[:, 1])
    cut[:, BOTTOM] = 0.0
    view, people = viewpoint_of(plane, (1920, 1080)), bodies(RoadUser.PEDESTRIAN)
    fit = fit_places(view, None, hidden, cut, people, PLACES + np.array([0.5, 2.0]))
    assert fit.place_m == pytest.approx(PLACES, abs=0.05)
    told, seen = (fit_places(view, None, edges, w, people, PLACES).information for w in (cut, whole))
    assert (np.linalg.det(told[:, :2, :2]) < np.linalg.det(seen[:, :2, :2])).all()


def test_what_no_edge_tells_stays_unsaid():
    plane, edges = calibrated(None), boxes(RoadUser.CAR, None)
    weight = np.zeros_like(edges)
    weight[:, LEFT] = 1.0
    fit = fit_places(viewpoint_of(plane, (1920, 1080)), None, edges, weight, bodies(RoadUser.CAR), PLACES)
    assert np.linalg.det(fit.information[:, :2, :2]) == pytest.approx(0.0, abs=1e-6)


def test_a_start_nowhere_ends_nowhere():
    plane, edges = calibrated(None), boxes(RoadUser.CAR, None)
    start = np.full_like(PLACES, np.nan)
    fit = fit_places(
        viewpoint_of(plane, (1920, 1080)), None, edges, 1 / edge_sigma_px(edges) ** 2, bodies(RoadUser.CAR), start
    )
    assert np.isnan(fit.place_m).all()


def test_every_road_user_has_a_body():
    assert set(BODIES) == set(RoadUser)
