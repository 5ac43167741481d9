"""The plan of a place, north up in metres, and what is drawn on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.design import DIRECTION_COLOURS, INK, PAPER
from dashboards.figures.arrows import Floats, dot, draw_arrow, free_place, outline, unit_of
from dashboards.words import Words

SURFACES = {
    "ground": "#e9e5dd",
    "plaza": "#efe9df",
    "footway": "#e3e1dc",
    "carriageway": "#c9ccd0",
    "cycle_track": "#dfc4bd",
    "tram_track": "#b9bdc4",
    "parking": "#d5d7da",
    "marking": "#f8f8f6",
    "kerb": "#d8d4cc",
    "green": "#cbddc2",
    "tree": "rgba(126,166,112,0.55)",
    "building": "#b9aa98",
}
FURNITURE = "#8d7b68"
_MARGIN_M = 6.0
_WIDEST, _THINNEST = 1.3, 0.18  # of an arrow, in the unit of the drawing


@dataclass(frozen=True)
class CountArrow:
    """One direction of a counting line as drawn.

    Attributes:
        direction: forward or backward.
        way: (2, 2) from tail to tip, in metres.
        width: of the shaft, in metres.
        label: where its number stands, in metres.
        told: the number as written.
    """

    direction: str
    way: Floats
    width: float
    label: Floats
    told: str


def volumes_on_plan(plan: list[dict[str, Any]], lines: pl.DataFrame, say: Words) -> go.Figure:
    """The counting lines over the plan, with arrows as wide as their counts.

    Args:
        plan: surfaces with kind, name and outline_m.
        lines: line_id, name, forward, backward, path_m (corners in metres), forward_count, backward_count.
        say: the reader's language.
    """
    nothing = pl.DataFrame({"cell_x": [], "cell_y": []})
    extent = extent_of(nothing, lines)
    figure = plan_of(plan, extent, say)
    unit = unit_of(extent)
    found = count_arrows(lines, say, unit)
    for arrow in found:
        draw_arrow(figure, arrow.way, DIRECTION_COLOURS[arrow.direction], arrow.width, unit)
    figure.layout.annotations = [*figure.layout.annotations, *map(_number, found)]
    add_lines(figure, lines, say)
    return figure


def plan_of(plan: list[dict[str, Any]], extent: tuple[float, float, float, float], say: Words) -> go.Figure:
    """An empty figure of the plan, north up, with its scale; the extent is west, east, south, north in metres."""
    left, right, low, high = extent
    figure = go.Figure()
    figure.update_layout(
        shapes=[*map(_surface, plan), *_scale_and_north(extent)],
        annotations=_scale_and_north_names(extent),
        # More of the plan fills the box where its shape is another.
        xaxis={"visible": False, "range": [left, right]},
        yaxis={"visible": False, "range": [low, high], "scaleanchor": "x"},
        height=520,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor=SURFACES["plaza"],
        separators=say.separators,
        showlegend=False,
        font={"color": INK},
        dragmode="pan",
    )
    return figure


def _surface(surface: dict[str, Any]) -> dict[str, Any]:
    colour = SURFACES.get(surface["kind"], FURNITURE)
    return {
        "type": "path",
        "path": _path(surface["outline_m"]),
        "fillcolor": colour,
        "line": {"width": 0},
        "layer": "below",
    }


def _path(corners: list[list[float]]) -> str:
    return "M" + " L".join(f"{x},{y}" for x, y in corners) + " Z"


def extent_of(cells: pl.DataFrame, lines: pl.DataFrame) -> tuple[float, float, float, float]:
    """West, east, south and north edge in metres of what holds lines and nearly all cells with a margin."""
    corners = [point for path in lines["path_m"].to_list() for point in path]
    x = [*_spread(cells["cell_x"]), *(point[0] for point in corners)] or [-20.0, 20.0]
    y = [*_spread(cells["cell_y"]), *(point[1] for point in corners)] or [-15.0, 15.0]
    return min(x) - _MARGIN_M, max(x) + 1 + _MARGIN_M, min(y) - _MARGIN_M, max(y) + 1 + _MARGIN_M


def _spread(values: pl.Series) -> list[float]:
    """Where nearly all lie: one far cell would make all others small."""
    return np.quantile(values.to_numpy(), (0.02, 0.98)).tolist() if len(values) else []


def middle_of(path_m: list[list[float]]) -> Floats:
    """The place half-way along a path, in metres."""
    path = np.array(path_m, float)
    gone = np.r_[0.0, np.cumsum(np.hypot(*np.diff(path, axis=0).T))]
    return np.array([np.interp(gone[-1] / 2, gone, path[:, axis]) for axis in (0, 1)])


def add_lines(figure: go.Figure, lines: pl.DataFrame, say: Words) -> None:
    """The counting lines, each with a dot that can be clicked and tells its counts."""
    for row in lines.iter_rows(named=True):
        _add_line(figure, row, say)


def _add_line(figure: go.Figure, row: dict[str, Any], say: Words) -> None:
    """The line, with a dot at its middle that can be clicked and carries the line's id."""
    x, y = np.array(row["path_m"], float).T
    middle = middle_of(row["path_m"])
    hover = (
        f"<b>{row['name']}</b><br>{row['forward']}: {say.number(row['forward_count'])}"
        f"<br>{row['backward']}: {say.number(row['backward_count'])}<extra></extra>"
    )
    figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"color": INK, "width": 4}, hoverinfo="skip"))
    figure.add_trace(
        go.Scatter(
            x=middle[:1],
            y=middle[1:],
            mode="markers",
            marker={"color": INK, "size": 13, "line": {"width": 2, "color": "white"}},
            customdata=[[row["line_id"]]],
            hovertemplate=hover,
        )
    )


