"""Weather as quiet context below a series of days: rain and snow as bars, temperature as a line."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboards.design import GRID, QUIET
from dashboards.words import Words

_RAIN, _WARMTH = "#4f94bd", "#a5573f"
_STRIP, _SERIES = [0.0, 0.16], [0.27, 1.0]


def add_weather(figure: go.Figure, rows: pl.DataFrame, say: Words) -> None:
    """Draws a strip below a chart whose x axis has days; days without known weather stay empty in it.

    Args:
        figure: what it is drawn on; its first y axis moves up.
        rows: day, precipitation_mm, temperature_c (NULL: not known).
        say: the reader's language.
    """
    days = rows["day"].to_list()
    rain, warmth = rows["precipitation_mm"].to_list(), rows["temperature_c"].to_list()
    told = [
        f"{say.number(mm, 1)} {say('precipitation')}, {say.number(celsius, 1)} {say('temperature')}"
        for mm, celsius in zip(rain, warmth, strict=True)
    ]
    hover = "%{x|%d.%m.%Y}<br>%{customdata}<extra></extra>"
    figure.add_trace(
        go.Bar(
            x=days,
            y=rain,
            yaxis="y3",
            customdata=told,
            marker={"color": _RAIN, "line": {"width": 0}},
            hovertemplate=hover,
            showlegend=False,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=days,
            y=warmth,
            yaxis="y4",
            mode="lines",
            line={"color": _WARMTH, "width": 1.2},
            hoverinfo="skip",
            showlegend=False,
        )
    )
    axis = {
        "tickmode": "auto",
        "nticks": 3,
        "tickfont": {"size": 10, "color": QUIET},
        "fixedrange": True,
        "zeroline": False,
    }
    figure.update_layout(
        yaxis={"domain": _SERIES},
        yaxis3={
            **axis,
            "domain": _STRIP,
            "title": {"text": say("precipitation"), "font": {"size": 11, "color": _RAIN}},
            "rangemode": "tozero",
            "gridcolor": GRID,
        },
        yaxis4={
            **axis,
            "overlaying": "y3",
            "side": "right",
            "title": {"text": say("temperature"), "font": {"size": 11, "color": _WARMTH}},
            "showgrid": False,
        },
        xaxis={"anchor": "y3"},
    )
