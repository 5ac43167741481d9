"""One function, one file in ``sql/``, one frame; answers are kept, because a release never changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl
import streamlit as st

from dashboards.release import Release

if TYPE_CHECKING:
    from dashboards.views.selection import Selection

TABLES = (
    "flow_counts",
    "flow_hourly",
    "flow_daily",
    "flow_profiles",
    "flow_monthly",
    "movements",
    "speeds",
    "speed_histogram",
    "queues",
    "discharges",
    "conflicts",
    "zone_occupancy",
    "level_of_service",
    "service_levels",
    "dwell",
    "occupancy",
    "coverage",
    "quality",
    "calibrations",
    "line_certificates",
    "calibration_sigma",
    "camera_drift",
    "sites",
    "counting_lines",
    "junctions",
    "zones",
    "annotations",
    "weather",
)
_SERIES = {
    "quarter": ("series_quarter", "flow_counts"),
    "hour": ("series_hour", "flow_hourly"),
    "day": ("series_day", "flow_daily"),
    "week": ("series_week", "flow_daily"),
}
_KEPT_ANSWERS = 400

Answer = TypeVar("Answer", bound=Callable[..., Any])


def _kept(function: Answer) -> Answer:
    """Keeps answers by release version and arguments, shared by all readers of this process."""
    keep = st.cache_data(
        max_entries=_KEPT_ANSWERS, show_spinner=False, hash_funcs={Release: lambda release: release.version}
    )
    return keep(function)  # type: ignore[return-value]


@_kept
def sites(release: Release) -> pl.DataFrame:
    """site_id, name, is_simulated, origin_lon, origin_lat, time_zone, overlapping_views (NULL: none)."""
    return release.query("sites", "sites", site_ids=release.site_ids)


@_kept
def lines(release: Release, site_id: str) -> pl.DataFrame:
    """line_id, camera_id, name, space (ground, image), forward, backward, path_m (corners), calibration_note."""
    found = release.query("lines", "counting_lines", site_id=site_id)
    # Well-known text: LINESTRING (x y, x y, ...).
    corners = pl.col("path_wkt").str.extract(r"\((.*)\)").str.split(",")
    numbers = pl.element().str.strip_chars().str.split(" ").list.eval(pl.element().cast(pl.Float64))
    return found.with_columns(path_m=corners.list.eval(numbers)).drop("path_wkt")


@_kept
def quality(release: Release, site_id: str) -> pl.DataFrame:
    """camera_id, day, recordings, recorded_s, observed_s, coverage, detector, errors and notes."""
    return release.query("quality", "quality", site_id=site_id)


@_kept
def _events(release: Release, site_id: str, first_day: date, last_day: date) -> pl.DataFrame:
    """first_day, last_day, kind, text; of what touches a period."""
    return release.query("annotations", "annotations", site_id=site_id, first_day=first_day, last_day=last_day)


def events(release: Release, selection: Selection) -> pl.DataFrame:
    """first_day, last_day, kind, text."""
    return _events(release, selection.site_id, selection.first_day, selection.last_day)


@_kept
def _of_site(release: Release, query: str, *tables: str, **chosen: Any) -> pl.DataFrame:  # noqa: ANN401
    return release.query(query, *tables, **chosen)


@_kept
def road_users(release: Release, site_id: str) -> pl.DataFrame:
    """road_user: the classes that a detector of the site could tell."""
    return release.query("road_users", "flow_daily", site_id=site_id)


def totals(release: Release, selection: Selection) -> pl.DataFrame:
    """line_id, direction, road_user, count, observed_h."""
    if selection.is_one_hour:
        return _of_site(release, "totals_of_hours", "flow_hourly", **_chosen(selection))
    return _of_site(release, "totals", "flow_daily", **_without(selection, "hours"))


def with_counts(release: Release, selection: Selection) -> pl.DataFrame:
    """Counting lines with forward_count, forward_observed_h and the same backward; NULL where not observed."""
    found, counted = lines(release, selection.site_id), totals(release, selection)
    for direction in ("forward", "backward"):
        one = counted.filter(direction=direction).group_by("line_id")
        sums = one.agg(
            pl.col("count").sum().alias(f"{direction}_count"),
            pl.col("observed_h").max().alias(f"{direction}_observed_h"),
        )
        found = found.join(sums, on="line_id", how="left", maintain_order="left")
    return found


@_kept
def _network(release: Release, **chosen: Any) -> pl.DataFrame:  # noqa: ANN401
    return release.query("network", "sites", **chosen)


def network(release: Release, selection: Selection, least_coverage: float) -> pl.DataFrame:
    """site_id, name, per_day (NULL: no whole day, or views overlap), coverage, last_day, lon, lat; at all hours."""
    chosen = _without(selection, "site_id", "hours")
    return _network(release, days=selection.days, least_coverage=least_coverage, **chosen)


def days(release: Release, selection: Selection, line_id: str | None = None) -> pl.DataFrame:
    """day, count (NULL: not observed), coverage; of one line or of all, every day of the period that is asked for.

    Raises:
        ValueError: if all are asked for where cameras see the same ground: they are never added up.
    """
    if line_id is None and selection.overlapping_views:
        raise ValueError(f"{selection.site_id}: {selection.overlapping_views} see the same ground; ask for one line.")
    return _by_day(_days(release, selection, line_id), selection)


def days_of_groups(
    release: Release, selection: Selection, groups: Mapping[str, Sequence[str]]
) -> dict[str, pl.DataFrame]:
    """The `days` of all lines for each group of road users, read at once.

    Raises:
        ValueError: as `days`.
    """
    if selection.overlapping_views:
        raise ValueError(f"{selection.site_id}: {selection.overlapping_views} see the same ground; ask for one line.")
    rows = _days(release, selection, None)
    return {
        name: _by_day(rows.filter(pl.col("road_user").is_in(list(members))), selection)
        for name, members in groups.items()
    }


def _days(release: Release, selection: Selection, line_id: str | None) -> pl.DataFrame:
    """day, road_user, count, coverage."""
    line_ids = [line_id] if line_id else []
    if selection.is_one_hour:
        return _of_site(release, "days_of_hours", "flow_hourly", line_ids=line_ids, **_chosen(selection))
    return _of_site(release, "days", "flow_daily", line_ids=line_ids, **_without(selection, "hours"))


def _by_day(rows: pl.DataFrame, selection: Selection) -> pl.DataFrame:
    """The classes added up, with the days that have no row because nothing of them was recorded."""
    count = pl.when(pl.col("count").count() > 0).then(pl.col("count").sum())
    found = rows.lazy().group_by("day").agg(count.alias("count"), pl.col("coverage").mean())
    every = pl.LazyFrame({"day": pl.date_range(selection.first_day, selection.last_day, eager=True)})
    asked_for = every.filter(pl.col("day").dt.weekday().is_in(selection.weekdays))
    days = asked_for.join(found, on="day", how="left", maintain_order="left")
    return days.with_columns(pl.col("coverage").fill_null(0.0)).collect()


def series(release: Release, selection: Selection, line_id: str) -> pl.DataFrame:
    """direction, start_local, count (NULL: not observed), coverage, observed_h; by the chosen interval."""
    query, table = _SERIES[selection.interval]
    chosen = _without(selection, "hours") if table == "flow_daily" else _chosen(selection)
    return _of_site(release, query, table, line_id=line_id, **chosen)


def hour_by_weekday(release: Release, selection: Selection, line_id: str) -> pl.DataFrame:
    """Weekday (1 to 7), hour, per_hour (NULL: never observed), observed_h, days."""
    return _of_site(release, "hour_by_weekday", "flow_hourly", line_id=line_id, **_without(selection, "hours"))


def hour_by_direction(release: Release, selection: Selection, line_id: str) -> pl.DataFrame:
    """Direction, hour, per_hour (NULL: never observed)."""
    return _of_site(release, "hour_by_direction", "flow_hourly", line_id=line_id, **_without(selection, "hours"))


def peak_hours(release: Release, selection: Selection, line_id: str) -> pl.DataFrame:
    """day, peak_start_local, count, peak_hour_factor; of days with a wholly observed hour."""
    return _of_site(release, "peak_hours", "flow_counts", line_id=line_id, **_chosen(selection))


@_kept
def junctions(release: Release, site_id: str) -> pl.DataFrame:
    """junction_id, name, gates (a list of line_id), calibration_note."""
    found = release.query("junctions", "junctions", site_id=site_id)
    gates = pl.col("gates").str.split(",").list.eval(pl.element().str.strip_chars())
    return found.with_columns(gates)


def movements(release: Release, selection: Selection, junction_id: str) -> pl.DataFrame:
    """entry_line_id, exit_line_id (NULL: not seen), count."""
    return _of_site(release, "movements", "movements", junction_id=junction_id, **_without(selection, "directions"))


def gates_observed(release: Release, selection: Selection, junction_id: str, gates: pl.DataFrame) -> pl.DataFrame:
    """entry_line_id, exit_line_id, observed_h; of the pairs of one junction's gates that were both looked at.

    Args:
        release: where it is read from.
        selection: site, period and classes.
        junction_id: whose gates they are.
        gates: line_id, camera_id (one), space (ground, image).
    """
    chosen = {
        **_without(selection, "directions"),
        "junction_id": junction_id,
        "line_ids": gates["line_id"].to_list(),
        "camera_id": gates["camera_id"].first(),
        "is_in_pixels": "image" in gates["space"],
    }
    return _of_site(release, "gates_observed", "flow_hourly", "coverage", "movements", **chosen)


@_kept
def zones(release: Release, site_id: str) -> pl.DataFrame:
    """zone_id, camera_id, name, purpose, area_m2, outline_m (corners), calibration_note."""
    found = release.query("zones", "zones", site_id=site_id)
    return found.with_columns(pl.col("outline_m").str.json_decode(pl.List(pl.List(pl.Float64))))


def zone_series(release: Release, selection: Selection, zone_id: str) -> pl.DataFrame:
    """start_local, present, densities, speed_m_s, directional_order (NULL: not observed), coverage."""
    return _of_site(release, "zone_series", "zone_occupancy", zone_id=zone_id, **_without(selection, "directions"))


def dwell(release: Release, selection: Selection, zone_id: str) -> pl.DataFrame:
    """kind, hour, ended, censored, median_s with its 95 % bounds, p25_s, p75_s, observed_h."""
    return _of_site(release, "dwell", "dwell", zone_id=zone_id, **_without(selection, "directions"))


def levels(release: Release, selection: Selection, zone_id: str) -> pl.DataFrame:
    """standard, letter, rank, ranks, quarters, is_at_least, probability (NULL: not validated); from best to worst."""
    chosen = _without(selection, "directions", "road_users")
    return _of_site(release, "levels", "level_of_service", "service_levels", zone_id=zone_id, **chosen)


def speeds(release: Release, selection: Selection) -> pl.DataFrame:
    """line_id, direction, crossings, measured, means and sigma in m/s, headways and gaps, reasons (of the others)."""
    return _of_site(release, "speeds", "speeds", "speed_histogram", **_chosen(selection))


def speed_bins(release: Release, selection: Selection) -> pl.DataFrame:
    """line_id, direction, road_user, from_km_h, n, free_n; where measurable."""
    return _of_site(release, "speed_bins", "speed_histogram", **_chosen(selection))


def observed_hours(release: Release, selection: Selection) -> pl.DataFrame:
    """camera_id, hour, observed_h: in which positions were observed."""
    return _of_site(release, "observed_hours", "coverage", **_without(selection, "directions"))


def queues(release: Release, selection: Selection) -> pl.DataFrame:
    """camera_id, zone_id, start_local, sizes in vehicles and metres, queued_s, reason, coverage; where one stood."""
    return _of_site(release, "queues", "queues", **_without(selection, "directions", "road_users"))


def discharges(release: Release, selection: Selection) -> pl.DataFrame:
    """line_id, direction, queues, vehicles, saturation_headway_s, saturation_flow_per_h, start_up_loss_s."""
    return _of_site(release, "discharges", "discharges", **_without(selection, "road_users"))


def conflicts(release: Release, selection: Selection) -> pl.DataFrame:
    """camera_id, zone_id, kind, both classes, hour, pairs below limits, expected critical ones, reason."""
    return _of_site(release, "conflicts", "conflicts", **_without(selection, "directions"))


def occupancy(release: Release, selection: Selection) -> pl.DataFrame:
    """cell_x, cell_y, density_per_m2, vx_m_s, vy_m_s, speed_m_s."""
    return _of_site(release, "occupancy", "occupancy", "coverage", **_without(selection, "directions"))


def cell_by_hour(release: Release, selection: Selection, cell: tuple[int, int]) -> pl.DataFrame:
    """Hour, road_user, observed_h, density_per_m2 in a cell; no row where the hour was never observed."""
    return _of_cell(release, "cell_by_hour", selection, cell)


def cell_by_day(release: Release, selection: Selection, cell: tuple[int, int]) -> pl.DataFrame:
    """day, observed_s, presence_s, way_m in a cell; no row where positions were not observed on the day."""
    return _of_cell(release, "cell_by_day", selection, cell)


def _of_cell(release: Release, query: str, selection: Selection, cell: tuple[int, int]) -> pl.DataFrame:
    chosen = _without(selection, "directions")
    return _of_site(release, query, "occupancy", "coverage", cell_x=cell[0], cell_y=cell[1], **chosen)


def weather(release: Release, selection: Selection) -> pl.DataFrame:
    """day, precipitation_mm, temperature_c; of the days of which it is known."""
    days = {"first_day": selection.first_day, "last_day": selection.last_day}
    return _of_site(release, "weather_by_day", "weather", site_id=selection.site_id, **days)


def uptime(release: Release, selection: Selection) -> pl.DataFrame:
    """camera_id, day, hour, coverage; of the hours that were observed."""
    days = {"first_day": selection.first_day, "last_day": selection.last_day}
    return _of_site(release, "uptime", "coverage", site_id=selection.site_id, **days)


@_kept
def calibrations(release: Release, site_id: str) -> pl.DataFrame:
    """camera_id, points, errors and hull in metres, camera_height_m, focal_px, warnings; of calibrated cameras."""
    return release.query("calibrations", "calibrations", site_id=site_id)


@_kept
def line_certificates(release: Release, site_id: str) -> pl.DataFrame:
    """camera_id, line_id, name, px_per_m, sigma_m (NULL: not in view), trusted_share, visible_share."""
    return release.query("line_certificates", "line_certificates", "counting_lines", site_id=site_id)


@_kept
def calibration_sigma(release: Release, site_id: str, most_m: float) -> pl.DataFrame:
    """camera_id, east_m, north_m, sigma_m, is_trusted; where the error is at most ``most_m``."""
    return release.query("calibration_sigma", "calibration_sigma", site_id=site_id, most_m=most_m)


def camera_drift(release: Release, selection: Selection) -> pl.DataFrame:
    """camera_id, day, recordings, drift_px, drift_m, is_drifted (NULL: cannot be told)."""
    days = {"first_day": selection.first_day, "last_day": selection.last_day}
    return _of_site(release, "camera_drift", "camera_drift", site_id=selection.site_id, **days)


def download(release: Release, table: str, site_id: str) -> pl.DataFrame:
    """Every released row of a table for one site, as released."""
    return release.query(f"download_{table}", table, site_id=site_id)


def _chosen(selection: Selection) -> dict[str, Any]:
    """The part of a selection that decides numbers, as parameters."""
    return {
        "site_id": selection.site_id,
        "road_users": list(selection.road_users),
        "directions": list(selection.directions),
        "weekdays": list(selection.weekdays),
        "hours": list(selection.hours),
        "first_day": selection.first_day,
        "last_day": selection.last_day,
    }


def _without(selection: Selection, *names: str) -> dict[str, Any]:
    """The same without what a query does not ask for."""
    return {name: value for name, value in _chosen(selection).items() if name not in names}
