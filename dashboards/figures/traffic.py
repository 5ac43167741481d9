"""How fast vehicles pass, and how long they queue."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboards.design import ACCENT, GRID, QUIET, ROAD_USER_COLOURS, lay_out, mark_unobserved_hours
from dashboards.percentiles import Percentile
from dashboards.words import Words


def speed_histogram(bins: pl.DataFrame, percentile: Percentile | None, say: Words) -> go.Figure:
    """Crossings by speed, one colour per class, with the 85th percentile of free flow and its interval.

    Args:
        bins: road_user, from_km_h (lower edge of 1 km/h), n.
        percentile: where to draw it, None where there are too few vehicles.
        say: the reader's language.
    """
    figure = go.Figure()
    by_class = bins.group_by("road_user", "from_km_h").agg(pl.col("n").sum()).sort("from_km_h")
    for road_user, colour in ROAD_USER_COLOURS.items():
        one, name = by_class.filter(road_user=road_user), say.road_user(road_user)
        if one.is_empty():
            continue
        figure.add_trace(
            go.Bar(
                x=(one["from_km_h"] + 0.5).to_list(),
                y=one["n"].to_list(),
                width=0.94,
                name=name,
                customdata=one["from_km_h"].to_list(),
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"%{{customdata}} km/h<br>%{{y:,}} {say('unit_crossings')}<extra>{name}</extra>",
            )
        )
    if percentile is not None:
        _mark(figure, percentile, say)
    return lay_out(
        figure,
        say,
        height=340,
        barmode="stack",
        margin={"l": 0, "r": 0, "t": 30, "b": 0},
        xaxis={"title": {"text": say("speed_km_h")}, "tick0": 0, "dtick": _step(by_class), "showgrid": False},
        yaxis={"title": {"text": say("unit_crossings")}, "rangemode": "tozero", "gridcolor": GRID},
    )


def _step(bins: pl.DataFrame) -> int:
    """Between marks of the speed axis, in km/h: edges of bins."""
    reach = int(bins["from_km_h"].max() or 0) - int(bins["from_km_h"].min() or 0)  # type: ignore[arg-type]
    return 1 if reach < 20 else 5 if reach < 60 else 10


def _mark(figure: go.Figure, percentile: Percentile, say: Words) -> None:
    if percentile.hi95_km_h is not None:
        figure.add_vrect(
            x0=percentile.lo95_km_h,
            x1=percentile.hi95_km_h,
            fillcolor=ACCENT,
            opacity=0.14,
            line_width=0,
            layer="below",
        )
    figure.add_vline(
        x=percentile.km_h,
        line={"color": ACCENT, "width": 2.5},
        annotation={"text": f"<b>V85 {say.number(percentile.km_h)} km/h</b>", "font": {"color": ACCENT}},
        annotation_position="top",
    )


def queues_by_hour(rows: pl.DataFrame, say: Words) -> go.Figure:
    """The longest queue of each hour of day, and what is exceeded in 5 % of a quarter-hour at most.

    Args:
        rows: hour, max_vehicles, p95_vehicles (the highest of the hour's quarters), queued_share (0 to 1).
        say: the reader's language.
    """
    figure = go.Figure()
    told = [say.percent(share, 1) for share in rows["queued_share"].to_list()]
    for column, colour, width in (("max_vehicles", QUIET, 0.86), ("p95_vehicles", ACCENT, 0.5)):
        figure.add_trace(
            go.Bar(
                x=rows["hour"].to_list(),
                y=rows[column].to_list(),
                width=width,
                name=say(f"queue_{column}"),
                customdata=told,
                marker={"color": colour, "line": {"width": 0}},
                hovertemplate=f"%{{x}}:00<br>%{{y}} {say('unit_vehicles')}<br>"
                f"{say('queued_share')}: %{{customdata}}<extra>{say(f'queue_{column}')}</extra>",
            )
        )
    mark_unobserved_hours(figure, rows["hour"].to_list())
    return lay_out(
        figure,
        say,
        height=300,
        barmode="overlay",
        xaxis={"title": {"text": say("hour_of_day")}, "range": [-0.6, 23.6], "dtick": 3, "showgrid": False},
        yaxis={"title": {"text": say("unit_vehicles")}, "rangemode": "tozero", "gridcolor": GRID},
    )
