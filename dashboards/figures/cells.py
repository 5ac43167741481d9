"""What happens in every square metre of a place: how full it is, how fast and which way people go."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.design import GRID, INK, ROAD_USER_COLOURS, lay_out, mark_unobserved_hours
from dashboards.figures.plan import add_lines, extent_of, plan_of
from dashboards.words import Words

Cell = tuple[int, int]

# A little wider than a line's dot: where both are, Plotly takes the narrower mark.
_CLICKED_PX = 15
_DENSITY = [
    [0.0, "rgba(255,255,229,0)"],
    [0.04, "rgba(254,227,145,0.75)"],
    [0.3, "rgba(254,153,41,0.85)"],
    [0.65, "rgba(204,76,2,0.9)"],
    [1.0, "rgba(102,37,6,0.95)"],
]
_SPEED = [[0.0, "rgba(68,1,84,0.85)"], [0.5, "rgba(33,145,140,0.85)"], [1.0, "rgba(253,231,37,0.9)"]]


def heatmap_on_plan(
    plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words, chosen: Cell | None = None
) -> go.Figure:
    """Mean density over the plan, with the counting lines.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, density_per_m2.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
        chosen: the cell to outline.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    if not cells.is_empty():
        density = pl.col("density_per_m2") * 100
        figure.add_trace(_heat(cells, density, _DENSITY, say("per_100_m2")))
        figure.add_trace(_clickable(cells, density, say("per_100_m2"), say))
    _outline(figure, chosen)
    add_lines(figure, lines, say)
    return figure


def speed_on_plan(
    plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words, chosen: Cell | None = None
) -> go.Figure:
    """Mean speed over the plan, whichever way people go.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, speed_m_s.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
        chosen: the cell to outline.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    if not cells.is_empty():
        figure.add_trace(_heat(cells, pl.col("speed_m_s"), _SPEED, "m/s"))
        figure.add_trace(_clickable(cells, pl.col("speed_m_s"), "m/s", say))
    _outline(figure, chosen)
    add_lines(figure, lines, say)
    return figure


def flow_on_plan(
    plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame, say: Words, chosen: Cell | None = None
) -> go.Figure:
    """Mean velocity of every cell as an arrow, over the plan; arrows fade where few passed.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, density_per_m2, vx_m_s, vy_m_s.
        lines: as for `volumes_on_plan`.
        say: the reader's language.
        chosen: the cell to outline.
    """
    figure = plan_of(plan, extent_of(cells, lines), say)
    moving = cells.filter(pl.col("vx_m_s").is_finite(), pl.col("vy_m_s").is_finite())
    if not moving.is_empty():
        figure.add_trace(_arrows(moving))
        figure.add_trace(_clickable(moving, (pl.col("vx_m_s") ** 2 + pl.col("vy_m_s") ** 2).sqrt(), "m/s", say))
    _outline(figure, chosen)
    add_lines(figure, lines, say)
    return figure


def density_by_hour(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean density in one cell by hour of day, classes stacked; hours that nobody observed are shaded.

    Args:
        rows: hour, road_user, density_per_m2.
        say: the reader's language.
    """
    figure = go.Figure()
    for (road_user,), one in rows.group_by("road_user", maintain_order=True):
        name = say.road_user(str(road_user))
        figure.add_trace(
            go.Bar(
                x=one["hour"].to_list(),
                y=(100 * one["density_per_m2"]).to_list(),
                name=name,
                marker={"color": ROAD_USER_COLOURS[str(road_user)]},
                width=0.9,
                hovertemplate=f"{name}<br>%{{x}}:00<br>%{{y:.2f}} {say('per_100_m2')}<extra></extra>",
            )
        )
    mark_unobserved_hours(figure, rows["hour"].to_list())
    return lay_out(
        figure,
        say,
        height=260,
        barmode="stack",
        showlegend=True,
        xaxis={"title": {"text": say("hour_of_day")}, "range": [-0.6, 23.6], "dtick": 3, "showgrid": False},
        yaxis={"title": {"text": say("per_100_m2")}, "rangemode": "tozero", "gridcolor": GRID},
    )


def _clickable(cells: pl.DataFrame, value: pl.Expr, unit: str, say: Words) -> go.Scatter:
    """A mark on every cell that is not seen, tells its value and carries ``cell:<x>_<y>``: heatmaps take no clicks."""
    places, values = cells.select("cell_x", "cell_y").rows(), cells.select(value).to_series()
    told = [f"{say.number(one, 2)} {unit}" for one in values.to_list()]
    return go.Scatter(
        x=(cells["cell_x"] + 0.5).to_list(),
        y=(cells["cell_y"] + 0.5).to_list(),
        mode="markers",
        marker={"symbol": "square", "size": _CLICKED_PX, "opacity": 0, "color": INK},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[f"cell:{x}_{y}", text] for (x, y), text in zip(places, told, strict=True)],
        hovertemplate=f"%{{customdata[1]}}<br>{say('cell_place')}<extra></extra>",
        showlegend=False,
    )


def _outline(figure: go.Figure, chosen: Cell | None) -> None:
    if chosen is not None:
        (x, y), line = chosen, {"color": INK, "width": 3}
        figure.add_shape(type="rect", x0=x, x1=x + 1, y0=y, y1=y + 1, line=line)


def _arrows(cells: pl.DataFrame) -> go.Scatter:
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
            "colorbar": colour_bar("m/s"),
        },
        hoverinfo="skip",
        showlegend=False,
    )


def _heat(cells: pl.DataFrame, value: pl.Expr, colours: list[list[Any]], title: str) -> go.Heatmap:
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
        hoverinfo="skip",
        colorbar=colour_bar(title),
    )


def colour_bar(title: str) -> dict[str, Any]:
    """A scale inside the plan, at its lower right."""
    return {
        "title": {"text": title, "side": "top"},
        "orientation": "h",
        "thickness": 10,
        "len": 0.28,
        "x": 0.985,
        "xanchor": "right",
        "y": 0.02,
        "yanchor": "bottom",
        "nticks": 4,
        "bgcolor": "rgba(251,250,248,0.85)",
        "outlinewidth": 0,
    }
