"""A site and a period as a PDF that can lie on a council's table; made without a browser."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import polars as pl

from dashboards import comparison, queries, report_drawings
from dashboards.release import Release
from dashboards.views.selection import DAY_TYPES, GROUPS, Selection, hour_text
from dashboards.words import Words

_METHODS = ("count", "coverage", "uncertainty", "metres", "comparison")
_YEAR_DAYS = 364
_PEAK_DAYS = 56


def site_report(release: Release, selection: Selection, line_id: str) -> bytes:
    """The report as PDF/UA: tagged, with its title, its language and words for every drawing.

    Args:
        release: where the numbers come from.
        selection: site, period, classes and language.
        line_id: the counting line whose trend and week are drawn.
    """
    import typst

    template = (files("dashboards") / "report.typ").read_bytes()
    content = json.dumps(content_of(release, selection, line_id), ensure_ascii=False)
    pdf: bytes = typst.compile(template, sys_inputs={"data": content}, pdf_standards="ua-1")
    return pdf


def content_of(release: Release, selection: Selection, line_id: str) -> dict[str, Any]:
    """Everything the report says and draws."""
    say = selection.words
    lines = queries.with_counts(release, selection)
    name = str(lines.filter(line_id=line_id)["name"][0])
    days, events = queries.days(release, selection, line_id), queries.events(release, selection)
    week = queries.hour_by_weekday(release, selection, line_id)
    return {
        "language": say.language,
        "title": say("report_title", site=selection.site_name),
        "subtitle": f"{say.day(selection.first_day)} – {say.day(selection.last_day)}",
        "scope": _scope(selection),
        "simulated": say("simulated_long") if selection.is_simulated else None,
        "footer": say("report_footer", version=release.version),
        "key_figures": _key_figures(release, selection),
        "key_note": f"{say('crossings_per_day_help')} {say('not_validated_long')}",
        "plan": report_drawings.plan(release.plan(selection.site_id), lines.filter(space="ground"), selection),
        "classes": _classes(release, selection),
        "lines": _lines(lines, selection),
        "means": _means(release, lines, selection),
        "trend": report_drawings.trend(days, events, name, selection),
        "week": report_drawings.week(week, name, say),
        "quality": _quality(release, lines, selection),
        "methods": _sections("methods", _METHODS, say),
        "privacy": _sections("report_privacy", ("never", "way"), say),
    }


def _scope(selection: Selection) -> str:
    """Who and what is counted: classes, and directions, days and hours where not all are chosen."""
    say = selection.words
    told = [", ".join(say.road_user(road_user) for road_user in selection.road_users)]
    if len(selection.directions) == 1:
        told.append(f"{say('direction')}: {say(f'direction_{selection.directions[0]}')}")
    if selection.is_one_hour:
        told.append(say("only_hour", hour=hour_text(selection.weekdays[0], selection.hours[0], say)))
    elif selection.weekdays != DAY_TYPES["all_days"]:
        name = next(name for name, weekdays in DAY_TYPES.items() if weekdays == selection.weekdays)
        told.append(f"{say('day_type')}: {say(f'day_type_{name}')}")
    return " · ".join(told)


def _key_figures(release: Release, selection: Selection) -> list[dict[str, Any]]:
    say = selection.words
    found = [
        _key_figure(release, replace(selection, road_users=chosen), say(f"group_{name}"))
        for name, members in GROUPS.items()
        if (chosen := tuple(r for r in members if r in selection.road_users))
    ]
    share = say.percent(_observed_share(release, selection))
    return [*found, {"label": say("observed_share"), "value": share, "notes": [say("of_period")]}]


def _key_figure(release: Release, selection: Selection, label: str) -> dict[str, Any]:
    """Crossings per whole day of all lines, with the change since last year."""
    say = selection.words
    if selection.overlapping_views:
        return {"label": label, "value": say("not_added"), "notes": []}
    days = queries.days(release, selection)
    mean = comparison.mean_of(days)
    year = comparison.compare(queries.days(release, selection.moved(_YEAR_DAYS)), days)
    per = say("mean_per_whole_hour" if selection.is_one_hour else "mean_per_whole_day")
    value = say.number(mean.value) if mean.value is not None else say("no_whole_day")
    notes = [per, say.interval(mean.lo95, mean.hi95), f"{say('vs_last_year')}: {_told(year, say)}"]
    return {"label": label, "value": value, "notes": notes}


def _told(found: comparison.Comparison, say: Words) -> str:
    """A change with its interval."""
    if found.change is None:
        return say("not_enough_history")
    return f"{say.change(found.change)} ({say.change_interval(found.lo95, found.hi95)})"


def _observed_share(release: Release, selection: Selection) -> float:
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    return float(shown["coverage"].sum()) / (selection.days * max(quality["camera_id"].n_unique(), 1))


def _classes(release: Release, selection: Selection) -> dict[str, Any] | None:
    """Who passes, where lines may be added up."""
    say = selection.words
    if selection.overlapping_views:
        return None
    found = report_drawings.classes(queries.totals(release, selection), say)
    if not found:
        return None
    return {
        "heading": say("class_split"),
        "alt": say("class_split_alt", site=selection.site_name),
        "note": say("class_split_note"),
        "parts": found,
    }


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
                    say.number(hours, 1 if hours < 10 else 0) if hours else say("not_observed"),
                ]
            )
    columns = ["line", "direction", "crossings", "unit_per_observed_hour", "observed_hours"]
    return {
        "heading": say("crossings"),
        "columns": [say(column) for column in columns],
        "rows": rows,
        "note": say("crossings_note"),
    }


def _means(release: Release, lines: pl.DataFrame, selection: Selection) -> dict[str, Any]:
    """Each line's mean with its interval, its change and its busiest hour."""
    say = selection.words
    last_year = selection.moved(_YEAR_DAYS)
    rows = []
    for line_id, name in lines.select("line_id", "name").iter_rows():
        days = queries.days(release, selection, line_id)
        mean, year = (
            comparison.mean_of(days),
            comparison.compare(queries.days(release, last_year, line_id), days),
        )
        value = say.number(mean.value) if mean.value is not None else say("no_whole_day")
        rows.append(
            [name, value, say.interval(mean.lo95, mean.hi95), _told(year, say), _peak(release, selection, line_id)]
        )
    per = "mean_per_whole_hour" if selection.is_one_hour else "mean_per_whole_day"
    return {
        "heading": say(per),
        "columns": [say(column) for column in ("line", per, "interval_of_mean", "vs_last_year", "peak_hour")],
        "rows": rows,
        "note": say("report_means_note", days=_PEAK_DAYS),
    }


