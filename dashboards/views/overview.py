"""Overview: how much is going on, how that has changed, and how far the numbers can be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.chosen_line import choose_on_click, show_chosen
from dashboards.views.frame import calibration_notes, chart, clicked, heading, table
from dashboards.views.selection import MOTOR_VEHICLES, Selection, choose
from dashboards.words import Words

_GROUPS = {"on_foot": ("pedestrian",), "on_wheels": ("cyclist", "scooter"), "motor": MOTOR_VEHICLES}
_TRAILING_DAYS, _YEAR_DAYS = 56, 364


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("overview"), say("overview_about"))
    selection = choose(release, say)
    lines = queries.lines(release, selection.site_id)
    columns = st.columns(4)
    groups = [(name, tuple(r for r in members if r in selection.road_users)) for name, members in _GROUPS.items()]
    for column, (name, members) in zip(columns, groups, strict=False):
        with column:
            if selection.overlapping_views:
                st.metric(say(f"group_{name}"), say("not_added"), border=True, height="stretch")
            else:
                _key_figure(release, replace(selection, road_users=members), name, say)
    with columns[3]:
        _coverage(release, selection, say)
    if selection.overlapping_views:
        st.warning(say("views_overlap", cameras=selection.overlapping_views), icon=":material/join:")
    st.caption(say("key_figures_note"))
    where, when = st.columns([3, 2])
    with where:
        _place(release, selection, say)
    with when:
        show_chosen(release, selection, queries.with_counts(release, selection), say)
        _sites(release, selection, say)
    calibration_notes(lines)


def _key_figure(release: Release, selection: Selection, name: str, say: Words) -> None:
    label, about = say(f"group_{name}"), say("crossings_per_day_help")
    if not selection.road_users:
        st.metric(label, say("not_looked_for"), help=about, border=True, height="stretch")
        return
    days = queries.days(release, selection)
    whole = comparison.whole_days(days)
    trailing = _earlier(release, selection, _TRAILING_DAYS)
    last_year = queries.days(release, selection.moved(_YEAR_DAYS))
    now, year = comparison.compare(trailing, days), comparison.compare(last_year, days)
    mean = float(whole["count"].mean()) if whole.height else None  # type: ignore[arg-type]
    recent = whole["count"].tail(60).to_list()
    st.metric(
        label,
        say.number(mean) if mean is not None else say("no_whole_day"),
        delta=say.change(now.change) if now.change is not None else None,
        delta_color="off",
        delta_description=say("vs_trailing") if now.change is not None else say("not_enough_history"),
        chart_data=recent if len(recent) > 2 else None,
        chart_type="line",
        help=about,
        border=True,
        height="stretch",
    )
    told = say.change(year.change) if year.change is not None else say("not_enough_history")
    st.caption(f"{say('vs_last_year')}: **{told}** · {say('not_validated')}")


def _earlier(release: Release, selection: Selection, days: int) -> pl.DataFrame:
    """The days just before a selection's period."""
    before = selection.first_day - timedelta(days=1)
    return queries.days(release, replace(selection, first_day=before - timedelta(days=days - 1), last_day=before))


def _coverage(release: Release, selection: Selection, say: Words) -> None:
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    cameras = max(quality["camera_id"].n_unique(), 1)
    observed = float(shown["coverage"].sum()) / (selection.days * cameras)
    errors_m = shown["leave_one_out_rmse_m"].drop_nulls().to_list()
    st.metric(
        say("observed_share"),
        say.percent(observed, 1 if observed < 0.1 else 0),  # a little is not nothing
        help=say("observed_share_help"),
        border=True,
        height="stretch",
        delta=say.day(max(quality["day"].to_list())),
        delta_color="off",
        delta_arrow="off",
        delta_description=say("last_day_released"),
    )
    error = f"{say.number(max(errors_m), 2)} m" if errors_m else say("not_calibrated")
    st.caption(f"{say('calibration_error')}: **{error}**")


def _place(release: Release, selection: Selection, say: Words) -> None:
    st.header(say("where"))
    sites = queries.sites(release)
    volumes = queries.network(release, selection, comparison.LEAST_COVERAGE)
    if sites.height > 1:
        figure = figures.site_map(volumes, say)
        chart(
            figure, volumes, say, key="sites", alt=say("site_map_alt"), note=say("site_map_note"), on_select=_go_to_site
        )
        return
    counted = queries.with_counts(release, selection)
    ground = counted.filter(space="ground")
    if ground.is_empty():
        st.info(say("no_map"), icon=":material/map:")
        return
    choose_on_click(
        figures.volumes_on_plan(release.plan(selection.site_id), ground, say),
        _plain(counted),
        say,
        key="volumes",
        alt=say("volumes_alt", site=selection.site_name),
        note=f"{say('volumes_note', days=say.number(selection.days))} {say('click_a_line')}",
    )


def _go_to_site() -> None:
    site_id = clicked("sites")
    if site_id is not None:
        st.session_state["site"] = site_id


def _plain(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select("line_id", "name", "forward", "forward_count", "backward", "backward_count")


def _sites(release: Release, selection: Selection, say: Words) -> None:
    st.header(say("sites"))
    volumes = queries.network(release, selection, comparison.LEAST_COVERAGE)
    shown = volumes.select(
        pl.col("name").alias(say("site")),
        pl.col("per_day").round(0).alias(say("crossings_per_day")),
        (pl.col("coverage") * 100).round(1).alias(say("observed_percent")),
        pl.col("last_day").alias(say("last_day_released")),
    )
    table(shown, alt=say("sites_alt"))
    if queries.sites(release)["overlapping_views"].count():
        st.caption(say("sites_not_added"))
    if selection.overlapping_views:
        return
    by_class = queries.totals(release, selection).group_by("road_user").agg(pl.col("count").sum())
    if by_class["count"].sum():
        st.header(say("class_split"))
        chart(
            figures.class_split(by_class, say),
            by_class,
            say,
            key="classes",
            alt=say("class_split_alt", site=selection.site_name),
            note=say("class_split_note"),
        )
