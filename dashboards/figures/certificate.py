"""How well a camera's metres are known, and whether it still looks where it was calibrated."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.design import ACCENT, GRID, lay_out
from dashboards.figures.cells import colour_bar
from dashboards.figures.plan import add_lines, extent_of, plan_of
from dashboards.words import Words

# Beyond this a place is not worth a colour of its own.
MOST_SIGMA_M = 1.0
_LIMIT = "#d55e00"


def sigma_on_plan(plan: list[dict[str, Any]], sigma: pl.DataFrame, lines: pl.DataFrame, say: Words) -> go.Figure:
    """The error of a pedestrian's place over the plan; hollow where it lies outside the control points.

    Args:
        plan: surfaces with kind, name and outline_m.
        sigma: east_m, north_m, sigma_m, is_trusted; of one camera.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
    """
    places = sigma.select(cell_x="east_m", cell_y="north_m")
    figure = plan_of(plan, extent_of(places, lines), say)
    for is_trusted, symbol in ((True, "circle"), (False, "circle-open")):
        some = sigma.filter(is_trusted=is_trusted)
        figure.add_trace(
            go.Scatter(
                x=some["east_m"].to_list(),
                y=some["north_m"].to_list(),
                mode="markers",
                marker={
                    "symbol": symbol,
                    "size": 9,
                    "color": some["sigma_m"].to_list(),
                    "cmin": 0,
                    "cmax": MOST_SIGMA_M,
                    "colorscale": "Viridis_r",
                    "colorbar": colour_bar("σ, m"),
                    "showscale": is_trusted,
                },
                hovertemplate="σ %{marker.color:.2f} m<extra></extra>",
            )
        )
    add_lines(figure, lines, say)
    return figure


def drift(rows: pl.DataFrame, limit_m: float, days: tuple[date, date], say: Words) -> go.Figure:
    """How far the picture has moved on the ground, by day, beside the limit beyond which metres are not trusted.

    Args:
        rows: day, drift_m (NULL: cannot be told), drift_px.
        limit_m: the limit.
        days: the first and last day of the period.
        say: the reader's language.
    """
    told = rows.drop_nulls("drift_m")
    figure = go.Figure(
        go.Scatter(
            x=told["day"].to_list(),
            y=told["drift_m"].to_list(),
            customdata=told["drift_px"].to_list(),
            mode="lines+markers",
            line={"color": ACCENT, "width": 2},
            marker={"size": 8},
            hovertemplate="%{x|%d.%m.%Y}<br>%{y:.2f} m (%{customdata:.1f} px)<extra></extra>",
        )
    )
    figure.add_hline(y=limit_m, line={"color": _LIMIT, "width": 1.5, "dash": "dash"})
    highest = max([limit_m, *told["drift_m"].to_list()])
    return lay_out(
        figure,
        say,
        height=220,
        showlegend=False,
        xaxis={
            "tickformat": "%d.%m.\n%Y",
            "range": [days[0] - timedelta(days=1), days[1] + timedelta(days=1)],
            "showgrid": False,
        },
        yaxis={"title": {"text": say("drift_axis")}, "range": [0, 1.15 * highest], "gridcolor": GRID},
    )
