"""The contributions of recordings to the warehouse, replaced in one transaction."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from geo.crossings import Crossings
from geo.movements import Movements
from geo.occupancy import Occupancy
from geo.site import CountingLine, Junction, Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.stages import drift, ingest, measure, space, track, traffic
from pipelines.stages.certify import insert_drift, replace_certificates
from pipelines.stages.fingerprint import file_digest, fingerprint
from pipelines.stages.report import StageReport
from pipelines.warehouse.connection import Session, Warehouse

TABLE = "flow_counts"

Floats = NDArray[np.float64]

_AT_ONCE = 64  # recordings whose crossings are held in memory together
# Facts of every recording, of those whose tracks are known and of those whose road users were placed.
_FACTS = ("coverage", "flow", "movement", "occupancy", "drift", *traffic.FACTS, *space.TABLES)
TABLES = (
    measure.TABLE,
    measure.MOVEMENTS,
    measure.OCCUPANCY,
    track.REPORTS,
    drift.TABLE,
    *traffic.TABLES,
    *space.TABLES,
)


def load(
    keys: Sequence[RecordingKey],
    site: Site,
    lake: Lake,
    warehouse: Warehouse,
    audit: AuditLog,
    *,
    inputs: Mapping[RecordingKey, str] | None = None,
) -> list[StageReport]:
    """Replaces what recordings of a site contribute to the warehouse, in one transaction.

    The revision of a recording counts how often its contributions have changed.

    Args:
        keys: the recordings.
        site: as they were measured.
        lake: holds what they contribute.
        warehouse: written where anything has changed.
        audit: told of it.
        inputs: ``load_inputs`` of the recordings, where they are known.
    """
    if not keys:
        return []
    began = time.perf_counter()
    inputs = inputs or {key: load_inputs(key, site, lake) for key in keys}
    with warehouse.write() as session:
        loaded = {row["recording_id"]: row for row in _loads(session, site).iter_rows(named=True)}
        changed = [key for key in keys if loaded.get(key.recording_id, {}).get("digest") != inputs[key]]
        if changed:
            _replace_site(session, site)
            replace_certificates(session, site)
            _delete(session, [key.recording_id for key in changed if key.recording_id in loaded])
        for first in range(0, len(changed), _AT_ONCE):
            some = changed[first : first + _AT_ONCE]
            _insert(session, _load_rows(some, site, lake, inputs, loaded), some, site, lake)
        audit.append_once("load", "recording", [_said(key, inputs, loaded, lake) for key in changed])
    counted = {key.recording_id: row["crossings"] for key in keys if (row := loaded.get(key.recording_id))}
    counted |= {key.recording_id: lake.height(measure.TABLE, key) for key in changed}
    took_s, anew = (time.perf_counter() - began) / len(keys), set(changed)
    return [
        StageReport(TABLE, counted[key.recording_id], warehouse.path, inputs[key], took_s, key not in anew)
        for key in keys
    ]


def unload(keys: Sequence[RecordingKey], warehouse: Warehouse, audit: AuditLog) -> None:
    """Takes what recordings contribute out of the warehouse."""
    with warehouse.write() as session:
        _delete(session, [key.recording_id for key in keys])
        audit.append_once("unload", "recording", [{"recording": key.recording_id} for key in keys])


def loaded_recordings(site: Site, warehouse: Warehouse) -> list[RecordingKey]:
    """The recordings of a site whose contributions are in the warehouse."""
    with warehouse.write() as session:
        rows = _loads(session, site)
    return [RecordingKey(*row) for row in rows.select("recording_id", "camera_id", "day").iter_rows()]


def _loads(session: Session, site: Site) -> pl.DataFrame:
    return session.frame("select_loads", site_id=site.site_id)


def load_inputs(key: RecordingKey, site: Site, lake: Lake) -> str:
    """Fingerprint of what decides a recording's contributions; a crossing-level simulation has no occupancy."""
    digests = {table: file_digest(lake.path(table, key)) for table in TABLES if lake.has(table, key)}
    return fingerprint(site=site.version, **digests)


def _said(
    key: RecordingKey, inputs: Mapping[RecordingKey, str], loaded: Mapping[str, Mapping[str, Any]], lake: Lake
) -> dict[str, str | float | None]:
    """What the audit log tells of a load."""
    return {
        "recording": key.recording_id,
        "crossings": lake.height(measure.TABLE, key),
        "revision": _revision(key, loaded),
        "inputs": inputs[key],
    }


def _revision(key: RecordingKey, loaded: Mapping[str, Mapping[str, Any]]) -> int:
    """How often the contributions of a recording have changed, this time included."""
    earlier = loaded.get(key.recording_id)
    return earlier["revision"] + 1 if earlier else 1


def _delete(session: Session, recording_ids: list[str]) -> None:
    if recording_ids:
        session.run("delete_loads", recording_ids=recording_ids)
        for fact in _FACTS:
            session.run(f"delete_{fact}_contributions", recording_ids=recording_ids)


