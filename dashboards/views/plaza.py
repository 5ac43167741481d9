"""Plaza: how full a zone is, how comfortable, and how long people stay in it."""

from __future__ import annotations

from typing import Any

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, heading, key_figure
from dashboards.views.selection import Selection, choose, choose_place
from dashboards.words import Words

_SERIES_DAYS = 16


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("plaza"), say("plaza_about"))
    selection = choose(release, say)
    zone = _choose_zone(release, selection, say)
    rows = queries.zone_series(release, selection, zone["zone_id"])
    if rows["present"].null_count() == rows.height:
        st.info(say("no_positions"), icon=":material/location_off:")
        st.stop()
    _key_figures(rows, zone, say)
    _crowding(rows, say)
    left, right = st.columns(2)
    with left:
        _occupancy(rows, selection, zone["name"], say)
        _levels(release, selection, zone, say)
    with right:
        _stays(release, selection, zone, say)
        _diagram(rows, zone["name"], say)
    if zone["calibration_note"]:
        st.warning(zone["calibration_note"], icon=":material/straighten:")


def _choose_zone(release: Release, selection: Selection, say: Words) -> dict[str, Any]:
    found = queries.zones(release, selection.site_id) if release.holds("zone_occupancy") else pl.DataFrame()
    zone = choose_place("zone", "zone_id", found, say)
    if zone is None:
        st.info(say("no_zone"), icon=":material/crop_free:")
        st.stop()
    return zone


def _key_figures(rows: pl.DataFrame, zone: dict[str, Any], say: Words) -> None:
    seen = rows.drop_nulls("present")
    busiest = seen.sort("present", descending=True).row(0, named=True)
    hours = float(seen["coverage"].sum()) / 4
    mean = float((seen["present"] * seen["coverage"]).sum()) / float(seen["coverage"].sum())
    columns = st.columns(4)
    with columns[0]:
        low, high = _mean_interval(seen)
        told = f"{say.interval(low, high, 1)} · {say('not_validated')}"
        key_figure(say("mean_present"), say.number(mean, 1), told, about=say("mean_present_help"))
    with columns[1]:
        told = f"{say.moment(busiest['start_local'])} · {say('not_validated')}"
        key_figure(say("most_present"), say.number(busiest["present"], 1), told, about=say("most_present_help"))
    with columns[2]:
        key_figure(say("zone_area"), f"{say.number(zone['area_m2'])} m²")
    with columns[3]:
        days = seen["start_local"].dt.date().n_unique()
        told = say("of_days", n=days)
        key_figure(say("observed_time"), say.duration(hours * 3600), told, about=say("positions_help"))
    st.caption(say("not_validated_long"))


def _crowding(rows: pl.DataFrame, say: Words) -> None:
    """How crowded it was at the fullest moment and, by Voronoi cells, in the mean; nothing where that is not known."""
    seen = rows.drop_nulls(["voronoi_density_per_m2", "peak_density_per_m2"])
    if seen.is_empty():
        return
    fullest = seen.sort("peak_density_per_m2", descending=True).row(0, named=True)
    mean = float((seen["voronoi_density_per_m2"] * seen["coverage"]).sum()) / float(seen["coverage"].sum())
    peak, voronoi = st.columns(2)
    with peak:
        told = f"{say.moment(fullest['start_local'])} · {say('not_validated')}"
        value = f"{say.number(fullest['peak_density_per_m2'], 2)} /m²"
        key_figure(say("peak_density"), value, told, about=say("peak_density_help"))
    with voronoi:
        value = f"{say.number(mean, 2)} /m²"
        key_figure(say("voronoi_density"), value, say("not_validated"), about=say("voronoi_density_help"))


def _mean_interval(seen: pl.DataFrame) -> tuple[float | None, float | None]:
    """The bounds of the mean number present, by drawing days."""
    days = seen.group_by(day=pl.col("start_local").dt.date()).agg(
        spent=(pl.col("present") * pl.col("coverage")).sum(), coverage=pl.col("coverage").sum()
    )
    rows = days.sort("day")
    return comparison.ratio_interval(rows["spent"].to_list(), rows["coverage"].to_list())


def _occupancy(rows: pl.DataFrame, selection: Selection, name: str, say: Words) -> None:
    st.header(say("occupancy_of", zone=name))
    if selection.days <= _SERIES_DAYS and not selection.is_one_hour:
        chart(
            figures.occupancy(rows, say),
            rows,
            say,
            key="occupancy",
            alt=say("occupancy_alt", zone=name),
            note=say("series_note"),
        )
        return
    profile = (
        rows.drop_nulls("present")
        .group_by(hour=pl.col("start_local").dt.hour())
        .agg(present=(pl.col("present") * pl.col("coverage")).sum() / pl.col("coverage").sum())
        .sort("hour")
    )
    chart(
        figures.day_profile(profile, say),
        profile,
        say,
        key="occupancy_by_hour",
        alt=say("occupancy_by_hour_alt", zone=name),
        note=say("occupancy_by_hour_note"),
    )


def _levels(release: Release, selection: Selection, zone: dict[str, Any], say: Words) -> None:
    rows = queries.levels(release, selection, zone["zone_id"])
    if rows.is_empty():
        return
    st.header(say("level_of_service"))
    note = f"{say('levels_note')} {say('levels_probable' if rows['probability'].count() else 'levels_not_validated')}"
    if rows["is_at_least"].any():
        note = f"{note} {say('levels_at_least')}"
    chart(figures.levels(rows, say), rows, say, key="levels", alt=say("levels_alt", zone=zone["name"]), note=note)


def _stays(release: Release, selection: Selection, zone: dict[str, Any], say: Words) -> None:
    st.header(say("stays"))
    rows = queries.dwell(release, selection, zone["zone_id"])
    if rows["median_s"].null_count() == rows.height:
        st.info(say("no_stay"), icon=":material/timer_off:")
        return
    chart(
        figures.stays(rows, say),
        rows,
        say,
        key="stays",
        alt=say("stays_alt", zone=zone["name"]),
        note=say("stays_note"),
    )


def _diagram(rows: pl.DataFrame, name: str, say: Words) -> None:
    st.header(say("fundamental_diagram"))
    chart(
        figures.fundamental_diagram(rows, say),
        rows.select("start_local", "density_per_m2", "speed_m_s"),
        say,
        key="fundamental_diagram",
        alt=say("diagram_alt", zone=name),
        note=say("diagram_note"),
    )
