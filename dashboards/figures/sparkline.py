"""Small pictures in the card of a key figure: how its days went."""

from __future__ import annotations

from typing import Literal

import plotly.graph_objects as go
import polars as pl

from dashboards.design import ACCENT, lay_out
from dashboards.words import Words


def sparkline(rows: pl.DataFrame, say: Words, kind: Literal["line", "bar"], unit: str = "") -> go.Figure:
    """Values by day without axes; a day without one leaves a gap.

    Args:
        rows: day, value (NULL: none is known).
        say: the reader's language.
        kind: a line for amounts, bars for shares.
        unit: of the values, for the pointer.
    """
    told = [f"{say.day(day)}<br>{say.number(value)}{unit}" for day, value in rows.select("day", "value").iter_rows()]
    common = {"x": rows["day"].to_list(), "y": rows["value"].to_list(), "customdata": told}
    hover = {"hovertemplate": "%{customdata}<extra></extra>"}
    trace = (
        go.Bar(**common, **hover, marker={"color": ACCENT, "line": {"width": 0}})
        if kind == "bar"
        else go.Scatter(
            **common, **hover, mode="lines+markers", connectgaps=False, line={"color": ACCENT}, marker={"size": 3}
        )
    )
    axis = {"visible": False, "fixedrange": True}
    return lay_out(
        go.Figure(trace),
        say,
        height=64,
        showlegend=False,
        bargap=0.4,
        xaxis=axis,
        yaxis={**axis, "rangemode": "tozero"},
    )