def _load_rows(
    keys: Sequence[RecordingKey],
    site: Site,
    lake: Lake,
    inputs: Mapping[RecordingKey, str],
    loaded: Mapping[str, Mapping[str, Any]],
) -> pl.DataFrame:
    recordings = lake.open_all(ingest.Recordings, ingest.TABLE, keys).rows_by_key(
        "recording_id", named=True, unique=True
    )
    reports = lake.open_all(track.TrackingReports, track.REPORTS, keys).rows_by_key(
        "recording_id", named=True, unique=True
    )
    rows = []
    for key in keys:
        recording, seen = recordings[key.recording_id], reports[key.recording_id]
        calibration = site.calibrations.get(key.camera_id)
        spans = zip(seen["observed_start_utc"], seen["observed_end_utc"], strict=True)
        line_ids, zone_ids = measure.looked_at(key, site, lake)
        rows.append(
            {
                "recording_id": key.recording_id,
                "site_id": site.site_id,
                "camera_id": key.camera_id,
                "day": key.day,
                "start_utc": recording["start_utc"],
                "end_utc": recording["end_utc"],
                "expected_s": recording["duration_s"],
                "observed_s": sum((end - start).total_seconds() for start, end in spans),
                "crossings": lake.height(measure.TABLE, key),
                "has_positions": calibration is not None and lake.has(measure.OCCUPANCY, key),
                "detector": seen["detector"],
                "detector_digest": seen["detector_digest"],
                "site_version": site.version,
                "leave_one_out_rmse_m": calibration.leave_one_out_rmse_m if calibration else None,
                "calibration_note": site.calibration_note(key.camera_id),
                "digest": inputs[key],
                "revision": _revision(key, loaded),
                "line_ids": line_ids,
                "zone_ids": zone_ids,
            }
        )
    names, texts = dict.fromkeys(("line_ids", "zone_ids"), pl.List(pl.String)), {"calibration_note": pl.String}
    return pl.DataFrame(rows, schema_overrides={**names, **texts, "leave_one_out_rmse_m": pl.Float64})


def _insert(session: Session, loads: pl.DataFrame, keys: Sequence[RecordingKey], site: Site, lake: Lake) -> None:
    cameras = loads.select("recording_id", "camera_id")
    session.insert("insert_loads", loads)
    reports = lake.open_all(track.TrackingReports, track.REPORTS, keys)
    observed = (
        reports.join(cameras, on="recording_id")
        .select(
            "recording_id",
            "camera_id",
            pl.col("road_users").alias("road_user"),
            pl.col("observed_start_utc").alias("start_utc"),
            pl.col("observed_end_utc").alias("end_utc"),
        )
        .explode("start_utc", "end_utc")
        .explode("road_user")
    )
    session.insert("insert_coverage_contributions", _plain(observed))
    session.run("update_observed_days", recording_ids=[key.recording_id for key in keys])
    crossings = lake.open_all(Crossings, measure.TABLE, keys)
    session.insert("insert_flow_contributions", _plain(crossings))
    followed = [key for key in keys if lake.has(measure.MOVEMENTS, key)]
    session.insert("insert_movement_contributions", _plain(lake.open_all(Movements, measure.MOVEMENTS, followed)))
    placed = [key for key in keys if lake.has(measure.OCCUPANCY, key)]
    cells = lake.open_all(Occupancy, measure.OCCUPANCY, placed).join(cameras, on="recording_id")
    session.insert("insert_occupancy_contributions", _plain(cells))
    for key in placed:
        if lake.has("speeds", key):
            traffic.insert_traffic(session, key, site, lake)
            space.insert_space(session, key, lake)
            insert_drift(session, key, site, lake)


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
    session.run("delete_junctions", site_id=site.site_id)
    if site.junctions:
        rows = [_junction_row(junction, site) for junction in site.junctions]
        session.insert("insert_junctions", pl.DataFrame(rows, schema_overrides={"calibration_note": pl.String}))
    session.run("delete_counting_lines", site_id=site.site_id)
    if site.lines:
        rows = [_line_row(line, site) for line in site.lines]
        optional = {"path_lonlat_wkt": pl.String, "calibration_note": pl.String}
        session.insert("insert_counting_lines", pl.DataFrame(rows, schema_overrides=optional))
    space.replace_zones(session, site)


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


def _line_row(line: CountingLine, site: Site) -> dict[str, Any]:
    described = asdict(line)
    path = np.array(described.pop("path"), dtype=float)
    described.pop("anchor")
    described.pop("role")
    is_ground = line.space == "ground" and site.frame is not None
    note = site.calibration_note(line.camera_id) if line.space == "ground" else None
    return {
        **described,
        "site_id": site.site_id,
        "path_wkt": _linestring(path, 3),
        "path_lonlat_wkt": _linestring(site.frame.to_lonlat(path), 9) if is_ground and site.frame else None,
        "calibration_note": note,
    }


def _junction_row(junction: Junction, site: Site) -> dict[str, Any]:
    spaces = {line.space for line in site.lines if line.line_id in junction.gates}
    return {
        "site_id": site.site_id,
        "junction_id": junction.junction_id,
        "camera_id": junction.camera_id,
        "name": junction.name,
        "gates": ", ".join(junction.gates),
        "calibration_note": site.calibration_note(junction.camera_id) if spaces == {"ground"} else None,
    }


def _linestring(path: Floats, decimals: int) -> str:
    """Well-known text of a path (corners, 2)."""
    return f"LINESTRING ({', '.join(f'{x:.{decimals}f} {y:.{decimals}f}' for x, y in path)})"
