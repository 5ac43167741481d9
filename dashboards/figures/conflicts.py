"""Who comes close to colliding with whom, how closely, and where."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.design import GRID, INK, QUIET, ROAD_USER_COLOURS, lay_out
from dashboards.figures.plan import extent_of, plan_of
from dashboards.words import Words

# From serious to slight; darker is closer.
_SEVERITY = ("#7f2704", "#d94801", "#fdbe85")
_NO_LINES = pl.DataFrame({"path_m": []}, schema={"path_m": pl.List(pl.List(pl.Float64))})
_SMALLEST_PX, _LARGEST_PX = 8.0, 64.0
_LEAST_SHOWN = 0.05  # which rounds to 0.1


def severities(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Measured pairs by how close they came, each band without the closer ones.

    Args:
        rows: measure (ttc, pet), limit_s, pairs below that limit, from the lowest limit to the highest.
        say: the reader's language.
    """
    figure = go.Figure()
    bands = rows.with_columns(band=pl.col("pairs") - pl.col("pairs").shift(1, fill_value=0).over("measure"))
    for number, colour in enumerate(_SEVERITY):
        some = bands.group_by("measure", maintain_order=True).agg(pl.col("limit_s", "band").get(number))
        figure.add_trace(
            go.Bar(
                x=some["band"].to_list(),
                y=[say(f"measure_{measure}") for measure in some["measure"].to_list()],
                orientation="h",
                name=say(f"severity_{number}"),
                customdata=[f"< {say.number(limit, 1)} s" for limit in some["limit_s"].to_list()],
                text=[say.number(n) for n in some["band"].to_list()],
                textposition="inside",
                textangle=0,
                marker={"color": colour, "line": {"width": 1, "color": "white"}},
                hovertemplate=f"<b>%{{y}}</b><br>%{{customdata}}: %{{x}} {say('unit_pairs')}<extra></extra>",
            )
        )
    return lay_out(
        figure,
        say,
        height=220,
        barmode="stack",
        uniformtext={"minsize": 10, "mode": "hide"},
        xaxis={"title": {"text": say("unit_pairs")}, "rangemode": "tozero", "gridcolor": GRID},
        yaxis={"autorange": "reversed", "automargin": True, "showgrid": False},
    )


def pairs_of_classes(rows: pl.DataFrame, say: Words) -> go.Figure:
    """Expected critical encounters per observed hour by the two classes.

    Args:
        rows: road_user, other_road_user, per_hour.
        say: the reader's language.
    """
    known = [u for u in ROAD_USER_COLOURS if u in {*rows["road_user"], *rows["other_road_user"]}]
    values = np.full((len(known), len(known)), np.nan)
    for one, other, per_hour in rows.select("road_user", "other_road_user", "per_hour").iter_rows():
        i, j = sorted((known.index(one), known.index(other)))
        values[j, i] = np.nansum([values[j, i], per_hour])
    labels = [say.road_user(u) for u in known]
    figure = go.Figure(
        go.Heatmap(
            z=values,
            x=labels,
            y=labels,
            text=[[say.number(float(v), 1) if v >= _LEAST_SHOWN else "" for v in row] for row in values],
            texttemplate="%{text}",
            colorscale="Oranges",
            showscale=False,
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate=f"%{{y}} – %{{x}}<br>%{{z:.2f}} {say('unit_per_hour')}<extra></extra>",
        )
    )
    return lay_out(
        figure,
        say,
        height=110 + 34 * len(known),
        xaxis={"type": "category", "showgrid": False, "tickangle": 0 if len(known) < 6 else -30},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )


def conflicts_on_plan(plan: list[dict[str, Any]], zones: pl.DataFrame, say: Words) -> go.Figure:
    """Zones over the plan, each with a disc as large as its expected critical encounters per hour.

    Args:
        plan: surfaces with kind, name and outline_m.
        zones: zone_id, name, outline_m (corners in metres), per_hour (NULL: none seen).
        say: the reader's language.
    """
    cells = pl.DataFrame({"cell_x": [], "cell_y": []})
    outlines = zones.select(path_m="outline_m") if zones.height else _NO_LINES
    figure = plan_of(plan, extent_of(cells, outlines), say)
    top = float(zones["per_hour"].max() or 1.0)  # type: ignore[arg-type]
    for zone in zones.iter_rows(named=True):
        corners = [*zone["outline_m"], zone["outline_m"][0]]
        x, y = np.array(corners, float).T
        figure.add_trace(go.Scatter(x=x, y=y, mode="lines", line={"color": INK, "width": 1.5}, hoverinfo="skip"))
        at = np.mean(zone["outline_m"], axis=0)
        per_hour = zone["per_hour"] or 0.0
        is_shown = per_hour >= _LEAST_SHOWN
        told = f"{say.number(per_hour, 2)} {say('unit_per_hour')}"
        figure.add_trace(
            go.Scatter(
                x=at[:1],
                y=at[1:],
                mode="markers+text",
                text=[f"<b>{say.number(per_hour, 1)}</b>" if is_shown else ""],
                textfont={"color": "white"},
                marker={
                    "size": max(_SMALLEST_PX, _LARGEST_PX * (per_hour / top) ** 0.5),
                    "color": _SEVERITY[1] if is_shown else QUIET,
                },
                customdata=[[zone["zone_id"]]],
                hovertemplate=f"<b>{zone['name']}</b><br>{told}<extra></extra>",
            )
        )
    return figure
