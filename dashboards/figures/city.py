"""The sites of a city at their places, without any map service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import plotly.graph_objects as go
import polars as pl

from dashboards.design import AXIS, FORWARD, PAPER
from dashboards.words import Words

# Names of more sites than this would cover each other.
_MOST_NAMES = 40
_STALE = "#d55e00"
_STALE_AFTER = timedelta(days=7)
_KM_PER_DEGREE = 111.32


def site_map(sites: pl.DataFrame, say: Words) -> go.Figure:
    """Sites at their places, north up: as large as their crossings per day, as full as their time was observed.

    A site whose last day is a week older than the newest of any has a ring.

    Args:
        sites: site_id, name, lon, lat, per_day (NULL: no whole day), coverage (0 to 1), last_day; a mark carries
            its site_id.
        say: the reader's language.
    """
    placed = sites.drop_nulls(["lon", "lat"])
    figure = go.Figure(
        go.Scatter(
            x=placed["lon"].to_list(),
            y=placed["lat"].to_list(),
            mode="markers+text" if placed.height <= _MOST_NAMES else "markers",
            text=placed["name"].to_list(),
            textposition="top center",
            customdata=[[row["site_id"], _told(row, say)] for row in placed.iter_rows(named=True)],
            marker=_marks(placed),
            hovertemplate="<b>%{text}</b><br>%{customdata[1]}<extra></extra>",
            cliponaxis=False,
        )
    )
    latitude = float(placed["lat"].mean() or 0.0)  # type: ignore[arg-type]
    # One degree of longitude is shorter than one of latitude by the cosine of the latitude.
    shrink = max(float(np.cos(np.radians(latitude))), 0.1)
    figure.update_layout(
        height=460,
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        paper_bgcolor=PAPER,
        plot_bgcolor="rgba(138,148,158,0.10)",
        separators=say.separators,
        xaxis={"visible": False},
        yaxis={"visible": False, "scaleanchor": "x", "scaleratio": 1 / shrink},
    )
    if placed.height > 1:
        _add_scale(figure, placed, _KM_PER_DEGREE * shrink)
    return figure


def _told(row: dict[str, Any], say: Words) -> str:
    per_day = say.number(row["per_day"]) if row["per_day"] is not None else say("no_whole_day")
    last = say.day(row["last_day"]) if row["last_day"] else say("not_observed")
    return (
        f"{per_day} {say('crossings_per_day')}<br>{say.percent(row['coverage'])} {say('observed')}"
        f"<br>{say('last_day_released')}: {last}"
    )


def _marks(placed: pl.DataFrame) -> dict[str, Any]:
    top = float(placed["per_day"].max() or 1.0)  # type: ignore[arg-type]
    newest = placed["last_day"].max()
    stale = [day is None or newest - day > _STALE_AFTER for day in placed["last_day"].to_list()]
    return {
        "size": [7.0 if v is None else 7 + 34 * (v / top) ** 0.5 for v in placed["per_day"].to_list()],
        "color": FORWARD,
        "opacity": (0.25 + 0.6 * placed["coverage"]).to_list(),
        "line": {
            "width": [3 if is_stale else 1 for is_stale in stale],
            "color": [_STALE if s else "white" for s in stale],
        },
    }


def _add_scale(figure: go.Figure, placed: pl.DataFrame, km_per_degree: float) -> None:
    """A round length of about a fifth of the map, at its lower left."""
    west, east, south, north = (float(placed[c].min() if low else placed[c].max()) for c, low in _EDGES)  # type: ignore[arg-type]
    across_km = max((east - west) * km_per_degree, 0.1)
    size = 10.0 ** np.floor(np.log10(across_km / 5))
    length_km = size * max(k for k in (1, 2, 5) if k * size <= across_km / 5)
    y = south - 0.08 * max(north - south, 1e-4)
    figure.add_shape(
        type="line", x0=west, x1=west + length_km / km_per_degree, y0=y, y1=y, line={"color": AXIS, "width": 3}
    )
    figure.add_annotation(x=west, y=y, text=f"{length_km:g} km", showarrow=False, xanchor="left", yanchor="bottom")


_EDGES = (("lon", True), ("lon", False), ("lat", True), ("lat", False))
