from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.occupancy import cut_at_cells, occupy
from tests import builders

place = st.tuples(st.floats(-20, 20, width=32), st.floats(-20, 20, width=32))


@given(st.lists(st.tuples(place, place), min_size=1, max_size=6))
def test_pieces_make_up_each_segment_and_lie_in_their_cells(segments):
    start, end = (np.array([s[i] for s in segments], float) for i in (0, 1))
    step, share, cell = cut_at_cells(start, end)
    assert (share >= 0).all()
    assert np.bincount(step, share, len(segments)) == pytest.approx(1.0)
    done = np.concatenate([np.cumsum(share[step == i]) - share[step == i] for i in range(len(segments))])
    middle = start[step] + (done + share / 2)[:, None] * (end - start)[step]
    assert (middle >= cell - 1e-6).all()
    assert (middle <= cell + 1 + 1e-6).all()


def test_time_and_way_add_up():
    walk = [(i * 0.1, 0.3 + i * 0.13, 2.0 + i * 0.05) for i in range(80)]
    cells = occupy(builders.trajectories((1, walk)))
    assert cells["presence_s"].sum() == pytest.approx(7.9)
    assert cells["dx_m"].sum() == pytest.approx(0.13 * 79)
    assert cells["dy_m"].sum() == pytest.approx(0.05 * 79)


def test_a_straight_walk_spends_its_time_evenly():
    walk = [(i * 0.5, i * 0.5, 0.5) for i in range(20)] + [(9.99, 9.99, 0.5)]
    cells = occupy(builders.trajectories((1, walk), start=builders.START + timedelta(seconds=2))).sort("cell_x")
    assert cells["cell_x"].to_list() == list(range(10))
    assert cells["presence_s"].to_list() == pytest.approx([1.0] * 9 + [0.99])


def test_negative_places_lie_in_negative_cells():
    cells = occupy(builders.trajectories((1, [(0, -0.5, -1.5), (1, -0.4, -1.5)])))
    assert cells.select("cell_x", "cell_y").row(0) == (-1, -2)


def test_classes_and_quarter_hours_are_kept_apart():
    walk = [(i * 1.0, 0.5, 0.5) for i in range(5)]
    before = builders.trajectories((1, walk))
    after = builders.trajectories((2, walk), road_user="car", start=builders.START + timedelta(minutes=15))
    cells = occupy(pl.concat([before, after]))
    assert cells.select("road_user", "interval_start_utc").unique().height == 4
    assert cells["presence_s"].sum() == pytest.approx(8.0)


def test_nobody_leaves_no_cell():
    assert occupy(builders.trajectories((1, [(0, 0, 0), (1, 0, 0)])).head(0)).is_empty()
