"""Counts over time: by direction, with the days behind them, and what was not observed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.comparison import LEAST_COVERAGE
from dashboards.design import (
    AXIS,
    DIRECTION_COLOURS,
    INK,
    QUIET,
    ROAD_USER_COLOURS,
    UNOBSERVED,
    add_bands,
    lay_out,
    mark_unobserved,
)
from dashboards.figures.events import mark_events
from dashboards.figures.weather import add_weather
from dashboards.words import Words

LENGTH = {
    "quarter": timedelta(minutes=15),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
TICKS = {
    "quarter": [{"dtickrange": [None, None], "value": "%H:%M\n%d.%m."}],
    "hour": [{"dtickrange": [None, None], "value": "%H:%M\n%d.%m."}],
    "day": [{"dtickrange": [None, "M1"], "value": "%d.%m.\n%Y"}, {"dtickrange": ["M1", None], "value": "%m/%Y"}],
    "week": [{"dtickrange": [None, "M1"], "value": "%d.%m.\n%Y"}, {"dtickrange": ["M1", None], "value": "%m/%Y"}],
}
_PALE = 0.3


def by_direction(
    rows: pl.DataFrame,
    names: dict[str, str],
    interval: str,
    say: Words,
    *,
    is_rate: bool,
    unseen: Sequence[date] = (),
) -> go.Figure:
    """Counts with one direction above and the other below the axis; unobserved time is grey.

    Args:
        rows: direction, start_local, count (NULL: not observed), coverage, observed_h.
        names: direction -> what people call it.
        interval: quarter, hour, day or week.
        say: the reader's language.
        is_rate: show crossings per observed hour.
        unseen: days without a row, because nothing of them was observed.
    """
    figure = go.Figure()
    length = LENGTH[interval]
    for direction, name in names.items():
        sign = 1 if direction == "forward" or len(names) == 1 else -1
        one = rows.filter(direction=direction).with_columns(value=_value(is_rate))
        figure.add_trace(
            go.Bar(
                x=one["start_local"].to_list(),
                y=(one["value"] * sign).to_list(),
                customdata=one.select("value", pl.col("coverage") * 100).to_numpy(),
                name=name,
                width=length.total_seconds() * 1000,
                offset=0,  # a bar covers its interval, from start to end
                marker={"color": DIRECTION_COLOURS[direction], "line": {"width": 0}},
                hovertemplate=f"%{{x|%d.%m.%Y %H:%M}}<br>%{{customdata[0]:,.0f}}, "
                f"%{{customdata[1]:.0f}} % {say('observed')}<extra>{name}</extra>",
            )
        )
    midnights = [datetime.combine(day, time()) for day in unseen]
    mark_unobserved(figure, [*unobserved(rows, length), *((start, start + LENGTH["day"]) for start in midnights)])
    unit = say("unit_per_observed_hour") if is_rate else say("unit_crossings")
    return lay_out(
        figure,
        say,
        height=340,
        barmode="relative",
        bargap=0,
        xaxis={"title": {"text": say("local_time")}, "tickformatstops": TICKS[interval], "showgrid": False},
        yaxis={
            "title": {"text": f"{unit} / {say(f'per_{interval}')}" if not is_rate else unit},
            "gridcolor": "rgba(128,140,150,0.25)",
            "zerolinecolor": AXIS,
            **_both_ways([y for trace in figure.data for y in trace.y], 5, say),
        },
    )


def _value(is_rate: bool) -> pl.Expr:
    return pl.col("count") / pl.col("observed_h") if is_rate else pl.col("count")


def _both_ways(values: Sequence[float | None], most: int, say: Words) -> dict[str, Any]:
    """Ticks that count upwards in both directions, at most so many to a side."""
    reach = max((abs(value) for value in values if value), default=1.0)
    step = 10 ** np.floor(np.log10(reach))
    step *= next(k for k in (0.2, 0.5, 1, 2, 5) if reach / (k * step) <= most)
    at, digits = np.arange(-most, most + 1) * step, max(0, -int(np.floor(np.log10(step))))
    return {"tickvals": at.tolist(), "ticktext": [say.number(abs(float(v)), digits) for v in at]}


def unobserved(rows: pl.DataFrame, length: timedelta) -> list[tuple[datetime, datetime]]:
    """Runs of intervals nobody observed, as start and end."""
    every = rows.group_by("start_local").agg(pl.col("coverage").max()).sort("start_local")
    runs: list[list[datetime]] = []
    for start, coverage in every.iter_rows():
        if coverage > 0:
            continue
        if runs and runs[-1][1] == start:
            runs[-1][1] = start + length
        else:
            runs.append([start, start + length])
    return [(start, end) for start, end in runs]


def trend(rows: pl.DataFrame, events: pl.DataFrame, say: Words) -> go.Figure:
    """Daily counts and their centred 7-day mean; thin days are hollow, missing ones leave a gap.

    Args:
        rows: day, count (NULL: not observed), coverage; precipitation_mm and temperature_c where weather is known.
        events: first_day, last_day, text.
        say: the reader's language.
    """
    is_whole = pl.col("coverage") >= LEAST_COVERAGE
    days = smoothed(rows)
    figure = go.Figure()
    hover = f"%{{x|%d.%m.%Y}}<br>%{{y:,.0f}}, %{{customdata:.0f}} % {say('observed')}<extra></extra>"
    for name, some, marker in (
        (say("day_count"), days.filter(is_whole), {"color": QUIET, "size": 5}),
        (say("thin_day"), days.filter(~is_whole), {"color": QUIET, "size": 6, "symbol": "circle-open"}),
    ):
        if some["count"].count():
            figure.add_trace(
                go.Scatter(
                    x=some["day"].to_list(),
                    y=some["count"].to_list(),
                    customdata=(some["coverage"] * 100).to_list(),
                    mode="markers",
                    marker=marker,
                    name=name,
                    hovertemplate=hover,
                )
            )
    figure.add_trace(
        go.Scatter(
            x=days["day"].to_list(),
            y=days["mean"].to_list(),
            mode="lines",
            connectgaps=False,
            line={"color": "#0b6e99", "width": 2.5},
            name=say("mean_of_7_days"),
            hoverinfo="skip",
        )
    )
    if rows.height:
        mark_events(figure, events, (days["day"][0], days["day"][-1]), say.day)
    mark_unobserved(figure, unobserved(rows.rename({"day": "start_local"}), LENGTH["day"]))
    lay_out(
        figure,
        say,
        height=330,
        yaxis={
            "title": {"text": say("crossings_per_day")},
            "range": [0, _headroom(events) * float(rows["count"].max() or 1)],  # type: ignore[arg-type]
            "gridcolor": "rgba(128,140,150,0.25)",
        },
        xaxis={"tickformatstops": TICKS["day"], "showgrid": False},
    )
    if "precipitation_mm" in rows.columns and rows["precipitation_mm"].count():
        add_weather(figure, days, say)
        figure.update_layout(height=400)
    return figure


def smoothed(rows: pl.DataFrame) -> pl.DataFrame:
    """Days in their order with the centred mean of 7 whole days, NULL where fewer than 5 are known.

    A thin day says little of a whole one: it is scaled nowhere and stays out of the mean.

    Args:
        rows: day, count (NULL: not observed), coverage.
    """
    whole = pl.when(pl.col("coverage") >= LEAST_COVERAGE).then(pl.col("count")).cast(pl.Float64)
    return rows.sort("day").with_columns(mean=whole.rolling_mean(7, min_samples=5, center=True))


def _headroom(events: pl.DataFrame) -> float:
    """How much higher than the highest day a chart is: names of events stand above the days."""
    return 1.05 if events.is_empty() else 1.35


def class_split(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Shares of the classes as one bar.

    Args:
        rows: road_user, count.
        say: the reader's language.
    """
    total = rows["count"].sum() or 1
    figure = go.Figure()
    for row in rows.filter(pl.col("count") > 0).sort("count", descending=True).iter_rows(named=True):
        share = row["count"] / total
        name = say.road_user(row["road_user"])
        figure.add_trace(
            go.Bar(
                x=[share * 100],
                y=[""],
                orientation="h",
                name=f"{name} {say.percent(share, 1 if share < 0.1 else 0)}",
                marker={"color": ROAD_USER_COLOURS[row["road_user"]], "line": {"width": 1, "color": "white"}},
                hovertemplate=f"<b>{name}</b><br>{say.number(row['count'])} ({say.percent(share, 1)})<extra></extra>",
            )
        )
    return lay_out(
        figure,
        say,
        height=150,
        barmode="stack",
        yaxis={"visible": False},
        xaxis={"visible": False, "range": [0, 100]},
        legend={"orientation": "h", "y": -0.1, "yanchor": "top", "traceorder": "normal"},
    )


