import numpy as np
import polars as pl
import pytest

from geo.speeds import follow, sum_speeds
from tests import builders


def crossed(*rows):
    """Crossings of (track number, seconds, speed in m/s, class) with the trajectories they come from."""
    ways = [(number, [(at_s - 0.05, 0.0, 0.0), (at_s + 0.05, 0.1, 0.0)]) for number, at_s, *_ in rows]
    return builders.line_crossings("gate", *rows), builders.trajectories(*ways, road_user="car")


def totals(speeds):
    n = speeds["n"].sum()
    return n, speeds["speed_m_s"].sum() / n, n / speeds["slowness_s_m"].sum()


def test_time_mean_and_space_mean_speed():
    """Textbook case: 10, 20 and 30 at a point are 20 by time and 16.36 by space."""
    n, time_mean, space_mean = totals(
        sum_speeds(*crossed((1, 0, 10, "car"), (2, 9, 20, "car"), (3, 18, 30, "car")), None)
    )
    assert (n, time_mean) == (3, pytest.approx(20))
    assert space_mean == pytest.approx(16.3636, abs=1e-4)


def test_the_two_means_differ_by_variance_over_the_space_mean():
    speeds = np.random.default_rng(4).uniform(5, 15, 300)
    rows = [(i, float(i) / 2, float(v), "car") for i, v in enumerate(speeds)]
    n, time_mean, space_mean = totals(sum_speeds(*crossed(*rows), None))
    weight = 1 / speeds / (1 / speeds).sum()
    assert n == 300
    assert time_mean == pytest.approx(space_mean + (weight * (speeds - space_mean) ** 2).sum() / space_mean)


def test_bins_are_one_kilometre_per_hour_wide_and_add_up_over_quarter_hours():
    found = sum_speeds(*crossed((1, 0, 10.0, "car"), (2, 1, 10.02, "car"), (3, 3, 10.02, "car")), None)
    assert found["bin_km_h"].to_list() == [36, 36]
    assert found["n"].to_list() == [2, 1]
    assert found["interval_start_utc"].n_unique() == 2


FREE = {
    "first: headway unknown": ([(1, 0, "car")], [False]),
    "over five seconds": ([(1, 0, "car"), (2, 5.1, "car")], [False, True]),
    "five seconds and less": ([(1, 0, "car"), (2, 5.0, "bus")], [False, False]),
    "cyclists do not hold cars up": ([(1, 0, "car"), (2, 6, "cyclist"), (3, 7, "car")], [False, False, True]),
    "pedestrians never": ([(1, 0, "pedestrian"), (2, 60, "pedestrian")], [False, False]),
}


@pytest.mark.parametrize("case", FREE, ids=list(FREE))
def test_free_flow_is_a_headway_over_five_seconds(case):
    rows, expected = FREE[case]
    crossings, _ = crossed(*((number, at_s, 10.0, road_user) for number, at_s, road_user in rows))
    assert follow(crossings)["is_free"].to_list() == expected


def test_headways_and_gaps_of_vehicles_are_summed():
    """Cars of 4.5 m at 9 m/s take half a second to pass: gaps of 3.5 and 1.5 s."""
    crossings, ways = crossed((1, 0, 9, "car"), (2, 4, 9, "car"), (3, 6, 9, "car"), (4, 7, 1.4, "pedestrian"))
    sums = sum_speeds(crossings, ways, None).select("headways", "headway_s", "gaps", "gap_s", "close").sum()
    assert sums.row(0) == pytest.approx((2, 6.0, 2, 5.0, 1))


def test_a_speed_known_too_badly_is_not_measurable():
    crossings, ways = crossed((1, 0, 10, "car"), (2, 9, 12, "car"))
    assert sum_speeds(crossings, ways, None)["unmeasurable"].to_list() == [None, None]
    vague = ways.with_columns(sigma_speed_m_s=pl.lit(1.3))
    assert set(sum_speeds(crossings, vague, None)["unmeasurable"]) == {"speeds here are known to 1.3 m/s only"}
    outside = ways.with_columns(is_trusted=pl.lit(value=False))
    assert set(sum_speeds(crossings, outside, None)["unmeasurable"]) == {"the line lies outside the control points"}
    assert set(sum_speeds(crossings, ways, "by exception")["unmeasurable"]) == {"by exception"}


def test_lines_in_pixels_have_no_speeds():
    crossings, ways = crossed((1, 0, None, "car"))
    assert sum_speeds(crossings, ways, None).is_empty()
