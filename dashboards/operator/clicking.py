"""A picture or a plan on which points are placed by mouse or keyboard.

On the picture x and y are pixels; on the plan x is east and y is south, in metres, so that north is up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from dashboards.figures.plan import FURNITURE, SURFACES
from dashboards.words import Words
from geo.site import Surface

Point = tuple[float, float]
Extent = tuple[float, float, float, float]

_HTML = """<div class="host"><svg role="group"></svg>
<div class="bar"><span class="place"></span><button class="whole" type="button"></button></div></div>"""
_MARGIN_M = 4.0
POINT, SELECTED, OTHER, MASK = "#c2185b", "#c2185b", "#0b6e99", "#000000"


@dataclass(frozen=True)
class Canvas:
    """What is shown.

    Attributes:
        extent: left, top, width, height.
        label: what a screen reader calls it.
        picture: a data URL, or None.
        shapes: corners, and closed, fill, stroke, width, dash, label, title where wanted.
        points: label, at, colour; these can be moved and removed.
        is_placing: whether a click adds a point.
    """

    extent: Extent
    label: str
    picture: str | None = None
    shapes: list[dict[str, Any]] = field(default_factory=list)
    points: list[dict[str, Any]] = field(default_factory=list)
    is_plan: bool = False
    is_placing: bool = True


@dataclass(frozen=True)
class Gesture:
    """What was just done: a point placed (no number), moved, or removed (no place)."""

    number: int | None
    at: Point | None


def clicked(canvas: Canvas, say: Words, key: str) -> Gesture | None:
    """Shows a canvas and returns what was done on it, in pixels or metres east and north."""
    data = {**vars(canvas), "placing": canvas.is_placing, "whole": say("operator_whole_view")}
    if canvas.is_plan:
        data["shapes"] = [{**s, "corners": _turned(s["corners"])} for s in canvas.shapes]
        data["points"] = [{**p, "at": _turned([p["at"]])[0]} for p in canvas.points]
    done = _component()(
        key=key, data=data, on_placed_change=_nothing, on_moved_change=_nothing, on_removed_change=_nothing
    )
    if done.placed:
        return Gesture(None, _back(done.placed, canvas))
    if done.moved:
        return Gesture(int(done.moved["number"]), _back(done.moved["at"], canvas))
    return Gesture(int(done.removed), None) if done.removed is not None else None


def plan_shapes(plan: Sequence[Surface]) -> list[dict[str, Any]]:
    """The surfaces of a plan."""
    return [
        {
            "corners": surface.outline_m.tolist(),
            "closed": True,
            "fill": SURFACES.get(surface.kind, FURNITURE),
            "title": surface.name,
        }
        for surface in plan
    ]


def extent_around(points: Sequence[Point]) -> Extent:
    """The part of a plan that holds these places (metres east and north), with a margin."""
    xs, ys = [p[0] for p in points] or [0.0], [-p[1] for p in points] or [0.0]
    left, top = min(xs) - _MARGIN_M, min(ys) - _MARGIN_M
    return left, top, max(xs) + _MARGIN_M - left, max(ys) + _MARGIN_M - top


def _component() -> Any:  # noqa: ANN401  (the renderer's type is private to Streamlit)
    here = Path(__file__).parent
    script, style = ((here / f"clicking.{end}").read_text(encoding="utf-8") for end in ("js", "css"))
    return st.components.v2.component("passant_clicking", html=_HTML, css=style, js=script)


def _turned(corners: Sequence[Sequence[float]]) -> list[list[float]]:
    return [[x, -y] for x, y in corners]


def _back(at: Sequence[float], canvas: Canvas) -> Point:
    return (float(at[0]), -float(at[1])) if canvas.is_plan else (float(at[0]), float(at[1]))


def _nothing() -> None:
    """Streamlit reports only what it is given a callback for."""
