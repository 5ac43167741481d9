from fractions import Fraction

import numpy as np
import pytest

from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser
from detectors.synthetic import Actor, Light, Renderer, Surface, write_mp4
from detectors.video import probe

CAMERA = Pinhole((0.0, -9.0, 7.5), 0.0, 22.0, 400.0, (480, 270))
PLAN = [Surface("plaza", np.array([[-20, -20], [20, -20], [20, 20], [-20, 20]], float))]


def actor(road_user=RoadUser.PEDESTRIAN, x=0.0, y=6.0, size=(0.35, 0.5, 1.7), **changes):
    return Actor(road_user, x, y, changes.pop("heading", 0.3), *size, distance_m=1.0, look=changes.pop("look", 5))


def renderer(seed=1):
    return Renderer(CAMERA, PLAN, Light(), seed)


def test_the_principal_ray_hits_the_ground_where_geometry_says():
    distance = 7.5 / np.tan(np.radians(22.0))
    assert CAMERA.project(np.array([[0.0, -9.0 + distance, 0.0]]))[0] == pytest.approx([240, 135])


def test_ground_of_pixels_inverts_project():
    x, y = CAMERA.ground_of_pixels()
    pixels = np.array([[50, 200], [240, 135], [400, 260]])
    ground = np.array([[x[v, u], y[v, u], 0.0] for u, v in pixels])
    assert CAMERA.project(ground) == pytest.approx(pixels)


def test_points_behind_the_camera_have_no_pixel():
    assert np.isnan(CAMERA.project(np.array([[0.0, -30.0, 0.0]]))).all()


@pytest.mark.parametrize(
    ("road_user", "size"),
    [
        (RoadUser.PEDESTRIAN, (0.35, 0.5, 1.7)),
        (RoadUser.CYCLIST, (1.75, 0.6, 1.75)),
        (RoadUser.CAR, (4.3, 1.8, 1.5)),
        (RoadUser.BUS, (11.5, 2.5, 3.0)),
    ],
)
def test_labels_enclose_the_body_and_touch_the_ground(road_user, size):
    who = actor(road_user, y=10.0, size=size, heading=0.0)
    _, labels = renderer().frame([who])
    (label,) = labels
    left, top, right, bottom = label.box_px
    near_edge = CAMERA.project(np.array([[0.0, 10.0 - size[1] / 2, 0.0]]))[0, 1]
    far_roof_edge = CAMERA.project(np.array([[0.0, 10.0 + size[1] / 2, size[2]]]))[0, 1]
    assert bottom == pytest.approx(near_edge, abs=4)
    assert top == pytest.approx(far_roof_edge, abs=4)
    assert left < 240 < right


def test_who_is_hidden_is_no_label():
    bus = actor(RoadUser.BUS, y=8.0, size=(11.5, 2.5, 3.0), heading=0.0)
    behind = actor(y=11.0)
    _, labels = renderer().frame([behind, bus])
    assert [label.road_user for label in labels] == [RoadUser.BUS]


def test_the_same_seed_gives_the_same_picture():
    assert (renderer(3).frame([actor()])[0] == renderer(3).frame([actor()])[0]).all()
    assert (renderer(3).frame([actor()])[0] != renderer(4).frame([actor()])[0]).any()


def test_mp4_holds_every_frame(tmp_path):
    path = tmp_path / "a.mp4"
    write_mp4(path, (renderer().frame([actor(x=i / 10)])[0] for i in range(12)), fps=Fraction(10), quality_crf=30)
    seen = probe(path)
    assert (seen.packets, seen.size_px) == (12, (480, 270))
    assert seen.nominal_fps == pytest.approx(10)
    assert seen.container_time is None
