import itertools
import math

import numpy as np
import pytest
import scipy.stats
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crossings import cross_lines, ground_crossings, image_crossings
from geo.site import CountingLine
from tests import builders

LINE = np.array([[0.0, 0.0], [0.0, 10.0]])  # northwards: its right is the east
BENT = np.array([[0.0, 0.0], [0.0, 5.0], [4.0, 8.0]])


def crossings(x, y=5.0, *, hysteresis=0.25, line=LINE, track=None):
    x = np.asarray(x, float)
    y = np.broadcast_to(np.asarray(y, float), x.shape)
    track = np.zeros(len(x), np.int64) if track is None else np.asarray(track)
    found = cross_lines(track, (x, y), np.full(len(x), hysteresis), [line])
    return [
        ("F" if f else "B", round(float(b + s), 6))
        for b, s, f in zip(found.before, found.share, found.is_forward, strict=True)
    ]


def assert_same(found, expected):
    found, expected = (sorted(c, key=lambda crossing: crossing[1]) for c in (found, expected))
    assert [d for d, _ in found] == [d for d, _ in expected]
    assert [at for _, at in found] == pytest.approx([at for _, at in expected], abs=1e-5)


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([-2, -1, 1, 2], 5, [("F", 1.5)]),
        ([2, 1, -1, -2], 5, [("B", 1.5)]),
        ([-2, -1, 1, 2], 11, []),
        ([-2, 2, -2, 2], 5, [("F", 0.5), ("B", 1.5), ("F", 2.5)]),
        ([-2, -0.1, 0.1, -0.1, 0.1, 2], 5, [("F", 2.5)]),
        ([-2, -0.1, 0.1, -0.1, -2], 5, []),
        ([-2, 0, 0, 0, 2], 5, [("F", 1.0)]),
        ([-2, 0, -2], 5, []),
        ([-2, -1, 0.05], 5, [("F", 1.952381)]),
        ([-0.05, 1, 2], 5, [("F", 0.047619)]),
        ([-0.1, 0.1, -0.1, 0.1], 5, []),
        ([-2, -1], 5, []),
        ([-2, 2, 2, -2], [11, 11, 5, 5], [("B", 2.5)]),
        ([1.0], 5, []),
        ([], 5, []),
    ],
    ids=[
        "forward", "backward", "past the end", "to and fro", "jitter on the line counts once", "jitter and back",
        "stands on the line", "touches and returns", "ends just across", "begins just before", "never leaves the line",
        "stays", "around the end and back through", "one point", "none",
    ],
)  # fmt: skip
def test_who_crosses(x, y, expected):
    assert crossings(x, y) == expected


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ([(-2, 2), (2, 2)], "F"),
        ([(1, 8), (1, 3)], "F"),
        ([(-2, 6), (2, 4)], "F"),
        ([(2, 4), (-2, 6)], "B"),
        ([(-2, 4.9), (0.05, 4.95), (-0.02, 5.08), (-2, 6)], ""),
        ([(-2, 4.8), (0.1, 4.8), (0.1, 5.2), (0.05, 4.9), (2, 4)], "F"),
        ([(-2, 4.8), (1, 4.8), (1, 9)], "FB"),
        ([(-2, 4.8), (0.1, 4.9), (-2, 5.2)], ""),
    ],
    ids=[
        "first leg", "second leg", "through the corner", "and back", "clips the corner within the band",
        "jitter at the corner counts once", "in by one leg and out by the other", "touches the corner",
    ],
)  # fmt: skip
def test_a_bent_line_is_one_line(way, expected):
    assert "".join(d for d, _ in crossings(*np.array(way, float).T, line=BENT)) == expected


def test_tracks_do_not_run_into_each_other():
    assert crossings([-2, -1, 1, 2], track=[1, 1, 2, 2]) == []


# Ways and lines in general position: no way runs through a corner or along the edge of a band, at 45 degrees neither.
tenths = st.integers(-50, 120)
places = st.tuples(tenths.map(lambda i: i / 10 + math.sqrt(2) / 100), tenths.map(lambda i: i / 10 + math.pi / 250))
way = st.lists(places, min_size=2, max_size=14, unique=True)
bands = st.sampled_from([0.0, 0.11, 0.37, 1.3])
lines = st.sampled_from([LINE, BENT, np.array([[0, 0], [0, 4], [3, 4], [3, 9.0]]), np.array([[8, 1], [-3, 7.0]])])


