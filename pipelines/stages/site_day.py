"""The stages over everything one site recorded on one local day: what a partition runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, cached_property, partial
from pathlib import Path
from typing import TypeVar

from detectors.video import RecordingError
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.lake import Lake, RecordingKey
from pipelines.progress import ShowProgress
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_site
from pipelines.stages.arrivals import Arrivals, arrivals, make_way, missing
from pipelines.stages.check import Verdict, check, check_contracts, files_of
from pipelines.stages.drift import TABLE as DRIFT
from pipelines.stages.drift import drift
from pipelines.stages.expiries import refuse_expired
from pipelines.stages.fanout import track_side_by_side
from pipelines.stages.fingerprint import code_of, fingerprint
from pipelines.stages.georeference import STITCHES, georeference
from pipelines.stages.georeference import TABLE as TRAJECTORIES
from pipelines.stages.ingest import TABLE as RECORDINGS
from pipelines.stages.ingest import Recording, ingest, sidecar_of
from pipelines.stages.lake_tables import LAKE_TABLES
from pipelines.stages.line_counts import LineCounts, line_counts
from pipelines.stages.load import TABLES as LOADED
from pipelines.stages.load import load, load_inputs
from pipelines.stages.measure import SOURCES, measure, refuse_stale
from pipelines.stages.measure import TABLES as MEASURES
from pipelines.stages.release import release
from pipelines.stages.remote_lake import RemoteLake
from pipelines.stages.report import StageReport
from pipelines.stages.track import REPORTS, frame_rate, make_detector, track, tracking_inputs
from pipelines.stages.track import TABLE as TRACKS
from pipelines.stages.unchanged import Unchanged, memory_of, unchanged
from pipelines.warehouse.connection import Warehouse

T = TypeVar("T")


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
        folder, lake, remote = find_site(site_id, settings), Lake.of(settings), RemoteLake.of(settings)
        if remote:
            remote.restore(folder.site, day)
        refuse_expired(folder.site, day, lake)
        return cls(folder, day, settings, lake, AuditLog(settings.audit), Warehouse(settings.warehouse))

    def ingest(self) -> list[StageReport]:
        """Takes in the day's recordings; what operators did meanwhile is logged first.

        Files that cannot be counted have a report without rows that says why; the others are taken in.
        """
        Inbox(self.settings.inbox).fold(self.audit)
        reports = [_refusal(path, says) for path, says in self._arrived.refused]
        with self._known(RECORDINGS, StageReport) as known:
            for recording in self._arrived.recordings:
                try:
                    reports.append(self._take_in(recording, known))
                except RecordingError as error:
                    reports.append(_refusal(recording.path, str(error)))
        return [*reports, *self._missing()]

    def _take_in(self, recording: Recording, known: Unchanged[StageReport]) -> StageReport:
        def take_in() -> StageReport:
            make_way(recording, self.folder.site, self.settings)
            return ingest(recording, self.folder.site, self.lake, self.audit)

        read, wrote = (recording.path, sidecar_of(recording.path)), self._paths(recording.key, RECORDINGS)
        # What is said of a recording that is new may be gone the next time.
        found = known.recall(
            recording.key.recording_id, take_in, reads=read, writes=wrote, lasts=lambda r: r.is_reused or not r.warnings
        )
        return _of(recording.key, *found)

    def track(self, show_progress: ShowProgress) -> list[StageReport]:
        """Tracks the recordings that are still there; tracks of expired ones stay as they are."""
        if self.settings.fanout:
            taken = list(self._taken_in())
            found = track_side_by_side(self.folder, taken, self.settings, show_progress, make=make_detector)
            return [_of(recording.key, report) for recording, report in zip(taken, found, strict=True)]
        make = cache(partial(make_detector, self.folder, None, self.settings))
        rates = cache(partial(frame_rate, self.folder, None))

        def follow(recording: Recording) -> StageReport:
            camera = self.folder.site.camera(recording.key.camera_id)
            title = f"{self.folder.site.site_id} {camera.camera_id} {recording.path.name}"
            with show_progress(title, recording.probe.packets) as progress:
                detector, rate = make(camera.camera_id), rates(camera.camera_id)
                return track(recording, camera, detector, self.lake, self.audit, progress, rate=rate)

        def tracked(recording: Recording, known: Unchanged[StageReport]) -> StageReport:
            key, camera = recording.key, self.folder.site.camera(recording.key.camera_id)
            inputs = tracking_inputs(recording, camera, make(camera.camera_id), rates(camera.camera_id))
            wrote, work = self._paths(key, TRACKS, REPORTS), partial(follow, recording)
            return _of(key, *known.recall(key.recording_id, work, inputs=inputs, reads=[recording.path], writes=wrote))

        with self._known(TRACKS, StageReport) as known:
            return [tracked(recording, known) for recording in self._taken_in()]

    def georeference(self) -> list[StageReport]:
        site = self.folder.site

        def place(key: RecordingKey) -> StageReport:
            camera, calibration = site.camera(key.camera_id), site.calibrations.get(key.camera_id)
            return georeference(key, camera, calibration, self.lake, self.audit)

        return self._each(place, (TRACKS,), (TRAJECTORIES, STITCHES))

    def drift(self) -> list[StageReport]:
        """Compares the recordings that are still there with their cameras' references."""
        site = self.folder.site

        def compare(recording: Recording) -> StageReport:
            camera_id = recording.key.camera_id
            return drift(recording, site.camera(camera_id), site.calibrations.get(camera_id), self.lake, self.audit)

        def compared(recording: Recording, known: Unchanged[StageReport]) -> StageReport:
            key, reads = recording.key, [recording.path, *self._paths(recording.key, TRACKS)]
            wrote, work = self._paths(key, DRIFT), partial(compare, recording)
            return _of(key, *known.recall(key.recording_id, work, reads=reads, writes=wrote))

        with self._known(DRIFT, StageReport) as known:
            return [compared(recording, known) for recording in self._taken_in()]

    def measure(self) -> list[StageReport]:
        return self._each(lambda key: measure(key, self.folder.site, self.lake, self.audit), SOURCES, MEASURES)

    def load(self) -> list[StageReport]:
        """Loads what was measured of the site as it is now.

        Raises:
            SiteError: if the site has changed since.
        """
        keys, site = self._tracked(), self.folder.site

        def loadable(key: RecordingKey) -> str:
            refuse_stale([key], site, self.lake)
            return load_inputs(key, site, self.lake)

        def inputs(key: RecordingKey, known: Unchanged[str]) -> str:
            files = self._paths(key, *dict.fromkeys((*SOURCES, *MEASURES, *LOADED)))
            return known.recall(key.recording_id, partial(loadable, key), reads=files)[0]

        with self._known("load", str) as known:
            told = {key: inputs(key, known) for key in keys}
        reports = load(keys, site, self.lake, self.warehouse, self.audit, inputs=told)
        self._keep(keys)
        return [_of(key, report) for key, report in zip(keys, reports, strict=True)]

    def _keep(self, keys: Sequence[RecordingKey]) -> None:
        """Puts what has changed of the lake into the store that the settings name."""
        if remote := RemoteLake.of(self.settings):
            with self._known("kept", int) as known:
                for key in keys:
                    files = self._paths(key, *LAKE_TABLES)
                    known.recall(key.recording_id, partial(remote.keep, key), inputs=remote.store.url, reads=files)

    def check(self) -> list[Verdict]:
        """Checks the day; lake files that have kept their contracts do so while they are the same."""
        site, files = self.folder.site, list(files_of(self.folder.site, self.day, self.lake))
        with self._known("check", Verdict) as known:
            contract, _ = known.recall(
                "contract",
                lambda: check_contracts(site, [self.day], self.lake)[self.day],
                reads=(self.lake.path(table, key) for table, key in files),
                lasts=lambda verdict: verdict.is_passed,
            )
        contracts = {self.day: contract}
        return check(site, [self.day], self.lake, self.warehouse, self.audit, contracts=contracts)[self.day]

    def line_counts(self) -> list[LineCounts]:
        return line_counts(self.folder.site, self.day, self.warehouse)

    def release(self) -> list[StageReport]:
        return [release(self.warehouse, self.settings, self.audit)]

    @cached_property
    def _arrived(self) -> Arrivals:
        with self._known("arrivals", Recording) as known:
            return arrivals(self.folder, self.day, self.settings, known)

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

    def _each(
        self, stage: Callable[[RecordingKey], StageReport], reads: Sequence[str], writes: Sequence[str]
    ) -> list[StageReport]:
        def one(key: RecordingKey, known: Unchanged[StageReport]) -> StageReport:
            read, wrote = self._paths(key, *reads), self._paths(key, *writes)
            return _of(key, *known.recall(key.recording_id, partial(stage, key), reads=read, writes=wrote))

        with self._known(writes[0], StageReport) as known:
            return [one(key, known) for key in self._tracked()]

    def _paths(self, key: RecordingKey, *tables: str) -> list[Path]:
        return [self.lake.path(table, key) for table in tables]

    def _known(self, stage: str, kind: type[T]) -> AbstractContextManager[Unchanged[T]]:
        """What earlier runs of the day have found out in a stage, with this site and this code."""
        code = [code_of(package) for package in ("detectors", "geo", "pipelines")]
        path = memory_of(self.settings, self.folder.site.site_id, self.day) / f"{stage}.json"
        return unchanged(path, kind, fingerprint(site=self.folder.site.version, code=code))


def _of(key: RecordingKey, report: StageReport, is_known: bool = False) -> StageReport:
    """A recording's report; one that an earlier run has made is reused."""
    told = replace(report, recording_id=key.recording_id)
    return replace(told, is_reused=True, seconds=0.0) if is_known else told


def _refusal(path: Path, says: str) -> StageReport:
    return StageReport(RECORDINGS, 0, path, "refused", 0.0, warnings=(says,))
