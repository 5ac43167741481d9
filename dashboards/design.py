"""One look: colours that any eye can tell apart, one chart layout, one place for key figures."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from dashboards.words import Words

# After Okabe and Ito, "Color Universal Design" (2008); motor vehicles are the greys and the warm hues.
ROAD_USER_COLOURS = {
    "pedestrian": "#0072b2",
    "cyclist": "#009e73",
    "scooter": "#56b4e9",
    "motorcycle": "#cc79a7",
    "car": "#7a828c",
    "van": "#a9b0b8",
    "bus": "#e69f00",
    "truck": "#d55e00",
    "tram": "#8c510a",
}
FORWARD, BACKWARD = "#0b6e99", "#e07a1f"
DIRECTION_COLOURS = {"forward": FORWARD, "backward": BACKWARD}
INK, PAPER, GRID, AXIS, UNOBSERVED = "#22313f", "rgba(0,0,0,0)", "rgba(128,140,150,0.25)", "#8a949e", "#8a949e"
ACCENT, QUIET = "#0b6e99", "#9aa5af"

# Nothing leaves this machine: Plotly's own upload button is off.
_CONFIG: dict[str, Any] = {
    "showSendToCloud": False,
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
}


def config(name: str) -> dict[str, Any]:
    """Plotly's settings, with the name under which a picture of the chart is saved."""
    return {**_CONFIG, "toImageButtonOptions": {"format": "png", "scale": 3, "filename": f"passant_{name}"}}


def lay_out(figure: go.Figure, say: Words, *, height: int, **changes: Any) -> go.Figure:  # noqa: ANN401
    """Gives a chart the common layout."""
    numbers = {"separatethousands": True, "exponentformat": "none"}
    axis = {"gridcolor": GRID, "zerolinecolor": AXIS, "ticks": "", "automargin": True, **numbers}
    figure.update_layout(
        height=height,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor=PAPER,
        separators=say.separators,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left", "title": {"text": ""}},
        hoverlabel={"align": "left"},
        xaxis={**axis, "showgrid": False},
        yaxis=axis,
        modebar={"orientation": "v"},
    )
    figure.update_layout(**changes)
    return figure


def mark_unobserved_hours(figure: go.Figure, observed: list[int]) -> None:
    """Shades the hours of the day that are not among those observed."""
    mark_unobserved(figure, [(hour - 0.5, hour + 0.5) for hour in range(24) if hour not in observed])


def mark_unobserved(figure: go.Figure, runs: list[tuple[Any, Any]]) -> None:
    """Shades the time that nobody observed."""
    add_bands(figure, runs, colour=UNOBSERVED, opacity=0.16)


def add_bands(figure: go.Figure, runs: list[tuple[Any, Any]], *, colour: str, opacity: float, axis: str = "x") -> None:
    """Bands across a chart from start to end on an axis, all at once: Plotly checks every shape at each addition."""
    other = "y" if axis == "x" else "x"
    common = {
        "type": "rect",
        f"{axis}ref": axis,
        f"{other}ref": f"{other} domain",
        f"{other}0": 0,
        f"{other}1": 1,
        "fillcolor": colour,
        "opacity": opacity,
        "line": {"width": 0},
        "layer": "below",
    }
    bands = [{**common, f"{axis}0": start, f"{axis}1": end} for start, end in runs]
    figure.layout.shapes = [*figure.layout.shapes, *bands]
