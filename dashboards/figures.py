"""Frame to figure, pure: no state, no files, no Streamlit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.wording import count

FORWARD, BACKWARD = "#0b6e99", "#e07a1f"  # distinguishable with any colour vision
INK, PAPER, GRID, AXIS = "#22313f", "rgba(0,0,0,0)", "rgba(128,140,150,0.25)", "#8a949e"
DENSITY = [
    [0.0, "rgba(255,255,229,0)"],
    [0.04, "rgba(254,227,145,0.75)"],
    [0.3, "rgba(254,153,41,0.85)"],
    [0.65, "rgba(204,76,2,0.9)"],
    [1.0, "rgba(102,37,6,0.95)"],
]
_SURFACES = {
    "plaza": "#efe9df",
    "footway": "#e3e1dc",
    "carriageway": "#c3c6ca",
    "cycle_track": "#dcbcb4",
    "marking": "#f8f8f6",
    "green": "#c9dcc0",
    "building": "#b9aa98",
    "furniture": "#8d7b68",
}
_MARGIN_M = 4.0
_HOUR_MS = 3_600_000
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# Nothing leaves this machine: Plotly's own upload button is off.
CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "toImageButtonOptions": {"format": "png", "scale": 3, "filename": "passant"},
}


def heatmap_on_plan(plan: list[dict[str, Any]], cells: pl.DataFrame, lines: pl.DataFrame) -> go.Figure:
    """Mean density over the plan of the place, north up, with the counting lines and their counts.

    Args:
        plan: surfaces with kind, name and outline_m.
        cells: cell_x, cell_y, density_per_m2.
        lines: name, forward, backward, path_wkt in metres, forward_count, backward_count.
    """
    figure = go.Figure()
    figure.update_layout(shapes=[_surface(surface) for surface in plan])
    left, right, low, high = _extent(cells, lines)
    if not cells.is_empty():
        figure.add_trace(_density(cells))
    for row in lines.iter_rows(named=True):
        _add_line(figure, row)
    _add_scale_and_north(figure, left, right, low, high)
    axis = {"visible": False, "constrain": "domain"}
    figure.update_layout(
        xaxis={**axis, "range": [left, right], "constraintoward": "left"},
        yaxis={**axis, "range": [low, high], "scaleanchor": "x", "constraintoward": "top"},
        height=540,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor=_SURFACES["plaza"],
        showlegend=False,
        font={"color": INK},
        dragmode="pan",
    )
    return figure


def _surface(surface: dict[str, Any]) -> dict[str, Any]:
    path = "M" + " L".join(f"{x},{y}" for x, y in surface["outline_m"]) + " Z"
    colour = _SURFACES.get(surface["kind"], "#dddddd")
    return {"type": "path", "path": path, "fillcolor": colour, "line": {"width": 0}, "layer": "below"}


def _extent(cells: pl.DataFrame, lines: pl.DataFrame) -> tuple[float, float, float, float]:
    corners = [corner for path in lines["path_wkt"] for corner in _corners(path)]
    x = [*cells["cell_x"], *(x for x, _ in corners)] or [-20.0, 20.0]
    y = [*cells["cell_y"], *(y for _, y in corners)] or [-15.0, 15.0]
    return min(x) - _MARGIN_M, max(x) + 1 + _MARGIN_M, min(y) - _MARGIN_M, max(y) + 1 + _MARGIN_M


def _density(cells: pl.DataFrame) -> go.Heatmap:
    low_x, low_y = int(cells["cell_x"].min()), int(cells["cell_y"].min())  # type: ignore[arg-type]
    width, height = int(cells["cell_x"].max()) - low_x + 1, int(cells["cell_y"].max()) - low_y + 1  # type: ignore[arg-type]
    per_100_m2 = np.full((height, width), np.nan)
    rows = cells["cell_y"].to_numpy() - low_y, cells["cell_x"].to_numpy() - low_x
    per_100_m2[rows] = cells["density_per_m2"].to_numpy() * 100
    # Whoever rests on a bench would turn everything else pale.
    top = float(np.nanpercentile(per_100_m2, 98))
    return go.Heatmap(
        z=per_100_m2,
        x=np.arange(width) + low_x + 0.5,
        y=np.arange(height) + low_y + 0.5,
        zmin=0,
        zmax=top,
        colorscale=DENSITY,
        hovertemplate="%{z:.2f} per 100 m²<br>%{x:.1f} m east, %{y:.1f} m north<extra></extra>",
        colorbar={
            "title": {"text": "per<br>100 m²"},
            "thickness": 12,
            "len": 0.46,
            "x": 0.97,
            "xanchor": "right",
            "y": 0.02,
            "yanchor": "bottom",
            "bgcolor": "rgba(251,250,248,0.85)",
        },
    )


def _add_line(figure: go.Figure, row: dict[str, Any]) -> None:
    path = np.array(_corners(row["path_wkt"]))
    hover = (
        f"<b>{row['name']}</b><br>{row['forward']}: {count(row['forward_count'])}"
        f"<br>{row['backward']}: {count(row['backward_count'])}<extra></extra>"
    )
    figure.add_trace(
        go.Scatter(
            x=path[:, 0],
            y=path[:, 1],
            mode="lines",
            line={"color": INK, "width": 4},
            hovertemplate=hover,
            name=row["name"],
        )
    )
    # Forward is to the right of the line, looking from its start to its end.
    middle, along = _middle(path)
    right = np.array([along[1], -along[0]])
    for side, colour, number in ((right, FORWARD, row["forward_count"]), (-right, BACKWARD, row["backward_count"])):
        tip, tail = middle + side * 2.4, middle + side * 0.3
        figure.add_annotation(
            x=tip[0], y=tip[1], ax=tail[0], ay=tail[1], xref="x", yref="y", axref="x", ayref="y",
            arrowhead=2, arrowwidth=2.5, arrowcolor=colour, text="", showarrow=True,
        )  # fmt: skip
        label = middle + side * 3.4
        figure.add_annotation(
            x=label[0], y=label[1], text=f"<b>{count(number)}</b>", showarrow=False,
            font={"color": "white", "size": 13}, bgcolor=colour, borderpad=3,
        )  # fmt: skip


def _corners(path_wkt: str) -> list[tuple[float, float]]:
    """The corners of a WKT LINESTRING."""
    pairs = path_wkt.removeprefix("LINESTRING (").removesuffix(")").split(", ")
    return [(float(x), float(y)) for x, y in (pair.split() for pair in pairs)]


def _middle(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point half-way along a path (n, 2), and the unit vector along the path there."""
    steps = np.diff(path, axis=0)
    lengths = np.hypot(*steps.T)
    ends = np.cumsum(lengths)
    leg = int(np.searchsorted(ends, ends[-1] / 2))
    share = (ends[-1] / 2 - ends[leg]) / lengths[leg] + 1
    return path[leg] + share * steps[leg], steps[leg] / lengths[leg]


