"""One function, one file in ``sql/``, one frame."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards.release import Release

TABLES = (
    "flow_counts",
    "flow_hourly",
    "flow_daily",
    "movements",
    "coverage",
    "occupancy",
    "quality",
    "speeds",
    "speed_histogram",
    "queues",
    "discharges",
    "conflicts",
    "zone_occupancy",
    "level_of_service",
    "dwell",
    "sites",
    "counting_lines",
    "junctions",
    "zones",
    "annotations",
    "weather",
    "calibrations",
    "calibration_sigma",
    "line_certificates",
    "camera_drift",
)
# Up to so many days a series shows quarter-hours, then days: never over 5,000 marks.
QUARTER_HOUR_DAYS = 21


def sites(release: Release) -> pl.DataFrame:
    """site_id, name, is_simulated."""
    return release.query("sites", "sites", "quality")


def lines(release: Release, site_id: str) -> pl.DataFrame:
    """line_id, name, space, forward, backward, path_wkt, calibration_note."""
    return release.query("lines", "counting_lines", site_id=site_id)


def quality(release: Release, site_id: str) -> pl.DataFrame:
    """camera_id, day, recordings, recorded_s, observed_s, coverage, detector, errors and notes."""
    return release.query("quality", "quality", site_id=site_id)


def totals(release: Release, site_id: str, first_day: date, last_day: date) -> pl.DataFrame:
    """line_id, direction, road_user, count, observed_h."""
    return release.query("totals", "flow_daily", site_id=site_id, first_day=first_day, last_day=last_day)


def is_daily(first_day: date, last_day: date) -> bool:
    """Whether a series over these days shows days and not quarter-hours."""
    return (last_day - first_day).days >= QUARTER_HOUR_DAYS


def series(
    release: Release, site_id: str, line_id: str, road_users: list[str], first_day: date, last_day: date
) -> pl.DataFrame:
    """direction, interval_start_local, count (NULL: not observed), coverage; by quarter-hour or day."""
    daily = is_daily(first_day, last_day)
    return release.query(
        "series_daily" if daily else "series",
        "flow_daily" if daily else "flow_counts",
        site_id=site_id,
        line_id=line_id,
        road_users=road_users,
        first_day=first_day,
        last_day=last_day,
    )


def events(release: Release, site_id: str, first_day: date, last_day: date) -> pl.DataFrame:
    """kind, text, start_local, end_local (NULL: stays)."""
    return release.query("annotations", "annotations", site_id=site_id, first_day=first_day, last_day=last_day)


def hour_by_weekday(
    release: Release, site_id: str, line_id: str, road_users: list[str], first_day: date, last_day: date
) -> pl.DataFrame:
    """Weekday (1 to 7), hour, per_hour (NULL: never observed), observed_h, days."""
    return release.query(
        "hour_by_weekday",
        "flow_hourly",
        site_id=site_id,
        line_id=line_id,
        road_users=road_users,
        first_day=first_day,
        last_day=last_day,
    )


def occupancy(release: Release, site_id: str, road_users: list[str], first_day: date, last_day: date) -> pl.DataFrame:
    """cell_x, cell_y, density_per_m2."""
    return release.query(
        "occupancy",
        "occupancy",
        "coverage",
        site_id=site_id,
        road_users=road_users,
        first_day=first_day,
        last_day=last_day,
    )


def download(release: Release, table: str, site_id: str) -> pl.DataFrame:
    """Every released row of a table for one site, as released."""
    return release.query(f"download_{table}", table, site_id=site_id)
