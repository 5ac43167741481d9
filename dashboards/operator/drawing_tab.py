"""Counting lines, gates, zones and masks, drawn on the picture or the plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import numpy as np
import polars as pl
import streamlit as st

from dashboards.operator.canvases import calibration_of, image_canvas, plan_canvas, to_picture
from dashboards.operator.clicking import SELECTED, Gesture, Point, clicked
from dashboards.operator.documents import (
    KINDS,
    Drawing,
    Kind,
    drawings,
    frame_of,
    junctions,
    with_drawings,
    with_junctions,
)
from dashboards.operator.draft import Draft
from dashboards.words import Words
from geo.calibration import Calibration
from geo.site_description import LineRole, ZonePurpose
from pipelines.operator import Broker

_FIELDS: dict[Kind, tuple[str, ...]] = {
    "ground_line": ("line_id", "name", "forward", "backward", "role"),
    "image_line": ("line_id", "name", "forward", "backward"),
    "zone": ("zone_id", "name", "purpose"),
    "mask": (),
}
_CHOICES: dict[str, tuple[str, ...]] = {"role": get_args(LineRole), "purpose": get_args(ZonePurpose)}
_LEAST: dict[Kind, int] = {"ground_line": 2, "image_line": 2, "zone": 3, "mask": 3}


def show(draft: Draft, camera_id: str, _broker: Broker, say: Words) -> None:
    """What is drawn, one thing of it to change, and the junctions."""
    drawn = drawings(draft.documents, camera_id)
    kind = _kind(draft, say)
    mine = [d for d in drawn if d.kind == kind]
    chosen = _choose(mine, kind, camera_id, say)
    started: Drawing | None = st.session_state.get(_started(kind, camera_id))
    selected = mine[chosen] if chosen is not None else started or _blank(kind, mine)
    st.caption(say("operator_drawing_about_line" if selected.is_line else "operator_drawing_about_area"))
    changed = _draw(draft, camera_id, drawn, selected, say)
    with st.container(border=True):
        changed = _describe(selected, f"{camera_id}_{kind}_{chosen}_{draft.revision}", say) or changed
        is_removed = st.button(say("operator_remove"), icon=":material/delete:", disabled=not selected.corners)
    if is_removed or changed is not None:
        _keep(draft, camera_id, drawn, selected, None if is_removed else changed)
    if kind == "ground_line" or kind == "image_line":
        _junctions(draft, say)


def _kind(draft: Draft, say: Words) -> Kind:
    possible = [kind for kind in KINDS if frame_of(draft.documents) or kind in ("image_line", "mask")]
    kind: Kind | None = st.segmented_control(
        say("operator_what"),
        possible,
        format_func=lambda k: say(f"operator_kind_{k}"),
        default=possible[0],
        required=True,
        key="kind",
    )
    return kind or possible[0]


def _choose(mine: list[Drawing], kind: Kind, camera_id: str, say: Words) -> int | None:
    """Which one to change; None for a new one."""
    names = {i: d.name or say("operator_number", number=i + 1) for i, d in enumerate(mine)}
    key = f"which_{camera_id}_{kind}"
    if (just_drawn := st.session_state.pop(_next(kind, camera_id), None)) is not None:
        st.session_state[key] = just_drawn
    elif st.session_state.get(key) not in (None, *names):
        del st.session_state[key]
    return st.selectbox(
        say("operator_which"),
        [None, *names],
        format_func=lambda i: say("operator_new") if i is None else names[i],
        key=key,
        width=360,
    )


def _blank(kind: Kind, mine: list[Drawing]) -> Drawing:
    """A new thing with names to change, so that it can be saved as it is."""
    taken = {str(d.properties.get("line_id") or d.properties.get("zone_id")) for d in mine}
    stem = "zone" if kind == "zone" else "line"
    number = next(n for n in range(1, len(taken) + 2) if f"{stem}_{n}" not in taken)
    name = f"{stem}_{number}"
    if kind == "mask":
        return Drawing(kind, ())
    if kind == "zone":
        return Drawing(kind, (), {"zone_id": name, "name": f"Zone {number}", "purpose": "presence"})
    return Drawing(kind, (), {"line_id": name, "name": f"Line {number}", "forward": "forward", "backward": "backward"})


def _draw(draft: Draft, camera_id: str, drawn: list[Drawing], selected: Drawing, say: Words) -> Drawing | None:
    """Shows the selected thing with its corners to move; returns it changed."""
    plane = calibration_of(draft, camera_id) if selected.is_on_ground else None
    others = [d for d in drawn if d is not selected]
    image = image_canvas(draft, camera_id, [*others, selected], say, selected)
    can_click = plane is not None or not selected.is_on_ground
    image = replace(image, points=_corners_in_picture(selected, plane), is_placing=can_click)
    if not selected.is_on_ground:
        done = clicked(image, say, f"image_drawing_{camera_id}")
        return _after(selected, done, None)
    left, right = st.columns([3, 2])
    with left:
        on_image = clicked(image, say, f"image_drawing_{camera_id}")
    with right:
        plan = plan_canvas(draft, camera_id, say, selected)
        on_plan = clicked(replace(plan, points=_marks(selected.corners), is_placing=True), say, f"plan_{camera_id}")
    return _after(selected, on_image, plane) or _after(selected, on_plan, None)


def _corners_in_picture(selected: Drawing, plane: Calibration | None) -> list[dict[str, Any]]:
    if not selected.is_on_ground:
        return _marks(selected.corners)
    seen = [to_picture([corner], plane, is_closed=False) for corner in selected.corners]
    # A corner out of view has no place in the picture; it can be moved on the plan.
    return _marks([(s[0][0], s[0][1]) for s in seen]) if all(seen) else []


def _marks(corners: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [{"label": str(i + 1), "at": list(corner), "colour": SELECTED} for i, corner in enumerate(corners)]


def _after(drawing: Drawing, done: Gesture | None, plane: Calibration | None) -> Drawing | None:
    """The drawing after a click; with a plane, clicked in the picture and meant on the ground."""
    if done is None:
        return None
    corners = list(drawing.corners)
    if done.at is None:
        del corners[done.number or 0]
        return replace(drawing, corners=tuple(corners))
    at = _on_ground(done.at, plane)
    if at is None:
        return None
    if done.number is None:
        corners.append(at)
    else:
        corners[done.number] = at
    return replace(drawing, corners=tuple(corners))


def _on_ground(at: Point, plane: Calibration | None) -> Point | None:
    if plane is None:
        return at
    x, y = plane.plane.to_ground(np.array([at]))[0].round(3)
    return None if np.isnan(x) else (float(x), float(y))


def _describe(drawing: Drawing, key: str, say: Words) -> Drawing | None:
    """Names and corners to type; returns the drawing changed."""
    given: dict[str, Any] = {}
    fields = _FIELDS[drawing.kind]
    for column, name in zip(st.columns(len(fields)) if fields else [], fields, strict=True):
        told = str(drawing.properties.get(name) or "")
        label = say(f"operator_field_{name}")
        if name in _CHOICES:
            options = _CHOICES[name]
            index = options.index(told) if told in options else 0
            given[name] = column.selectbox(
                label, options, index, format_func=lambda o: say(f"operator_choice_{o}"), key=f"{name}_{key}"
            )
        else:
            given[name] = column.text_input(label, told, key=f"{name}_{key}")
    unit = "m" if drawing.is_on_ground else "px"
    names = (f"x ({unit})", f"y ({unit})")
    rows = pl.DataFrame([*map(list, drawing.corners)], schema=dict.fromkeys(names, pl.Float64), orient="row")
    edited = st.data_editor(
        rows, num_rows="dynamic", key=f"corners_{key}_{hash(drawing.corners)}", alt=say("operator_corners"), width=360
    )
    corners = tuple((float(x), float(y)) for x, y in edited.drop_nulls().iter_rows())
    properties = drawing.properties | {k: v for k, v in given.items() if v != _as_told(drawing, k)}
    changed = replace(drawing, corners=corners, properties=properties)
    return changed if changed != drawing else None


def _as_told(drawing: Drawing, name: str) -> str:
    told = str(drawing.properties.get(name) or "")
    return told if told or name not in _CHOICES else _CHOICES[name][0]


def _keep(draft: Draft, camera_id: str, drawn: list[Drawing], old: Drawing, new: Drawing | None) -> None:
    """Takes a change over; a thing with too few corners is kept aside until it has enough."""
    started, number = _started(old.kind, camera_id), next((i for i, d in enumerate(drawn) if d is old), None)
    if new is not None and len(new.corners) < _LEAST[new.kind]:
        if number is None:
            st.session_state[started] = new
        st.rerun()
    st.session_state.pop(started, None)
    wanted = [d for d in drawn if d is not old]
    if new is not None:
        wanted.insert(len(wanted) if number is None else number, new)
    changed = with_drawings(draft.documents, camera_id, wanted)
    if number is None and new is not None:
        mine = [d for d in wanted if d.kind == new.kind]
        st.session_state[_next(new.kind, camera_id)] = len(mine) - 1
    draft.change(changed)


def _next(kind: Kind, camera_id: str) -> str:
    return f"next_{camera_id}_{kind}"


def _started(kind: Kind, camera_id: str) -> str:
    return f"started_{camera_id}_{kind}"


def _junctions(draft: Draft, say: Words) -> None:
    """Which counting lines are the gates of which junction."""
    st.subheader(say("operator_junctions"))
    st.caption(say("operator_junctions_about"))
    rows = pl.DataFrame(
        [[j["junction_id"], j["name"], list(j["gates"])] for j in junctions(draft.documents)],
        schema={"junction_id": pl.String, "name": pl.String, "gates": pl.List(pl.String)},
        orient="row",
    )
    edited = st.data_editor(
        rows,
        num_rows="dynamic",
        column_config={
            "junction_id": st.column_config.TextColumn(say("operator_field_line_id")),
            "name": st.column_config.TextColumn(say("operator_field_name")),
            "gates": st.column_config.ListColumn(say("operator_gates")),
        },
        key=f"junctions_{draft.revision}",
        alt=say("operator_junctions"),
    )
    if not edited.equals(rows):
        whole = edited.drop_nulls().to_dicts()
        if len(whole) == edited.height:
            draft.change(with_junctions(draft.documents, whole))
