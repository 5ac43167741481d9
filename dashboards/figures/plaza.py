"""How full a place is, how fast people move in it and how long they stay."""

from __future__ import annotations

import plotly.graph_objects as go
import polars as pl

from dashboards.design import ACCENT, GRID, QUIET, lay_out, mark_unobserved, mark_unobserved_hours
from dashboards.figures.series import LENGTH, TICKS, unobserved
from dashboards.words import Words

_MEDIAN = ("median_s", "median_lo95_s", "median_hi95_s")
_QUARTILES = ("p25_s", "p75_s")
_LEAST_FOR_A_LINE = 4
_LONGEST_IN_SECONDS_S = 180
# Shades from comfortable to crowded; the letter stands beside them, so colour is never alone.
LEVEL_COLOURS = ("#2c7bb6", "#6baed6", "#abd9e9", "#fee090", "#fdae61", "#d7191c")


def occupancy(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean number present by quarter-hour; what was not observed is a gap.

    Args:
        rows: start_local, present (NULL: not observed), coverage.
        say: the reader's language.
    """
    figure = go.Figure(
        go.Scatter(
            x=rows["start_local"].to_list(),
            y=rows["present"].to_list(),
            mode="lines",
            line={"color": ACCENT, "width": 2, "shape": "hv"},
            fill="tozeroy",
            fillcolor="rgba(11,110,153,0.15)",
            connectgaps=False,
            hovertemplate=f"%{{x|%d.%m.%Y %H:%M}}<br>%{{y:.1f}} {say('people_present')}<extra></extra>",
        )
    )
    mark_unobserved(figure, unobserved(rows, LENGTH["quarter"]))
    return lay_out(
        figure,
        say,
        height=280,
        showlegend=False,
        yaxis={"title": {"text": say("people_present")}, "rangemode": "tozero", "gridcolor": GRID},
        xaxis={"tickformatstops": TICKS["quarter"], "showgrid": False},
    )


def day_profile(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean number present by hour of day, over the days observed; hours that nobody observed are grey.

    Args:
        rows: hour, present.
        say: the reader's language.
    """
    figure = go.Figure(
        go.Bar(
            x=rows["hour"].to_list(),
            y=rows["present"].to_list(),
            marker={"color": ACCENT},
            width=0.9,
            hovertemplate=f"%{{x}}:00<br>%{{y:.1f}} {say('people_present')}<extra></extra>",
        )
    )
    mark_unobserved_hours(figure, rows["hour"].to_list())
    return lay_out(
        figure,
        say,
        height=280,
        showlegend=False,
        xaxis={"title": {"text": say("hour_of_day")}, "range": [-0.6, 23.6], "dtick": 3, "showgrid": False},
        yaxis={"title": {"text": say("people_present")}, "rangemode": "tozero", "gridcolor": GRID},
    )


def stays(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Median stay by hour of day with its 95 % interval, and the quartiles beside it; short ones in seconds.

    Args:
        rows: kind (presence, stationary), hour, median_s, median_lo95_s, median_hi95_s (NULL: open), p25_s, p75_s.
        say: the reader's language.
    """
    figure = go.Figure()
    longest_s = max((s for name in (*_MEDIAN, *_QUARTILES) for s in rows[name].drop_nulls()), default=0.0)
    unit_s, unit, digits = (60, "min", 1) if longest_s > _LONGEST_IN_SECONDS_S else (1, "s", 0)
    for kind, colour, dash in (("presence", ACCENT, "solid"), ("stationary", QUIET, "dot")):
        one = rows.filter(pl.col("kind") == kind, pl.col("median_s").is_not_null()).sort("hour")
        name = say(f"stay_{kind}")
        figure.add_trace(
            go.Scatter(
                x=one["hour"].to_list(),
                y=(one["median_s"] / unit_s).to_list(),
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": ((one["median_hi95_s"] - one["median_s"]) / unit_s).fill_null(0.0).to_list(),
                    "arrayminus": ((one["median_s"] - one["median_lo95_s"]) / unit_s).fill_null(0.0).to_list(),
                    "color": colour,
                    "thickness": 1,
                },
                mode="markers" if one.height < _LEAST_FOR_A_LINE else "lines+markers",
                name=name,
                line={"color": colour, "width": 2, "dash": dash},
                customdata=[_told(row, unit_s, unit, digits, say) for row in one.iter_rows(named=True)],
                hovertemplate=f"%{{x}}:00<br>%{{customdata}}<extra>{name}</extra>",
            )
        )
        figure.add_trace(
            go.Scatter(
                x=one["hour"].to_list() * len(_QUARTILES),
                y=[None if s is None else s / unit_s for name in _QUARTILES for s in one[name]],
                mode="markers",
                marker={"symbol": "line-ew-open", "size": 9, "color": colour, "line": {"width": 2}},
                hoverinfo="skip",
                showlegend=False,
            )
        )
    return lay_out(
        figure,
        say,
        height=300,
        xaxis={"title": {"text": say("hour_of_day")}, "range": [-0.6, 23.6], "dtick": 3, "showgrid": False},
        yaxis={
            "title": {"text": say("minutes" if unit_s > 1 else "seconds")},
            "rangemode": "tozero",
            "gridcolor": GRID,
        },
    )


def _told(row: dict[str, float | None], unit_s: int, unit: str, digits: int, say: Words) -> str:
    """A median stay with its interval."""
    median, lo95, hi95 = (None if (s := row[name]) is None else s / unit_s for name in _MEDIAN)
    high = say.number(hi95, digits) if hi95 is not None else say("open_end")
    return f"{say.number(median, digits)} {unit}, {say('interval_95', low=say.number(lo95, digits), high=high)}"


def levels(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Share of the observed quarter-hours at each letter, one bar per standard.

    Args:
        rows: standard, letter, rank of ranks, quarters, probability (NULL: not validated), in the order of the letters.
        say: the reader's language.
    """
    figure = go.Figure()
    rows = rows.with_columns(worse=(pl.col("rank") - 1) / (pl.col("ranks") - 1))
    letters = rows.group_by("letter", maintain_order=True).agg(pl.col("worse").max()).sort("worse", maintain_order=True)
    totals = dict(rows.group_by("standard").agg(pl.col("quarters").sum()).iter_rows())
    for letter in letters["letter"]:
        one = rows.filter(letter=letter)
        share = [100 * q / totals[s] for s, q in one.select("standard", "quarters").iter_rows()]
        colours = [LEVEL_COLOURS[round(worse * (len(LEVEL_COLOURS) - 1))] for worse in one["worse"]]
        figure.add_trace(
            go.Bar(
                x=share,
                y=[_standard(name, say) for name in one["standard"]],
                customdata=[_probability(p, say) for p in one["probability"]],
                orientation="h",
                name=letter,
                text=[letter if s >= 4 else "" for s in share],
                marker={"color": colours, "line": {"width": 1, "color": "white"}},
                hovertemplate=f"<b>%{{y}}</b><br>{letter}: %{{x:.1f}} %%{{customdata}}<extra></extra>",
            )
        )
    return lay_out(
        figure,
        say,
        height=90 + 42 * max(len(totals), 1),
        barmode="stack",
        legend={"traceorder": "normal"},
        margin={"l": 0, "r": 16, "t": 8, "b": 0},  # for the last number below
        xaxis={"title": {"text": say("share_of_time")}, "range": [0, 101], "dtick": 20, "showgrid": False},
        yaxis={"autorange": "reversed", "automargin": True, "showgrid": False},
    )


def _standard(name: str, say: Words) -> str:
    """A standard in the reader's language, what it is for on a line of its own; words not known here as they stand."""
    standard, *parts = name.split(", ")
    told = []
    for part in parts:
        key = part.replace(" ", "_").replace("-", "_")
        told.append(say(f"los_{key}") if say.has(f"los_{key}") else part)
    return "<br>".join([standard, ", ".join(told)]) if told else standard


def _probability(value: float | None, say: Words) -> str:
    return "" if value is None else f"<br>{say('probability')}: {say.percent(value)}"


def fundamental_diagram(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Mean speed over density, one point per quarter-hour.

    Args:
        rows: density_per_m2, speed_m_s.
        say: the reader's language.
    """
    seen = rows.drop_nulls(["density_per_m2", "speed_m_s"]).filter(pl.col("density_per_m2") > 0)
    figure = go.Figure(
        go.Scatter(
            x=seen["density_per_m2"].to_list(),
            y=seen["speed_m_s"].to_list(),
            mode="markers",
            marker={"size": 7, "color": ACCENT, "line": {"width": 0.5, "color": "white"}},
            hovertemplate="%{x:.3f} /m²<br>%{y:.2f} m/s<extra></extra>",
            showlegend=False,
        )
    )
    return lay_out(
        figure,
        say,
        height=320,
        xaxis={"title": {"text": say("density_axis")}, "rangemode": "tozero", "gridcolor": GRID},
        yaxis={"title": {"text": say("speed_axis")}, "rangemode": "tozero", "gridcolor": GRID},
    )
