import math
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.footprints import Bodies, approach, may_pass, passing
from tests.footage import SHARED

VECTORS = SHARED / "oracles" / "time_to_collision" / "ttc_vectors.csv"
OVERLAP_ROW = 907
CAR, WALKER, BUS = (4.5, 1.8), (0.5, 0.5), (12.0, 2.55)


def body(centre, velocity, size=CAR, heading=None):
    towards = np.array(heading or velocity, dtype=float)
    unit = towards / np.hypot(*towards)
    return Bodies(*(np.array([v], dtype=float) for v in (centre, velocity, unit, size)))


def many(one, n, **changes):
    values = {name: np.repeat(getattr(one, name), n, axis=0) for name in vars(one)}
    return Bodies(**{**values, **changes})


def polygon(bodies, i, time_s=0.0, margin_m=0.0):
    ahead = bodies.heading[i] / np.hypot(*bodies.heading[i])
    left = np.array([-ahead[1], ahead[0]])
    length, width = bodies.size_m[i] / 2 + margin_m
    middle = bodies.centre_m[i] + time_s * bodies.velocity_m_s[i]
    return shapely.Polygon(
        [middle + a * length * ahead + b * width * left for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]
    )


APPROACHES = {
    "head-on: gap over closing speed": (body((0, 0), (5, 0)), body((24.5, 0), (-5, 0)), 2.0, 2.5),
    "10 m/s closing over 10 m": (body((0, 0), (10, 0)), body((14.5, 0), (0, 0), heading=(1, 0)), 1.0, 5.0),
    "crossing": (body((-10, 0), (8, 0)), body((0, -5), (0, 4), WALKER), (5 - 0.9 - 0.25) / 4, 4 / (2 * 3.85 / 4)),
    "falling behind": (body((0, 0), (5, 0)), body((10, 0), (6, 0)), np.inf, np.nan),
    "passing by": (body((0, 0), (5, 0)), body((20, 1.9), (-5, 0)), np.inf, np.nan),
    "overlapping already": (body((0, 0), (5, 0)), body((1, 1), (-5, 0)), 0.0, np.nan),
    "both at rest": (body((0, 0), (0, 0), heading=(1, 0)), body((9, 0), (0, 0), heading=(1, 0)), np.inf, np.nan),
}


@pytest.mark.parametrize("case", APPROACHES, ids=list(APPROACHES))
def test_time_to_collision_and_the_braking_it_asks_for(case):
    first, second, ttc_s, drac_m_s2 = APPROACHES[case]
    for one, other in ((first, second), (second, first)):
        met = approach(one, other)
        assert met.ttc_s[0] == pytest.approx(ttc_s)
        assert met.drac_m_s2[0] == pytest.approx(drac_m_s2, nan_ok=True)


def exact_ttc_s(one, other, i):
    """Separating axes in rational numbers: no rounding at all; None where the two never touch."""

    def number(value):
        return Fraction(repr(float(value)))

    bodies = [[[number(v) for v in values[i]] for values in vars(b).values()] for b in (one, other)]
    offset, speed = ([theirs - ours for ours, theirs in zip(*(b[k] for b in bodies), strict=True)] for k in (0, 1))
    begin, end = [], []
    for x, y in [axis for _, _, (hx, hy), _ in bodies for axis in ((hx, hy), (-hy, hx))]:
        extents = [
            abs(x * hx + y * hy) * length + abs(y * hx - x * hy) * width for *_, (hx, hy), (length, width) in bodies
        ]
        reach, gap, closing = sum(extents) / 2, x * offset[0] + y * offset[1], x * speed[0] + y * speed[1]
        first, last = sorted(((reach - gap) / closing, (-reach - gap) / closing))
        begin.append(first)
        end.append(last)
    return float(max(*begin, 0)) if max(begin) <= min(end) and min(end) >= 0 else None


