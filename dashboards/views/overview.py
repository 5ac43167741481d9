"""Overview: how much is going on, how that has changed, and how far the numbers can be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.chosen_line import choose_on_click, show_chosen
from dashboards.views.frame import SmallPicture, calibration_notes, chart, clicked, heading, key_figure, table
from dashboards.views.selection import GROUPS, Selection, choose
from dashboards.words import Words

_TRAILING_DAYS, _YEAR_DAYS = 56, 364
_DAYS_IN_CARD, _LEAST_IN_CARD = 60, 3


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("overview"), say("overview_about"))
    selection = choose(release, say)
    lines = queries.lines(release, selection.site_id)
    columns = st.columns(4)
    groups = {name: [r for r in members if r in selection.road_users] for name, members in GROUPS.items()}
    periods = None if selection.overlapping_views else _periods(release, selection, groups)
    for column, (name, members) in zip(columns, groups.items(), strict=False):
        with column:
            if periods is None:
                key_figure(_label(name, selection, say), say("not_added"))
            elif not members:
                key_figure(_label(name, selection, say), say("not_looked_for"), about=say("crossings_per_day_help"))
            else:
                _key_figure([period[name] for period in periods], name, selection, say)
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


def _periods(release: Release, selection: Selection, groups: dict[str, list[str]]) -> list[dict[str, pl.DataFrame]]:
    """The days of each group: of the period, of the weeks before it and of a year before."""
    before = selection.first_day - timedelta(days=1)
    trailing = replace(selection, first_day=before - timedelta(days=_TRAILING_DAYS - 1), last_day=before)
    wanted = (selection, trailing, selection.moved(_YEAR_DAYS))
    return [queries.days_of_groups(release, period, groups) for period in wanted]


def _key_figure(periods: list[pl.DataFrame], name: str, selection: Selection, say: Words) -> None:
    """A group's mean per day and its changes; the periods are those of `_periods`."""
    days, trailing, last_year = periods
    mean, label = comparison.mean_of(days), _label(name, selection, say)
    now, year = comparison.compare(trailing, days), comparison.compare(last_year, days)
    key_figure(
        label,
        say.number(mean.value) if mean.value is not None else say("no_whole_day"),
        f"{say.interval(mean.lo95, mean.hi95)} · {say('not_validated')}",
        f"{say('vs_trailing')}: {_told(now, say)}",
        f"{say('vs_last_year')}: {_told(year, say)}",
        about=say("crossings_per_day_help"),
        picture=_recent(days, name, label, say),
    )


def _recent(days: pl.DataFrame, name: str, label: str, say: Words) -> SmallPicture | None:
    """The last days observed nearly throughout, the others as gaps; None where there are hardly any."""
    is_whole = pl.col("coverage") >= comparison.LEAST_COVERAGE
    recent = days.tail(_DAYS_IN_CARD).select("day", value=pl.when(is_whole).then(pl.col("count")))
    whole = recent.drop_nulls()
    if whole.height < _LEAST_IN_CARD:
        return None
    low, high, last = (say.number(v) for v in (whole["value"].min(), whole["value"].max(), whole["value"][-1]))  # type: ignore[arg-type]
    alt = say("spark_alt", label=label, n=whole.height, low=low, high=high, last=last)
    return SmallPicture(figures.sparkline(recent, say, "line"), f"recent_{name}", alt)


def _label(name: str, selection: Selection, say: Words) -> str:
    return say("group_per_hour" if selection.is_one_hour else "group_per_day", group=say(f"group_{name}"))


def _told(found: comparison.Comparison, say: Words) -> str:
    """A change with its interval; an arrow only where it is more than chance."""
    if found.change is None:
        return f"**{say('not_enough_history')}**"
    arrow = "" if not found.is_clear else "↑ " if found.change > 0 else "↓ "
    return f"**{arrow}{say.change(found.change)}** ({say.change_interval(found.lo95, found.hi95)})"


def _coverage(release: Release, selection: Selection, say: Words) -> None:
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    cameras = max(quality["camera_id"].n_unique(), 1)
    observed = float(shown["coverage"].sum()) / (selection.days * cameras)
    errors_m = shown["leave_one_out_rmse_m"].drop_nulls().to_list()
    error = f"{say.number(max(errors_m), 2)} m" if errors_m else say("not_calibrated")
    observed_days = sorted(shown.filter(pl.col("coverage") > 0)["day"].unique().to_list())
    key_figure(
        say("observed_share"),
        say.percent(observed, 1 if observed < 0.1 else 0),  # a little is not nothing
        say("days_observed", days=say.number(len(observed_days)), of=say.number(selection.days)),
        f"{say('last_day_released')}: **{say.day(max(quality['day'].to_list()))}**",
        f"{say('calibration_error')}: **{error}**",
        about=say("observed_share_help"),
        picture=_shares(shown, selection, say),
    )


def _shares(shown: pl.DataFrame, selection: Selection, say: Words) -> SmallPicture | None:
    """The observed share of the last days; None for a single day."""
    days = pl.DataFrame({"day": pl.date_range(selection.first_day, selection.last_day, eager=True)})
    shares = days.tail(_DAYS_IN_CARD).join(
        shown.group_by("day").agg(value=100 * pl.col("coverage").mean()), on="day", how="left", maintain_order="left"
    )
    if days.height == 1:
        return None
    least = say.percent(float(shares["value"].fill_null(0.0).min()) / 100)  # type: ignore[arg-type]
    alt = say("spark_shares_alt", n=shares.height, least=least)
    return SmallPicture(figures.sparkline(shares, say, "bar", " %"), "recent_shares", alt)


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
        note=f"{say('volumes_note')} {say('click_a_line')}",
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
    table(shown, say, alt=say("sites_alt"))
    st.caption(say("sites_note"))
    if selection.is_one_hour:
        st.caption(say("all_hours_here"))
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
