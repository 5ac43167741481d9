from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from geo.accuracy import Cause, ImageLine, compare, match, miss_causes
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


def test_every_crossing_is_matched_or_not():
    events = match(table(car(1), car(9)), table(car(1.5), car(5)))
    rows = events.select("side", "time_utc", "is_matched").rows()
    expected = [("counted", 1, True), ("counted", 9, False), ("true", 1.5, True), ("true", 5, False)]
    assert rows == [(side, builders.START + timedelta(seconds=s), is_matched) for side, s, is_matched in expected]


LINES = {"a": ImageLine(np.array([[100.0, 0.0], [100.0, 100.0]]), (0.5, 1.0))}
FAR = (9, [(0.0, 20, 50), (9.0, 30, 50)])


def bus(seconds):
    return ("a", "forward", "bus", seconds)


@pytest.mark.parametrize(
    ("counted", "true", "paths", "cause"),
    [
        ([bus(5.5)], [car(5)], [FAR], Cause.WRONG_CLASS),
        ([car(7.5)], [car(5)], [FAR], Cause.OTHER_TIME),
        ([], [car(5)], [FAR, (1, [(2.0, 60, 50), (4.5, 90, 50)])], Cause.LOST),
        ([], [car(5)], [FAR, (1, [(5.5, 110, 50), (9.0, 150, 50)])], Cause.LOST),
        ([], [car(5)], [FAR, (1, [(2.0, 60, 50), (4.5, 90, 119)])], Cause.EDGE_OF_FRAME),
        ([], [car(5)], [FAR, (1, [(0.0, 60, 50), (2.5, 90, 50)])], Cause.NOT_DETECTED),
        ([], [car(5)], [FAR, (1, [(2.0, 60, 50), (4.5, 60, 50)])], Cause.NOT_DETECTED),
        ([car(5)], [car(5), car(5.4)], [FAR], Cause.MERGED),
        ([], [car(5)], [], Cause.NOT_DETECTED),
    ],
    ids=[
        "wrong class",
        "late",
        "ends",
        "begins",
        "at the edge",
        "ends long before",
        "ends far off",
        "two in one",
        "nothing",
    ],
)
def test_every_miss_has_a_cause(counted, true, paths, cause):
    tracks = builders.tracks(*dict([FAR, *paths]).items(), road_user="car").filter(
        pl.col("track_id").is_in([i for i, _ in paths])
    )
    found = miss_causes(match(table(*counted), table(*true)), tracks, LINES, builders.SIZE_PX)
    assert found["cause"].to_list() == [cause]


def test_what_is_counted_needs_no_cause():
    events = match(table(car(1), car(9)), table(car(1)))
    assert miss_causes(events, builders.tracks(FAR), LINES, builders.SIZE_PX).is_empty()
