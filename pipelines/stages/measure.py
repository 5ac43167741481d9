"""CROSSINGS, MOVEMENTS and OCCUPANCY of a recording."""

from __future__ import annotations

import time
from dataclasses import asdict

import polars as pl

from detectors.tracks import Tracks
from geo.crossings import Crossings, ground_crossings, image_crossings
from geo.movements import Movements, junction_movements
from geo.occupancy import Occupancy, occupy
from geo.site import Site
from geo.trajectories import Trajectories
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey, Save
from pipelines.stages import georeference, space, track, traffic
from pipelines.stages.fingerprint import code_of, file_digest, fingerprint
from pipelines.stages.report import StageReport

TABLE, MOVEMENTS, OCCUPANCY = "crossings", "movements", "occupancy"
_MORE = {**traffic.TABLES, **space.TABLES}


def measure(key: RecordingKey, site: Site, lake: Lake, audit: AuditLog) -> StageReport:
    """Finds a recording's crossings and movements, and sums where its road users spent their time."""
    began = time.perf_counter()
    is_placed = lake.has(georeference.TABLE, key)
    image_lines = site.lines_of(key.camera_id, "image")
    ground_lines = site.lines_of(key.camera_id, "ground") if is_placed else []
    zones = [zone for zone in site.zones if zone.camera_id == key.camera_id]
    junctions = site.junctions_of(key.camera_id)
    inputs = fingerprint(
        tracks=file_digest(lake.path(track.TABLE, key)),
        trajectories=file_digest(lake.path(georeference.TABLE, key)) if is_placed else None,
        lines=[asdict(line) for line in (*image_lines, *ground_lines)],
        junctions=[asdict(junction) for junction in junctions],
        zones=[[zone.zone_id, zone.purpose, zone.outline_m.tolist()] for zone in zones],
        unmeasurable=site.unmeasurable(key.camera_id),
        observed=file_digest(lake.path(track.REPORTS, key)),
        code=code_of("geo"),
    )
    said = {"recording": key.recording_id, "lines": len(image_lines) + len(ground_lines), "inputs": inputs}
    with lake.alone(TABLE, key):
        is_current = all(lake.is_current(table, key, inputs) for table in (TABLE, MOVEMENTS, OCCUPANCY, *_MORE))
        if not is_current:
            with lake.saving(key, inputs) as save:
                _measure(key, site, lake, save)
                audit.append_once("measure", "recording", [said])
    return StageReport(
        TABLE,
        lake.open(Crossings, TABLE, key).height,
        lake.path(TABLE, key),
        inputs,
        time.perf_counter() - began,
        is_current,
        () if image_lines or ground_lines else (f"{key.camera_id} has no counting line: nothing is counted.",),
    )


def _measure(key: RecordingKey, site: Site, lake: Lake, save: Save) -> None:
    """Saves every measure of a recording."""
    tracks, trajectories = lake.open(Tracks, track.TABLE, key), Trajectories.create_empty()
    found = [image_crossings(tracks, site.lines_of(key.camera_id, "image"))]
    if lake.has(georeference.TABLE, key):
        trajectories = lake.open(Trajectories, georeference.TABLE, key)
        found.append(ground_crossings(trajectories, site.lines_of(key.camera_id, "ground")))
    crossings = Crossings.validate(pl.concat(found))
    seen = lake.open(track.TrackingReports, track.REPORTS, key).row(0, named=True)
    observed = list(zip(seen["observed_start_utc"], seen["observed_end_utc"], strict=True))
    save(Crossings, TABLE, crossings)
    save(Movements, MOVEMENTS, junction_movements(tracks, crossings, site.junctions_of(key.camera_id)))
    save(Occupancy, OCCUPANCY, occupy(trajectories))
    zones = [zone for zone in site.zones if zone.camera_id == key.camera_id]
    more = traffic.measure_traffic(trajectories, crossings, site, key.camera_id)
    more |= space.measure_space(trajectories, zones, observed)
    for table, schema in _MORE.items():
        save(schema, table, more[table])
