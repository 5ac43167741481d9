"""CROSSINGS, MOVEMENTS and OCCUPANCY of a recording."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict

import polars as pl

from detectors.tracks import Tracks
from geo.crossings import Crossings, ground_crossings, image_crossings
from geo.movements import Movements, junction_movements
from geo.occupancy import Occupancy, occupy
from geo.site import CountingLine, Site, SiteError, Zone
from geo.stitching import Stitches
from geo.trajectories import Trajectories
from pipelines.audit import AuditLog, Fields
from pipelines.lake import Lake, RecordingKey, Save
from pipelines.stages import georeference, space, track, traffic
from pipelines.stages.fingerprint import code_of, file_digest, fingerprint
from pipelines.stages.report import StageReport

TABLE, MOVEMENTS, OCCUPANCY = "crossings", "movements", "occupancy"
_MORE = {**traffic.TABLES, **space.TABLES}
TABLES = (TABLE, MOVEMENTS, OCCUPANCY, *_MORE)
SOURCES = (track.TABLE, track.REPORTS, georeference.TABLE, georeference.STITCHES)


def measure(key: RecordingKey, site: Site, lake: Lake, audit: AuditLog) -> StageReport:
    """Finds a recording's crossings and movements, and sums where its road users spent their time."""
    began = time.perf_counter()
    image_lines, ground_lines = _lines(key, site, lake)
    inputs = _inputs(key, site, lake)
    said: Fields = {"recording": key.recording_id, "lines": len(image_lines) + len(ground_lines), "inputs": inputs}
    with lake.alone(TABLE, key):
        is_current = _is_current(key, lake, inputs)
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
    stitches = Stitches.create_empty()
    if lake.has(georeference.TABLE, key):
        trajectories = lake.open(Trajectories, georeference.TABLE, key)
        stitches = lake.open(Stitches, georeference.STITCHES, key)
    image_lines, ground_lines = _lines(key, site, lake)
    found = [image_crossings(tracks, image_lines), ground_crossings(trajectories, ground_lines)]
    crossings = Crossings.validate(pl.concat(found))
    seen = lake.open(track.TrackingReports, track.REPORTS, key).row(0, named=True)
    observed = list(zip(seen["observed_start_utc"], seen["observed_end_utc"], strict=True))
    save(Crossings, TABLE, crossings)
    ways = Crossings.validate(_whole_ways(crossings, stitches))
    junctions = site.junctions_of(key.camera_id)
    save(Movements, MOVEMENTS, junction_movements(_whole_ways(tracks, stitches), ways, junctions))
    save(Occupancy, OCCUPANCY, occupy(trajectories))
    more = traffic.measure_traffic(trajectories, crossings, site, key.camera_id)
    more |= space.measure_space(trajectories, _zones(key, site), observed)
    for table, schema in _MORE.items():
        save(schema, table, more[table])


def _whole_ways(rows: pl.DataFrame, stitches: pl.DataFrame) -> pl.DataFrame:
    """Rows under the track as which their fragments were joined in metres, so that a way is one movement."""
    joined = stitches.select("recording_id", "track_id", "joined_track_id")
    under = rows.join(joined, on=["recording_id", "track_id"], how="left")
    return under.with_columns(track_id=pl.coalesce("joined_track_id", "track_id")).drop("joined_track_id")


def refuse_stale(keys: Sequence[RecordingKey], site: Site, lake: Lake) -> None:
    """Refuses measures that were taken of another state of the site, as when it is edited during a run.

    Raises:
        SiteError: naming the site, the first such recording and what to do.
    """
    for key in keys:
        inputs = _inputs(key, site, lake)
        if any(lake.is_stale(table, key, inputs) for table in TABLES):
            raise SiteError(
                f"{site.site_id}: {key.recording_id} was measured before its site or its tracks changed. "
                "Run the day again, from crossings on."
            )


def _is_current(key: RecordingKey, lake: Lake, inputs: str) -> bool:
    return all(lake.is_current(table, key, inputs) for table in TABLES)


def _inputs(key: RecordingKey, site: Site, lake: Lake) -> str:
    """Fingerprint of everything that decides what is measured."""
    is_placed = lake.has(georeference.TABLE, key)
    return fingerprint(
        tracks=file_digest(lake.path(track.TABLE, key)),
        trajectories=file_digest(lake.path(georeference.TABLE, key)) if is_placed else None,
        lines=[asdict(line) for lines in _lines(key, site, lake) for line in lines],
        junctions=[asdict(junction) for junction in site.junctions_of(key.camera_id)],
        zones=[[zone.zone_id, zone.purpose, zone.outline_m.tolist()] for zone in _zones(key, site)],
        unmeasurable=site.unmeasurable(key.camera_id),
        observed=file_digest(lake.path(track.REPORTS, key)),
        code=code_of("geo"),
    )


def looked_at(key: RecordingKey, site: Site, lake: Lake) -> tuple[list[str], list[str]]:
    """The names of the lines and zones that a recording is measured on.

    A simulated past, which has no tracks, has crossings of lines on the ground and of none in pixels.
    """
    image, ground = _lines(key, site, lake)
    if not lake.has(track.TABLE, key):
        image, ground = [], site.lines_of(key.camera_id, "ground")
    zones = _zones(key, site) if lake.has(OCCUPANCY, key) else []
    return sorted(line.line_id for line in (*image, *ground)), sorted(zone.zone_id for zone in zones)


def _lines(key: RecordingKey, site: Site, lake: Lake) -> tuple[list[CountingLine], list[CountingLine]]:
    """A camera's lines in pixels, and those on the ground where its road users were placed there."""
    ground = site.lines_of(key.camera_id, "ground") if lake.has(georeference.TABLE, key) else []
    return site.lines_of(key.camera_id, "image"), ground


def _zones(key: RecordingKey, site: Site) -> list[Zone]:
    return [zone for zone in site.zones if zone.camera_id == key.camera_id]