@settings(max_examples=200)
@given(way, lines)
def test_without_hysteresis_it_counts_what_shapely_sees(points, line):
    legs = [shapely.LineString(leg) for leg in itertools.pairwise(line)]
    expected = sum(shapely.LineString(s).intersects(leg) for s in itertools.pairwise(points) for leg in legs)
    assert len(crossings(*np.array(points).T, hysteresis=0.0, line=line)) == expected


def reference(points, hysteresis):
    """The rule for a straight line in plain words: from one sure side to the other, at the middle change."""
    found, changes, sure, was_clear = [], [], None, False
    for i, (x, _) in enumerate(points):
        if i and (points[i - 1][0] >= 0) != (x >= 0):
            changes.append(i - 1)
        is_clear = abs(x) > hysteresis
        if not (is_clear or i in (0, len(points) - 1)):
            continue
        side = x >= 0
        if sure is not None and side != sure and (is_clear or was_clear):
            (xa, ya), (xb, yb) = points[changes[len(changes) // 2]], points[changes[len(changes) // 2] + 1]
            if 0 <= ya + xa / (xa - xb) * (yb - ya) < 10:
                found.append("F" if side else "B")
        sure, was_clear, changes = side, is_clear, []
    return found


@settings(max_examples=300)
@given(way, bands)
def test_it_follows_its_rule(points, hysteresis):
    assert [d for d, _ in crossings(*np.array(points).T, hysteresis=hysteresis)] == reference(points, hysteresis)


@settings(max_examples=300)
@given(way, bands, lines)
def test_going_backwards_in_time_swaps_directions(points, hysteresis, line):
    x, y = np.array(points).T
    there = crossings(x, y, hysteresis=hysteresis, line=line)
    back = crossings(x[::-1], y[::-1], hysteresis=hysteresis, line=line)
    swapped = [({"F": "B", "B": "F"}[d], len(points) - 1 - at) for d, at in back[::-1]]
    assert_same(there, swapped)


@settings(max_examples=300)
@given(way, bands, lines, st.integers(2, 6))
def test_more_points_on_the_same_way_change_nothing(points, hysteresis, line, pieces):
    x, y = np.array(points).T
    fine = np.linspace(0, len(x) - 1, pieces * (len(x) - 1) + 1)
    steps = np.arange(len(x))
    coarse = crossings(x, y, hysteresis=hysteresis, line=line)
    dense = crossings(np.interp(fine, steps, x), np.interp(fine, steps, y), hysteresis=hysteresis, line=line)
    assert_same(coarse, [(d, at / pieces) for d, at in dense])


@settings(max_examples=300)
@given(way, bands, st.floats(0.5, 9.5))
def test_a_line_cut_in_two_adds_up(points, hysteresis, cut):
    x, y = np.array(points).T
    lower, upper = np.array([[0, 0], [0, cut]]), np.array([[0, cut], [0, 10.0]])
    whole = crossings(x, y, hysteresis=hysteresis)
    parts = crossings(x, y, hysteresis=hysteresis, line=lower) + crossings(x, y, hysteresis=hysteresis, line=upper)
    assert_same(whole, parts)


@settings(max_examples=200)
@given(way, lines)
def test_a_bent_line_is_the_sum_of_its_legs_without_hysteresis(points, line):
    x, y = np.array(points).T
    legs = [crossings(x, y, hysteresis=0.0, line=np.array(leg)) for leg in itertools.pairwise(line)]
    assert_same(crossings(x, y, hysteresis=0.0, line=line), [*itertools.chain(*legs)])


@settings(max_examples=50)
@given(st.lists(way, min_size=1, max_size=4), bands)
def test_many_lines_at_once_are_the_same_as_one_by_one(ways, hysteresis):
    every = [LINE, BENT, np.array([[8, 1], [-3, 7.0]])]
    track = np.repeat(np.arange(len(ways)), [len(w) for w in ways])
    x, y = np.concatenate(ways).T
    together = cross_lines(track, (x, y), np.full(len(x), hysteresis), every)
    for number, line in enumerate(every):
        alone = cross_lines(track, (x, y), np.full(len(x), hysteresis), [line])
        assert together.before[together.line == number].tolist() == alone.before.tolist()
        assert together.at_share[together.line == number].tolist() == alone.at_share.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_jitter_of_half_the_band_never_counts_twice(seed):
    rng = np.random.default_rng(seed)
    # 40 s of creeping across at 10 fps, with a stop of 20 s on the line.
    x = np.concatenate([np.linspace(-2, 0, 100), np.zeros(200), np.linspace(0, 2, 100)])
    assert [d for d, _ in crossings(x + rng.uniform(-0.12, 0.12, len(x)))] == ["F"]


@pytest.mark.parametrize(("sigma", "times"), [(0.01, 3), (0.2, 3), (0.3, 1)])
def test_whoever_is_told_to_go_to_and_fro_within_the_error_of_places_counts_once(sigma, times):
    x = np.array([-3.0, -1.0, 0.5, -0.5, 0.5, 1.0, 3.0])
    covariance = np.tile([sigma**2, 0.0, sigma**2], (len(x), 1))
    track, y, band = np.zeros(len(x), np.int64), np.full(len(x), 5.0), np.full(len(x), 0.25)
    assert len(cross_lines(track, (x, y), band, [LINE], covariance).before) == times


def probability(x, y=5.0, *, sigma, hysteresis=0.25, line=LINE):
    x = np.asarray(x, float)
    y = np.broadcast_to(np.asarray(y, float), x.shape)
    covariance = np.tile([sigma**2, 0.0, sigma**2], (len(x), 1))
    found = cross_lines(np.zeros(len(x), np.int64), (x, y), np.full(len(x), hysteresis), [line], covariance)
    return found.probability.tolist()


def test_a_plain_passage_is_certain():
    assert probability([-2, -1, 1, 2], sigma=0.1) == pytest.approx([1.0])


def test_probability_is_that_of_both_sides_and_of_the_ends():
    phi = scipy.stats.norm.cdf
    assert probability([-0.45, 0.65], sigma=0.2) == pytest.approx([phi(1) * phi(2)])
    assert probability([-9, 9], 9.9, sigma=0.2) == pytest.approx([phi(0.5)])
    # At 45 degrees an error across the line moves the place along it as much.
    assert probability([-5, 5], [4.8, 14.8], sigma=0.2) == pytest.approx([phi(1 / 2**0.5)])


def test_where_a_track_begins_on_the_line_its_side_alone_is_asked():
    assert probability([-0.1, 9], sigma=0.2) == pytest.approx([scipy.stats.norm.cdf(0.5)])
    assert probability([9, -0.1], sigma=0.2) == pytest.approx([scipy.stats.norm.cdf(0.5)])


@pytest.mark.parametrize("at", [-0.2, -0.01, 0.0, 0.03, 0.2])
def test_a_passage_whose_track_breaks_on_the_line_counts_once(at):
    assert len(crossings([-2, -1, at, at, 1, 2], track=[1, 1, 1, 2, 2, 2])) == 1


def test_probability_is_what_simulated_errors_say():
    rng, sigma = np.random.default_rng(0), 0.3
    x, y = np.array([-6.0, 6.0]), np.array([6.0, 12.6])
    errors = rng.normal(0, sigma, (4000, 2, 1))
    crossed = sum(len(crossings(x + ex, y + ey)) for ex, ey in errors)
    assert probability(x, y, sigma=sigma) == pytest.approx([crossed / 4000], abs=0.02)


@settings(max_examples=100)
@given(way, bands, lines)
def test_probabilities_are_probabilities(points, hysteresis, line):
    found = probability(*np.array(points).T, sigma=0.4, hysteresis=hysteresis, line=line)
    assert all(0 <= p <= 1 for p in found)


def ground_line(**changes):
    values = {
        "line_id": "gate",
        "name": "Gate",
        "camera_id": "pole",
        "space": "ground",
        "path": ((0, 0), (0, 10)),
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
    assert row["probability"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("start", "end", "direction"),
    [((80, 110), (80, 10), "forward"), ((80, 10), (80, 110), "backward")],
    ids=["drawn upwards", "drawn downwards"],
)
def test_left_and_right_in_the_image_are_the_viewers(start, end, direction):
    line = ground_line(space="image", path=(start, end))
    to_the_right = builders.tracks((1, [(i * 0.1, 60.0 + 2 * i, 60.0) for i in range(20)]))
    found = image_crossings(to_the_right, [line])
    assert found["direction"].to_list() == [direction]
    assert found["speed_m_s"].to_list() == [None]


def test_the_anchor_decides_which_point_crosses():
    down = builders.tracks((1, [(i * 0.1, 80.0, 40.0 + 2 * i) for i in range(20)]), height=30.0)
    feet, head = (
        image_crossings(down, [ground_line(space="image", path=((60, 60), (100, 60)), anchor=anchor)])
        for anchor in ((0.5, 1.0), (0.5, 0.0))
    )
    assert feet.height == 1
    assert head.height == 0


def test_no_line_and_no_track_give_an_empty_table():
    assert ground_crossings(builders.trajectories((1, [(0, 0, 0), (1, 1, 1)])), []).is_empty()
