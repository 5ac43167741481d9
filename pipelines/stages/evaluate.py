"""Counted against true: the crossings of a recording beside a hand count or a simulation's truth."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from detectors.road_users import ROAD_USERS
from geo.accuracy import DEFAULT_TOLERANCE, compare
from geo.crossings import DIRECTIONS, Crossings
from pipelines.lake import Lake, RecordingKey
from pipelines.stages import measure

TRUTH_COLUMNS = ("line_id", "direction", "road_user", "time_s")


class TruthError(ValueError):
    """A truth file that cannot be used; names the file, the field and what to do."""


def read_truth(path: Path) -> pl.DataFrame:
    """Reads a truth file: one true crossing per row, ``time_s`` since the first frame.

    Raises:
        TruthError: naming the missing column or the wrong value.
    """
    if not path.is_file():
        raise TruthError(f"{path}: no such truth file. Check the path.")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    allowed = {"direction": set(DIRECTIONS), "road_user": {r.value for r in ROAD_USERS}}
    for number, row in enumerate(rows, start=2):
        for column in TRUTH_COLUMNS:
            if row.get(column) is None:
                raise TruthError(f"{path}: {column}: missing in line {number}. Columns are {', '.join(TRUTH_COLUMNS)}.")
        for column, values in allowed.items():
            if row[column] not in values:
                raise TruthError(f"{path}: {column}: '{row[column]}' in line {number}. Use one of {sorted(values)}.")
    text = pl.DataFrame(
        [{c: row[c] for c in TRUTH_COLUMNS} for row in rows], schema=dict.fromkeys(TRUTH_COLUMNS, pl.String)
    )
    try:
        return text.with_columns(pl.col("time_s").cast(pl.Float64))
    except pl.exceptions.InvalidOperationError as error:
        raise TruthError(f"{path}: time_s: not a number in some line. Write seconds since the first frame.") from error


def evaluate(
    key: RecordingKey, start_utc: datetime, truth: pl.DataFrame, lake: Lake, tolerance: timedelta = DEFAULT_TOLERANCE
) -> pl.DataFrame:
    """Matches a recording's crossings with the truth, one to one.

    Returns:
        line_id, road_user, direction, counted, true, missed, extra.
    """
    since_start = pl.duration(microseconds=(pl.col("time_s") * 1e6).round().cast(pl.Int64))
    timed = truth.with_columns(time_utc=pl.lit(start_utc, pl.Datetime("us", "UTC")) + since_start)
    return compare(lake.open(Crossings, measure.TABLE, key), timed, tolerance)