def _peak(release: Release, selection: Selection, line_id: str) -> str:
    """A line's busiest hour with its peak hour factor."""
    say = selection.words
    peaks = queries.peak_hours(release, selection.since(_PEAK_DAYS), line_id)
    if peaks.is_empty():
        return say("no_whole_hour")
    busiest = peaks.sort("count", "day", descending=[True, False]).row(0, named=True)
    factor = say.number(busiest["peak_hour_factor"], 2)
    return f"{say.number(busiest['count'])} · {say.moment(busiest['peak_start_local'])} · PHF {factor}"


def _quality(release: Release, lines: pl.DataFrame, selection: Selection) -> dict[str, Any]:
    say = selection.words
    quality = queries.quality(release, selection.site_id)
    shown = quality.filter(pl.col("day").is_between(selection.first_day, selection.last_day))
    errors_m = shown["leave_one_out_rmse_m"].drop_nulls().to_list()
    whole = shown.filter(pl.col("coverage") >= comparison.LEAST_COVERAGE)["day"].n_unique()
    rows = [
        [say("observed_share"), say.percent(_observed_share(release, selection))],
        [say("observed_time"), say.duration(float(shown["observed_s"].sum()))],
        [say("term_whole_day"), f"{say.number(whole)} / {say.number(selection.days)}"],
        [say("calibration_error"), f"{say.number(max(errors_m), 2)} m" if errors_m else say("not_calibrated")],
        [say("validation"), say("not_validated")],
        [say("detector"), "; ".join(map(say.detector, shown["detector"].unique().sort()))],
        [say("site_version"), ", ".join(v[:12] for v in shown["site_version"].unique().sort())],
    ]
    notes = lines["calibration_note"].drop_nulls().unique().sort().to_list()
    if selection.overlapping_views:
        notes.append(say("views_overlap", cameras=selection.overlapping_views))
    return {"heading": say("quality"), "rows": rows, "notes": notes}


def _sections(heading: str, names: tuple[str, ...], say: Words) -> dict[str, Any]:
    return {
        "heading": say(heading),
        "sections": [{"title": say(f"method_{name}"), "text": say(f"method_{name}_text")} for name in names],
    }
