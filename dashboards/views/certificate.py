"""The calibration certificate of a site's cameras, and whether they still look where they were calibrated."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, key_figure, table
from dashboards.views.selection import Selection
from dashboards.words import Words

# The pipeline calls a camera drifted beyond this; see camera_drift in the dictionary.
_DRIFT_LIMIT_M = 0.25


def show_certificates(release: Release, selection: Selection, say: Words) -> None:
    """One certificate for every calibrated camera; a word where there is none."""
    st.header(say("certificate"))
    cameras = queries.calibrations(release, selection.site_id) if release.holds("calibrations") else pl.DataFrame()
    if cameras.is_empty():
        st.info(say("no_certificate"), icon=":material/straighten:")
        return
    lines = queries.line_certificates(release, selection.site_id)
    for camera in cameras.iter_rows(named=True):
        _certificate(release, selection, camera, lines.filter(camera_id=camera["camera_id"]), say)


def _certificate(
    release: Release, selection: Selection, camera: dict[str, Any], lines: pl.DataFrame, say: Words
) -> None:
    st.subheader(say("coverage_of", camera=camera["camera_id"]))
    told = {
        "calibration_error": f"{say.number(camera['leave_one_out_rmse_m'], 2)} m",
        "in_sample": f"{say.number(camera['in_sample_rmse_m'], 2)} m",
        "control_points": say.number(camera["points"]),
        "hull_area": f"{say.number(camera['hull_m2'])} m²",
    }
    for column, (name, value) in zip(st.columns(4), told.items(), strict=True):
        with column:
            key_figure(say(name), value, about=say(f"{name}_help"))
    if camera["warnings"]:
        st.warning(camera["warnings"], icon=":material/straighten:")
    place, beside = st.columns([3, 2])
    with place:
        _sigma(release, selection, str(camera["camera_id"]), say)
    with beside:
        shown = lines.select(
            pl.col("name").alias(say("line")),
            pl.col("px_per_m").round(1).alias("px/m"),
            pl.col("sigma_m").round(2).alias("σ, m"),
            (100 * pl.col("trusted_share")).round().alias(say("trusted_percent")),
            (100 * pl.col("visible_share")).round().alias(say("visible_percent")),
        )
        table(shown, say, alt=say("line_certificates_alt"))
        st.caption(say("line_certificates_note"))


def _sigma(release: Release, selection: Selection, camera_id: str, say: Words) -> None:
    if not release.holds("calibration_sigma"):
        return
    rows = queries.calibration_sigma(release, selection.site_id, figures.MOST_SIGMA_M).filter(camera_id=camera_id)
    ground = queries.with_counts(release, selection).filter(space="ground")
    chart(
        figures.sigma_on_plan(release.plan(selection.site_id), rows, ground, say),
        rows,
        say,
        key=f"sigma_{camera_id}",
        alt=say("sigma_alt", camera=camera_id),
        note=say("sigma_note", most=say.number(figures.MOST_SIGMA_M)),
    )


def show_drift(release: Release, selection: Selection, say: Words) -> None:
    """Whether cameras have moved, by day; a word where no recording was held against the reference."""
    st.header(say("drift"))
    rows = queries.camera_drift(release, selection) if release.holds("camera_drift") else pl.DataFrame()
    if rows.is_empty():
        st.info(say("no_drift"), icon=":material/control_camera:")
        return
    for camera_id in rows["camera_id"].unique().sort():
        one = rows.filter(camera_id=camera_id)
        _verdict(one, camera_id, say)
        chart(
            figures.drift(one, _DRIFT_LIMIT_M, (selection.first_day, selection.last_day), say),
            one,
            say,
            key=f"drift_{camera_id}",
            alt=say("drift_alt", camera=camera_id),
            note=say("drift_note", limit=say.number(_DRIFT_LIMIT_M, 2)),
        )


def _verdict(rows: pl.DataFrame, camera_id: str, say: Words) -> None:
    moved = rows.filter(pl.col("is_drifted")).height
    told = rows["is_drifted"].count()
    if moved:
        st.warning(say("drifted", camera=camera_id, days=moved), icon=":material/control_camera:")
    elif told:
        st.success(say("not_drifted", camera=camera_id, days=told), icon=":material/check_circle:")
    else:
        st.info(say("drift_unknown", camera=camera_id), icon=":material/control_camera:")
