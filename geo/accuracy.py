"""How counts compare with truth: event by event, not total by total.

Totals hide cancelling errors; a missed car and a phantom one make a perfect count. So crossings are
matched one to one within a tolerance, and what is left over on either side is missed or extra (the
per-line, per-class reading of SWARM's (true - missed - extra) / true).
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

TRUTH_COLUMNS = ("line_id", "direction", "road_user", "time_utc")
DEFAULT_TOLERANCE = timedelta(seconds=1)


def compare(counted: pl.DataFrame, truth: pl.DataFrame, tolerance: timedelta = DEFAULT_TOLERANCE) -> pl.DataFrame:
    """Matches counted with true crossings of the same line, direction and class.

    Args:
        counted: line_id, direction, road_user, time_utc.
        truth: the same columns.
        tolerance: greatest difference in time between a crossing and its match.

    Returns:
        line_id, road_user, direction, counted, true, missed, extra; one row per combination met.
    """
    keys = ["line_id", "road_user", "direction"]
    columns = [*keys, "time_utc"]
    both = pl.concat(
        [
            frame.select(pl.col(keys).cast(pl.String), "time_utc", source=pl.lit(name)).sort(columns)
            for name, frame in (("counted", counted), ("true", truth))
        ]
    )
    rows = []
    for key, group in both.group_by(keys, maintain_order=True):
        times = {name: group.filter(source=name)["time_utc"].sort().to_list() for name in ("counted", "true")}
        matched = _matches(times["counted"], times["true"], tolerance)
        n_counted, n_true = len(times["counted"]), len(times["true"])
        rows.append((*key, n_counted, n_true, n_true - matched, n_counted - matched))
    schema = {**dict.fromkeys(keys, pl.String), **dict.fromkeys(("counted", "true", "missed", "extra"), pl.Int64)}
    return pl.DataFrame(rows, schema=schema, orient="row").sort(keys)


def _matches(a: list, b: list, tolerance: timedelta) -> int:  # type: ignore[type-arg]
    """Size of the largest one-to-one matching of two sorted lists of times."""
    i = j = matched = 0
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= tolerance:
            i, j, matched = i + 1, j + 1, matched + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return matched
