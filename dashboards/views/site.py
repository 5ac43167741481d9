"""Site: one counting line over time, by hour and weekday, by class and by direction."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.report import site_report
from dashboards.views.chosen_cell import keep_clicked
from dashboards.views.frame import calibration_notes, chart, heading, key_figure, table
from dashboards.views.selection import DAY_TYPES, Selection, choose, choose_line, chosen_hour
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
    _key_figures(release, selection, line, say)
    _report(release, selection, line_id, say)
    if selection.is_one_hour:
        _dates_of_hour(release, selection, line, say)
    else:
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


def _key_figures(release: Release, selection: Selection, line: dict[str, object], say: Words) -> None:
    line_id = str(line["line_id"])
    days = queries.days(release, selection, line_id)
    counted, mean, observed, peak = st.columns(4)
    with counted:
        key_figure(
            say("crossings_counted"),
            say.number(int(days["count"].sum())),
            _by_way(release, selection, line, say),
            say("not_validated"),
            about=say("crossings_help"),
        )
    with mean:
        _mean(days, selection, say)
    with observed:
        hours = float(days["coverage"].sum()) * len(selection.hours)
        key_figure(
            say("observed_time"),
            say.duration(hours * 3600),
            say("days_observed", days=days.filter(pl.col("coverage") > 0).height, of=days.height),
            about=say("observed_help"),
        )
    with peak:
        _peak(release, selection, line_id, say)
    st.caption(say("not_validated_long"))


def _by_way(release: Release, selection: Selection, line: dict[str, object], say: Words) -> str:
    """What each direction has of the crossings, as people call it."""
    rows = queries.totals(release, selection).filter(line_id=line["line_id"])
    sums = dict(rows.group_by("direction").agg(pl.col("count").sum()).iter_rows())
    return " · ".join(f"{name} **{say.number(sums.get(way))}**" for way, name in directions_of(line, selection).items())


def _mean(days: pl.DataFrame, selection: Selection, say: Words) -> None:
    mean, length = comparison.mean_of(days), "hour" if selection.is_one_hour else "day"
    key_figure(
        say(f"mean_per_whole_{length}"),
        say.number(mean.value) if mean.value is not None else say(f"no_whole_{length}"),
        say.interval(mean.lo95, mean.hi95),
        say(f"of_whole_{length}s", n=say.number(mean.days)),
        about=say(f"whole_{length}_help"),
    )


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


def _peak(release: Release, selection: Selection, line_id: str, say: Words) -> None:
    peaks = queries.peak_hours(release, selection.since(_PEAK_DAYS), line_id)
    about = say("peak_hour_help", days=_PEAK_DAYS)
    if peaks.is_empty():
        key_figure(say("peak_hour"), say("no_whole_hour"), about=about)
        return
    busiest = peaks.sort("count", "day", descending=[True, False]).row(0, named=True)
    key_figure(
        say("peak_hour"),
        f"{say.number(busiest['count'])} {say('unit_per_hour')}",
        say.moment(busiest["peak_start_local"]),
        f"PHF **{say.number(busiest['peak_hour_factor'], 2)}** · {say('not_validated')}",
        about=about,
    )


def _trend(release: Release, selection: Selection, line_id: str, name: str, say: Words) -> None:
    if selection.days < 14:
        return
    st.header(say("trend_of", line=name))
    days = queries.days(release, selection, line_id)
    events = queries.events(release, selection)
    note = say("trend_note")
    weather = queries.weather(release, selection) if release.holds("weather") else pl.DataFrame()
    if weather.height:
        days = days.join(weather, on="day", how="left", maintain_order="left")
        note = f"{note} {say('weather_note')}"
    chart(figures.trend(days, events, say), days, say, key="trend", alt=say("trend_alt", line=name), note=note)
    if events.height:
        with st.expander(say("events_in_trend", n=events.height)):
            shown = events.select(
                pl.col("first_day").alias(say("first_day")), pl.col("last_day").alias(say("last_day")), "text"
            )
            table(shown.rename({"text": say("event")}), say, alt=say("events_alt"))


def _dates_of_hour(release: Release, selection: Selection, line: dict[str, object], say: Words) -> None:
    """The chosen hour of the week, date by date."""
    st.header(say("dates_of_hour", line=line["name"]))
    days = queries.days(release, selection, str(line["line_id"]))
    chart(figures.hour_history(days, say), days, say, key="hour", alt=say("hour_alt"), note=say("hour_note"))


def _series(release: Release, selection: Selection, line: dict[str, object], say: Words) -> None:
    rows = queries.series(release, selection, str(line["line_id"]))
    st.header(say(f"series_{selection.interval}", line=line["name"]))
    days = queries.days(release, selection, str(line["line_id"]))
    has_row = pl.col("day").is_in(rows["start_local"].dt.date().implode())
    unseen = days.filter(pl.col("coverage") == 0, ~has_row)["day"].to_list() if selection.interval != "week" else []
    figure = figures.by_direction(
        rows, directions_of(line, selection), selection.interval, say, is_rate=selection.is_rate, unseen=unseen
    )
    alt = say("series_alt", line=line["name"], forward=line["forward"], backward=line["backward"])
    chart(figure, rows, say, key="series", alt=alt, note=say("series_note"))


def _week(release: Release, selection: Selection, line_id: str, name: str, say: Words) -> None:
    st.header(say("hour_of_week"))
    every_day = replace(selection, weekdays=DAY_TYPES["all_days"]) if selection.is_one_hour else selection
    week = queries.hour_by_weekday(release, every_day, line_id)
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
        figures.butterfly(rows, directions_of(line, selection), say, hours=selection.hours),
        rows,
        say,
        key="directions",
        alt=say("butterfly_alt", forward=line["forward"], backward=line["backward"]),
        note=say("butterfly_note"),
    )
