import dataframely as dy
import polars as pl
import pytest

from detectors.tracks import Tracks, displacements
from tests import builders

GOOD = builders.tracks((1, [(0.0, 10, 50), (0.1, 12, 50)]))


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.with_columns(right_px=pl.col("left_px")),
        GOOD.with_columns(confidence=pl.lit(1.5, pl.Float32)),
        GOOD.with_columns(frame=pl.lit(0, pl.UInt32)),
        GOOD.with_columns(road_user=pl.Series(["car", "bus"], dtype=GOOD.schema["road_user"])),
        GOOD.drop("bottom_px"),
        GOOD.with_columns(time_utc=pl.lit(None, pl.Datetime("us", "UTC"))),
    ],
    ids=["no area", "confidence over 1", "two boxes in a frame", "two classes", "no column", "no time"],
)
def test_the_contract_refuses(broken):
    with pytest.raises((dy.exc.ValidationError, dy.exc.SchemaError)):
        Tracks.validate(broken)


def test_the_contract_holds_no_array():
    assert not any(dtype.is_nested() for dtype in GOOD.schema.dtypes())


@pytest.mark.parametrize(
    ("step", "frames", "expected"),
    [
        ((6, 0), 1, 0.5),
        ((0, 15), 1, 0.5),
        ((6, 0), 2, 0.25),
        ((-6, 0), 1, 0.5),
        # The extent of a 12 x 30 box along (0.6, 0.8) is 31.2, the step 10.
        ((6, 8), 1, 10 / 31.2),
    ],
    ids=["along", "down", "every other frame", "backwards", "aslant"],
)
def test_displacement_is_in_box_lengths_per_processed_frame(step, frames, expected):
    way = [(0.1 * i, 10.0 + step[0] * i, 50.0 + step[1] * i) for i in range(20)]
    tracks = builders.tracks((7, way)).with_columns(pl.col("frame") * frames)
    assert displacements(tracks).rows() == [(7, pytest.approx(expected))]


def test_who_stands_has_no_displacement():
    assert displacements(builders.tracks((1, [(0.1 * i, 10.0 + i % 2, 50) for i in range(20)]))).is_empty()
    assert displacements(GOOD.clear()).is_empty()