def _add_scale_and_north(figure: go.Figure, left: float, right: float, low: float, high: float) -> None:
    length = 5.0 if right - left < 60 else 20.0
    x, y = left + 1.0, low + 1.2
    figure.add_shape(type="line", x0=x, x1=x + length, y0=y, y1=y, line={"color": INK, "width": 3})
    figure.add_annotation(x=x + length / 2, y=y + 0.9, text=f"{length:.0f} m", showarrow=False)
    figure.add_annotation(
        x=left + 1.5, y=high - 1.0, ax=left + 1.5, ay=high - 3.6, xref="x", yref="y", axref="x", ayref="y",
        text="N", showarrow=True, arrowhead=2, arrowwidth=2, arrowcolor=INK,
    )  # fmt: skip


def flow_series(
    rows: pl.DataFrame,
    names: dict[str, str],
    events: pl.DataFrame | None = None,
    *,
    per_hour: bool,
    daily: bool = False,
) -> go.Figure:
    """Counts by quarter-hour or day, forward above and backward below the axis; unobserved time is grey.

    Args:
        rows: direction, interval_start_local, count (NULL: not observed), coverage.
        names: direction -> what people call it.
        events: kind, text, start_local, end_local; closures and interventions are marked.
        per_hour: divide by the observed hours.
        daily: whether an interval is a day and not a quarter-hour.
    """
    figure = go.Figure()
    step_h = 24.0 if daily else 0.25
    for direction, sign, colour in (("forward", 1, FORWARD), ("backward", -1, BACKWARD)):
        one = rows.filter(direction=direction)
        value = pl.col("count") / (pl.col("coverage") * step_h) if per_hour else pl.col("count")
        one = one.with_columns(value=value)
        figure.add_trace(
            go.Bar(
                x=one["interval_start_local"].to_list(),
                y=(one["value"] * sign).to_list(),
                customdata=one.select("value", pl.col("coverage") * 100).to_numpy(),
                name=names[direction],
                width=step_h * _HOUR_MS,
                offset=0,  # a bar covers its interval, from start to end
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate="%{x|%a %d %b %H:%M}<br>"
                "%{customdata[0]:.0f}, %{customdata[1]:.0f} % observed<extra></extra>",
            )
        )
    for start, end in _unobserved(rows, timedelta(hours=step_h)):
        figure.add_vrect(x0=start, x1=end, fillcolor="#8a949e", opacity=0.16, line_width=0, layer="below")
    _mark_events(figure, events)
    reach = max((abs(y) for trace in figure.data for y in trace.y if y), default=1.0)
    step = 10 ** np.floor(np.log10(reach))
    step *= next(k for k in (0.2, 0.5, 1, 2, 5) if reach / (k * step) <= 5)
    at = np.arange(-5, 6) * step
    ticks = {"tickvals": at.tolist(), "ticktext": [f"{abs(v):g}" for v in at]}  # both directions count upwards
    figure.update_layout(
        barmode="relative",
        height=360,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        legend={"orientation": "h", "y": 1.12},
        yaxis={"title": "per hour" if per_hour else "crossings", "gridcolor": GRID, "zerolinecolor": AXIS, **ticks},
        xaxis={"title": "local time"},
    )
    return figure


