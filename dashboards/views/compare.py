"""Compare: two periods side by side, weekday against weekday, with a comparison site where there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.comparison import Comparison
from dashboards.release import Release
from dashboards.views.frame import chart, heading, key_figure, table
from dashboards.views.selection import Selection, choose, choose_line
from dashboards.words import Words

_SIZES = (0.05, 0.1, 0.2)


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("compare"), say("compare_about"))
    after = choose(release, say)
    before = _before(release, after, say)
    names = dict(queries.lines(release, after.site_id).select("line_id", "name").iter_rows())
    days = {
        line_id: (queries.days(release, before, line_id), queries.days(release, after, line_id)) for line_id in names
    }
    found = {line_id: comparison.compare(*both) for line_id, both in days.items()}
    st.header(say("compare_of", before=_span(before, say), after=_span(after, say)))
    rows = _table(found, names)
    chart(figures.changes(rows, say), rows, say, key="changes", alt=say("changes_alt"), note=say("changes_note"))
    _told(rows, say)
    _events(release, before, after, say)
    _reference(release, before, after, say)
    _one_line(release, before, after, days, say)


def _span(selection: Selection, say: Words) -> str:
    return f"{say.day(selection.first_day)} – {say.day(selection.last_day)}"


def _before(release: Release, after: Selection, say: Words) -> Selection:
    """The earlier period: just before, a year before, or one's own dates."""
    first, last = release.days(after.site_id)
    picked = st.segmented_control(
        say("compare_with"),
        ["just_before", "year_before", "own_dates_before"],
        default="just_before",
        required=True,
        format_func=lambda name: say(f"compare_{name}"),
        key="with",
        bind="query-params",
    )
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


def _table(found: dict[str, Comparison], names: dict[str, str]) -> pl.DataFrame:
    """One row per line."""
    rows = [
        {
            "line_id": line_id,
            "line": names[line_id],
            "before_per_day": c.before,
            "after_per_day": c.after,
            "change": c.change,
            "lo95": c.lo95,
            "hi95": c.hi95,
            "days_before": c.days_before,
            "days_after": c.days_after,
            "is_clear": c.is_clear,
        }
        for line_id, c in found.items()
    ]
    optional = dict.fromkeys(("before_per_day", "after_per_day", "change", "lo95", "hi95"), pl.Float64)
    return pl.DataFrame(rows, schema_overrides=optional)


def _told(rows: pl.DataFrame, say: Words) -> None:
    """The same as numbers, with how many days are behind them."""
    told = [
        {
            say("line"): row["line"],
            say("before_per_day"): row["before_per_day"],
            say("after_per_day"): row["after_per_day"],
            say("change"): say.change(row["change"]) if row["change"] is not None else say("not_enough_history"),
            say("interval_of_change"): say.change_interval(row["lo95"], row["hi95"]),
            say("whole_days"): f"{row['days_before']} / {row['days_after']}",
        }
        for row in rows.iter_rows(named=True)
    ]
    numbers = dict.fromkeys((say("before_per_day"), say("after_per_day")), pl.Float64)
    table(
        pl.DataFrame(told, schema_overrides=numbers).with_columns(pl.col(pl.Float64).round()),
        say,
        alt=say("changes_alt"),
    )


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
    sites = queries.sites(release).filter(pl.col("overlapping_views").is_null(), pl.col("site_id") != after.site_id)
    others = dict(sites.select("site_id", "name").iter_rows())
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
