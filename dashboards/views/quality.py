"""Data quality: what was observed, what was not, and what the numbers rest on."""

from __future__ import annotations

import polars as pl
import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.certificate import show_certificates, show_drift
from dashboards.views.frame import calibration_notes, chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose
from dashboards.words import Words

# In a longer period hours are too narrow to be told apart.
_UPTIME_DAYS = 62


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("quality"), say("quality_about"))
    selection = choose(release, say)
    rows = queries.quality(release, selection.site_id)
    shown = rows.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    _key_figures(shown, selection, say)
    hours = queries.uptime(release, selection) if release.holds("coverage") and selection.days <= _UPTIME_DAYS else None
    for camera_id in rows["camera_id"].unique().sort():
        st.header(say("coverage_of", camera=camera_id))
        one = shown.filter(camera_id=camera_id).select("day", "coverage", "recordings", "recorded_s", "observed_s")
        figure = figures.coverage(one, selection.first_day, selection.last_day, say)
        key = f"coverage_{camera_id}"
        chart(figure, one, say, key=key, alt=say("coverage_alt", camera=camera_id), note=say("coverage_note"))
        if hours is not None:
            _uptime(hours.filter(camera_id=camera_id), camera_id, selection, say)
    _gaps(shown, selection, say)
    show_certificates(release, selection, say)
    show_drift(release, selection, say)
    _provenance(shown, say)
    _held(release, selection, say)
    calibration_notes(queries.lines(release, selection.site_id))


def _uptime(hours: pl.DataFrame, camera_id: str, selection: Selection, say: Words) -> None:
    """The gaps within days, where the period is short enough to tell hours apart."""
    figure = figures.uptime(hours, selection.first_day, selection.last_day, say)
    key = f"uptime_{camera_id}"
    chart(figure, hours, say, key=key, alt=say("uptime_alt", camera=camera_id), note=say("uptime_note"))


def _key_figures(shown: pl.DataFrame, selection: Selection, say: Words) -> None:
    cameras = max(shown["camera_id"].n_unique(), 1)
    days_of_cameras = selection.days * cameras
    recorded_s, observed_s = float(shown["recorded_s"].sum()), float(shown["observed_s"].sum())
    errors_m = shown["leave_one_out_rmse_m"].drop_nulls().to_list()
    columns = st.columns(4)
    error = f"{say.number(max(errors_m), 2)} m" if errors_m else say("not_calibrated")
    of_recorded = say.percent(observed_s / recorded_s, 1) if recorded_s else say("not_observed")
    told = {
        "observed_share": say.percent(float(shown["coverage"].sum()) / days_of_cameras),
        "of_recorded": of_recorded,
        "calibration_error": error,
        "validation": say("not_validated"),
    }
    for column, (name, value) in zip(columns, told.items(), strict=True):
        with column:
            key_figure(say(name), value, about=say(f"{name}_help"))


def _gaps(shown: pl.DataFrame, selection: Selection, say: Words) -> None:
    """Days without any recording, as runs."""
    st.header(say("gaps"))
    every = pl.DataFrame({"day": pl.date_range(selection.first_day, selection.last_day, eager=True)})
    missing = every.join(shown, on="day", how="anti").sort("day")
    run = (pl.col("day").diff() != pl.duration(days=1)).fill_null(True).cum_sum()
    runs = missing.group_by(run.alias("run")).agg(
        pl.col("day").min().alias(say("first_day")),
        pl.col("day").max().alias(say("last_day")),
        pl.len().alias(say("unit_days")),
    )
    if runs.is_empty():
        st.success(say("no_gap"), icon=":material/check_circle:")
        return
    table(runs.drop("run").sort(say("first_day")), say, alt=say("gaps_alt"))


def _provenance(shown: pl.DataFrame, say: Words) -> None:
    st.header(say("provenance"))
    rows = (
        shown.group_by("detector", "site_version")
        .agg(pl.col("day").min().alias("first"), pl.col("day").max().alias("last"), pl.col("day").n_unique().alias("n"))
        .sort("first")
        .select(
            pl.col("detector").map_elements(say.detector, pl.String).alias(say("detector")),
            pl.col("site_version").str.slice(0, 12).alias(say("site_version")),
            pl.col("first").alias(say("first_day")),
            pl.col("last").alias(say("last_day")),
            pl.col("n").alias(say("unit_days")),
        )
    )
    table(rows, say, alt=say("provenance_alt"))


def _held(release: Release, selection: Selection, say: Words) -> None:
    held = [h for h in release.manifest["held"] if h["site_id"] == selection.site_id]
    if held:
        st.header(say("held_back"))
        table(pl.DataFrame(held), say, alt=say("held_alt"))
