"""Control points on picture and plan, and at once how good metres are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl
import streamlit as st

from dashboards.design import config, lay_out
from dashboards.operator.canvases import image_canvas, plan_canvas
from dashboards.operator.clicking import MASK, POINT, clicked
from dashboards.operator.documents import Drawing, camera_of, drawings
from dashboards.operator.draft import Draft
from dashboards.operator.points import PIXELS, Points, calibrated, read_points, with_points
from dashboards.views.frame import table
from dashboards.words import Words
from geo.calibration import Calibration
from geo.certificate import line_certificates, sigma_map
from geo.ground_plane import CalibrationError
from geo.site import Site
from pipelines.operator import Broker

_WORST_SHOWN_M = 1.0


def show(draft: Draft, camera_id: str, _broker: Broker, say: Words) -> None:
    """Both pictures, the table, the errors, the map of errors and the lines."""
    points = read_points(draft.documents, camera_id)
    if points is None:
        st.warning(say("operator_no_place"))
        return
    st.caption(say("operator_points_about"))
    _place(draft, camera_id, points, say)
    try:
        calibration = calibrated(draft.documents, camera_id, points)
    except CalibrationError as error:
        st.error(say("operator_refused", reason=str(error)))
        _edit(draft, camera_id, points, None, say)
        return
    _figures(calibration, say)
    left, right = st.columns([3, 2])
    with left:
        _edit(draft, camera_id, points, calibration, say)
    with right:
        st.subheader(say("operator_lines"))
        if half := [i for i in range(len(points.rows)) if i not in points.complete()]:
            _other_half(points, half[0], say)
        else:
            _lines(draft, camera_id, calibration, say)
    st.subheader(say("operator_sigma_map"))
    st.caption(say("operator_sigma_about"))
    figure = _sigma_figure(draft, camera_id, calibration, say)
    st.plotly_chart(figure, config=config("sigma"), key="sigma", alt=say("operator_sigma_map"))


def _place(draft: Draft, camera_id: str, points: Points, say: Words) -> None:
    """The two pictures side by side; a point is placed on both, in any order."""
    count = range(len(points.rows))
    pixels, places = {i: points.pixel(i) for i in count}, {i: points.metres(i) for i in count}
    image = replace(
        image_canvas(draft, camera_id, _masks(draft, camera_id), say), points=_marks(pixels), is_placing=True
    )
    plan = plan_canvas(draft, camera_id, say, more=[p for p in places.values() if p], is_quiet=True)
    plan = replace(plan, points=_marks(places), is_placing=True)
    left, right = st.columns([3, 2])
    with left:
        on_image = clicked(image, say, f"image_points_{camera_id}")
    with right:
        on_plan = clicked(plan, say, f"plan_points_{camera_id}")
    if on_image:
        at = [i for i in pixels if pixels[i]][on_image.number] if on_image.number is not None else None
        changed = points.with_pixel(at, on_image.at) if on_image.at else points.without(at or 0)
        draft.change(with_points(draft.documents, camera_id, changed))
    if on_plan:
        at = [i for i in places if places[i]][on_plan.number] if on_plan.number is not None else None
        changed = points.with_metres(at, on_plan.at) if on_plan.at else points.without(at or 0)
        draft.change(with_points(draft.documents, camera_id, changed))


def _other_half(points: Points, number: int, say: Words) -> None:
    """What is missing of a point that stands in one of the two pictures only."""
    missing = "plan" if points.pixel(number) else "picture"
    st.info(say(f"operator_missing_in_{missing}", number=number + 1), icon=":material/add_location_alt:")


def _marks(at: dict[int, Any]) -> list[dict[str, Any]]:
    return [{"label": str(i + 1), "at": list(p), "colour": POINT} for i, p in at.items() if p]


def _figures(calibration: Calibration, say: Words) -> None:
    row = st.columns(4)
    error_m, fit_m = calibration.leave_one_out_rmse_m, calibration.in_sample_rmse_m
    told = (
        (say("operator_leave_one_out"), f"{say.number(error_m, 3)} m", say("operator_leave_one_out_help")),
        (say("operator_in_sample"), f"{say.number(fit_m, 3)} m", say("operator_in_sample_help")),
        (say("operator_point_count"), say.number(calibration.points), None),
        (say("operator_hull"), f"{say.number(calibration.hull_m.area)} m²", None),
    )
    for place, (label, value, about) in zip(row, told, strict=True):
        place.metric(label, value, help=about, border=True)
    for warning in calibration.warnings if calibration.note is None else (calibration.note, *calibration.warnings):
        st.warning(warning)


def _edit(draft: Draft, camera_id: str, points: Points, calibration: Calibration | None, say: Words) -> None:
    """The table; everything that can be clicked can be typed here too."""
    st.subheader(say("operator_points"))
    numbers = (*PIXELS, *points.places)
    types = {c: pl.Float64 if c in numbers else pl.String for c in points.columns}
    rows = pl.DataFrame([[row[c] for c in points.columns] for row in points.rows], schema=types, orient="row")
    errors = dict(zip(points.complete(), calibration.leave_one_out_m, strict=True)) if calibration else {}
    number_name, error_name = say("operator_point_number"), say("operator_error_m")
    shown = rows.select(
        pl.Series(number_name, range(1, rows.height + 1), dtype=pl.Int64),
        pl.all(),
        pl.Series(error_name, [errors.get(i) for i in range(rows.height)], dtype=pl.Float64),
    )
    formats = {c: "%.1f" if c in PIXELS else "%.8f" if c in ("lon", "lat") else "%.3f" for c in numbers}
    columns: dict[str, Any] = {c: st.column_config.NumberColumn(format=f) for c, f in formats.items()}
    columns[error_name] = st.column_config.NumberColumn(format="%.3f", disabled=True)
    columns[number_name] = st.column_config.NumberColumn(disabled=True, width="small")
    edited = st.data_editor(
        shown,
        num_rows="dynamic",
        hide_index=True,
        column_config=columns,
        key=f"table_{camera_id}_{draft.revision}",
        alt=say("operator_points"),
    ).select(points.columns)
    if not edited.equals(rows):
        draft.change(with_points(draft.documents, camera_id, points.of(edited.to_dicts())))


def _lines(draft: Draft, camera_id: str, calibration: Calibration, say: Words) -> None:
    site = draft.site()
    if not isinstance(site, Site):
        st.warning(str(site))
        return
    lines = site.lines_of(camera_id, "ground")
    if not lines:
        st.info(say("operator_no_lines"))
        return
    names = {line.line_id: line.name for line in lines}
    told = line_certificates(calibration, lines).select(
        pl.col("line_id").replace(names).alias(say("operator_line")),
        pl.col("px_per_m").round(1).alias("px/m"),
        pl.col("sigma_m").round(2).alias("σ (m)"),
        (100 * pl.col("trusted_share")).round().alias(say("operator_trusted")),
        (100 * pl.col("visible_share")).round().alias(say("operator_visible")),
    )
    table(told, say, alt=say("operator_lines"))


def _sigma_figure(draft: Draft, camera_id: str, calibration: Calibration, say: Words) -> go.Figure:
    """The error of a pedestrian's place over the picture; pale where it is extrapolated."""
    width, height = camera_of(draft.documents, camera_id)["size_px"]
    grid = sigma_map(calibration, (width, height))
    figure = go.Figure()
    for is_trusted, opacity in ((True, 0.6), (False, 0.22)):
        part = grid.filter(pl.col("is_trusted") == is_trusted)
        figure.add_trace(
            go.Heatmap(
                x=part["x_px"].to_list(),
                y=part["y_px"].to_list(),
                z=np.minimum(part["sigma_m"].to_numpy(), _WORST_SHOWN_M),
                customdata=part["sigma_m"].to_list(),
                zmin=0,
                zmax=min(_WORST_SHOWN_M, float(grid["sigma_m"].quantile(0.9) or 1.0)),
                colorscale="Viridis",
                opacity=opacity,
                showscale=is_trusted,
                colorbar={"title": {"text": "σ (m)"}, "thickness": 12},
                hovertemplate="σ %{customdata:.2f} m<extra></extra>",
            )
        )
    lay_out(figure, say, height=460)
    figure.update_xaxes(visible=False, range=[0, width], constrain="domain")
    figure.update_yaxes(visible=False, range=[height, 0], scaleanchor="x", constrain="domain")
    if picture := draft.pictures.get(camera_id):
        place = {"x": 0, "y": 0, "sizex": width, "sizey": height, "xref": "x", "yref": "y"}
        figure.add_layout_image({"source": picture, **place, "sizing": "stretch", "layer": "below"})
    for mask in _masks(draft, camera_id):
        path = "M" + " L".join(f"{x},{y}" for x, y in mask.corners) + " Z"
        figure.add_shape(type="path", path=path, fillcolor=MASK, line_width=0)
    return figure


def _masks(draft: Draft, camera_id: str) -> list[Drawing]:
    """Also those not yet saved: what they cover is shown nowhere."""
    return [d for d in drawings(draft.documents, camera_id) if d.kind == "mask"]
