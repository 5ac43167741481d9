"""Events beside a series of days: a band and a mark for each, and its name where there is room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.design import add_bands

_BAND, _TEXT = "#d9a441", "#8a6a1f"
_ROWS, _ROW_PX = 3, 15
# Letters of the size used here that fit side by side over a chart.
_LETTERS_ACROSS = 150


def mark_events(
    figure: go.Figure, events: pl.DataFrame, days: tuple[date, date], say_day: Callable[[date], str]
) -> None:
    """Draws events over a chart whose x axis has days.

    Args:
        figure: what they are drawn on.
        events: first_day, last_day, text.
        days: the first and last day of the chart.
        say_day: how a day is written.
    """
    if events.is_empty():
        return
    ordered = events.sort("first_day", "text").with_columns(pl.col("first_day").clip(lower_bound=days[0]))
    bands = [(first, last + timedelta(days=1)) for first, last in ordered.select("first_day", "last_day").iter_rows()]
    add_bands(figure, bands, colour=_BAND, opacity=0.22)
    names = [
        {
            "x": row["first_day"],
            "y": 1,
            "yref": "paper",
            "yanchor": "top",
            "xanchor": "left",
            "yshift": -_ROW_PX * number - 8,
            "text": row["text"],
            "showarrow": False,
            "font": {"size": 11, "color": _TEXT},
        }
        for number, row in _named(ordered, days)
    ]
    figure.layout.annotations = [*figure.layout.annotations, *names]
    told = [
        f"{row['text']}<br>{say_day(row['first_day'])} – {say_day(row['last_day'])}"
        for row in ordered.iter_rows(named=True)
    ]
    figure.add_trace(
        go.Scatter(
            x=ordered["first_day"].to_list(),
            y=[1.0] * ordered.height,
            yaxis="y2",
            mode="markers",
            marker={"symbol": "triangle-down", "size": 9, "color": _BAND},
            customdata=told,
            hovertemplate="%{customdata}<extra></extra>",
            showlegend=False,
        )
    )
    figure.update_layout(yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True})


def _named(events: pl.DataFrame, days: tuple[date, date]) -> list[tuple[int, dict[str, Any]]]:
    """The events whose name fits, each with its row: the first row that is free where it begins."""
    per_letter = ((days[1] - days[0]).days + 1) / _LETTERS_ACROSS
    free_from = [days[0]] * _ROWS
    found = []
    for row in events.iter_rows(named=True):
        until = row["first_day"] + timedelta(days=per_letter * (len(row["text"]) + 2))
        number = next((n for n, free in enumerate(free_from) if free <= row["first_day"]), None)
        if number is not None and until <= days[1] + timedelta(days=1):
            free_from[number] = until
            found.append((number, row))
    return found
