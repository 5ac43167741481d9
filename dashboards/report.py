"""A site and a period as a PDF that can lie on a council's table; made without a browser."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import polars as pl

from dashboards import comparison, queries
from dashboards.design import DIRECTION_COLOURS
from dashboards.figures.arrows import outline, unit_of
from dashboards.figures.plan import FURNITURE, SURFACES, count_arrows, extent_of
from dashboards.release import Release
from dashboards.views.selection import Selection

_NO_CELLS = pl.DataFrame({"cell_x": [], "cell_y": []})
_METHODS = ("count", "coverage", "uncertainty", "metres", "never")


def site_report(release: Release, selection: Selection, line_id: str) -> bytes:
    """The report as PDF/UA: tagged, with its title, its language and words for every drawing.

    Args:
        release: where the numbers come from.
        selection: site, period, classes and language.
        line_id: the counting line whose trend and week are drawn.
    """
    import typst

    template = (files("dashboards") / "report.typ").read_bytes()
    content = json.dumps(_content(release, selection, line_id), ensure_ascii=False)
    pdf: bytes = typst.compile(template, sys_inputs={"data": content}, pdf_standards="ua-1")
    return pdf


def _content(release: Release, selection: Selection, line_id: str) -> dict[str, Any]:
    say = selection.words
    lines = queries.with_counts(release, selection)
    name = str(lines.filter(line_id=line_id)["name"][0])
    days = queries.days(release, selection, line_id)
    return {
        "language": say.language,
        "title": say("report_title", site=selection.site_name),
        "subtitle": say(
            "report_subtitle",
            first=say.day(selection.first_day),
            last=say.day(selection.last_day),
            who=", ".join(say.road_user(r) for r in selection.road_users),
        ),
        "simulated": say("simulated_long") if selection.is_simulated else None,
        "footer": say("report_footer", version=release.version),
        "key_figures": _key_figures(release, selection),
        "key_note": say("crossings_per_day_help"),
        "lines": _lines(lines, selection),
        "trend": _trend(days, name, selection),
        "week": _week(queries.hour_by_weekday(release, selection, line_id), name, selection),
        "plan": _plan(release, lines.filter(space="ground"), selection),
        "quality": _quality(release, lines, selection),
        "methods": {
            "heading": say("methods"),
            "sections": [{"title": say(f"method_{m}"), "text": say(f"method_{m}_text")} for m in _METHODS],
        },
    }


def _key_figures(release: Release, selection: Selection) -> list[dict[str, str]]:
    say = selection.words
    observed = _observed_share(release, selection)
    mean, change, interval = _mean_and_change(release, selection)
    return [
        {"label": say("mean_per_whole_day"), "value": mean, "note": say("not_validated")},
        {"label": say("vs_last_year"), "value": change, "note": interval},
        {"label": say("observed_share"), "value": say.percent(observed), "note": say("of_period")},
    ]


def _mean_and_change(release: Release, selection: Selection) -> tuple[str, str, str]:
    """Crossings per whole day of all lines, the change since last year and its interval, as told."""
    say = selection.words
    if selection.overlapping_views:
        return say("not_added"), say("not_added"), ""
    days = queries.days(release, selection)
    whole = comparison.whole_days(days)
    year = comparison.compare(queries.days(release, selection.moved(364)), days)
    mean = say.number(float(whole["count"].mean())) if whole.height else say("no_whole_day")  # type: ignore[arg-type]
    change = say.change(year.change) if year.change is not None else say("not_enough_history")
    if year.lo95 is None or year.hi95 is None:
        return mean, change, ""
    return mean, change, f"{say.change(year.lo95)} … {say.change(year.hi95)}"


def _observed_share(release: Release, selection: Selection) -> float:
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    return float(shown["coverage"].sum()) / (selection.days * max(quality["camera_id"].n_unique(), 1))


def _lines(lines: pl.DataFrame, selection: Selection) -> dict[str, Any]:
    say = selection.words
    rows = []
    for line in lines.iter_rows(named=True):
        for direction in selection.directions:
            count, hours = line[f"{direction}_count"], line[f"{direction}_observed_h"]
            rate = count / hours if count is not None and hours else None
            rows.append(
                [
                    line["name"],
                    line[direction],
                    say.number(count),
                    say.number(rate, 1),
                    say.number(hours) if hours else say("not_observed"),
                ]
            )
    columns = ["line", "direction", "crossings", "unit_per_hour", "observed_hours"]
    return {
        "heading": say("crossings"),
        "columns": [say(column) for column in columns],
        "rows": rows,
        "note": say("crossings_note"),
    }


def _trend(days: pl.DataFrame, name: str, selection: Selection) -> dict[str, Any]:
    say = selection.words
    every = max(1, days.height // 8)
    bars = [
        {
            "count": row["count"],
            "whole": row["coverage"] >= comparison.LEAST_COVERAGE,
            "label": f"{row['day']:%d.%m.}" if i % every == 0 else None,
        }
        for i, row in enumerate(days.iter_rows(named=True))
    ]
    top = max((bar["count"] or 0 for bar in bars), default=0)
    return {
        "heading": say("trend_of", line=name),
        "alt": say("trend_alt", line=name),
        "note": say("report_trend_note"),
        "top": say("report_top", count=say.number(top)),
        "days": bars or [{"count": None, "whole": False, "label": None}],
    }


def _week(week: pl.DataFrame, name: str, selection: Selection) -> dict[str, Any]:
    say = selection.words
    top = max((v for v in week["per_hour"].to_list() if v), default=1.0)
    cells: list[list[float | None]] = [[None] * 24 for _ in range(7)]
    for row in week.iter_rows(named=True):
        if row["per_hour"] is not None:
            cells[row["weekday"] - 1][row["hour"]] = row["per_hour"] / top
    return {
        "heading": say("hour_of_week"),
        "alt": say("week_alt", line=name),
        "note": say("report_week_note", top=say.number(top)),
        "rows": [{"name": day, "cells": row} for day, row in zip(say.weekdays, cells, strict=True)],
    }


def _plan(release: Release, lines: pl.DataFrame, selection: Selection) -> dict[str, Any] | None:
    if lines.is_empty():
        return None
    say = selection.words
    extent = extent_of(_NO_CELLS, lines)
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
            for surface in release.plan(selection.site_id)
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


def _quality(release: Release, lines: pl.DataFrame, selection: Selection) -> dict[str, Any]:
    say = selection.words
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    errors_m = shown["leave_one_out_rmse_m"].drop_nulls().to_list()
    rows = [
        [say("observed_share"), say.percent(_observed_share(release, selection))],
        [say("observed_time"), say.duration(float(shown["observed_s"].sum()))],
        [say("calibration_error"), f"{say.number(max(errors_m), 2)} m" if errors_m else say("not_calibrated")],
        [say("validation"), say("not_validated")],
        [say("detector"), ", ".join(shown["detector"].unique().sort())],
        [say("site_version"), ", ".join(v[:12] for v in shown["site_version"].unique().sort())],
    ]
    notes = lines["calibration_note"].drop_nulls().unique().sort().to_list()
    return {"heading": say("quality"), "rows": rows, "notes": notes}
