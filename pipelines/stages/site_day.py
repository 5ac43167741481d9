"""The stages over everything one site recorded on one local day: what a partition runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path

from geo.site import SiteError
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_sites, load_site
from pipelines.stages.check import Verdict, check
from pipelines.stages.drift import drift
from pipelines.stages.georeference import georeference
from pipelines.stages.ingest import Recording, examine, ingest
from pipelines.stages.load import load
from pipelines.stages.measure import measure
from pipelines.stages.release import release
from pipelines.stages.report import StageReport
from pipelines.stages.run import ShowProgress
from pipelines.stages.track import TABLE as TRACKS
from pipelines.stages.track import frame_rate, make_detector, track
from pipelines.warehouse.connection import Warehouse

VIDEO_ENDINGS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ts", ".webm"})


@dataclass(frozen=True)
class SiteDay:
    """One site's local day and what its stages need."""

    folder: SiteFolder
    day: date
    settings: Settings
    lake: Lake
    audit: AuditLog
    warehouse: Warehouse

    @classmethod
    def of(cls, site_id: str, day: date, settings: Settings) -> SiteDay:
        """The day of a site under ``data/sites``.

        Raises:
            SiteError: if there is no such site.
        """
        known = find_sites(settings)
        if site_id not in known:
            raise SiteError(f"{settings.sites}: no site '{site_id}'. Use one of: {', '.join(known) or 'none yet'}.")
        folder = load_site(known[site_id])
        if folder.site.site_id != site_id:
            raise SiteError(f"{folder.path}/site.yaml: site_id: is '{folder.site.site_id}'. Name it like its folder.")
        return cls(folder, day, settings, Lake.of(settings), AuditLog(settings.audit), Warehouse(settings.warehouse))

    def ingest(self) -> list[StageReport]:
        """Takes in the day's recordings; what operators did meanwhile is logged first."""
        Inbox(self.settings.inbox).fold(self.audit)
        return [ingest(r, self.folder.site, self.lake, self.audit) for r in self._recordings()]

    def track(self, show_progress: ShowProgress) -> list[StageReport]:
        """Tracks the recordings that are still there; tracks of expired ones stay as they are."""
        make = cache(partial(make_detector, self.folder, None, self.settings))
        reports = []
        for recording in self._recordings():
            camera = self.folder.site.camera(recording.key.camera_id)
            detector, rate = make(camera.camera_id), frame_rate(self.folder, None, camera.camera_id)
            with show_progress(recording.path.name, recording.probe.packets) as progress:
                reports.append(track(recording, camera, detector, self.lake, self.audit, progress, rate=rate))
        return reports

    def georeference(self) -> list[StageReport]:
        site = self.folder.site
        return [
            georeference(key, site.camera(key.camera_id), site.calibrations.get(key.camera_id), self.lake, self.audit)
            for key in self._tracked()
        ]

    def drift(self) -> list[StageReport]:
        """Compares the recordings that are still there with their cameras' references."""
        site = self.folder.site
        return [
            drift(r, site.camera(r.key.camera_id), site.calibrations.get(r.key.camera_id), self.lake, self.audit)
            for r in self._recordings()
        ]

    def measure(self) -> list[StageReport]:
        return [measure(key, self.folder.site, self.lake, self.audit) for key in self._tracked()]

    def load(self) -> list[StageReport]:
        return load(self._tracked(), self.folder.site, self.lake, self.warehouse, self.audit)

    def check(self) -> list[Verdict]:
        return check(self.folder.site, [self.day], self.lake, self.warehouse, self.audit)[self.day]

    def release(self) -> list[StageReport]:
        return [release(self.warehouse, self.settings, self.audit)]

    def _recordings(self) -> Iterator[Recording]:
        site = self.folder.site
        for path, camera_id in recording_files(self.folder, self.settings):
            recording = examine(path, site, site.camera(camera_id), None)
            if recording.key.day == self.day:
                yield recording

    def _tracked(self) -> list[RecordingKey]:
        cameras = self.folder.site.cameras
        return [key for camera in cameras for key in self.lake.keys(TRACKS, self.day, camera.camera_id)]


def recording_files(folder: SiteFolder, settings: Settings) -> Iterator[tuple[Path, str]]:
    """The video files of a site's cameras, each with its camera, in the order of their names."""
    for camera in folder.site.cameras:
        for path in sorted((settings.recordings / camera.camera_id).glob("*")):
            if path.suffix.lower() in VIDEO_ENDINGS and path.is_file():
                yield path, camera.camera_id
