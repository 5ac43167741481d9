from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.steps import steps_by_interval, steps_of
from tests import builders

WALK = (1, [(0.0, 0.0, 0.0), (1.0, 2.0, 0.0), (4.0, 2.0, 6.0)])


def test_steps_join_positions_of_one_track_of_one_recording():
    rows = builders.trajectories(WALK, (2, [(0.0, 9.0, 9.0), (1.0, 9.0, 9.0)]))
    other = rows.filter(track_id=1).with_columns(recording_id=pl.lit("s"))
    steps = steps_of(pl.concat([rows, other]).sample(fraction=1, shuffle=True, seed=0))
    assert steps.keys["track_id"].to_list() == [1, 1, 2, 1, 1]
    assert steps.way_m[:2].tolist() == [[2, 0], [0, 6]]
    assert steps.duration_s[:2].tolist() == [1, 3]


@settings(max_examples=20)
@given(st.lists(st.integers(1, 3_999_999), max_size=6, unique=True))
def test_cuts_lose_no_time_and_no_way(cuts):
    steps = steps_of(builders.trajectories(WALK))
    edges = np.sort(np.array(cuts, dtype=np.int64)) + steps.start_us[0]
    cut = steps.cut_at_times(edges)
    assert cut.duration_s.sum() == pytest.approx(4)
    assert cut.way_m.sum(axis=0) == pytest.approx([2, 6])
    assert (cut.start_m[1:] == cut.end_m[:-1]).all()
    for edge in edges:
        assert not ((cut.start_us < edge) & (edge < cut.end_us)).any()


def test_a_step_across_a_quarter_hour_is_shared_by_both():
    steps, interval = steps_by_interval(builders.trajectories(WALK))  # starts 2 s before 06:15
    seconds = pl.DataFrame({"interval": interval, "s": steps.duration_s}).group_by("interval").sum().sort("interval")
    assert seconds["s"].to_list() == pytest.approx([2, 2])
    assert steps.end_m[1] == pytest.approx([2, 2])


def test_only_what_lies_within_is_kept():
    steps = steps_of(builders.trajectories(WALK))
    kept = steps.within(builders.START + timedelta(seconds=0.5), builders.START + timedelta(seconds=2))
    assert kept.duration_s.tolist() == pytest.approx([0.5, 1.0])
    assert kept.end_m[-1] == pytest.approx([2, 2])


def test_one_position_is_no_step():
    steps, interval = steps_by_interval(builders.trajectories(WALK).head(1))
    assert len(steps.start_us) == len(interval) == 0
