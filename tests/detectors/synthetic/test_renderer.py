from fractions import Fraction
from functools import lru_cache

import numpy as np
import pytest

from detectors.pinhole import Pinhole
from detectors.road_users import RoadUser
from detectors.synthetic import FIGURES, Actor, Light, Renderer, Surface, write_mp4
from detectors.video import probe

CAMERA = Pinhole((0.0, -9.0, 7.5), 0.0, 22.0, 400.0, (480, 270))
SQUARE = np.array([[-20, -20], [20, -20], [20, 20], [-20, 20]], float)
PLAN = (Surface("plaza", SQUARE),)
SIZES = {
    "adult": (RoadUser.PEDESTRIAN, (0.35, 0.5, 1.72)),
    "child": (RoadUser.PEDESTRIAN, (0.26, 0.36, 1.2)),
    "pram": (RoadUser.PEDESTRIAN, (1.35, 0.6, 1.7)),
    "wheelchair": (RoadUser.PEDESTRIAN, (1.05, 0.68, 1.32)),
    "cyclist": (RoadUser.CYCLIST, (1.75, 0.6, 1.75)),
    "cargo_bike": (RoadUser.CYCLIST, (2.45, 0.75, 1.75)),
    "scooter": (RoadUser.SCOOTER, (1.15, 0.55, 1.82)),
    "motorcyclist": (RoadUser.MOTORCYCLE, (2.1, 0.8, 1.6)),
    "hatchback": (RoadUser.CAR, (4.0, 1.77, 1.48)),
    "saloon": (RoadUser.CAR, (4.65, 1.83, 1.44)),
    "estate": (RoadUser.CAR, (4.6, 1.84, 1.58)),
    "van": (RoadUser.VAN, (5.4, 2.02, 2.4)),
    "lorry": (RoadUser.TRUCK, (7.6, 2.45, 3.2)),
    "bus": (RoadUser.BUS, (12.0, 2.55, 3.05)),
    "tram": (RoadUser.TRAM, (12.0, 2.4, 3.45)),
    "bag": (None, (0.55, 0.3, 0.4)),
}


def actor(figure="adult", x=0.0, y=6.0, **changes):
    road_user, size = SIZES[figure]
    values = {"pose": "moving", "heading_rad": 0.0, "speed_m_s": 1.3, "distance_m": 1.0, "is_braking": False, "look": 5}
    return Actor(
        road_user=road_user, figure=figure, x_m=x, y_m=y,
        length_m=size[0], width_m=size[1], height_m=size[2], **values | changes,
    )  # fmt: skip


@lru_cache
def renderer(sky="clear", seed=1, plan=PLAN):
    return Renderer(CAMERA, plan, Light(sky=sky, noise=0.0), seed)


def test_every_figure_has_a_size_here():
    assert set(SIZES) == set(FIGURES)


@pytest.mark.parametrize("figure", [name for name, (road_user, _) in SIZES.items() if road_user])
def test_labels_enclose_the_body_and_touch_the_ground(figure):
    who = actor(figure, y=10.0)
    _, labels = renderer().frame([who])
    (label,) = labels
    left, top, right, bottom = label.box_px
    near_edge = CAMERA.project(np.array([[0.0, 10.0 - who.width_m / 2, 0.0]]))[0, 1]
    far_roof_edge = CAMERA.project(np.array([[0.0, 10.0 + who.width_m / 2, who.height_m]]))[0, 1]
    assert label.road_user is who.road_user
    assert bottom == pytest.approx(near_edge, abs=5)
    assert top == pytest.approx(far_roof_edge, abs=6)
    assert left < 240 < right
    assert label.range_m == pytest.approx(19.0)


def test_a_thing_left_behind_is_shown_and_never_labelled():
    with_bag, labels = renderer().frame([actor("bag", y=0.0)])
    assert labels == []
    assert (np.abs(with_bag.astype(int) - renderer().frame([])[0]).max(axis=2) > 40).sum() > 20


