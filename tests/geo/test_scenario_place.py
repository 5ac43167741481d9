"""Lindenplatz as its files describe it: what the camera sees, what the plan holds, what is refused."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from detectors.lens import Lens
from detectors.pinhole import Pinhole
from geo.control_points import read_control_points
from geo.scenario import Scenario
from geo.scenario.paths import SAMPLE_M, Network, lay, meetings
from pipelines.sites import load_site
from pipelines.stages.simulate import read_scenario

FOLDER = load_site(Path("data/sites/lindenplatz"))
SCENARIO = read_scenario(FOLDER)
LINES = [line for line in FOLDER.site.lines if line.space == "ground"]
CAMERA = SCENARIO.camera
FLAT = {"ground", "plaza", "footway", "carriageway", "cycle_track", "tram_track", "parking", "marking", "green", "kerb"}


def project(points_m):
    """Places (n, 3) in metres as the true camera sees them, its lens included."""
    ideal = Pinhole(CAMERA.position_m, CAMERA.yaw_deg, CAMERA.pitch_deg, CAMERA.focal_px, CAMERA.size_px)
    width, height = CAMERA.size_px
    lens = Lens(CAMERA.focal_px, (width / 2, height / 2), CAMERA.k1, CAMERA.k2)
    return lens.distort(ideal.project(np.asarray(points_m, dtype=float)))


def test_the_site_file_tells_the_cameras_lens():
    lens = FOLDER.site.cameras[0].lens
    assert (lens.focal_px, lens.k1, lens.k2) == (CAMERA.focal_px, CAMERA.k1, CAMERA.k2)
    assert FOLDER.site.cameras[0].size_px == CAMERA.size_px


def test_control_points_are_those_of_the_camera():
    text = (FOLDER.path / "control_points.csv").read_text(encoding="utf-8")
    points = read_control_points(text)
    pixels, place = points.pixels, points.in_metres(FOLDER.site.frame)
    error = pixels - project(np.column_stack([place, np.zeros(len(place))]))
    assert 8 <= len(pixels) <= 12
    assert 0.3 < error.std() < 2.0
    assert np.abs(error).max() < 6.0


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.line_id)
def test_people_at_every_line_are_seen_large_enough(line):
    for x, y in line.path:
        foot, head = project([[x, y, 0.0], [x, y, 1.72]])
        assert ((foot > 0) & (foot < CAMERA.size_px)).all()
        assert np.hypot(*(foot - head)) >= 28


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.line_id)
def test_lines_cross_no_furniture(line):
    solids = shapely.union_all([shapely.Polygon(o) for o in SCENARIO.solids])
    assert shapely.LineString(line.path).distance(solids) > 0.15 or line.line_id == "square"


def test_what_stands_on_the_plan_is_in_nobodys_way():
    """Everything raised is among the solids: trees by their trunks, tables by their tops; parasols hang over heads."""
    solids = shapely.union_all([shapely.Polygon(o) for o in SCENARIO.solids])
    for surface in FOLDER.site.plan:
        if surface.kind not in FLAT | {"parasol"}:
            assert solids.intersects(shapely.Polygon(surface.outline_m)), surface


def test_walks_keep_off_what_is_solid():
    solids = shapely.union_all([shapely.Polygon(o) for o in (*SCENARIO.solids, *SCENARIO.barred)])
    inside = [name for name, s in SCENARIO.spots.items() if solids.contains(shapely.Point(s.at_m)) and not s.seats]
    assert inside == []


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("flows", {"route_id": "nowhere"}, "routes: no 'nowhere'"),
        ("flows", {"figures": {"bus": 0.5}}, "figures must add up to 1"),
        ("walks", {"via": ["square_west", "the_moon"]}, "spots: no 'the_moon'"),
        ("gates", {"crossings": ["bridge"]}, "crossings: no 'bridge'"),
        ("routes", {"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_wrong_scenario_is_refused(part, change, message):
    described = SCENARIO.model_dump()
    described[part][0] |= change
    with pytest.raises(ValidationError, match=message):
        Scenario.model_validate(described)


def test_a_bend_is_a_quarter_of_a_circle():
    path = lay([(0, 0), (20, 0), (20, 20)], radius_m=5, speed_m_s=10)
    assert (len(path.xy_m) - 1) * SAMPLE_M == pytest.approx(30 + 5 * np.pi / 2, abs=0.3)
    assert path.limit_m_s.min() == pytest.approx(np.sqrt(2.2 * 5), rel=0.15)
    assert path.heading_rad[[0, -1]] == pytest.approx([0, np.pi / 2], abs=0.01)


def test_places_on_a_network_are_those_of_its_paths():
    paths = [lay([(0, 0), (20, 0)], 5, 10), lay([(0, 0), (20, 0), (20, 20)], 5, 10)]
    xy, heading = Network(paths).at(np.array([0, 1, 0, 1]), np.array([3.1, 3.1, 25.0, -2.0]))
    assert xy == pytest.approx(np.array([[3.1, 0], [3.1, 0], [25, 0], [-2, 0]]), abs=0.3)
    assert heading == pytest.approx(np.zeros(4), abs=1e-6)


def test_paths_meet_where_they_share_the_ground():
    straight, bent = lay([(0, 0), (40, 0)], 5, 10), lay([(0, 0), (20, 0), (20, 20)], 5, 10)
    table = meetings([straight, bent], [1.75, 1.75])
    at = round(10 / SAMPLE_M)
    assert table[0, 1, at] == pytest.approx(10, abs=0.3)
    assert table[0, 1, len(bent.xy_m) - 1] == -np.inf
