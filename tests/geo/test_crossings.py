import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crossings import cross_line, ground_crossings, image_crossings
from geo.site import CountingLine
from tests import builders

LINE = np.array([[0.0, 0.0], [0.0, 10.0]])  # northwards: its right is the east


def crossings(x, y=5.0, *, hysteresis=0.25, line=LINE, track=None):
    x = np.asarray(x, float)
    y = np.broadcast_to(np.asarray(y, float), x.shape)
    track = np.zeros(len(x), np.int64) if track is None else np.asarray(track)
    before, share, forward = cross_line(track, x, y, np.full(len(x), hysteresis), line)
    return [("F" if f else "B", round(float(b + s), 6)) for b, s, f in zip(before, share, forward, strict=True)]


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([-2, -1, 1, 2], 5, [("F", 1.5)]),
        ([2, 1, -1, -2], 5, [("B", 1.5)]),
        ([-2, -1, 1, 2], 11, []),
        ([-2, 2, -2, 2], 5, [("F", 0.5), ("B", 1.5), ("F", 2.5)]),
        ([-2, -0.1, 0.1, -0.1, 0.1, 2], 5, [("F", 3.5)]),
        ([-2, -0.1, 0.1, -0.1, -2], 5, []),
        ([-2, 0, 0, 0, 2], 5, [("F", 1.0)]),
        ([-2, 0, -2], 5, []),
        ([-2, -1, 0.05], 5, [("F", 1.952381)]),
        ([-0.05, 1, 2], 5, [("F", 0.047619)]),
        ([-2, -1], 5, []),
        ([1.0], 5, []),
        ([], 5, []),
    ],
    ids=[
        "forward", "backward", "past the end", "to and fro", "jitter on the line counts once", "jitter and back",
        "stands on the line", "touches and returns", "ends just across", "begins just before", "stays",
        "one point", "none",
    ],
)  # fmt: skip
def test_who_crosses(x, y, expected):
    assert crossings(x, y) == expected


def test_tracks_do_not_run_into_each_other():
    assert crossings([-2, -1, 1, 2], track=[1, 1, 2, 2]) == []


way = st.lists(st.tuples(st.floats(-5, 5, width=32), st.floats(-2, 12, width=32)), min_size=2, max_size=12)


@settings(max_examples=200)
@given(way)
def test_without_hysteresis_it_counts_what_shapely_sees(points):
    points = [p for p in points if abs(p[0]) > 1e-3]
    segments = list(itertools.pairwise(points))
    line = shapely.LineString(LINE)
    clear = [s for s in segments if not any(shapely.LineString(s).distance(shapely.Point(e)) < 1e-3 for e in LINE)]
    if len(clear) != len(segments) or len(points) < 2:
        return
    expected = sum((a[0] < 0) != (b[0] < 0) and shapely.LineString([a, b]).intersects(line) for a, b in segments)
    x, y = np.array(points).T
    assert len(crossings(x, y, hysteresis=0.0)) == expected


@settings(max_examples=200)
@given(way, st.floats(0, 0.5))
def test_going_backwards_in_time_swaps_directions(points, hysteresis):
    x, y = np.array(points, float).T
    y = np.full_like(y, 5.0)
    there = [d for d, _ in crossings(x, y, hysteresis=hysteresis)]
    # Exactly on the line counts as its right side, which has no mirror image.
    if (x == 0).any():
        return
    back = [d for d, _ in crossings(x[::-1], y[::-1], hysteresis=hysteresis)]
    assert sorted(there) == sorted({"F": "B", "B": "F"}[d] for d in back)


@settings(max_examples=200)
@given(way, st.floats(0, 0.5), st.integers(2, 5))
def test_more_points_on_the_same_way_change_nothing(points, hysteresis, pieces):
    x, y = np.array(points, float).T
    steps = np.arange(len(x))
    fine = np.linspace(0, len(x) - 1, pieces * (len(x) - 1) + 1)
    denser = np.interp(fine, steps, x), np.interp(fine, steps, y)
    coarse_kept = [d for d, _ in crossings(x, y, hysteresis=0.0)]
    fine_kept = [d for d, _ in crossings(*denser, hysteresis=0.0)]
    if (np.abs(x) > 1e-3).all() and not _near_an_end(x, y):
        assert coarse_kept == fine_kept


def _near_an_end(x, y):
    way = (
        shapely.LineString(np.column_stack([x, y]))
        if len(set(zip(x, y, strict=True))) > 1
        else shapely.Point(x[0], y[0])
    )
    return any(way.distance(shapely.Point(e)) < 1e-3 for e in LINE)


@settings(max_examples=200)
@given(way, st.floats(0, 0.5), st.floats(0.5, 9.5))
def test_a_line_cut_in_two_adds_up(points, hysteresis, cut):
    x, y = np.array(points, float).T
    lower, upper = np.array([[0, 0], [0, cut]]), np.array([[0, cut], [0, 10.0]])
    whole = crossings(x, y, hysteresis=hysteresis)
    parts = crossings(x, y, hysteresis=hysteresis, line=lower) + crossings(x, y, hysteresis=hysteresis, line=upper)
    assert sorted(whole) == sorted(parts)


def ground_line(**changes):
    values = {
        "line_id": "gate",
        "name": "Gate",
        "camera_id": "pole",
        "space": "ground",
        "start": (0, 0),
        "end": (0, 10),
    }
    return CountingLine(**{**values, "forward": "east", "backward": "west", **changes})


def test_ground_crossings_carry_time_and_speed():
    path = [(i * 0.1, -1.95 + i * 0.13, 5.0) for i in range(40)]
    found = ground_crossings(builders.trajectories((7, path)), [ground_line()])
    row = found.row(0, named=True)
    assert found.height == 1
    assert (row["direction"], row["track_id"], row["line_id"]) == ("forward", 7, "gate")
    assert row["speed_m_s"] == pytest.approx(1.3)
    assert (row["time_utc"] - builders.START).total_seconds() == pytest.approx(1.5, abs=1e-5)
    assert row["probability"] is None


@pytest.mark.parametrize(
    ("start", "end", "direction"),
    [((80, 110), (80, 10), "forward"), ((80, 10), (80, 110), "backward")],
    ids=["drawn upwards", "drawn downwards"],
)
def test_left_and_right_in_the_image_are_the_viewers(start, end, direction):
    line = ground_line(space="image", start=start, end=end)
    to_the_right = builders.tracks((1, [(i * 0.1, 60.0 + 2 * i, 60.0) for i in range(20)]))
    found = image_crossings(to_the_right, [line])
    assert found["direction"].to_list() == [direction]
    assert found["speed_m_s"].to_list() == [None]


def test_the_anchor_decides_which_point_crosses():
    down = builders.tracks((1, [(i * 0.1, 80.0, 40.0 + 2 * i) for i in range(20)]), height=30.0)
    feet, head = (
        image_crossings(down, [ground_line(space="image", start=(60, 60), end=(100, 60), anchor=anchor)])
        for anchor in ((0.5, 1.0), (0.5, 0.0))
    )
    assert feet.height == 1
    assert head.height == 0


def test_no_line_and_no_track_give_an_empty_table():
    assert ground_crossings(builders.trajectories((1, [(0, 0, 0), (1, 1, 1)])), []).is_empty()
