from datetime import timedelta

import polars as pl
import pytest

from geo.accuracy import compare
from tests import builders


def table(*rows):
    names = ["line_id", "direction", "road_user", "seconds"]
    frame = pl.DataFrame(rows, schema=names, orient="row", schema_overrides={"seconds": pl.Float64})
    times = [builders.START + timedelta(seconds=s) for s in frame["seconds"]]
    return frame.drop("seconds").with_columns(time_utc=pl.Series(times, dtype=pl.Datetime("us", "UTC")))


def car(seconds, direction="forward", line="a"):
    return (line, direction, "car", seconds)


@pytest.mark.parametrize(
    ("counted", "true", "missed", "extra"),
    [
        ([car(1), car(5)], [car(1.4), car(5.2)], 0, 0),
        ([car(1)], [car(1), car(5)], 1, 0),
        ([car(1), car(5)], [car(5)], 0, 1),
        ([car(1), car(9)], [car(5), car(9)], 1, 1),
        ([car(1), car(1.5)], [car(1.2)], 0, 1),
        ([car(1), car(2)], [car(1.9), car(2.9)], 0, 0),
        ([car(1, "backward")], [car(1)], 1, 1),
        ([car(1, line="b")], [car(1)], 1, 1),
        ([], [], 0, 0),
    ],
    ids=["all", "missed", "extra", "a right total", "twice", "greedy in time", "wrong way", "wrong line", "nothing"],
)
def test_missed_and_extra(counted, true, missed, extra):
    rows = compare(table(*counted), table(*true))
    assert (rows["missed"].sum(), rows["extra"].sum()) == (missed, extra)
    assert (rows["counted"].sum(), rows["true"].sum()) == (len(counted), len(true))


def test_the_tolerance_is_the_callers():
    assert compare(table(car(1)), table(car(4)), timedelta(seconds=3))["missed"].sum() == 0
