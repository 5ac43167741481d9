"""A cell clicked on a heatmap: kept in the address, so that a link shows it too, and told beside the heatmap."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import streamlit as st

from dashboards import comparison, figures, queries
from dashboards.release import Release
from dashboards.views.frame import chart, clicked
from dashboards.views.selection import Selection
from dashboards.words import Words

_CELL = re.compile(r"(-?\d{1,5})_(-?\d{1,5})")


def keep_clicked(key: str) -> None:
    """Keeps the cell that was clicked on a chart, whose marks carry ``<name>:<x>_<y>``; other marks do nothing."""
    name, found, cell = (clicked(key) or "").partition(":")
    if found:
        st.query_params[name] = cell


def chosen_cell(name: str) -> tuple[int, int] | None:
    """The two numbers of the cell in the address, or None."""
    match = _CELL.fullmatch(st.query_params.get(name, ""))
    return (int(match[1]), int(match[2])) if match else None


def chosen_hour() -> tuple[int, int] | None:
    """The weekday (1 Monday to 7 Sunday) and the hour of day in the address, or None."""
    cell = chosen_cell("hour")
    return cell if cell and 1 <= cell[0] <= 7 and 0 <= cell[1] <= 23 else None


def show_cell(release: Release, selection: Selection, cells: pl.DataFrame, say: Words) -> None:
    """The figures of the chosen cell of a map; nothing where none is chosen.

    Args:
        release: where the numbers come from.
        selection: site, period and classes.
        cells: cell_x, cell_y, density_per_m2, speed_m_s.
        say: the reader's language.
    """
    cell = chosen_cell("cell")
    if cell is None:
        return
    st.header(say("cell_heading", east=cell[0], north=cell[1]))
    _forget("cell", say)
    rows = queries.cell_by_hour(release, selection, cell)
    here = cells.filter(cell_x=cell[0], cell_y=cell[1])
    if here.is_empty() or rows.is_empty():
        st.info(say("cell_nobody"), icon=":material/grid_off:")
        return
    density, speed = st.columns(2)
    about = here.row(0, named=True)
    per_100_m2 = say.number(100 * about["density_per_m2"], 2)
    density.metric(say("cell_density"), per_100_m2, border=True, help=say("density_note"))
    speed.metric(say("cell_speed"), say.number(about["speed_m_s"], 2), border=True, help=say("speed_note"))
    observed_s = 3600 * float(rows.unique("hour")["observed_h"].sum())
    chart(
        figures.density_by_hour(rows, say),
        rows,
        say,
        key="cell_by_hour",
        alt=say("cell_alt", east=cell[0], north=cell[1]),
        note=say("cell_note", observed=say.duration(observed_s)),
    )


def show_hour(release: Release, selection: Selection, line_id: str, say: Words) -> None:
    """The dates of the chosen hour of the week; nothing where none is chosen.

    Args:
        release: where the numbers come from.
        selection: site, period, classes and directions; its weekdays do not count here.
        line_id: the line.
        say: the reader's language.
    """
    if (chosen := chosen_hour()) is None:
        return
    weekday, hour = chosen
    st.header(say("hour_heading", weekday=say.weekdays[weekday - 1], start=f"{hour:02d}", end=f"{hour + 1:02d}"))
    _forget("hour", say)
    of_weekday = replace(selection, weekdays=(weekday,), interval="hour")
    rows = hour_by_day(queries.series(release, of_weekday, line_id), hour)
    whole = rows.filter(pl.col("coverage") >= comparison.LEAST_COVERAGE)["count"].drop_nulls().to_list()
    interval = comparison.mean_interval(whole)
    mean = say.number(sum(whole) / len(whole), 1) if whole else say("no_whole_hour")
    told = f"{say.number(interval[0], 1)} – {say.number(interval[1], 1)}" if interval else say("not_enough_history")
    st.metric(
        say("hour_mean"),
        mean,
        delta=told,
        delta_color="off",
        delta_arrow="off",
        delta_description=say("hour_interval", hours=len(whole)),
        border=True,
        help=say("hour_help"),
    )
    chart(figures.hour_history(rows, say), rows, say, key="hour", alt=say("hour_alt"), note=say("hour_note"))


def hour_by_day(series: pl.DataFrame, hour: int) -> pl.DataFrame:
    """One hour of the day from an hourly series, both directions added: day, count, coverage.

    A count is NULL where the hour was not observed. The hour that comes twice when clocks are set back is one.

    Args:
        series: direction, start_local, count, coverage.
        hour: of the day, 0 to 23.
    """
    of_hour = series.filter(pl.col("start_local").dt.hour() == hour)
    count = pl.when(pl.col("count").count() > 0).then(pl.col("count").sum())
    by_day = of_hour.group_by(pl.col("start_local").dt.date().alias("day"))
    return by_day.agg(count.alias("count"), pl.col("coverage").min()).sort("day")


def _forget(name: str, say: Words) -> None:
    """A button that takes the cell out of the address."""

    def forget() -> None:
        st.query_params.pop(name, None)

    st.button(say("cell_forget"), key=f"forget_{name}", icon=":material/close:", on_click=forget, type="tertiary")
