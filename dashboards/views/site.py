"""Site: one counting line over time, by hour and weekday, by class and by direction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.report import site_report
from dashboards.views.chosen_cell import chosen_hour, keep_clicked, show_hour
from dashboards.views.frame import calibration_notes, chart, heading, table
from dashboards.views.selection import Selection, choose, choose_line
from dashboards.words import Words

_WEEKS_OF_HISTORY = 4
_PEAK_DAYS = 56


def show(release: Release, say: Words) -> None:
    """The page."""
    heading(say("site"), say("site_about"))
    selection = choose(release, say, has_series=True)
    line = choose_line(release, selection)
    if line is None:
        st.info(say("no_line"), icon=":material/horizontal_rule:")
        st.stop()
    line_id, name = str(line["line_id"]), str(line["name"])
    _key_figures(release, selection, line_id, say)
    _report(release, selection, line_id, say)
    _trend(release, selection, line_id, name, say)
    _series(release, selection, line, say)
    left, right = st.columns([3, 2])
    with left:
        _week(release, selection, line_id, name, say)
        _classes(release, selection, line_id, name, say)
    with right:
        _directions(release, selection, line, say)
    calibration_notes(queries.lines(release, selection.site_id).filter(line_id=line_id))


def directions_of(line: dict[str, object], selection: Selection) -> dict[str, str]:
    """The chosen directions and what people call them on a line."""
    return {direction: str(line[direction]) for direction in selection.directions}


def _key_figures(release: Release, selection: Selection, line_id: str, say: Words) -> None:
    days = queries.days(release, selection, line_id)
    total, observed_h = int(days["count"].sum()), float((days["coverage"] * 24).sum())
    whole = comparison.whole_days(days)
    recent = max(selection.first_day, selection.last_day - timedelta(days=_PEAK_DAYS - 1))
    peaks = queries.peak_hours(release, replace(selection, first_day=recent), line_id)
    columns = st.columns(4)
    columns[0].metric(say("crossings_counted"), say.number(total), border=True, help=say("crossings_help"))
    mean = float(whole["count"].mean()) if whole.height else None  # type: ignore[arg-type]
    columns[1].metric(
        say("mean_per_whole_day"),
        say.number(mean) if mean is not None else say("no_whole_day"),
        border=True,
        help=say("whole_day_help", days=whole.height),
    )
    columns[2].metric(say("observed_time"), say.duration(observed_h * 3600), border=True, help=say("observed_help"))
    _peak(columns[3], peaks, say)
    st.caption(say("not_validated_long"))


def _report(release: Release, selection: Selection, line_id: str, say: Words) -> None:
    st.download_button(
        say("report_download"),
        lambda: site_report(release, selection, line_id),
        f"passant_{selection.site_id}_{selection.first_day}_{selection.last_day}.pdf",
        "application/pdf",
        key="report",
        on_click="ignore",
        icon=":material/picture_as_pdf:",
        help=say("report_help"),
    )


def _peak(column: DeltaGenerator, peaks: pl.DataFrame, say: Words) -> None:
    about = say("peak_hour_help", days=_PEAK_DAYS)
    if peaks.is_empty():
        column.metric(say("peak_hour"), say("no_whole_hour"), border=True, help=about)
        return
    busiest = peaks.sort("count", "day", descending=[True, False]).row(0, named=True)
    column.metric(
        say("peak_hour"),
        f"{say.number(busiest['count'])} {say('unit_per_hour')}",
        delta=f"PHF {say.number(busiest['peak_hour_factor'], 2)}",
        delta_color="off",
        delta_arrow="off",
        delta_description=say.moment(busiest["peak_start_local"]),
        border=True,
        help=about,
    )


def _trend(release: Release, selection: Selection, line_id: str, name: str, say: Words) -> None:
    if selection.days < 14:
        return
    st.header(say("trend_of", line=name))
    days = queries.days(release, selection, line_id)
    events = queries.events(release, selection)
    chart(
        figures.trend(days, events, say),
        days,
        say,
        key="trend",
        alt=say("trend_alt", line=name),
        note=say("trend_note"),
    )
    if events.height:
        with st.expander(say("events_in_trend", n=events.height)):
            shown = events.select(
                pl.col("first_day").alias(say("first_day")), pl.col("last_day").alias(say("last_day")), "text"
            )
            table(shown.rename({"text": say("event")}), alt=say("events_alt"))


def _series(release: Release, selection: Selection, line: dict[str, object], say: Words) -> None:
    rows = queries.series(release, selection, str(line["line_id"]))
    st.header(say(f"series_{selection.interval}", line=line["name"]))
    figure = figures.by_direction(
        rows, directions_of(line, selection), selection.interval, say, is_rate=selection.is_rate
    )
    alt = say("series_alt", line=line["name"], forward=line["forward"], backward=line["backward"])
    chart(figure, rows, say, key="series", alt=alt, note=say("series_note"))


def _week(release: Release, selection: Selection, line_id: str, name: str, say: Words) -> None:
    st.header(say("hour_of_week"))
    week = queries.hour_by_weekday(release, selection, line_id)
    days = int(week["days"].max() or 0)  # type: ignore[arg-type]
    if days < _WEEKS_OF_HISTORY:
        st.info(say("short_history", days=days, least=_WEEKS_OF_HISTORY), icon=":material/history:")
    chart(
        figures.hour_by_weekday(week, say, chosen_hour()),
        week,
        say,
        key="week",
        alt=say("week_alt", line=name),
        note=f"{say('week_note')} {say('click_an_hour')}",
        on_select=partial(keep_clicked, "week"),
    )
    show_hour(release, selection, line_id, say)


def _classes(release: Release, selection: Selection, line_id: str, name: str, say: Words) -> None:
    rows = queries.totals(release, selection).filter(line_id=line_id)
    by_class = rows.group_by("road_user").agg(pl.col("count").sum()).sort("count", descending=True)
    if by_class["count"].sum():
        st.header(say("class_split"))
        chart(
            figures.class_split(by_class, say),
            by_class,
            say,
            key="classes",
            alt=say("class_split_alt", site=name),
            note=say("class_split_note"),
        )


def _directions(release: Release, selection: Selection, line: dict[str, object], say: Words) -> None:
    st.header(say("by_direction"))
    rows = queries.hour_by_direction(release, selection, str(line["line_id"]))
    chart(
        figures.butterfly(rows, directions_of(line, selection), say),
        rows,
        say,
        key="directions",
        alt=say("butterfly_alt", forward=line["forward"], backward=line["backward"]),
        note=say("butterfly_note"),
    )
