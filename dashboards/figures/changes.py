"""Two periods side by side."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboards.design import ACCENT, AXIS, GRID, QUIET, lay_out
from dashboards.words import Words


def changes(rows: pl.DataFrame, say: Words, axis: str | None = None) -> go.Figure:
    """Change of each line with its 95 % interval; filled where it is clear, hollow where it is not.

    Args:
        rows: name, change (NULL: not enough whole days), lo95, hi95, is_clear, days_before, days_after.
        say: the reader's language.
        axis: what is shown, where it is no change over time.
    """
    figure = go.Figure()
    for is_clear, colour, thickness in ((True, ACCENT, 4), (False, QUIET, 1.5)):
        some = rows.filter(pl.col("change").is_not_null(), pl.col("is_clear") == is_clear)
        change = (some["change"] * 100).to_list()
        figure.add_trace(
            go.Scatter(
                x=change,
                y=some["name"].to_list(),
                mode="markers",
                name=say("clear_change" if is_clear else "unclear_change"),
                marker={"size": 12, "color": colour, "symbol": "circle" if is_clear else "circle-open"},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": (some["hi95"] * 100 - some["change"] * 100).to_list(),
                    "arrayminus": (some["change"] * 100 - some["lo95"] * 100).to_list(),
                    "color": colour,
                    "thickness": thickness,
                },
                customdata=some.select(
                    pl.col("lo95") * 100, pl.col("hi95") * 100, "days_before", "days_after"
                ).to_numpy(),
                hovertemplate="<b>%{y}</b><br>%{x:+.0f} % (%{customdata[0]:+.0f} … %{customdata[1]:+.0f})<br>"
                f"%{{customdata[2]}} / %{{customdata[3]}} {say('unit_days')}<extra></extra>",
            )
        )
    for row in rows.filter(pl.col("change").is_null()).iter_rows(named=True):
        figure.add_annotation(x=0, y=row["name"], text=say("not_enough_history"), showarrow=False, xanchor="left")
    figure.add_vline(x=0, line_color=AXIS, line_width=1)
    return lay_out(
        figure,
        say,
        height=90 + 46 * max(rows.height, 1),
        xaxis={"title": {"text": axis or say("change_percent")}, "gridcolor": GRID, "zeroline": False},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": rows["name"].reverse().to_list(),
            "range": [-0.6, rows.height - 0.4],
            "automargin": True,
            "showgrid": False,
        },
    )


def profiles(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean crossings per observed hour by hour of day, before and after.

    Args:
        rows: period (before, after), hour, per_hour (NULL: never observed).
        say: the reader's language.
    """
    figure = go.Figure()
    for period, line in (
        ("before", {"color": QUIET, "width": 2, "dash": "dot"}),
        ("after", {"color": ACCENT, "width": 2.5}),
    ):
        one, name = rows.filter(period=period).sort("hour"), say(f"period_{period}")
        figure.add_trace(
            go.Scatter(
                x=one["hour"].to_list(),
                y=one["per_hour"].to_list(),
                mode="lines+markers",
                line=line,
                marker={"size": 5},
                name=name,
                hovertemplate=f"%{{x}}:00<br>%{{y:,.0f}} {say('unit_per_hour')}<extra>{name}</extra>",
            )
        )
    return lay_out(
        figure,
        say,
        height=320,
        xaxis={"title": {"text": say("hour_of_day")}, "range": [-0.5, 23.5], "dtick": 3, "showgrid": False},
        yaxis={"title": {"text": say("unit_per_hour")}, "rangemode": "tozero", "gridcolor": GRID},
    )
