"""Arrows to scale on a plan, as outlines in metres, and places for the numbers beside them."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Of the width of what is shown: a number, a dot and the widest arrow fit a plan of any size.
_UNITS_ACROSS = 60
_HEAD_WIDTH, _HEAD_LENGTH, _LEAST_HEAD = 2.1, 1.3, 0.9
_LETTER, _PADDING, _HALF_HEIGHT, _DOT = 0.36, 0.4, 0.85, 0.6


def unit_of(extent: tuple[float, float, float, float]) -> float:
    """The metres that one unit of a drawing is on a plan from west to east, south to north."""
    return (extent[1] - extent[0]) / _UNITS_ACROSS


def outline(way: Floats, width: float, unit: float) -> Floats:
    """The outline (n, 2) of an arrow along a way, its head included.

    Args:
        way: (n, 2) from tail to tip, in metres.
        width: of the shaft in metres.
        unit: metres, as of `unit_of`; no head is smaller.
    """
    head = max(_HEAD_WIDTH * width, _LEAST_HEAD * unit)
    gone = np.r_[0.0, np.cumsum(np.hypot(*np.diff(way, axis=0).T))]
    neck = max(gone[-1] - _HEAD_LENGTH * head, 0.3 * gone[-1])
    shaft = np.vstack([way[gone < neck], [np.interp(neck, gone, way[:, axis]) for axis in (0, 1)]])
    along = np.gradient(shaft, axis=0)
    left = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(np.hypot(*along.T), 1e-9)[:, None]
    # The head points on from where the shaft ends, so that a bent arrow has an even one.
    tip = way[-1]
    aim = (tip - shaft[-1]) / max(float(np.hypot(*(tip - shaft[-1]))), 1e-9)
    across = np.array([-aim[1], aim[0]]) * head / 2
    sides = shaft + left * width / 2, shaft - left * width / 2
    return np.vstack([sides[0], shaft[-1] + across, tip, shaft[-1] - across, sides[1][::-1]])


def draw_arrow(figure: go.Figure, way: Any, colour: str, width: float, unit: float, told: str = "") -> None:  # noqa: ANN401
    """Draws an arrow along a way in metres; ``told`` is what it says under the pointer."""
    x, y = outline(np.asarray(way, float), width, unit).T
    figure.add_trace(
        go.Scatter(
            x=x,
            y=y,
            mode="lines",
            fill="toself",
            fillcolor=colour,
            line={"color": "white", "width": 0.8},
            hoveron="fills",
            text=told,
            hoverinfo="text" if told else "skip",
            hoverlabel={"bgcolor": colour},
        )
    )


def free_place(wanted: Floats, aim: Floats, told: str, taken: list[tuple[Floats, Floats]], unit: float) -> Floats:
    """Where a number can stand without covering what is there: as wanted, or beside or beyond it.

    Args:
        wanted: where it should stand, in metres.
        aim: unit vector away from what it belongs to.
        told: the number as written.
        taken: middle and half size of what is there already; the number is added to it.
        unit: metres, as of `unit_of`.
    """
    half = unit * np.array([_LETTER * len(told) + _PADDING, _HALF_HEIGHT])
    aside = np.array([-aim[1], aim[0]])
    tried = [
        wanted + unit * (beyond * aim + side * aside)
        for beyond in (0.0, 1.6, 3.2)
        for side in (0.0, 1.8, -1.8, 3.6, -3.6)
    ]
    free = (place for place in tried if not any(_overlap(place, half, *other) for other in taken))
    place = next(free, wanted)
    taken.append((place, half))
    return place


def dot(place: Floats, unit: float) -> tuple[Floats, Floats]:
    """What a dot takes: its middle and its half size."""
    return place, np.full(2, _DOT * unit)


def _overlap(place: Floats, half: Floats, other: Floats, other_half: Floats) -> bool:
    return bool(np.all(np.abs(place - other) < half + other_half))
