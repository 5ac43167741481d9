"""What the report draws, as lengths, places and words; `report.typ` only puts them on paper."""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards import comparison
from dashboards.design import DIRECTION_COLOURS, ROAD_USER_COLOURS
from dashboards.figures.arrows import outline, unit_of
from dashboards.figures.plan import FURNITURE, SURFACES, count_arrows, extent_of
from dashboards.figures.series import smoothed
from dashboards.views.selection import Selection
from dashboards.words import Words

_NO_CELLS = pl.DataFrame({"cell_x": [], "cell_y": []})
_LABELS_ACROSS, _STEPS_UP = 8, 4


def trend(days: pl.DataFrame, events: pl.DataFrame, name: str, selection: Selection) -> dict[str, Any]:
    """Bars of days with their 7-day mean, a scale and the events.

    Args:
        days: day, count (NULL: not observed), coverage; of one line.
        events: first_day, last_day, text.
        name: of the line.
        selection: the period and the language.
    """
    say = selection.words
    rows = smoothed(days)
    every = max(1, rows.height // _LABELS_ACROSS)
    bars = [
        {
            "count": row["count"],
            "mean": row["mean"],
            "whole": row["coverage"] >= comparison.LEAST_COVERAGE,
            "label": f"{row['day']:%d.%m.}" if i % every == 0 else None,
        }
        for i, row in enumerate(rows.iter_rows(named=True))
    ]
    return {
        "heading": say("dates_of_hour" if selection.is_one_hour else "trend_of", line=name),
        "alt": say("trend_alt", line=name),
        "note": say("report_trend_note"),
        "ticks": _ticks(max((bar["count"] or 0 for bar in bars), default=0), say),
        "unit": say("unit_crossings"),
        "days": bars or [{"count": None, "mean": None, "whole": False, "label": None}],
        "events": _events(events, say),
    }


def _ticks(top: int, say: Words) -> list[dict[str, Any]]:
    """Round numbers up to the highest day."""
    step = _round_up(top / _STEPS_UP)
    return [{"at": step * i, "told": say.number(step * i)} for i in range(1, _STEPS_UP + 1) if step * i <= top]


def _round_up(value: float) -> int:
    """The next of 1, 2, 5, 10, 20, 50, ..."""
    size = 1
    while size < value:
        size = next((size * k for k in (2, 5) if size * k >= value), size * 10)
    return size


def _events(events: pl.DataFrame, say: Words) -> list[str]:
    return [
        f"{say.day(first)}{'' if first == last else f' – {say.day(last)}'}: {text}"
        for first, last, text in events.select("first_day", "last_day", "text").iter_rows()
    ]


def week(rows: pl.DataFrame, name: str, say: Words) -> dict[str, Any]:
    """Hours of the week as shares of the busiest.

    Args:
        rows: weekday (1 to 7), hour, per_hour (NULL: never observed).
        name: of the line.
        say: the reader's language.
    """
    top = max((v for v in rows["per_hour"].to_list() if v), default=1.0)
    cells: list[list[float | None]] = [[None] * 24 for _ in range(7)]
    for row in rows.iter_rows(named=True):
        if row["per_hour"] is not None:
            cells[row["weekday"] - 1][row["hour"]] = row["per_hour"] / top
    return {
        "heading": f"{name}: {say('hour_of_week')}",
        "alt": say("week_alt", line=name),
        "note": say("report_week_note", top=say.number(top)),
        "rows": [{"name": day, "cells": row} for day, row in zip(say.weekdays, cells, strict=True)],
    }


def classes(totals: pl.DataFrame, say: Words) -> list[dict[str, Any]]:
    """The share of each class, the largest first.

    Args:
        totals: road_user, count.
        say: the reader's language.
    """
    by_class = totals.group_by("road_user").agg(pl.col("count").sum()).filter(pl.col("count") > 0)
    total = int(by_class["count"].sum())
    return [
        {
            "share": count / total,
            "told": f"{say.road_user(name)} {say.percent(count / total, 1)}",
            "colour": ROAD_USER_COLOURS[name],
        }
        for name, count in by_class.sort("count", descending=True).iter_rows()
    ]


def plan(surfaces: list[dict[str, Any]], lines: pl.DataFrame, selection: Selection) -> dict[str, Any] | None:
    """The place with its lines and their counts, in metres from its south-western corner; None without a line.

    Args:
        surfaces: kind and outline_m.
        lines: as for `figures.volumes_on_plan`.
        selection: the period and the language.
    """
    if lines.is_empty():
        return None
    say, extent = selection.words, extent_of(_NO_CELLS, lines)
    left, right, low, high = extent
    unit = unit_of(extent)

    def moved(point: Any) -> list[float]:  # noqa: ANN401
        return [float(point[0]) - left, float(point[1]) - low]

    return {
        "heading": say("where"),
        "alt": say("volumes_alt", site=selection.site_name),
        "note": say("volumes_note", days=say.number(selection.days)),
        "width_m": right - left,
        "height_m": high - low,
        "surfaces": [
            {
                "colour": as_hex(SURFACES.get(surface["kind"], FURNITURE)),
                "outline": [moved(point) for point in surface["outline_m"]],
            }
            for surface in surfaces
        ],
        "lines": [[moved(point) for point in path] for path in lines["path_m"].to_list()],
        "arrows": [
            {
                "colour": DIRECTION_COLOURS[arrow.direction],
                "outline": [moved(point) for point in outline(arrow.way, arrow.width, unit)],
                "label": moved(arrow.label),
                "count": arrow.told,
            }
            for arrow in count_arrows(lines, say, unit)
        ],
    }


def as_hex(colour: str) -> str:
    """A colour of the page, #rrggbb or rgba(r,g,b,a), as Typst takes it."""
    if not colour.startswith("rgba("):
        return colour
    *rgb, alpha = colour.removeprefix("rgba(").removesuffix(")").split(",")
    return "#" + "".join(f"{int(c):02x}" for c in rgb) + f"{round(255 * float(alpha)):02x}"
