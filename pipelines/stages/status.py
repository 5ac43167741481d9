"""How every camera and every site is doing, read from the lake and the warehouse without changing either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import polars as pl

from detectors.camera import Camera
from geo.site import Site
from pipelines.lake import Lake, RecordingKey
from pipelines.policies import Rules
from pipelines.settings import Settings
from pipelines.stages import ingest, track
from pipelines.warehouse.connection import Warehouse

# Whoever only looks does not wait long for a writer.
_PATIENCE_S = 5.0
_NOTHING: dict[str, dict[str, type[pl.DataType]]] = {
    "loads": {"camera_id": pl.String, "crossings": pl.Int64},
    "quality": {"camera_id": pl.String, "coverage": pl.Float64},
    "days": {"day": pl.Date, "is_passed": pl.Boolean, "reason": pl.String},
}


@dataclass(frozen=True)
class CameraStatus:
    """One camera.

    Attributes:
        last_end_utc: end of its last recording, or None if it has none.
        delay_s: from that end until it was tracked, or None.
        frames_per_s: at which that was done.
        recordings, crossings: counted in all.
        coverage: share of the last whole local day that was observed, or None if nothing was.
        is_stale: whether its last recording ends too long ago; simulated cameras never are.
    """

    site_id: str
    camera_id: str
    last_end_utc: datetime | None
    delay_s: float | None
    frames_per_s: float | None
    recordings: int
    crossings: int
    coverage: float | None
    is_stale: bool


@dataclass(frozen=True)
class HeldDay:
    """A local day that is not released, and why."""

    site_id: str
    day: str
    reason: str


@dataclass(frozen=True)
class SiteStatus:
    """One site: its cameras, the days held back and the number of days released."""

    cameras: tuple[CameraStatus, ...]
    held: tuple[HeldDay, ...]
    days: int


def site_status(site: Site, rules: Rules, settings: Settings, now: datetime) -> SiteStatus:
    """Looks at one site.

    Raises:
        WarehouseBusyError: if the warehouse is being written to for longer than a look may wait.
    """
    yesterday = now.astimezone(site.time_zone).date() - timedelta(days=1)
    tables = _tables(site, yesterday, Warehouse(settings.warehouse, _PATIENCE_S))
    held = tables["days"].filter(~pl.col("is_passed"))
    return SiteStatus(
        tuple(_camera(camera, site, rules, Lake.of(settings), tables, now) for camera in site.cameras),
        tuple(HeldDay(site.site_id, str(day), reason) for day, reason in held.select("day", "reason").iter_rows()),
        tables["days"].height,
    )


def _tables(site: Site, yesterday: date, warehouse: Warehouse) -> dict[str, pl.DataFrame]:
    """What the warehouse knows of a site; tables without rows where there is no warehouse yet."""
    if not warehouse.path.is_file():
        return {name: pl.DataFrame(schema=columns) for name, columns in _NOTHING.items()}
    with warehouse.read() as session:
        return {
            "loads": session.frame("select_loads", site_id=site.site_id),
            "quality": session.frame("select_quality", site_id=site.site_id, days=[yesterday]),
            "days": session.frame("select_days").filter(site_id=site.site_id),
        }


def _camera(
    camera: Camera, site: Site, rules: Rules, lake: Lake, tables: Mapping[str, pl.DataFrame], now: datetime
) -> CameraStatus:
    key = lake.last(ingest.TABLE, camera.camera_id)
    end = lake.open(ingest.Recordings, ingest.TABLE, key)["end_utc"].item() if key else None
    loads, quality = (tables[name].filter(camera_id=camera.camera_id) for name in ("loads", "quality"))
    return CameraStatus(
        site.site_id,
        camera.camera_id,
        end,
        _delay_s(key, end, lake),
        _frames_per_s(key, lake),
        loads.height,
        int(loads["crossings"].sum()),
        quality["coverage"].item() if quality.height else None,
        not site.is_simulated and (end is None or now - end > rules.stale_after),
    )


def _delay_s(key: RecordingKey | None, end: datetime | None, lake: Lake) -> float | None:
    if key is None or end is None or not lake.has(track.TABLE, key):
        return None
    tracked = datetime.fromtimestamp(lake.path(track.TABLE, key).stat().st_mtime, UTC)
    return (tracked - end).total_seconds()


def _frames_per_s(key: RecordingKey | None, lake: Lake) -> float | None:
    if key is None or not lake.has(track.REPORTS, key):
        return None
    report = lake.open(track.TrackingReports, track.REPORTS, key).row(0, named=True)
    return report["frames"] / report["seconds"] if report["frames"] and report["seconds"] else None
