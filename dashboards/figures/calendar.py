"""Hours of the week and days of the year: where it is busy, and where nobody looked."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.design import UNOBSERVED, lay_out
from dashboards.words import Words

_SHADE = "rgba(138,148,158,0.16)"
_COVERAGE = [[0.0, "#d55e00"], [0.5, "#f0d9a0"], [1.0, "#0b6e99"]]


def hour_by_weekday(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean crossings per observed hour of the week; an hour never observed stays empty.

    Args:
        rows: weekday (1 to 7), hour, per_hour, observed_h, days.
        say: the reader's language.
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
            customdata=told,
            colorscale="Cividis",
            zmin=0,
            zmax=max((v for v in rows["per_hour"].to_list() if v), default=1.0),
            xgap=2,
            ygap=2,
            hovertemplate="%{y} %{x}:00<br>%{customdata}<extra></extra>",
            hoverongaps=True,
            colorbar={"title": {"text": say("unit_per_hour")}, "thickness": 10, "outlinewidth": 0},
        )
    )
    return lay_out(
        figure,
        say,
        height=300,
        plot_bgcolor=_SHADE,
        yaxis={"autorange": "reversed", "showgrid": False},
        xaxis={"title": {"text": say("hour_of_day")}, "type": "category", "range": [-0.5, 23.5], "showgrid": False},
    )


def coverage(rows: pl.DataFrame, first_day: date, last_day: date, say: Words) -> go.Figure:
    """Observed share of every day, weeks across and weekdays down; a day without a recording stays grey.

    Args:
        rows: day, coverage (0 to 1).
        first_day: the first day shown.
        last_day: the last.
        say: the reader's language.
    """
    monday = first_day - timedelta(days=first_day.weekday())
    weeks = (last_day - monday).days // 7 + 1
    values, told = np.full((7, weeks), np.nan), np.full((7, weeks), "", dtype=object)
    for offset in range((first_day - monday).days, (last_day - monday).days + 1):
        told[offset % 7, offset // 7] = f"{say.day(monday + timedelta(days=offset))}: {say('not_observed')}"
    for row in rows.iter_rows(named=True):
        offset = (row["day"] - monday).days
        if 0 <= offset < 7 * weeks and row["coverage"] > 0:
            values[offset % 7, offset // 7] = 100 * row["coverage"]
            told[offset % 7, offset // 7] = f"{say.day(row['day'])}: {say.percent(row['coverage'])} {say('observed')}"
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=[str(monday + timedelta(days=7 * week)) for week in range(weeks)],
            y=say.weekdays,
            customdata=told,
            colorscale=_COVERAGE,
            zmin=0,
            zmax=100,
            xgap=2,
            ygap=2,
            hovertemplate="%{customdata}<extra></extra>",
            colorbar={"title": {"text": say("observed_percent")}, "thickness": 10, "outlinewidth": 0},
        )
    )
    return lay_out(
        figure,
        say,
        height=230,
        plot_bgcolor=_SHADE,
        yaxis={"autorange": "reversed", "showgrid": False},
        xaxis={"type": "date", "tickformat": "%m/%Y", "showgrid": False, "linecolor": UNOBSERVED},
    )
