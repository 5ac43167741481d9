import dataframely as dy
import polars as pl
import pytest

from detectors.tracks import Tracks
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
