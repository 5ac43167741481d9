"""What happens in every square metre of a place: how full it is, how fast and which way people go."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.figures.plan import add_lines, extent_of, plan_of
from dashboards.words import Words

_DENSITY = [
    [0.0, "rgba(255,255,229,0)"],
    [0.04, "rgba(254,227,145,0.75)"],
    [0.3, "rgba(254,153,41,0.85)"],
    [0.65, "rgba(204,76,2,0.9)"],
    [1.0, "rgba(102,37,6,0.95)"],
]
_SPEED = [[0.0, "rgba(68,1,84,0.85)"], [0.5, "rgba(33,145,140,0.85)"], [1.0, "rgba(253,231,37,0.9)"]]


def heatmap_on_plan(plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words) -> go.Figure:
    """Mean density over the plan, with the counting lines.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, density_per_m2.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    if not cells.is_empty():
        figure.add_trace(
            _heat(cells, pl.col("density_per_m2") * 100, _DENSITY, say("per_100_m2"), say("per_100_m2_short"), say)
        )
    add_lines(figure, lines, say)
    return figure


def speed_on_plan(plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words) -> go.Figure:
    """Mean speed over the plan, whichever way people go.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, speed_m_s.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    if not cells.is_empty():
        figure.add_trace(_heat(cells, pl.col("speed_m_s"), _SPEED, "m/s", "m/s", say))
    add_lines(figure, lines, say)
    return figure


def flow_on_plan(plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words) -> go.Figure:
    """Mean velocity of every cell as an arrow, over the plan; arrows fade where few passed.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, density_per_m2, vx_m_s, vy_m_s.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    moving = cells.filter(pl.col("vx_m_s").is_finite(), pl.col("vy_m_s").is_finite())
    if not moving.is_empty():
        figure.add_trace(_arrows(moving, say))
    add_lines(figure, lines, say)
    return figure


def _arrows(cells: pl.DataFrame, say: Words) -> go.Scatter:
    speed = np.hypot(cells["vx_m_s"].to_numpy(), cells["vy_m_s"].to_numpy())
    x, y = cells["cell_x"].to_numpy() + 0.5, cells["cell_y"].to_numpy() + 0.5
    bearing = np.degrees(np.arctan2(cells["vx_m_s"].to_numpy(), cells["vy_m_s"].to_numpy()))
    top = float(np.nanpercentile(speed, 98)) or 1.0
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        customdata=speed,
        marker={
            "symbol": "arrow",
            "angle": bearing,
            "size": 5 + 9 * np.clip(speed / top, 0, 1),
            "color": speed,
            "cmin": 0,
            "cmax": top,
            "colorscale": "Viridis_r",
            "colorbar": _colorbar("m/s"),
        },
        hovertemplate=f"%{{customdata:.2f}} m/s<br>{say('cell_place')}<extra></extra>",
        showlegend=False,
    )


def _heat(
    cells: pl.DataFrame, value: pl.Expr, colours: list[list[Any]], unit: str, title: str, say: Words
) -> go.Heatmap:
    low_x, low_y = int(cells["cell_x"].min()), int(cells["cell_y"].min())  # type: ignore[arg-type]
    width, height = int(cells["cell_x"].max()) - low_x + 1, int(cells["cell_y"].max()) - low_y + 1  # type: ignore[arg-type]
    values = np.full((height, width), np.nan)
    rows = cells["cell_y"].to_numpy() - low_y, cells["cell_x"].to_numpy() - low_x
    values[rows] = cells.select(value).to_series().to_numpy()
    # Whoever rests on a bench would turn everything else pale.
    top = float(np.nanpercentile(values, 98))
    return go.Heatmap(
        z=values,
        x=np.arange(width) + low_x + 0.5,
        y=np.arange(height) + low_y + 0.5,
        zmin=0,
        zmax=top,
        colorscale=colours,
        hovertemplate=f"%{{z:.2f}} {unit}<br>{say('cell_place')}<extra></extra>",
        colorbar=_colorbar(title),
    )


def _colorbar(title: str) -> dict[str, Any]:
    return {
        "title": {"text": title},
        "thickness": 12,
        "len": 0.46,
        "x": 0.985,
        "xanchor": "right",
        "y": 0.02,
        "yanchor": "bottom",
        "bgcolor": "rgba(251,250,248,0.85)",
        "outlinewidth": 0,
    }
