import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clipping import OutlineError, cut_at_outline, polygon_of

U_SHAPE = shapely.Polygon([(0, 0), (10, 0), (10, 10), (6, 10), (6, 4), (4, 4), (4, 10), (0, 10)])
WITH_HOLE = shapely.Polygon([(0, 0), (9, 1), (8, 9), (1, 8)], [[(3, 3), (5, 3), (5, 6)]])
place = st.tuples(st.floats(-3, 13, width=16), st.floats(-3, 13, width=16))
segments = st.lists(st.tuples(place, place), min_size=1, max_size=8)


def ends(segments):
    return tuple(np.array([s[i] for s in segments], float) for i in (0, 1))


def shares(start, end, outline):
    segment, begin, until = cut_at_outline(start, end, outline)
    return np.bincount(segment, until - begin, len(start))


@pytest.mark.parametrize("outline", [U_SHAPE, WITH_HOLE, shapely.MultiPolygon([U_SHAPE, shapely.box(11, 0, 12, 9)])])
def test_length_inside_is_that_of_the_exact_intersection(outline):
    rng = np.random.default_rng(0)
    start = rng.uniform(-3, 13, (2000, 2))
    end = start + rng.normal(0, 4, start.shape)
    lines = shapely.linestrings(np.stack([start, end], axis=1))
    expected = shapely.length(shapely.intersection(lines, outline)) / shapely.length(lines)
    assert shares(start, end, outline) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60)
@given(segments)
def test_pieces_lie_inside_in_order_and_do_not_overlap(segments):
    start, end = ends(segments)
    segment, begin, until = cut_at_outline(start, end, U_SHAPE)
    assert ((begin >= 0) & (begin < until) & (until <= 1)).all()
    assert (np.diff(segment) >= 0).all()
    assert (begin[1:] >= until[:-1])[segment[1:] == segment[:-1]].all()
    middle = start[segment] + ((begin + until) / 2)[:, None] * (end - start)[segment]
    assert (shapely.distance(U_SHAPE, shapely.points(middle)) < 1e-9).all()


@settings(max_examples=60)
@given(segments, st.integers(1, 9), st.integers(1, 9))
def test_parts_share_the_whole_without_gap_or_overlap(segments, x, y):
    """Whole-number ends and cuts put many segments exactly on the common edges and corners."""
    start, end = ends(segments)
    start, end = np.round(start), np.round(end)
    parts = [shapely.box(*corner) for corner in [(0, 0, x, y), (x, 0, 10, y), (0, y, x, 10), (x, y, 10, 10)]]
    total = sum(shares(start, end, part) for part in parts)
    assert total == pytest.approx(shares(start, end, shapely.box(0, 0, 10, 10)), abs=1e-12)


@settings(max_examples=60)
@given(segments)
def test_inside_and_outside_make_up_the_segment(segments):
    start, end = ends(segments)
    outside = shapely.difference(shapely.box(-20, -20, 30, 30), U_SHAPE)
    assert shares(start, end, U_SHAPE) + shares(start, end, outside) == pytest.approx(1.0)


@settings(max_examples=60)
@given(segments)
def test_there_and_back_are_inside_for_as_long(segments):
    start, end = ends(segments)
    start, end = np.round(start), np.round(end)
    assert shares(end, start, U_SHAPE) == pytest.approx(shares(start, end, U_SHAPE), abs=1e-12)


@settings(max_examples=60)
@given(segments)
def test_the_way_the_outline_is_drawn_does_not_matter(segments):
    start, end = ends(segments)
    corners = shapely.get_coordinates(U_SHAPE)[:-1]
    turned = np.roll(corners[::-1], 3, axis=0)
    assert shares(start, end, turned) == pytest.approx(shares(start, end, corners), abs=1e-12)


@pytest.mark.parametrize(("at", "inside"), [((5, 2), 1), ((5, 6), 0), ((20, 2), 0), ((-1, 2), 0)])
def test_who_stands_is_inside_or_not(at, inside):
    still = np.array([at], float)
    assert shares(still, still, U_SHAPE) == [inside]


def test_no_segments_give_no_pieces():
    assert [len(column) for column in cut_at_outline(np.empty((0, 2)), np.empty((0, 2)), U_SHAPE)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("outline", "reason"),
    [
        ([(0, 0), (1, 1)], "at least three corners"),
        ([(0, 0), (1, 1), (2, 2)], "not on a line|does not cross"),
        ([(0, 0), (2, 2), (2, 0), (0, 2)], "Self-intersection.*Draw an outline that does not cross itself"),
        (shapely.LineString([(0, 0), (1, 1)]), "encloses no area"),
    ],
)
def test_an_outline_without_area_is_refused(outline, reason):
    with pytest.raises(OutlineError, match=reason):
        polygon_of(outline)