def count_arrows(lines: pl.DataFrame, say: Words, unit: float) -> list[CountArrow]:
    """An arrow for each direction of each line, as wide as its count, and where its number stands.

    Args:
        lines: as for `volumes_on_plan`.
        say: the reader's language.
        unit: metres, as of `arrows.unit_of`.
    """
    rows = lines.rows(named=True)
    counts = [row[f"{direction}_count"] or 0 for row in rows for direction in ("forward", "backward")]
    widest = max(counts, default=0) or 1
    sides = [(row, *side) for row in rows for side in sides_of(row, unit)]
    taken = [dot(middle_of(row["path_m"]), unit) for row in rows]
    taken += [dot((tail + tip) / 2, unit) for _, _, tail, tip, _ in sides]
    found = []
    for row, direction, tail, tip, label in sides:
        count = row[f"{direction}_count"]
        told = say.number(count) if count is not None else say("not_observed_short")
        place = free_place(label, (tip - tail) / np.hypot(*(tip - tail)), told, taken, unit)
        width = unit * max(_THINNEST, _WIDEST * (count or 0) / widest)
        found.append(CountArrow(direction, np.array([tail, tip]), width, place, told))
    return found


def _number(arrow: CountArrow) -> dict[str, Any]:
    return {
        "x": arrow.label[0],
        "y": arrow.label[1],
        "text": f"<b>{arrow.told}</b>",
        "showarrow": False,
        "font": {"color": "white", "size": 13},
        "bgcolor": DIRECTION_COLOURS[arrow.direction],
        "borderpad": 3,
    }


def sides_of(row: dict[str, Any], unit: float) -> list[tuple[str, Floats, Floats, Floats]]:
    """For each direction of a line: where its arrow begins and ends and where its number stands, in metres.

    Forward is to the right of the line, looking from its start to its end.
    """
    path = np.array(row["path_m"], float)
    along, middle = (path[-1] - path[0]) / float(np.hypot(*(path[-1] - path[0]))), middle_of(row["path_m"])
    right = np.array([along[1], -along[0]])
    return [
        (direction, middle + 0.3 * unit * side, middle + 3.4 * unit * side, middle + 4.6 * unit * side)
        for direction, side in (("forward", right), ("backward", -right))
    ]


def _scale_and_north(extent: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    (x, y, length), (north_x, top), unit = _scale_of(extent), _north_of(extent), unit_of(extent)
    north = outline(np.array([(north_x, top - 2.6 * unit), (north_x, top)]), 0.25 * unit, unit)
    return [
        {"type": "line", "x0": x, "x1": x + length, "y0": y, "y1": y, "line": {"color": INK, "width": 3}},
        {"type": "path", "path": _path(north.tolist()), "fillcolor": INK, "line": {"width": 0}},
    ]


def _scale_and_north_names(extent: tuple[float, float, float, float]) -> list[dict[str, Any]]:
    (x, y, length), (north_x, top), unit = _scale_of(extent), _north_of(extent), unit_of(extent)
    return [
        {"x": x + length / 2, "y": y + 0.9, "text": f"{length:.0f} m", "showarrow": False},
        {"x": north_x, "y": top - 3.9 * unit, "text": "N", "showarrow": False},
    ]


def _scale_of(extent: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """Where the scale begins and how long it is, in metres."""
    left, right, low, _ = extent
    return left + 1.0, low + 1.2, 5.0 if right - left < 60 else 20.0


def _north_of(extent: tuple[float, float, float, float]) -> tuple[float, float]:
    """The tip of the arrow to the north."""
    left, _, _, high = extent
    unit = unit_of(extent)
    return left + 1.6 * unit, high - unit
