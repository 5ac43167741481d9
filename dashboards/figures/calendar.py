"""Hours of the week and days of the year: where it is busy, and where nobody looked."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray

from dashboards.comparison import LEAST_COVERAGE
from dashboards.design import ACCENT, FORWARD, GRID, UNOBSERVED, lay_out
from dashboards.words import Words

_CLICKED_PX = 15
# In a longer calendar weeks are named by their month.
_WEEKS_BY_DAY = 12
_WEEK_MS = 7 * 86_400_000
_SHADE = "rgba(138,148,158,0.16)"
_COVERAGE = [[0.0, "#d55e00"], [0.5, "#f0d9a0"], [1.0, "#0b6e99"]]


def hour_by_weekday(rows: pl.DataFrame, say: Words, chosen: tuple[int, int] | None = None) -> go.Figure:
    """Mean crossings per observed hour of the week; an hour never observed stays empty.

    Args:
        rows: weekday (1 to 7), hour, per_hour, observed_h, days.
        say: the reader's language.
        chosen: weekday and hour to outline.
    """
    values = np.full((7, 24), np.nan)
    told = np.full((7, 24), say("not_observed"), dtype=object)
    for row in rows.iter_rows(named=True):
        if row["per_hour"] is not None:
            at = row["weekday"] - 1, row["hour"]
            values[at] = row["per_hour"]
            told[at] = say("cell_of_week", per_hour=say.number(row["per_hour"]), days=row["days"])
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[f"{hour:02d}" for hour in range(24)],
            y=say.weekdays,
            colorscale="Cividis",
            zmin=0,
            zmax=max((v for v in rows["per_hour"].to_list() if v), default=1.0),
            xgap=2,
            ygap=2,
            hoverinfo="skip",
            colorbar={
                "title": {"text": say("unit_per_hour")},
                "thickness": 10,
                "outlinewidth": 0,
                "separatethousands": True,
            },
        )
    )
    figure.add_trace(_clickable(told, say))
    if chosen is not None:
        down, across = chosen[0] - 1, chosen[1]
        place = {"x0": across - 0.5, "x1": across + 0.5, "y0": down - 0.5, "y1": down + 0.5}
        figure.add_shape(type="rect", **place, line={"color": FORWARD, "width": 3})
    return lay_out(
        figure,
        say,
        height=300,
        plot_bgcolor=_SHADE,
        showlegend=False,
        yaxis={"range": [6.5, -0.5], "showgrid": False},
        xaxis={"title": {"text": say("hour_of_day")}, "type": "category", "range": [-0.5, 23.5], "showgrid": False},
    )


def _clickable(told: NDArray[np.object_], say: Words) -> go.Scatter:
    """A mark on every hour of the week that is not seen, tells it and carries ``hour:<weekday>_<hour>``."""
    cells = [(weekday, hour) for weekday in range(7) for hour in range(24)]
    return go.Scatter(
        x=[f"{hour:02d}" for _, hour in cells],
        y=[say.weekdays[weekday] for weekday, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": _CLICKED_PX, "opacity": 0, "color": FORWARD},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[f"hour:{weekday + 1}_{hour}", told[weekday, hour]] for weekday, hour in cells],
        hovertemplate="%{y} %{x}:00<br>%{customdata[1]}<extra></extra>",
    )


def hour_history(rows: pl.DataFrame, say: Words) -> go.Figure:
    """One hour of the week over its dates, as counted; pale where observed in part, a cross where not at all.

    Args:
        rows: day, count (NULL: not observed), coverage.
        say: the reader's language.
    """
    seen, unseen = rows.filter(pl.col("count").is_not_null()), rows.filter(pl.col("count").is_null())
    told = [f"{say.number(row['count'])}, {say.percent(row['coverage'])}" for row in seen.iter_rows(named=True)]
    figure = go.Figure(
        go.Bar(
            x=[str(day) for day in seen["day"].to_list()],
            y=seen["count"].to_list(),
            customdata=told,
            marker={"color": ACCENT, "opacity": (0.35 + 0.65 * seen["coverage"]).to_list()},
            hovertemplate=f"%{{x}}<br>%{{customdata}} {say('observed')}<extra></extra>",
        )
    )
    figure.add_trace(
        go.Scatter(
            x=[str(day) for day in unseen["day"].to_list()],
            y=[0] * unseen.height,
            mode="markers",
            marker={"symbol": "x", "size": 9, "color": UNOBSERVED},
            hovertemplate=f"%{{x}}<br>{say('not_observed')}<extra></extra>",
        )
    )
    return lay_out(
        figure,
        say,
        height=220,
        showlegend=False,
        xaxis={"type": "category", "categoryorder": "category ascending", "nticks": 8, "showgrid": False},
        yaxis={"title": {"text": say("crossings")}, "rangemode": "tozero", "gridcolor": GRID},
    )


def coverage(rows: pl.DataFrame, first_day: date, last_day: date, say: Words) -> go.Figure:
    """Observed share of every day, weeks across and weekdays down; a day without a recording stays grey.

    Where there is room, days observed less than a whole one tell their share.

    Args:
        rows: day, coverage (0 to 1).
        first_day: the first day shown.
        last_day: the last.
        say: the reader's language.
    """
    monday = first_day - timedelta(days=first_day.weekday())
    weeks = (last_day - monday).days // 7 + 1
    values, told = np.full((7, weeks), np.nan), np.full((7, weeks), "", dtype=object)
    thin = np.full((7, weeks), "", dtype=object)
    for offset in range((first_day - monday).days, (last_day - monday).days + 1):
        told[offset % 7, offset // 7] = f"{say.day(monday + timedelta(days=offset))}: {say('not_observed')}"
    for row in rows.iter_rows(named=True):
        offset = (row["day"] - monday).days
        if 0 <= offset < 7 * weeks and row["coverage"] > 0:
            values[offset % 7, offset // 7] = 100 * row["coverage"]
            told[offset % 7, offset // 7] = f"{say.day(row['day'])}: {say.percent(row['coverage'])} {say('observed')}"
            if row["coverage"] < LEAST_COVERAGE and weeks <= _WEEKS_BY_DAY:
                thin[offset % 7, offset // 7] = say.percent(row["coverage"], 1 if row["coverage"] < 0.1 else 0)
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[str(monday + timedelta(days=7 * week)) for week in range(weeks)],
            y=say.weekdays,
            customdata=told,
            text=thin,
            texttemplate="%{text}",
            colorscale=_COVERAGE,
            zmin=0,
            zmax=100,
            xgap=2,
            ygap=2,
            hovertemplate="%{customdata}<extra></extra>",
            colorbar={"title": {"text": say("observed_percent")}, "thickness": 10, "outlinewidth": 0},
        )
    )
    ticks: dict[str, object] = {"tickformat": "%m/%Y"}
    if weeks <= _WEEKS_BY_DAY:  # left alone, Plotly's weeks begin on Sundays
        ticks = {"tickformat": "%d.%m.\n%Y", "tick0": str(monday), "dtick": _WEEK_MS}
    return lay_out(
        figure,
        say,
        height=230,
        plot_bgcolor=_SHADE,
        yaxis={"autorange": "reversed", "showgrid": False},
        xaxis={"type": "date", **ticks, "showgrid": False, "linecolor": UNOBSERVED},
    )


def uptime(rows: pl.DataFrame, first_day: date, last_day: date, say: Words) -> go.Figure:
    """Observed share of every hour, days across and hours of the day down; what was not observed stays grey.

    Args:
        rows: day, hour, coverage (0 to 1).
        first_day: the first day shown.
        last_day: the last.
        say: the reader's language.
    """
    days = [first_day + timedelta(days=offset) for offset in range((last_day - first_day).days + 1)]
    values = np.full((24, len(days)), np.nan)
    told = np.array(
        [[f"{say.day(day)} {hour:02d}:00: {say('not_observed')}" for day in days] for hour in range(24)], object
    )
    for day, hour, coverage in rows.select("day", "hour", "coverage").iter_rows():
        across = (day - first_day).days
        values[hour, across] = 100 * coverage
        told[hour, across] = f"{say.day(day)} {hour:02d}:00: {say.percent(coverage)} {say('observed')}"
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[str(day) for day in days],
            y=list(range(24)),
            customdata=told,
            colorscale=_COVERAGE,
            zmin=0,
            zmax=100,
            xgap=1,
            ygap=1,
            hovertemplate="%{customdata}<extra></extra>",
            colorbar={"title": {"text": say("observed_percent")}, "thickness": 10, "outlinewidth": 0},
        )
    )
    return lay_out(
        figure,
        say,
        height=330,
        plot_bgcolor=_SHADE,
        yaxis={
            "title": {"text": say("hour_of_day")},
            "range": [23.5, -0.5],
            "dtick": 3,
            "showgrid": False,
            "zeroline": False,
        },
        xaxis={"type": "date", "tickformat": "%d.%m.\n%Y", "showgrid": False},
    )
