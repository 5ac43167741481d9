import numpy as np
import pytest

from detectors.lens import Lens
from detectors.pinhole import Pinhole

LENS = Lens(400.0, (240.0, 135.0), -0.15, 0.025)
CAMERAS = [Pinhole((0.0, -9.0, 7.5), 20.0, 22.0, 400.0, (480, 270), lens=lens) for lens in (None, LENS)]


def test_the_principal_ray_hits_the_ground_where_geometry_says():
    distance = 7.5 / np.tan(np.radians(22.0))
    ahead = np.radians(20.0)
    spot = np.array([[distance * np.sin(ahead), -9.0 + distance * np.cos(ahead), 0.0]])
    for camera in CAMERAS:
        assert camera.project(spot)[0] == pytest.approx([240, 135])


@pytest.mark.parametrize("camera", CAMERAS, ids=["ideal", "lens"])
@pytest.mark.parametrize("scale", [1, 2])
def test_ground_of_pixels_inverts_project(camera, scale):
    x, y = camera.ground_of_pixels(scale)
    samples = np.array([[50, 200], [240, 135], [400, 260], [0, 269], [479, 269]]) * scale
    ground = np.array([[x[v, u], y[v, u], 0.0] for u, v in samples])
    assert camera.project(ground) == pytest.approx((samples + 0.5) / scale, abs=1e-3)


@pytest.mark.parametrize("camera", CAMERAS, ids=["ideal", "lens"])
def test_points_behind_the_camera_have_no_pixel(camera):
    assert np.isnan(camera.project(np.array([[0.0, -60.0, 0.0]]))).all()


def test_a_barrel_lens_draws_corners_in():
    ideal, barrel = CAMERAS
    corner = ideal.ground_of_pixels()
    spot = np.array([[corner[0][269, 0], corner[1][269, 0], 0.0]])
    middle = np.array([240.0, 135.0])
    assert np.hypot(*(barrel.project(spot)[0] - middle)) < np.hypot(*(ideal.project(spot)[0] - middle)) - 3


def test_sides_of_polygons_bend_with_the_lens():
    square = np.array([[-6, 0, 0], [6, 0, 0], [6, 12, 0], [-6, 12, 0]], float)
    ideal, barrel = (camera.project_polygon(square) for camera in CAMERAS)
    assert len(ideal) == 4
    assert len(barrel) > 20
    along = np.linspace(square[0], square[1], 50)
    seen = CAMERAS[1].project(along)
    nearest = np.hypot(*(seen[:, None] - barrel[None]).transpose(2, 0, 1)).min(axis=1)
    assert np.nanmax(nearest) < 400 / 40


def test_a_lens_that_cannot_be_inverted_is_refused():
    camera = Pinhole((0.0, 0.0, 7.0), 0.0, 20.0, 200.0, (480, 270), lens=Lens(200.0, (240.0, 135.0), -0.4, 0.0))
    with pytest.raises(ValueError, match="weaker distortion"):
        camera.rays()
