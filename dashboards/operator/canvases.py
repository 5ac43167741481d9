"""The camera's picture and the plan of its site, with what is drawn on them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dashboards.operator.clicking import MASK, OTHER, SELECTED, Canvas, Point, extent_around, plan_shapes
from dashboards.operator.documents import Drawing, camera_of, drawings
from dashboards.operator.draft import Draft
from dashboards.operator.points import calibrated, read_points
from dashboards.words import Words
from geo.calibration import Calibration
from geo.ground_plane import CalibrationError
from geo.site import PLAN_FILE, SiteError, Surface, read_plan

# A line on the ground is bent by the lens; this many pieces show it.
_PIECES = 12


def image_canvas(
    draft: Draft, camera_id: str, drawn: Sequence[Drawing], say: Words, selected: Drawing | None = None
) -> Canvas:
    """The picture, without points to move."""
    width, height = camera_of(draft.documents, camera_id)["size_px"]
    plane = calibration_of(draft, camera_id)
    shapes = [s for d in drawn for s in _in_picture(d, plane, is_selected=d is selected)]
    picture = draft.pictures.get(camera_id)
    return Canvas((0, 0, width, height), say("operator_picture"), picture, shapes, is_placing=False)


def plan_canvas(
    draft: Draft,
    camera_id: str,
    say: Words,
    selected: Drawing | None = None,
    more: Sequence[Point] = (),
    *,
    is_quiet: bool = False,
) -> Canvas:
    """The plan, without points to move; a quiet one names nothing, so that what is laid over it can be seen."""
    plan = plan_of(draft)
    drawn = [d for d in drawings(draft.documents, camera_id) if d.is_on_ground and d.corners != _corners(selected)]
    shapes, quiet = plan_shapes(plan), {"label": ""} if is_quiet else {}
    shapes += [_shape(d, d.corners, is_selected=False) | quiet for d in drawn]
    if selected is not None and _corners(selected):
        shapes.append(_shape(selected, selected.corners, is_selected=True))
    near = [*more, *(c for d in drawn for c in d.corners), *_corners(selected)]
    seen = calibration_of(draft, camera_id)
    if seen is not None:
        near += [(float(x), float(y)) for x, y in seen.hull_m.exterior.coords]
    around = near or [(float(x), float(y)) for s in plan for x, y in s.outline_m]
    return Canvas(extent_around(around), say("operator_plan"), None, shapes, is_plan=True, is_placing=False)


def calibration_of(draft: Draft, camera_id: str) -> Calibration | None:
    """The calibration by the points as they are now, or None where there is none."""
    points = read_points(draft.documents, camera_id)
    try:
        return calibrated(draft.documents, camera_id, points) if points else None
    except CalibrationError:
        return None


def plan_of(draft: Draft) -> tuple[Surface, ...]:
    """The plan of the site; nothing where it cannot be read."""
    try:
        return read_plan(draft.documents, draft.site_id) if PLAN_FILE in draft.documents else ()
    except SiteError:
        return ()


def to_picture(corners: Sequence[Point], plane: Calibration | None, *, is_closed: bool) -> list[list[float]]:
    """Where a way on the ground lies in the picture, in short pieces; what is out of view is left out."""
    if plane is None or not corners:
        return []
    whole = np.array([*corners, corners[0]] if is_closed else corners)
    shares = np.linspace(0, 1, _PIECES, endpoint=False)[:, None]
    pieces = [a + shares * (b - a) for a, b in pairwise(whole)]
    pixels = plane.plane.to_pixels(np.concatenate([*pieces, whole[-1:]]))
    return [[float(x), float(y)] for x, y in pixels[~np.isnan(pixels).any(axis=1)]]


def _in_picture(drawing: Drawing, plane: Calibration | None, *, is_selected: bool) -> list[dict[str, Any]]:
    if not drawing.is_on_ground:
        return [_shape(drawing, drawing.corners, is_selected=is_selected)] if drawing.corners else []
    pixels = to_picture(drawing.corners, plane, is_closed=not drawing.is_line)
    return [_shape(drawing, pixels, is_selected=is_selected)] if pixels else []


def _shape(drawing: Drawing, corners: Sequence[Sequence[float]], *, is_selected: bool) -> dict[str, Any]:
    colour = SELECTED if is_selected else OTHER
    shape = {
        "corners": [list(c) for c in corners],
        "closed": not drawing.is_line,
        "stroke": colour,
        "width": 4 if drawing.is_line else 2,
        "label": drawing.name,
        "title": drawing.name,
    }
    if drawing.kind == "zone":
        return {**shape, "fill": "rgba(11,110,153,0.14)", "dash": True}
    return {**shape, "fill": MASK} if drawing.kind == "mask" else shape


def _corners(drawing: Drawing | None) -> tuple[Point, ...]:
    return drawing.corners if drawing is not None and drawing.is_on_ground else ()
