"""The stages over everything one site recorded on one local day: what a partition runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path

from detectors.video import RecordingError
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.lake import Lake, RecordingKey
from pipelines.progress import ShowProgress
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_site
from pipelines.stages.arrivals import Arrivals, arrivals, make_way, missing
from pipelines.stages.check import Verdict, check
from pipelines.stages.drift import drift
from pipelines.stages.expiries import refuse_expired
from pipelines.stages.fanout import track_side_by_side
from pipelines.stages.georeference import georeference
from pipelines.stages.ingest import TABLE as RECORDINGS
from pipelines.stages.ingest import Recording, ingest
from pipelines.stages.line_counts import LineCounts, line_counts
from pipelines.stages.load import load
from pipelines.stages.measure import measure, refuse_stale
from pipelines.stages.release import release
from pipelines.stages.report import StageReport
from pipelines.stages.track import TABLE as TRACKS
from pipelines.stages.track import frame_rate, make_detector, track
from pipelines.warehouse.connection import Warehouse


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
            ExpiredError: if what it was counted from has expired.
        """
        folder, lake = find_site(site_id, settings), Lake.of(settings)
        refuse_expired(folder.site, day, lake)
        return cls(folder, day, settings, lake, AuditLog(settings.audit), Warehouse(settings.warehouse))

    def ingest(self) -> list[StageReport]:
        """Takes in the day's recordings; what operators did meanwhile is logged first.

        Files that cannot be counted have a report without rows that says why; the others are taken in.
        """
        Inbox(self.settings.inbox).fold(self.audit)
        reports = [_refusal(path, says) for path, says in self._arrived.refused]
        for recording in self._arrived.recordings:
            try:
                make_way(recording, self.folder.site, self.settings)
                reports.append(_of(recording.key, ingest(recording, self.folder.site, self.lake, self.audit)))
            except RecordingError as error:
                reports.append(_refusal(recording.path, str(error)))
        return [*reports, *self._missing()]

    def track(self, show_progress: ShowProgress) -> list[StageReport]:
        """Tracks the recordings that are still there; tracks of expired ones stay as they are."""
        if self.settings.fanout:
            taken = list(self._taken_in())
            found = track_side_by_side(self.folder, taken, self.settings, show_progress, make=make_detector)
            return [_of(recording.key, report) for recording, report in zip(taken, found, strict=True)]
        make = cache(partial(make_detector, self.folder, None, self.settings))
        reports = []
        for recording in self._taken_in():
            camera = self.folder.site.camera(recording.key.camera_id)
            detector, rate = make(camera.camera_id), frame_rate(self.folder, None, camera.camera_id)
            title = f"{self.folder.site.site_id} {camera.camera_id} {recording.path.name}"
            with show_progress(title, recording.probe.packets) as progress:
                tracked = track(recording, camera, detector, self.lake, self.audit, progress, rate=rate)
            reports.append(_of(recording.key, tracked))
        return reports

    def georeference(self) -> list[StageReport]:
        site = self.folder.site

        def place(key: RecordingKey) -> StageReport:
            camera, calibration = site.camera(key.camera_id), site.calibrations.get(key.camera_id)
            return georeference(key, camera, calibration, self.lake, self.audit)

        return self._each(place)

    def drift(self) -> list[StageReport]:
        """Compares the recordings that are still there with their cameras' references."""
        site = self.folder.site
        return [
            _of(r.key, drift(r, site.camera(r.key.camera_id), calibration, self.lake, self.audit))
            for r in self._taken_in()
            for calibration in [site.calibrations.get(r.key.camera_id)]
        ]

    def measure(self) -> list[StageReport]:
        return self._each(lambda key: measure(key, self.folder.site, self.lake, self.audit))

    def load(self) -> list[StageReport]:
        """Loads what was measured of the site as it is now.

        Raises:
            SiteError: if the site has changed since.
        """
        keys = self._tracked()
        refuse_stale(keys, self.folder.site, self.lake)
        reports = load(keys, self.folder.site, self.lake, self.warehouse, self.audit)
        return [_of(key, report) for key, report in zip(keys, reports, strict=True)]

    def check(self) -> list[Verdict]:
        return check(self.folder.site, [self.day], self.lake, self.warehouse, self.audit)[self.day]

    def line_counts(self) -> list[LineCounts]:
        return line_counts(self.folder.site, self.day, self.warehouse)

    def release(self) -> list[StageReport]:
        return [release(self.warehouse, self.settings, self.audit)]

    @cached_property
    def _arrived(self) -> Arrivals:
        return arrivals(self.folder, self.day, self.settings)

    def _taken_in(self) -> Iterator[Recording]:
        return (r for r in self._arrived.recordings if self.lake.has(RECORDINGS, r.key))

    def _missing(self) -> Iterator[StageReport]:
        for key in missing(self.folder.site, self.day, self.settings, self.lake):
            says = (
                f"{key.recording_id}: its file is gone from {self.settings.recordings / key.camera_id}, though it has "
                "not expired; its counts stay. Put it back, or take it out for good with `passant withdraw`."
            )
            path, digest = self.lake.path(RECORDINGS, key), self.lake.inputs_of(RECORDINGS, key)
            yield _of(key, StageReport(RECORDINGS, 1, path, digest, 0.0, is_reused=True, warnings=(says,)))

    def _tracked(self) -> list[RecordingKey]:
        cameras = self.folder.site.cameras
        return [key for camera in cameras for key in self.lake.keys(TRACKS, self.day, camera.camera_id)]

    def _each(self, stage: Callable[[RecordingKey], StageReport]) -> list[StageReport]:
        return [_of(key, stage(key)) for key in self._tracked()]


def _of(key: RecordingKey, report: StageReport) -> StageReport:
    return replace(report, recording_id=key.recording_id)


def _refusal(path: Path, says: str) -> StageReport:
    return StageReport(RECORDINGS, 0, path, "refused", 0.0, warnings=(says,))
