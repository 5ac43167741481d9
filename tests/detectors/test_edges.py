import numpy as np
import polars as pl
import pytest

from detectors.edges import complete_at_edges

SIDES = ["left_px", "top_px", "right_px", "bottom_px"]
SIZE = (200, 100)


def seen(boxes, track_id=1):
    """What a picture of 200 x 100 px shows of boxes."""
    clipped = np.clip(np.array(boxes, float), 0, [200, 100, 200, 100])
    return pl.DataFrame(clipped, schema=dict.fromkeys(SIDES, pl.Float32)).with_columns(
        track_id=pl.lit(track_id), frame=pl.int_range(pl.len())
    )


def drive(start, step, n=40, size=(40, 20), growth=0.0):
    for i in range(n):
        scale = 1 + growth * i
        x, y = start[0] + step[0] * i, start[1] + step[1] * i
        yield (x, y, x + scale * size[0], y + scale * size[1])


@pytest.mark.parametrize(
    ("start", "step", "growth"),
    [
        ((150, 40), (-5, 0), 0.0),
        ((10, 40), (5, 0), 0.0),
        ((-35, 40), (5, 0), 0.0),
        ((80, 10), (0, 2.4), 0.0),
        ((80, 90), (0, -2.4), 0.0),
        ((100, 20), (-5, 0), 0.02),
    ],
    ids=["leaves left", "leaves right", "enters left", "leaves below", "leaves above", "grows"],
)
def test_a_box_keeps_its_size_beyond_the_edge(start, step, growth):
    true = [b for b in drive(start, step, growth=growth) if b[0] < 195 and b[2] > 5 and b[1] < 95 and b[3] > 5]
    completed = complete_at_edges(seen(true), SIZE).select(SIDES).to_numpy()
    assert not np.allclose(seen(true).select(SIDES).to_numpy(), true)
    assert completed == pytest.approx(np.array(true), abs=0.5)


def test_what_is_in_full_view_stays():
    boxes = seen(list(drive((20, 20), (2, 1))))
    assert complete_at_edges(boxes, SIZE).equals(boxes)


@pytest.mark.parametrize(
    "boxes", [[(-30, 20, 20, 40)] * 5, [(-10, 20, 210, 40)] * 5], ids=["never whole", "both sides"]
)
def test_what_was_never_whole_stays(boxes):
    assert complete_at_edges(seen(boxes), SIZE).equals(seen(boxes))


def test_tracks_do_not_lend_each_other_their_size():
    small, large = seen([(-5, 20, 15, 40)] * 3), seen([(20, 20, 120, 80)] * 3, track_id=2)
    assert complete_at_edges(pl.concat([small, large]), SIZE).equals(pl.concat([small, large]))


def test_nothing_gives_nothing():
    assert complete_at_edges(seen(np.empty((0, 4))), SIZE).is_empty()