def butterfly(
    rows: pl.DataFrame,
    names: dict[str, str],
    say: Words,
    *,
    height: int = 420,
    hours: tuple[int, ...] = tuple(range(24)),
) -> go.Figure:
    """Mean crossings per observed hour by hour of day, one direction to each side; unobserved hours are grey.

    Args:
        rows: direction, hour, per_hour (NULL: never observed).
        names: direction -> what people call it.
        say: the reader's language.
        height: in pixels.
        hours: those that are chosen; the others are pale.
    """
    figure = go.Figure()
    for direction, name in names.items():
        sign = 1 if direction == "forward" else -1
        one = rows.filter(direction=direction)
        figure.add_trace(
            go.Bar(
                y=one["hour"].to_list(),
                x=(one["per_hour"] * sign).to_list(),
                orientation="h",
                name=name,
                customdata=one["per_hour"].to_list(),
                marker={
                    "color": DIRECTION_COLOURS[direction],
                    "opacity": [1.0 if hour in hours else _PALE for hour in one["hour"]],
                },
                hovertemplate=f"%{{y}}:00<br>%{{customdata:,.0f}} {say('unit_per_hour')}<extra>{name}</extra>",
            )
        )
    observed = set(rows.drop_nulls("per_hour")["hour"].to_list())
    unseen = [(hour - 0.5, hour + 0.5) for hour in range(24) if hour not in observed]
    add_bands(figure, unseen, colour=UNOBSERVED, opacity=0.16, axis="y")
    return lay_out(
        figure,
        say,
        height=height,
        barmode="relative",
        bargap=0.15,
        yaxis={
            "title": {"text": say("hour_of_day")},
            "range": [23.6, -0.6],
            "tickvals": list(range(0, 24, 3)),
            "ticktext": [f"{h:02d}" for h in range(0, 24, 3)],
            "showgrid": False,
            "zeroline": False,
        },
        xaxis={
            "title": {"text": say("unit_per_hour")},
            **_both_ways([x for trace in figure.data for x in trace.x], 3, say),
            "gridcolor": "rgba(128,140,150,0.25)",
            "zerolinecolor": INK,
        },
    )
