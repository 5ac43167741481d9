import itertools
from datetime import timedelta

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.steps import steps_of
from geo.visits import visits
from geo.zone_occupancy import time_and_way
from tests import builders

ZONE = {"z": shapely.box(0, -5, 10, 5)}
HOUR = [(builders.START - timedelta(hours=1), builders.START + timedelta(hours=1))]


def seen(*paths, observed=HOUR, kind="presence"):
    return visits(builders.trajectories(*paths), ZONE, observed).filter(kind=kind)


def walk(*stops):
    """Positions every 0.5 s along (seconds, x) stops."""
    rows = []
    for (t, x), (u, y) in itertools.pairwise(stops):
        n = round((u - t) * 2)
        rows += [(t + k / 2, x + (y - x) * k / n, 0.0) for k in range(n)]
    return [*rows, (*stops[-1], 0.0)]


def seconds(column):
    return [(t - builders.START).total_seconds() for t in column]


def test_a_stay_begins_and_ends_on_the_outline():
    stay = seen((1, walk((0, -1), (12, 11)))).row(0, named=True)
    assert seconds([stay["start_utc"], stay["end_utc"]]) == pytest.approx([1, 11])
    assert stay["inside_s"] == pytest.approx(10)
    assert stay["is_start_seen"]
    assert stay["is_end_seen"]
    assert not stay["is_birth"]
    assert not stay["is_death"]


@pytest.mark.parametrize(
    ("path", "start_seen", "end_seen"),
    [(((0, 5), (12, 17)), False, True), (((0, -5), (10, 5)), True, False), (((0, 2), (3, 5)), False, False)],
)
def test_tracks_that_begin_or_end_inside_leave_the_stay_open(path, start_seen, end_seen):
    stay = seen((1, walk(*path))).row(0, named=True)
    assert (stay["is_start_seen"], stay["is_end_seen"]) == (start_seen, end_seen)
    assert (stay["is_birth"], stay["is_death"]) == (not start_seen, not end_seen)


def test_the_recording_s_edge_makes_no_birth_and_no_death():
    observed = [(builders.START - timedelta(seconds=0.4), builders.START + timedelta(seconds=3.2))]
    stay = seen((1, walk((0, 2), (3, 5))), observed=observed).row(0, named=True)
    assert not stay["is_start_seen"]
    assert not stay["is_end_seen"]
    assert not stay["is_birth"]
    assert not stay["is_death"]


@pytest.mark.parametrize(("outside_s", "stays"), [(1.0, 1), (5.0, 2)])
def test_who_is_back_at_once_has_not_left(outside_s, stays):
    path = walk((0, -2), (6, 4), (10, 10.001), (10 + outside_s, 10.001), (20, 5), (30, -5))
    found = seen((1, path))
    assert found.height == stays
    assert (found["end_utc"].max() - found["start_utc"].min()).total_seconds() > found["inside_s"].sum() + outside_s / 2


def test_stops_are_slow_and_long_enough():
    path = walk((0, -2), (4, 2), (14, 2), (18, 6), (19, 6), (25, 12))
    stops = seen((1, path), kind="stationary")
    assert stops.height == 1
    assert seconds(stops["start_utc"])[0] == pytest.approx(4, abs=0.6)
    assert seconds(stops["end_utc"])[0] == pytest.approx(14, abs=0.6)
    assert stops["is_start_seen"].all()
    assert stops["is_end_seen"].all()


def test_a_stop_that_the_track_does_not_outlive_is_open():
    assert not seen((1, walk((0, -2), (4, 2), (14, 2))), kind="stationary")["is_end_seen"].any()


def test_tracks_and_recordings_are_kept_apart():
    one = builders.trajectories((1, walk((0, -1), (12, 11))), (2, walk((0, -1), (12, 11))))
    other = one.filter(track_id=1).with_columns(recording_id=pl.lit("s"))
    found = visits(pl.concat([one, other]), ZONE, HOUR).filter(kind="presence")
    assert found.select("recording_id", "track_id").rows() == [("r", 1), ("r", 2), ("s", 1)]
    assert found["is_start_seen"].all()


place = st.tuples(st.floats(-4, 14, width=16), st.floats(-8, 8, width=16))


@settings(max_examples=20)
@given(st.lists(st.lists(place, min_size=2, max_size=6), min_size=1, max_size=3))
def test_stays_have_the_zone_s_time_and_balance(walks):
    paths = [(i, [(2.0 * k, x, y) for k, (x, y) in enumerate(w)]) for i, w in enumerate(walks)]
    trajectories = builders.trajectories(*paths)
    found = visits(trajectories, ZONE, HOUR)
    stays = found.filter(kind="presence")
    _, sums = time_and_way(steps_of(trajectories), ZONE["z"])
    assert stays["inside_s"].sum() == pytest.approx(sums["presence_s"].sum(), abs=1e-6)
    # Whoever came in or was born has left or died: nobody is inside before the first and after the last step.
    came, went = (
        stays["is_start_seen"].sum() + stays["is_birth"].sum(),
        stays["is_end_seen"].sum() + stays["is_death"].sum(),
    )
    assert came == went == stays.height
    assert found.filter(kind="stationary")["inside_s"].sum() <= sums["presence_s"].sum() + 1e-6


def test_nobody_visits():
    nobody = builders.trajectories((1, walk((0, 1), (2, 3)))).head(0)
    assert visits(nobody, ZONE, HOUR).is_empty()
    assert seen((1, walk((0, 20), (4, 24)))).is_empty()