def _mark_events(figure: go.Figure, events: pl.DataFrame | None) -> None:
    """A dotted line where a closure begins and ends and where an intervention begins, with its text."""
    if events is None:
        return
    for row in events.filter(pl.col("kind").is_in(["closure", "intervention"])).iter_rows(named=True):
        line = {"color": INK, "width": 1, "dash": "dot"}
        for at in (row["start_local"], row["end_local"]):
            if at is not None:
                figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, yref="paper", line=line)
        figure.add_annotation(
            x=row["start_local"], y=1, yref="paper", text=row["text"], showarrow=False, xanchor="left", yanchor="bottom"
        )


def _unobserved(rows: pl.DataFrame, step: timedelta) -> list[tuple[Any, Any]]:
    """Runs of intervals nobody observed, as start and end."""
    quarters = rows.group_by("interval_start_local").agg(pl.col("coverage").max()).sort("interval_start_local")
    runs: list[list[Any]] = []
    for start, coverage in quarters.iter_rows():
        end = start + step
        if coverage > 0:
            continue
        if runs and runs[-1][1] == start:
            runs[-1][1] = end
        else:
            runs.append([start, end])
    return [(start, end) for start, end in runs]


def hour_by_weekday(rows: pl.DataFrame) -> go.Figure:
    """Mean crossings per observed hour of the week; an hour never observed stays empty.

    Args:
        rows: weekday (1 to 7), hour, per_hour, observed_h, days.
    """
    values = np.full((7, 24), np.nan)
    told = np.full((7, 24), "not observed", dtype=object)
    for row in rows.iter_rows(named=True):
        if row["per_hour"] is not None:
            at = row["weekday"] - 1, row["hour"]
            values[at] = row["per_hour"]
            told[at] = f"{row['per_hour']:.0f} per hour, from {row['observed_h']:.2f} h on {row['days']} day(s)"
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[f"{hour:02d}" for hour in range(24)],
            y=list(WEEKDAYS),
            customdata=told,
            colorscale="Cividis",
            zmin=0,
            zmax=max((v for v in rows["per_hour"].to_list() if v), default=1.0),
            xgap=2,
            ygap=2,
            hovertemplate="%{y} %{x}:00<br>%{customdata}<extra></extra>",
            hoverongaps=True,
            colorbar={"title": {"text": "per hour"}, "thickness": 12},
        )
    )
    figure.update_layout(
        height=330,
        margin={"l": 0, "r": 0, "t": 10, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor="rgba(138,148,158,0.16)",
        yaxis={"autorange": "reversed"},
        xaxis={"title": "hour of day, local time", "type": "category", "range": [-0.5, 23.5]},
    )
    return figure
