import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.voronoi import CutOff, sampled, voronoi_cells, voronoi_density
from tests import pedestrian_runs

SQUARE = shapely.box(0, 0, 4, 4)
place = st.tuples(st.floats(0.125, 3.875, width=32), st.floats(0.125, 3.875, width=32))
crowds = st.lists(place, min_size=1, max_size=12, unique=True)


def cells(places, walkable=SQUARE, cut_off=None):
    return voronoi_cells(np.zeros(len(places), np.int64), np.array(places, float), walkable, cut_off)


@settings(max_examples=60)
@given(crowds)
def test_cells_share_the_walkable_area(places):
    found = cells(places)
    assert found.area_m2.sum() == pytest.approx(16.0)
    density = voronoi_density(found, SQUARE)["density_per_m2"].item()
    assert density == pytest.approx(len(places) / 16)


@settings(max_examples=60)
@given(crowds)
def test_each_place_belongs_to_the_nearest_person(places):
    found, at = cells(places), np.random.default_rng(0).uniform(0, 4, (50, 2))
    distance = np.hypot(*(at[:, None] - np.array(places)).transpose(2, 0, 1))
    nearest, second = distance.argmin(axis=1), np.sort(distance, axis=1)[:, :2]
    clear = np.diff(second, axis=1)[:, 0] > 1e-6 if second.shape[1] == 2 else np.ones(50, bool)
    assert shapely.intersects(found.polygon[nearest], shapely.points(at))[clear].all()


@settings(max_examples=60)
@given(crowds)
def test_cells_are_those_of_geos(places):
    points = shapely.MultiPoint(places)
    theirs = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=SQUARE, ordered=True))
    # GEOS joins people who stand closer than its precision.
    if len(theirs) == len(places):
        area = shapely.area(shapely.intersection(theirs, SQUARE))
        assert cells(places).area_m2 == pytest.approx(area, abs=1e-6)


@settings(max_examples=60)
@given(crowds, st.floats(0.3, 3))
def test_a_cut_off_only_makes_cells_smaller(places, radius):
    limit = shapely.Polygon(CutOff(radius).corners_m).area
    cut = cells(places, cut_off=CutOff(radius)).area_m2
    assert (cut <= cells(places).area_m2 + 1e-9).all()
    assert (cut <= limit + 1e-9).all()


def test_the_cut_off_is_a_polygon_of_a_dozen_corners():
    assert shapely.Polygon(CutOff(1.0, 3).corners_m).area == pytest.approx(3.0)
    theirs = shapely.buffer(shapely.Point(0, 0), 1.0, quad_segs=3)
    assert shapely.Polygon(CutOff(1.0, 3).corners_m).symmetric_difference(theirs).area < 1e-12


def test_the_part_behind_a_wall_is_not_ones_own():
    walls = shapely.difference(SQUARE, shapely.box(1.9, 0.5, 2.1, 4.0))
    found = cells([(1.0, 3.0)], shapely.difference(walls, shapely.box(1.9, 0, 2.1, 0.6)))
    assert found.area_m2.item() == pytest.approx(1.9 * 4)


def test_who_stands_outside_has_no_cell_but_takes_their_place():
    found = cells([(1.0, 2.0), (4.5, 2.0)])
    assert np.isnan(found.density_per_m2[1])
    assert found.area_m2[0] == pytest.approx(2.75 * 4)
    assert voronoi_density(found, SQUARE)["density_per_m2"].item() == pytest.approx(1 / 16)


def test_two_at_one_place_share_a_cell():
    found = cells([(1.0, 2.0), (1.0, 2.0), (3.0, 2.0)])
    assert found.area_m2.tolist() == pytest.approx([8, 8, 8])


def test_frames_are_apart_and_in_any_order():
    frame, place = np.array([7, 3, 7]), np.array([[1.0, 2], [1.0, 2], [3.0, 2]])
    assert voronoi_cells(frame, place, SQUARE).area_m2.tolist() == pytest.approx([8, 16, 8])


def test_speed_weights_by_area():
    density = voronoi_density(cells([(1.0, 2.0), (3.0, 2.0)]), shapely.box(0, 0, 3, 4), np.array([1.0, 0.4]))
    assert density["speed_m_s"].item() == pytest.approx((8 * 1.0 + 4 * 0.4) / 12)


def test_nobody_has_no_cell():
    found = voronoi_cells(np.empty(0, np.int64), np.empty((0, 2)), SQUARE, CutOff(1.0))
    assert voronoi_density(found, SQUARE).height == len(found.area_m2) == 0


def test_sampling_takes_the_first_frame_of_each_second():
    time_us = np.array([0, 0, 400_000, 1_100_000, 1_900_000, 1_100_000])
    assert sampled(time_us).tolist() == [True, True, False, True, False, True]
    assert sampled(time_us, 2.0).tolist() == [True, True, False, True, True, True]


@pytest.mark.oracle
@pedestrian_runs.needs_runs
@pytest.mark.parametrize("name", ["bottleneck", "corner"])
def test_individual_cells_are_those_of_pedpy(name):
    run, asked = pedestrian_runs.pedpy_run(name)
    expected = pedestrian_runs.pedpy_table(name, "voronoi_individual_every50")
    rows = np.isin(run.frame, expected["frame"].to_numpy())
    found = voronoi_cells(run.frame[rows], run.place_m[rows], asked.walkable, CutOff(1.0, 3))
    order = np.lexsort([run.track[rows], run.frame[rows]])
    expected = expected.sort("frame", "id")
    assert run.track[rows][order].tolist() == expected["id"].to_list()
    assert found.area_m2[order] == pytest.approx(expected["area"].to_numpy(), abs=1e-6)
    assert found.density_per_m2[order] == pytest.approx(expected["density"].to_numpy(), abs=1e-6)


@pytest.mark.oracle
@pedestrian_runs.needs_runs
@pytest.mark.parametrize("name", ["bottleneck", "corner"])
def test_density_and_speed_of_an_area_are_those_of_pedpy(name):
    run, asked = pedestrian_runs.pedpy_run(name)
    rows = run.frame % 5 == 0
    speed = run.speed_m_s(asked.frame_step, one_sided=True)
    cells = voronoi_cells(run.frame[rows], run.place_m[rows], asked.walkable, CutOff(1.0, 3))
    found = voronoi_density(cells, asked.area, speed[rows])
    both = found.join(pedestrian_runs.pedpy_table(name, "perframe"), on="frame")
    assert both.height == found.height > 100
    assert both["density_per_m2"].to_numpy() == pytest.approx(both["voronoi_density_cut1m"].to_numpy(), abs=1e-6)
    assert both["speed_m_s"].to_numpy() == pytest.approx(both["voronoi_speed_cut1m"].to_numpy(), abs=1e-6)
