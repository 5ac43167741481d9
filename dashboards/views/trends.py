"""Trends: one line over time, and by hour and weekday."""

from __future__ import annotations

import streamlit as st

from dashboards import figures, queries
from dashboards.release import Release
from dashboards.views.selection import choose
from dashboards.wording import duration

_WEEKS_OF_HISTORY = 4


def show(release: Release) -> None:
    """The page."""
    st.title("Trends")
    selection = choose(release)
    lines = queries.lines(release, selection.site_id)
    if lines.is_empty():
        st.info("This site has no counting line: nothing is counted.")
        st.stop()
    names = dict(lines.select("line_id", "name").iter_rows())
    left, right = st.columns([1, 1])
    line_id = left.selectbox("Line", list(names), format_func=names.__getitem__, key="line", bind="query-params")
    unit = right.segmented_control("Unit", ["crossings", "per observed hour"], default="crossings", required=True)
    line = lines.filter(line_id=line_id).row(0, named=True)
    who = (selection.site_id, line_id, selection.road_users, selection.first_day, selection.last_day)

    rows = queries.series(release, *who)
    daily = queries.is_daily(selection.first_day, selection.last_day)
    step, step_s = ("day", 86_400) if daily else ("quarter-hour", 900)
    total, observed_s = rows["count"].sum(), float(rows.filter(direction="forward")["coverage"].sum()) * step_s
    st.subheader(f"{line['name']}: {total:,} crossings in {duration(observed_s)} observed")
    st.plotly_chart(
        figures.flow_series(
            rows,
            {"forward": line["forward"], "backward": line["backward"]},
            queries.events(release, selection.site_id, selection.first_day, selection.last_day),
            per_hour=unit == "per observed hour",
            daily=daily,
        ),
        config=figures.CONFIG,
        key="series",
        alt=f"Crossings of {line['name']} by {step}: {line['forward']} above, {line['backward']} below the axis.",
    )
    st.caption(
        f"By {step}. Grey: not observed, which is not zero. Dotted: events. Crossings are as counted, not scaled up."
    )

    st.subheader("Hour of the week")
    week = queries.hour_by_weekday(release, *who)
    days = int(week["days"].max() or 0)  # type: ignore[arg-type]
    if days < _WEEKS_OF_HISTORY:
        st.info(
            f"Not enough history for a typical week: at most {days} day(s) behind any cell, "
            f"{_WEEKS_OF_HISTORY} are the least. What there is, is shown."
        )
    st.plotly_chart(
        figures.hour_by_weekday(week),
        config=figures.CONFIG,
        key="week",
        alt=f"Mean crossings of {line['name']} per observed hour by hour of day and weekday; empty: not observed.",
    )
    if line["calibration_note"]:
        st.warning(line["calibration_note"])
