import numpy as np
import polars as pl
import pytest

from detectors.tracks import Tracks
from geo.visibility import hidden_edges, inside_edges
from tests import builders

ME = (60.0, 30.0, 80.0, 70.0)

CASES = {
    "alone": (ME, None, (1, 1, 1, 1)),
    "at the left border": ((0.0, 30.0, 20.0, 70.0), None, (0, 1, 1, 1)),
    "cut off, ending before the border": ((8.0, 30.0, 60.0, 70.0), None, (0, 1, 1, 1)),
    "small, as near to the border": ((8.0, 30.0, 18.0, 70.0), None, (1, 1, 1, 1)),
    "at the upper border": ((60.0, 1.0, 80.0, 40.0), None, (1, 0, 1, 1)),
    "at the right border": ((140.0, 30.0, 159.0, 70.0), None, (1, 1, 0, 1)),
    "at the lower border": ((60.0, 80.0, 80.0, 120.0), None, (1, 1, 1, 0)),
    "feet behind a nearer one": (ME, (62.0, 55.0, 82.0, 100.0), (1, 1, 1, 0)),
    "ends where a nearer one begins": (ME, (58.0, 71.0, 82.0, 110.0), (1, 1, 1, 0)),
    "behind a wide one": (ME, (40.0, 50.0, 100.0, 100.0), (0, 1, 0, 0)),
    "left side behind a nearer one": (ME, (45.0, 30.0, 65.0, 90.0), (0, 1, 1, 1)),
    "in front of a further one": (ME, (62.0, 20.0, 82.0, 60.0), (1, 1, 1, 1)),
    "beside another": (ME, (100.0, 40.0, 120.0, 90.0), (1, 1, 1, 1)),
}


def boxes(*sides):
    empty = builders.tracks((1, [(0.0, 50.0, 50.0)]))
    rows = [
        empty.with_columns(
            pl.lit(i + 1, pl.UInt32).alias("track_id"),
            *(
                pl.lit(v, pl.Float32).alias(f"{e}_px")
                for e, v in zip(("left", "top", "right", "bottom"), box, strict=True)
            ),
        )
        for i, box in enumerate(sides)
    ]
    return Tracks.validate(pl.concat(rows))


def visible_edges(tracks):
    return inside_edges(tracks, builders.SIZE_PX) & ~hidden_edges(tracks)


@pytest.mark.parametrize("case", CASES)
def test_which_edges_show_where_a_body_ends(case):
    me, other, expected = CASES[case]
    found = visible_edges(boxes(*(b for b in (me, other) if b)))
    assert found[0].tolist() == list(map(bool, expected))


def test_boxes_of_other_frames_hide_nothing():
    both = boxes(ME, (62.0, 55.0, 82.0, 100.0)).with_columns(frame=pl.Series([0, 1], dtype=pl.UInt32))
    assert visible_edges(both).all()
    assert np.shape(visible_edges(both.clear())) == (0, 4)