def half_digit_s(one, other):
    """By how much (n,) a TTC printed with nine decimals may be off, given inputs printed with nine."""
    change, by = np.ones(len(one)), 1e-6
    for which, field, axis in product((0, 1), ("centre_m", "velocity_m_s", "heading"), (0, 1)):
        moved = []
        for way in (by, -by):
            pair = [one, other]
            values = getattr(pair[which], field).copy()
            values[:, axis] += way
            pair[which] = replace(pair[which], **{field: values})
            moved.append(approach(*pair).ttc_s)
        with np.errstate(invalid="ignore"):
            change += np.abs(moved[0] - moved[1]) / (2 * by)
    return 0.5e-9 * change


@pytest.mark.oracle
@pytest.mark.skipif(not VECTORS.is_file(), reason="../shared/oracles/time_to_collision is not here")
def test_time_to_collision_equals_the_reference():
    """To the last printed digit: what differs is the rounding of the file, and none of it is ours."""
    table = pl.read_csv(VECTORS).with_columns(pl.all().cast(pl.Float64))

    def bodies(which):
        names = (("x", "y"), ("vx", "vy"), ("hx", "hy"), ("length", "width"))
        return Bodies(*(table.select(f"{name}_{which}" for name in pair).to_numpy() for pair in names))

    first, second = bodies("i"), bodies("j")
    ttc_s = approach(first, second).ttc_s
    reference = table["ttc_sat"].clip(0).to_numpy()
    finite = np.flatnonzero(np.isfinite(reference))
    assert len(finite) == 349
    assert np.flatnonzero(np.isfinite(ttc_s)).tolist() == finite.tolist()
    assert ttc_s[finite].tolist() == pytest.approx([exact_ttc_s(first, second, i) for i in finite], abs=1e-13)
    assert [exact_ttc_s(first, second, i) for i in range(100) if i not in finite] == [None] * (
        100 - (finite < 100).sum()
    )
    error = np.abs(ttc_s[finite] - reference[finite])
    assert (error <= half_digit_s(first[finite], second[finite])).all()
    assert np.quantile(error, 0.94) <= 1e-9
    # The public reference implementation is wrong in one row, whose rectangles overlap by 6.3 m2.
    assert ttc_s[OVERLAP_ROW] == 0
    overlap_m2 = polygon(first, OVERLAP_ROW).intersection(polygon(second, OVERLAP_ROW)).area
    assert overlap_m2 == pytest.approx(6.3, abs=0.05)
    for i in finite[ttc_s[finite] > 0][:50]:
        apart_m = polygon(first, i, ttc_s[i]).distance(polygon(second, i, ttc_s[i]))
        assert apart_m < 1e-8
        earlier = ttc_s[i] - 1e-6
        assert polygon(first, i, earlier).disjoint(polygon(second, i, earlier))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (body((0, 0), (10, 0)), body((18, 0.1), (4, 0))),
        (body((-20, 0), (8, 0)), body((0, 1), (0, -0.6), BUS)),
        (body((0, 0), (7, 0)), body((30, -2), (-6, 1), heading=(-1, 0.3))),
    ],
    ids=["from behind", "from the side", "head-on"],
)
def test_the_error_of_time_to_collision_is_what_monte_carlo_finds(first, second):
    met = approach(first, second)
    place, speed = np.diag([0.03, 0.05]), 0.01 * np.eye(2)
    sigma = met.sigma_ttc_s(place[None], speed[None])[0]
    rng, n = np.random.default_rng(1), 40_000
    drawn = approach(
        many(first, n),
        many(
            second,
            n,
            centre_m=second.centre_m + rng.multivariate_normal((0, 0), place, n),
            velocity_m_s=second.velocity_m_s + rng.multivariate_normal((0, 0), speed, n),
        ),
    ).ttc_s
    assert np.isfinite(drawn).mean() > 0.99
    assert sigma == pytest.approx(np.std(drawn[np.isfinite(drawn)]), rel=0.05)


