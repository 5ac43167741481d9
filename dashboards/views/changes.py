"""Comparisons as rows and as a table with how many days are behind them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from dashboards.comparison import Comparison
from dashboards.views.frame import table
from dashboards.words import Words

_COLUMNS = {
    "name": pl.String,
    "before_per_day": pl.Float64,
    "after_per_day": pl.Float64,
    "change": pl.Float64,
    "lo95": pl.Float64,
    "hi95": pl.Float64,
    "days_before": pl.Int64,
    "days_after": pl.Int64,
    "is_clear": pl.Boolean,
}


def as_rows(found: Iterable[tuple[str, Comparison]]) -> pl.DataFrame:
    """A row for each name and comparison: means per day, change and its bounds (NULL: too few days), days, is_clear."""
    rows = [
        (name, c.before, c.after, c.change, c.lo95, c.hi95, c.days_before, c.days_after, c.is_clear)
        for name, c in found
    ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def changes_table(rows: pl.DataFrame, heads: Mapping[str, str], say: Words, *, alt: str) -> None:
    """The rows of `as_rows` in the reader's language.

    Args:
        rows: of `as_rows`.
        heads: what name, before_per_day, after_per_day, change and whole_days are called.
        say: the reader's language.
        alt: what a reader who cannot see it should know.
    """
    told = [
        {
            heads["name"]: row["name"],
            heads["before_per_day"]: row["before_per_day"],
            heads["after_per_day"]: row["after_per_day"],
            heads["change"]: say.change(row["change"]) if row["change"] is not None else say("not_enough_history"),
            say("interval_of_change"): say.change_interval(row["lo95"], row["hi95"]),
            heads["whole_days"]: f"{row['days_before']} / {row['days_after']}",
        }
        for row in rows.iter_rows(named=True)
    ]
    numbers = dict.fromkeys((heads["before_per_day"], heads["after_per_day"]), pl.Float64)
    table(pl.DataFrame(told, schema_overrides=numbers).with_columns(pl.col(pl.Float64).round()), say, alt=alt)