def test_boxes_are_those_of_the_picture_one_per_road_user():
    crowd = [actor(y=6.0), actor("bus", y=2.0), actor("bag", y=0.0, x=-2.0), actor("cyclist", y=0.5, x=3.0)]
    boxes = renderer().boxes(crowd)
    assert [box is None for box in boxes] == [True, False, True, False]
    assert [box for box in boxes if box] == renderer().frame(crowd)[1]


@pytest.mark.parametrize(("pose", "share"), [("moving", 1.0), ("standing", 1.0), ("sitting", 0.78)])
def test_poses_are_as_tall_as_they_should_be(pose, share):
    _, labels = renderer().frame([actor(pose=pose)])
    _, labels_upright = renderer().frame([actor(pose="standing")])
    heights = [label.box_px[3] - label.box_px[1] for label in (*labels, *labels_upright)]
    assert heights[0] / heights[1] == pytest.approx(share, abs=0.12)


def test_a_tram_bends_with_its_joints():
    straight = ((4.0, 12.0, 0.0, 6.0), (-2.0, 12.0, 0.0, 6.0))
    bent = ((4.0, 12.0, 0.0, 6.0), (-1.6, 14.0, -0.7, 6.0))
    pictures = [renderer().frame([actor("tram", y=12.0, joints=joints)])[0] for joints in (straight, bent)]
    assert (pictures[0] != pictures[1]).any(axis=2).mean() > 0.02


def test_who_is_hidden_is_no_label():
    _, labels = renderer().frame([actor(y=11.0), actor("bus", y=8.0)])
    assert [label.road_user for label in labels] == [RoadUser.BUS]


def test_what_stands_still_hides_too():
    kiosk = np.array([[-1.5, 3], [1.5, 3], [1.5, 5], [-1.5, 5]], float)
    hidden = Renderer(CAMERA, (*PLAN, Surface("kiosk", kiosk, 2.8)), Light(), 1)
    assert hidden.frame([actor(y=6.0)])[1] == []
    assert len(hidden.frame([actor(y=2.0)])[1]) == 1


def grey(picture, x, y):
    column, row = CAMERA.project(np.array([[x, y, 0.0]]))[0].astype(int)
    return picture[row - 1 : row + 2, column - 1 : column + 2].mean()


def test_shadows_fall_away_from_the_sun():
    lit = Renderer(CAMERA, PLAN, Light(azimuth_deg=90.0, elevation_deg=30.0, noise=0.0), 1)
    empty, busy = (lit.frame(who)[0].astype(float) for who in ([], [actor("van", y=4.0)]))
    assert grey(busy, -4.5, 4.0) < 0.75 * grey(empty, -4.5, 4.0)
    assert grey(busy, 4.5, 4.0) == pytest.approx(grey(empty, 4.5, 4.0), abs=2)


def test_head_lamps_reach_the_ground_at_dusk_only():
    for sky, rise in (("dusk", 5.0), ("overcast", -1e9)):
        empty, busy = (
            renderer(sky).frame(who)[0].astype(float) for who in ([], [actor("saloon", x=-4.0, speed_m_s=8.0)])
        )
        change = grey(busy, 1.6, 6.0) - grey(empty, 1.6, 6.0)
        assert change > rise
        assert sky == "dusk" or change < 1.0


def test_the_same_seed_gives_the_same_picture():
    def picture(seed):
        return Renderer(CAMERA, PLAN, Light(), seed).frame([actor(), actor("cyclist", x=2.0)])[0]

    assert (picture(3) == picture(3)).all()
    assert (picture(3) != picture(4)).any()


@pytest.mark.parametrize("sky", ["clear", "overcast", "dusk"])
def test_skies_differ_but_expose_well(sky):
    picture = renderer(sky).frame([actor()])[0]
    assert 40 < picture.mean() < 200
    assert (picture == 255).mean() < 0.02


def test_mp4_holds_every_frame(tmp_path):
    path = tmp_path / "a.mp4"
    frames = (renderer().frame([actor(x=i / 10)])[0] for i in range(12))
    write_mp4(path, frames, fps=Fraction(10), quality_crf=30)
    seen = probe(path)
    assert (seen.packets, seen.size_px) == (12, CAMERA.size_px)
    assert seen.nominal_fps == pytest.approx(10)
    assert seen.container_time is None