def crossing(speed, other_speed, lead_m, size=CAR, other_size=WALKER):
    """The first goes east through the origin, the second north; closed form of its PET."""
    first, second = body((-10, 0), (speed, 0), size), body((0, -lead_m), (0, other_speed), other_size)
    leaves_s = (10 + size[0] / 2 + other_size[1] / 2) / speed
    enters_s = (lead_m - other_size[0] / 2 - size[1] / 2) / other_speed
    return first, second, enters_s - leaves_s


@settings(max_examples=50)
@given(st.floats(2, 15), st.floats(0.5, 5), st.floats(2, 40))
def test_post_encroachment_time_of_a_crossing_is_exact(speed, other_speed, lead_m):
    first, second, pet_s = crossing(speed, other_speed, lead_m)
    met = passing(first, second, np.zeros(1), 100.0)
    assert met.gap_s[0] == pytest.approx(max(pet_s, 0.0) if pet_s > 0 else met.gap_s[0], abs=1e-7)
    if pet_s > 1e-6:
        assert met.second_s[0] - met.first_s[0] == pytest.approx(pet_s, abs=1e-7)


def test_the_gap_does_not_depend_on_how_the_way_is_cut_into_steps():
    first, second, pet_s = crossing(8.0, 1.4, 5.0)
    step = 0.25
    at = np.arange(0, 12, step)
    a, b = np.meshgrid(np.arange(len(at)), np.arange(len(at)), indexing="ij")
    lead = (at[b] - at[a]).ravel()
    cut_first = many(first, len(at), centre_m=first.centre_m + at[:, None] * first.velocity_m_s)[a.ravel()]
    cut_second = many(second, len(at), centre_m=second.centre_m + at[:, None] * second.velocity_m_s)[b.ravel()]
    assert passing(cut_first, cut_second, lead, step).gap_s.min() == pytest.approx(pet_s, abs=1e-9)


def test_ways_that_share_no_place_have_no_gap_and_overlaps_have_none_to_spare():
    beside = passing(body((0, 0), (5, 0)), body((20, 1.9), (-5, 0)), np.zeros(1), 20.0)
    into = passing(body((0, 0), (5, 0)), body((20, 1.0), (-5, 0)), np.zeros(1), 20.0)
    assert beside.gap_s[0] == np.inf
    assert into.gap_s[0] == 0


def test_who_may_not_pass_has_no_gap():
    rng, n, step_s = np.random.default_rng(7), 4_000, 0.5
    first, second = (
        Bodies(
            rng.uniform(-8, 8, (n, 2)),
            rng.normal(0, 6, (n, 2)),
            np.column_stack([np.cos(angle), np.sin(angle)]),
            np.array([CAR, WALKER, BUS])[rng.integers(0, 3, n)],
        )
        for angle in rng.uniform(0, 2 * np.pi, (2, n))
    )
    may = may_pass(first, second, step_s)
    shares = np.isfinite(passing(first, second, np.full(n, 1.0), step_s).gap_s)
    assert not (shares & ~may).any()
    assert 0.5 * may.sum() < shares.sum() < may.sum() < n


@pytest.mark.parametrize("way", [(0.0, 1.4), (0.8, 1.2), (-0.8, 1.2)], ids=["square", "along", "against"])
def test_the_error_of_post_encroachment_time_is_what_monte_carlo_finds(way):
    first = body((-10, 0), (8, 0))
    second = body(-np.array(way) * 3.2, way, WALKER)
    place = np.array([[0.06, 0.02], [0.02, 0.09]])
    met = passing(first, second, np.zeros(1), 60.0)
    sigma = met.sigma_s(place[None])[0]
    rng, n = np.random.default_rng(2), 6_000
    moved = many(second, n, centre_m=second.centre_m + rng.multivariate_normal((0, 0), place, n))
    drawn = passing(many(first, n), moved, np.zeros(n), 60.0).gap_s
    assert 0.5 < met.gap_s[0] < 3
    assert sigma == pytest.approx(np.std(drawn), rel=0.05)
    below = 0.5 * (1 + math.erf((1.5 - met.gap_s[0]) / sigma / np.sqrt(2)))
    assert below == pytest.approx((drawn < 1.5).mean(), abs=0.02)
