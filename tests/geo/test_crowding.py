"""Crowding of zones on people whose places are known, and PedPy's classic density."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
import shapely

from geo.crowding import CUT_OFF, classic_density, crowding
from geo.zone_occupancy import occupy_zones
from tests import builders, pedestrian_runs

QUARTER = datetime(2026, 6, 10, 6, 0, tzinfo=UTC)
ZONE = {"z": shapely.box(0, 0, 10, 10)}


def standing(places, road_user="pedestrian", seconds=10):
    """People who stand at places (n, 2), seen five times a second."""
    ways = [[(k / 5, x, y) for k in range(5 * seconds + 1)] for x, y in places]
    return builders.trajectories(*enumerate(ways), road_user=road_user, start=QUARTER)


def test_a_grid_of_people_leaves_each_the_square_around_it():
    """Two per metre in each direction: 4 per m2, as long as somebody stands on all sides."""
    places = [(x / 2 + 0.25, y / 2 + 0.25) for x in range(-4, 8) for y in range(-4, 8)]
    crowded = crowding(standing(places), {"z": shapely.box(0, 0, 2, 2)}).row(0, named=True)
    assert crowded["voronoi_s_per_m2"] == pytest.approx(4.0 * 11)  # instants, at 0, 1, ... 10 s
    assert crowded["peak_per_m2"] == pytest.approx(4.0)


def test_who_stands_alone_crowds_no_more_than_the_cell_allows():
    crowded = crowding(standing([(0.0, 5.0)]), ZONE).row(0, named=True)
    assert crowded["voronoi_s_per_m2"] == pytest.approx(0.5 * 11 / 100)  # on the border half a cell is inside
    assert crowded["peak_per_m2"] == 0.0
    cell_m2 = shapely.Polygon(CUT_OFF.corners_m).area
    assert cell_m2 == pytest.approx(3.0)


def test_the_peak_is_that_of_the_fullest_instant():
    """Four people for the first four seconds, then one of them for six more."""
    early = standing([(2, 2), (4, 4), (6, 6)], seconds=4).with_columns(pl.col("track_id") + 1)
    both = pl.concat([standing([(8, 8)]), early])
    assert crowding(both, ZONE)["peak_per_m2"].item() == pytest.approx(4 / 100)


def test_the_next_quarter_hour_begins_at_its_instant():
    late = standing([(5, 5)]).with_columns(pl.col("time_utc") + timedelta(minutes=14, seconds=55))
    assert crowding(late, ZONE).sort("interval_start_utc")["voronoi_s_per_m2"].to_list() == pytest.approx([0.05, 0.06])


def test_recordings_are_looked_at_apart():
    twice = pl.concat([standing([(5, 5)]).with_columns(recording_id=pl.lit(name)) for name in ("r", "s")])
    assert crowding(twice, ZONE)["peak_per_m2"].to_list() == pytest.approx([0.01, 0.01])


def test_only_pedestrians_crowd():
    assert crowding(standing([(5, 5)], road_user="car"), ZONE).is_empty()
    of_cars = occupy_zones(standing([(5, 5)], road_user="car"), ZONE)
    assert of_cars.select("voronoi_s_per_m2", "peak_per_m2").row(0) == (None, None)
    on_foot = occupy_zones(standing([(5, 5)]), ZONE)
    assert on_foot.select("voronoi_s_per_m2", "peak_per_m2").row(0) == pytest.approx((0.11, 0.01))


def test_nobody_is_no_crowd():
    assert crowding(standing([(5, 5)]).clear(), ZONE).is_empty()
    assert occupy_zones(standing([(5, 5)]).clear(), ZONE).is_empty()


def test_classic_density_counts_frames_without_anybody_inside():
    place = np.array([[0.5, 0.5], [9, 9], [1.0, 0.5], [0.2, 0.2]])
    density = classic_density(np.array([3, 4, 5, 3]), place, shapely.box(0, 0, 1, 1))
    assert density.rows() == [(3, 2.0), (4, 0.0), (5, 0.0)]  # the border is outside


@pytest.mark.oracle
@pedestrian_runs.needs_runs
@pytest.mark.parametrize("name", ["bottleneck", "corner"])
def test_classic_density_is_that_of_pedpy(name):
    run, asked = pedestrian_runs.pedpy_run(name)
    expected = pedestrian_runs.pedpy_table(name, "perframe")
    found = classic_density(run.frame, run.place_m, asked.area)
    both = expected.join(found, on="frame", how="left")
    # Heads are whole numbers; the table has six decimals.
    heads = (both["density_per_m2"] * asked.area.area).round().to_numpy()
    assert (heads == (both["classic_density"] * asked.area.area).round().to_numpy()).all()
    assert both["density_per_m2"].to_numpy() == pytest.approx(both["classic_density"].to_numpy(), abs=5e-7)
