"""A recording's contributions to the warehouse, replaced in one transaction."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl

from geo.crossings import Crossings
from geo.occupancy import Occupancy
from geo.site import CountingLine, Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.stages import ingest, measure, track, traffic
from pipelines.stages.fingerprint import file_digest, fingerprint
from pipelines.stages.report import StageReport
from pipelines.warehouse.connection import Session, Warehouse

TABLE = "flow_counts"


def load(key: RecordingKey, site: Site, lake: Lake, warehouse: Warehouse, audit: AuditLog) -> StageReport:
    """Replaces what a recording contributes to flow counts, occupancy and coverage.

    The revision of a recording counts how often its contributions have changed.
    """
    began = time.perf_counter()
    inputs = fingerprint(
        site=site.version,
        **{
            table: file_digest(lake.path(table, key))
            for table in (measure.TABLE, measure.OCCUPANCY, track.REPORTS, *traffic.TABLES)
        },
    )
    crossings = lake.open(Crossings, measure.TABLE, key)
    with warehouse.write() as session:
        earlier = session.frame("select_load", recording_id=key.recording_id).rows()
        is_current = bool(earlier) and earlier[0][0] == inputs
        if not is_current:
            revision = earlier[0][1] + 1 if earlier else 1
            _replace_site(session, site)
            _replace_recording(session, key, site, lake, crossings, inputs, revision)
    if not is_current:
        audit.append("load", recording=key.recording_id, crossings=crossings.height)
    return StageReport(TABLE, crossings.height, warehouse.path, inputs, time.perf_counter() - began, is_current)


def _replace_recording(
    session: Session, key: RecordingKey, site: Site, lake: Lake, crossings: pl.DataFrame, inputs: str, revision: int
) -> None:
    recording = lake.open(ingest.Recordings, ingest.TABLE, key).row(0, named=True)
    tracking = lake.open(track.TrackingReports, track.REPORTS, key)
    seen = tracking.row(0, named=True)
    session.run("delete_loads", recording_id=key.recording_id)
    for fact in ("coverage", "flow", "occupancy", *traffic.FACTS):
        session.run(f"delete_{fact}_contributions", recording_id=key.recording_id)
    calibration = site.calibrations.get(key.camera_id)
    starts, ends = seen["observed_start_utc"], seen["observed_end_utc"]
    row = {
        "recording_id": key.recording_id,
        "site_id": site.site_id,
        "camera_id": key.camera_id,
        "day": key.day,
        "start_utc": recording["start_utc"],
        "end_utc": recording["end_utc"],
        "expected_s": recording["duration_s"],
        "observed_s": sum((b - a).total_seconds() for a, b in zip(starts, ends, strict=True)),
        "crossings": crossings.height,
        "detector": seen["detector"],
        "detector_digest": seen["detector_digest"],
        "site_version": site.version,
        "leave_one_out_rmse_m": calibration.leave_one_out_rmse_m if calibration else None,
        "calibration_note": site.calibration_note(key.camera_id),
        "digest": inputs,
        "revision": revision,
    }
    optional = {"calibration_note": pl.String, "leave_one_out_rmse_m": pl.Float64}
    session.insert("insert_loads", pl.DataFrame([row], schema_overrides=optional))
    intervals = tracking.select(
        pl.col("observed_start_utc").alias("start_utc"), pl.col("observed_end_utc").alias("end_utc"), "road_users"
    )
    observed = intervals.explode("start_utc", "end_utc").explode("road_users").rename({"road_users": "road_user"})
    observed = observed.with_columns(pl.col("road_user").cast(pl.String))
    session.insert("insert_coverage_contributions", observed, recording_id=key.recording_id, camera_id=key.camera_id)
    session.insert("insert_flow_contributions", _plain(crossings))
    cells = lake.open(Occupancy, measure.OCCUPANCY, key)
    session.insert("insert_occupancy_contributions", _plain(cells), camera_id=key.camera_id)
    traffic.insert_traffic(session, key, site, lake)


def _plain(rows: pl.DataFrame) -> pl.DataFrame:
    """Closed lists as text, which is what the warehouse stores."""
    return rows.with_columns(pl.col(pl.Enum).cast(pl.String))


def _replace_site(session: Session, site: Site) -> None:
    frame = site.frame
    row = {
        "site_id": site.site_id,
        "name": site.name,
        "time_zone": site.time_zone.key,
        "crs": frame.crs if frame else None,
        "origin_lon": frame.origin_lon if frame else None,
        "origin_lat": frame.origin_lat if frame else None,
        "is_simulated": site.is_simulated,
        "site_version": site.version,
        "plan_geojson": _plan_geojson(site),
        "overlapping_views": ", ".join(" and ".join(pair) for pair in site.overlapping_views) or None,
    }
    session.run("delete_sites", site_id=site.site_id)
    texts = dict.fromkeys(("crs", "plan_geojson", "overlapping_views"), pl.String)
    optional = {**texts, "origin_lon": pl.Float64, "origin_lat": pl.Float64}
    session.insert("insert_sites", pl.DataFrame([row], schema_overrides=optional))
    session.run("delete_counting_lines", site_id=site.site_id)
    if site.lines:
        rows = [_line_row(line, site) for line in site.lines]
        optional = {**dict.fromkeys(_LONLAT, pl.Float64), "calibration_note": pl.String}
        session.insert("insert_counting_lines", pl.DataFrame(rows, schema_overrides=optional))


def _plan_geojson(site: Site) -> str | None:
    """The plan in WGS84, each outline also in local metres, which is what a plan is drawn in."""
    if site.frame is None or not site.plan:
        return None
    import geopandas as gpd
    from shapely import Polygon

    outlines = [Polygon(surface.outline_m + site.frame.origin_m) for surface in site.plan]
    rows = [
        {"kind": s.kind, "name": s.name, "height_m": s.height_m, "outline_m": s.outline_m.round(3).tolist()}
        for s in site.plan
    ]
    return str(gpd.GeoDataFrame(rows, geometry=outlines, crs=site.frame.crs).to_crs("EPSG:4326").to_json())


_LONLAT = ("start_lon", "start_lat", "end_lon", "end_lat")


def _line_row(line: CountingLine, site: Site) -> dict[str, Any]:
    described = asdict(line)
    start, end = described.pop("start"), described.pop("end")
    described.pop("anchor")
    described.pop("role")
    is_ground = line.space == "ground" and site.frame is not None
    lonlat = site.frame.to_lonlat(np.array([start, end])).ravel().tolist() if is_ground and site.frame else [None] * 4
    ends = dict(zip(("start_x", "start_y", "end_x", "end_y"), map(float, (*start, *end)), strict=True))
    note = site.calibration_note(line.camera_id) if line.space == "ground" else None
    return {
        **described,
        "site_id": site.site_id,
        **ends,
        **dict(zip(_LONLAT, lonlat, strict=True)),
        "calibration_note": note,
    }
