from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.crossings import image_crossings
from geo.movements import junction_movements
from geo.site import CountingLine, Junction
from tests import builders

# A crossing of 40 px between four gates, each drawn clockwise seen from above: forward is inward.
GATES = {
    "west": ((40, 80), (40, 40)),
    "north": ((40, 40), (80, 40)),
    "east": ((80, 40), (80, 80)),
    "south": ((80, 80), (40, 80)),
}
LINES = [CountingLine(name, name, "pole", "image", path, "in", "out") for name, path in GATES.items()]
JUNCTION = Junction("crossing", "Crossing", "pole", tuple(GATES), ("forward",) * 4)


def movements(*ways, junctions=(JUNCTION,)):
    tracks = builders.tracks(
        *((n, [(i / 2, float(x), float(y)) for i, (x, y) in enumerate(way)]) for n, way in enumerate(ways, 1))
    )
    return junction_movements(tracks, image_crossings(tracks, LINES), junctions)


WEST, EAST, NORTH, INSIDE, AWAY = (10, 60), (110, 60), (60, 10), (60, 60), (10, 110)


@pytest.mark.parametrize(
    ("way", "expected"),
    [
        ([WEST, INSIDE, EAST], ("west", "east")),
        ([WEST, INSIDE, NORTH], ("west", "north")),
        ([WEST, INSIDE, WEST], ("west", "west")),
        ([WEST, INSIDE, WEST, INSIDE, EAST], ("west", "east")),
        ([WEST, INSIDE], ("west", None)),
        ([INSIDE, EAST], (None, "east")),
        ([INSIDE, EAST, INSIDE, NORTH], (None, "north")),
        ([WEST, INSIDE, EAST, INSIDE], ("west", None)),
        ([INSIDE, (61, 60)], (None, None)),
        ([WEST, AWAY], (None, None)),
    ],
    ids=[
        "through", "turning", "U-turn", "back and in again", "ends inside", "begins inside", "out, in and out again",
        "comes back and ends inside", "stays inside", "stays outside",
    ],
)  # fmt: skip
def test_who_goes_where(way, expected):
    (row,) = movements(way).rows(named=True)
    assert (row["entry_line_id"], row["exit_line_id"]) == expected
    assert row["is_u_turn"] == (expected[0] is not None and expected[0] == expected[1])


def test_times_are_those_of_the_gates_or_else_of_the_track():
    begins_inside, through = movements([WEST, INSIDE, EAST], [INSIDE, EAST]).rows(named=True)
    at = [(through[name] - builders.START) / timedelta(seconds=1) for name in ("entry_time_utc", "exit_time_utc")]
    assert at == pytest.approx([0.3, 0.7], abs=1e-5)
    assert begins_inside["entry_time_utc"] == builders.START


place = st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda p: (10 * p[0] + 3, 10 * p[1] + 7))


@settings(max_examples=60)
@given(st.lists(st.lists(place, min_size=2, max_size=8), min_size=1, max_size=5))
def test_every_track_is_shown_once_and_time_reversed_goes_the_other_way(ways):
    there = movements(*ways)
    assert there["track_id"].sort().to_list() == list(range(1, len(ways) + 1))
    back = movements(*(way[::-1] for way in ways))
    columns = ["track_id", "entry_line_id", "exit_line_id"]
    swapped = back.select("track_id", entry_line_id="exit_line_id", exit_line_id="entry_line_id")
    assert there.sort("track_id").select(columns).equals(swapped.sort("track_id").select(columns))


def test_a_track_has_one_movement_per_junction():
    other = Junction("other", "Other", "pole", ("east", "north"), ("forward", "backward"))
    found = movements([WEST, INSIDE, EAST], junctions=(JUNCTION, other))
    assert found["junction_id"].to_list() == ["crossing", "other"]
    assert found.filter(junction_id="other").select("entry_line_id", "exit_line_id").row(0) == (None, "east")


def test_no_junction_gives_an_empty_table():
    assert movements([WEST, EAST], junctions=()).is_empty()


def test_turning_counts_of_many_tracks():
    rng = np.random.default_rng(0)
    ends = [(WEST, "west"), (EAST, "east"), (NORTH, "north")]
    chosen = [(ends[a], ends[b]) for a, b in rng.integers(0, 3, (60, 2))]
    found = movements(*([a[0], INSIDE, b[0]] for a, b in chosen)).sort("track_id")
    assert found.select("entry_line_id", "exit_line_id").rows() == [(a[1], b[1]) for a, b in chosen]
    assert found["is_u_turn"].sum() == sum(a == b for a, b in chosen)
