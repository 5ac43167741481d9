"""The main job on one recording: from file to release, or nothing at all if the input is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from detectors.camera import Camera
from geo.crossings import DIRECTIONS, Crossings
from geo.site import Site, SiteError
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.lake import Lake
from pipelines.progress import ShowProgress
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages import measure
from pipelines.stages.arrivals import make_way
from pipelines.stages.check import Verdict, check
from pipelines.stages.drift import drift
from pipelines.stages.expiries import refuse_expired
from pipelines.stages.fanout import track_side_by_side
from pipelines.stages.fingerprint import file_digest
from pipelines.stages.georeference import georeference
from pipelines.stages.ingest import Recording, examine, ingest
from pipelines.stages.load import load
from pipelines.stages.release import release
from pipelines.stages.remote_lake import RemoteLake
from pipelines.stages.report import StageReport
from pipelines.stages.track import TABLE as TRACKS
from pipelines.stages.track import frame_rate, make_detector, track, tracking_inputs
from pipelines.warehouse.connection import Warehouse


@dataclass(frozen=True)
class Outcome:
    """What a run has produced: its recording, a report per stage and the verdicts of the checks."""

    recording: Recording
    reports: tuple[StageReport, ...]
    verdicts: tuple[Verdict, ...]


def run(
    folder: SiteFolder,
    path: Path,
    *,
    start: str | None,
    camera_id: str | None,
    weights: Path | None,
    settings: Settings,
    show_progress: ShowProgress,
) -> Outcome:
    """Ingests, tracks, georeferences, measures, loads, checks and releases one recording.

    Everything that can be wrong with the input is looked at before anything is written.

    Raises:
        SiteError, RecordingError, WeightsError, ExpiredError: naming the file, the field and the fix.
    """
    site = folder.site
    camera = choose_camera(site, path, camera_id)
    recording = examine(path, site, camera, start)
    lake, audit, warehouse = Lake.of(settings), AuditLog(settings.audit), Warehouse(settings.warehouse)
    remote = RemoteLake.of(settings)
    if remote:
        remote.restore(site, recording.key.day)
    refuse_expired(site, recording.key.day, lake)
    detector = make_detector(folder, weights, settings, camera.camera_id)
    rate = frame_rate(folder, weights, camera.camera_id)
    if not lake.is_current(TRACKS, recording.key, tracking_inputs(recording, camera, detector, rate)):
        detector.load()
    Inbox(settings.inbox).fold(audit)
    if weights:
        audit.append("weights", path=str(weights), sha256=file_digest(weights), allowed="for one run, by --weights")
    make_way(recording, site, settings)
    reports = [ingest(recording, site, lake, audit)]
    if settings.fanout:
        reports += track_side_by_side(folder, [recording], settings, show_progress, weights=weights)
    else:
        with show_progress(path.name, recording.probe.packets) as progress:
            reports.append(track(recording, camera, detector, lake, audit, progress, rate=rate))
    calibration = site.calibrations.get(camera.camera_id)
    reports.append(drift(recording, camera, calibration, lake, audit))
    reports.append(georeference(recording.key, camera, calibration, lake, audit))
    reports.append(measure.measure(recording.key, site, lake, audit))
    reports += load([recording.key], site, lake, warehouse, audit)
    if remote:
        remote.keep(recording.key)
    verdicts = check(site, [recording.key.day], lake, warehouse, audit)[recording.key.day]
    reports.append(release(warehouse, settings, audit))
    return Outcome(recording, tuple(reports), tuple(verdicts))


def choose_camera(site: Site, path: Path, camera_id: str | None) -> Camera:
    """The named camera; else the one whose folder the recording lies in; else the site's only one.

    Raises:
        SiteError: if that is not enough to tell.
    """
    if camera_id is not None:
        return site.camera(camera_id)
    by_folder = [c for c in site.cameras if c.camera_id == path.resolve().parent.name]
    if by_folder or len(site.cameras) == 1:
        return (by_folder or list(site.cameras))[0]
    known = ", ".join(c.camera_id for c in site.cameras)
    raise SiteError(f"{path}: which camera? The site {site.site_id} has several. Give --camera, one of: {known}.")


def counts(recording: Recording, site: Site, lake: Lake) -> pl.DataFrame:
    """Counts of one recording per line, direction and class.

    Returns:
        line_id, direction, and one column per class met, 0 where observed and empty.
    """
    lines = [line.line_id for line in site.lines if line.camera_id == recording.key.camera_id]
    grid = pl.DataFrame(
        [(line, direction) for line in lines for direction in DIRECTIONS],
        schema={"line_id": pl.String, "direction": pl.String},
        orient="row",
    )
    found = lake.open(Crossings, measure.TABLE, recording.key)
    table = found.with_columns(pl.col("direction", "road_user").cast(pl.String))
    met = sorted(table["road_user"].unique())
    tally = table.group_by("line_id", "direction", "road_user").len()
    for road_user in met:
        one = tally.filter(road_user=road_user).select("line_id", "direction", pl.col("len").alias(road_user))
        grid = grid.join(one, on=["line_id", "direction"], how="left", maintain_order="left")
    return grid.with_columns(pl.col(met).fill_null(0))
