"""Compare: two periods side by side, weekday against weekday, with a comparison site where there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.changes import as_rows, changes_table
from dashboards.views.compare_sites import other_sites, show_sites
from dashboards.views.frame import chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose, choose_line
from dashboards.words import Words

_SIZES = (0.05, 0.1, 0.2)
_EARLIER, _SITE = ("just_before", "year_before", "own_dates_before"), "other_site"


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("compare"), say("compare_about"))
    after = choose(release, say)
    others = other_sites(release, after)
    picked = _compare_with(others, say)
    if picked == _SITE:
        show_sites(release, after, others, say)
    else:
        _periods(release, _before(release, after, picked, say), after, say)


def _periods(release: Release, before: Selection, after: Selection, say: Words) -> None:
    """Two periods of the chosen site, line by line."""
    names = dict(queries.lines(release, after.site_id).select("line_id", "name").iter_rows())
    days = {
        line_id: (queries.days(release, before, line_id), queries.days(release, after, line_id)) for line_id in names
    }
    rows = as_rows((names[line_id], comparison.compare(*both)) for line_id, both in days.items())
    st.header(say("compare_of", before=_span(before, say), after=_span(after, say)))
    chart(figures.changes(rows, say), rows, say, key="changes", alt=say("changes_alt"), note=say("changes_note"))
    heads = {
        "name": say("line"),
        "before_per_day": say("before_per_day"),
        "after_per_day": say("after_per_day"),
        "change": say("change"),
        "whole_days": say("whole_days"),
    }
    changes_table(rows, heads, say, alt=say("changes_alt"))
    _events(release, before, after, say)
    _reference(release, before, after, say)
    _one_line(release, before, after, days, say)


def _span(selection: Selection, say: Words) -> str:
    return f"{say.day(selection.first_day)} – {say.day(selection.last_day)}"


def _compare_with(others: dict[str, str], say: Words) -> str:
    """An earlier period, or another site where there is one."""
    picked = st.segmented_control(
        say("compare_with"),
        [*_EARLIER, *([_SITE] if others else [])],
        default="just_before",
        required=True,
        format_func=lambda name: say(f"compare_{name}"),
        key="with",
        bind="query-params",
    )
    return picked or _EARLIER[0]


def _before(release: Release, after: Selection, picked: str, say: Words) -> Selection:
    """The earlier period: just before, a year before, or one's own dates."""
    first, last = release.days(after.site_id)
    if picked == "own_dates_before":
        dates = st.date_input(
            say("dates"),
            (first, min(last, first + timedelta(days=after.days - 1))),
            min_value=first,
            max_value=last,
            key="dates_before",
            bind="query-params",
            format="YYYY-MM-DD",
        )
        chosen = [day for day in (dates if isinstance(dates, tuple) else (dates,)) if day is not None]
        return replace(after, first_day=chosen[0], last_day=chosen[-1]) if chosen else after.moved(after.days)
    if picked == "year_before":
        return after.moved(364)
    # Whole weeks back, so that both periods hold the same weekdays.
    return after.moved(7 * -(-after.days // 7))


def _events(release: Release, before: Selection, after: Selection, say: Words) -> None:
    """What happened in either period, under a lid because there may be many."""
    found = pl.concat([queries.events(release, before), queries.events(release, after)]).unique(maintain_order=True)
    if found.height:
        with st.expander(say("events_in_periods", n=found.height), icon=":material/event:"):
            shown = found.select(
                pl.col("first_day").alias(say("first_day")),
                pl.col("last_day").alias(say("last_day")),
                pl.col("text").alias(say("event")),
            )
            table(shown, say, alt=say("events_alt"))


def _reference(release: Release, before: Selection, after: Selection, say: Words) -> None:
    """The same change net of what another site went through."""
    if after.overlapping_views:
        st.caption(say("views_overlap", cameras=after.overlapping_views))
        return
    others = other_sites(release, after)
    if not others:
        st.caption(say("no_reference_site"))
        return
    site_id = st.selectbox(
        say("reference_site"),
        list(others),
        index=None,
        format_func=others.__getitem__,
        key="reference",
        bind="query-params",
    )
    if site_id is None:
        return
    here, there = (
        comparison.compare(queries.days(release, old), queries.days(release, new))
        for old, new in (
            (before, after),
            (replace(before, site_id=site_id), replace(after, site_id=site_id)),
        )
    )
    net = comparison.against(here, there)
    if net is None:
        st.info(say("not_enough_history"), icon=":material/history:")
        return
    told = (
        (say("change_here", site=after.site_name), here.change, here.lo95, here.hi95, say("change_help")),
        (say("change_here", site=others[site_id]), there.change, there.lo95, there.hi95, say("change_help")),
        (say("net_change", site=others[site_id]), *net, say("net_change_help")),
    )
    for column, (label, change, lo95, hi95, about) in zip(st.columns(3), told, strict=True):
        with column:
            key_figure(label, say.change(change or 0.0), say.change_interval(lo95, hi95), about=about)


def _one_line(
    release: Release,
    before: Selection,
    after: Selection,
    days: dict[str, tuple[pl.DataFrame, pl.DataFrame]],
    say: Words,
) -> None:
    line = choose_line(release, after)
    if line is None:
        return
    line_id, name = str(line["line_id"]), str(line["name"])
    old, new = days[line_id]
    profile = pl.concat(
        queries.hour_by_weekday(release, selection, line_id)
        .group_by("hour")
        .agg((pl.col("per_hour") * pl.col("observed_h")).sum() / pl.col("observed_h").sum())
        .with_columns(period=pl.lit(period))
        for period, selection in (("before", before), ("after", after))
    ).sort("period", "hour")
    left, right = st.columns([3, 2])
    with left:
        st.header(say("profile_of", line=name))
        chart(
            figures.profiles(profile, say),
            profile,
            say,
            key="profile",
            alt=say("profile_alt", line=name),
            note=say("profile_note"),
        )
    with right:
        st.header(say("days_needed"))
        needed = [(size, comparison.days_needed(pl.concat([old, new]).unique("day"), size)) for size in _SIZES]
        rows = pl.DataFrame(
            {
                say("change_to_see"): [say.change(size) for size, _ in needed],
                say("days_each"): [say.number(n) if n else say("not_enough_history") for _, n in needed],
            }
        )
        table(rows, say, alt=say("days_needed_alt"))
        st.caption(say("days_needed_note", line=name))
