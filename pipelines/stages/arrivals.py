"""What lies in the folders of a site's cameras for one local day: what can be counted, and what cannot and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from detectors.camera import Camera
from detectors.video import RecordingError
from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.sites import SiteFolder
from pipelines.stages.check import check
from pipelines.stages.expiries import TABLE as EXPIRIES
from pipelines.stages.ingest import TABLE, Recording, Recordings, examine, rivals, sidecar_of, written_start
from pipelines.stages.track import TABLE as TRACKS
from pipelines.stages.unchanged import Unchanged
from pipelines.stages.withdraw import take_out
from pipelines.warehouse.connection import Warehouse

VIDEO_ENDINGS = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".ts", ".webm"})


@dataclass
class Arrivals:
    """The recordings of a day, one per content and start, and the files that are left out, each with a sentence why."""

    recordings: list[Recording] = field(default_factory=list)
    refused: list[tuple[Path, str]] = field(default_factory=list)


def recording_files(folder: SiteFolder, settings: Settings) -> Iterator[tuple[Path, str]]:
    """The video files of a site's cameras, each with its camera, in the order of their names."""
    for camera in folder.site.cameras:
        for path in videos_in(settings.recordings / camera.camera_id):
            yield path, camera.camera_id


def videos_in(folder: Path) -> list[Path]:
    """The video files in a camera's folder, in the order of their names."""
    return [path for path in sorted(folder.glob("*")) if path.suffix.lower() in VIDEO_ENDINGS and path.is_file()]


def arrivals(folder: SiteFolder, day: date, settings: Settings, known: Unchanged[Recording]) -> Arrivals:
    """Looks at the files of a local day that are not known, without writing anything.

    Files whose name or sidecar tells another day are not opened. A file that cannot be used does not
    hold the others back; one that does not even tell its day is named on every day.
    """
    found = Arrivals()
    seen: dict[RecordingKey, Path] = {}
    for path, camera_id in recording_files(folder, settings):
        camera = folder.site.camera(camera_id)
        try:
            if written_day(path, camera) in (None, day):
                look = partial(examine, path, folder.site, camera, None)
                recording, _ = known.recall(str(path), look, reads=(path, sidecar_of(path)))
                first = seen.setdefault(recording.key, path)
                if first != path:
                    found.refused.append((path, f"{path}: the same as {first.name}, which is counted."))
                elif recording.key.day == day:
                    found.recordings.append(recording)
        except RecordingError as error:
            found.refused.append((path, str(error)))
    return found


def written_day(path: Path, camera: Camera) -> date | None:
    """The local day on which a recording starts by its sidecar or name, without opening it."""
    written = written_start(path, camera)
    return written[0].astimezone(camera.time_zone).date() if written else None


def days_of(folder: SiteFolder, settings: Settings) -> set[date]:
    """The local days of which a site has recordings or tracks."""
    lake, site = Lake.of(settings), folder.site
    days = {key.day for camera in site.cameras for key in lake.of_camera(TRACKS, camera.camera_id)}
    for path, camera_id in recording_files(folder, settings):
        camera = site.camera(camera_id)
        with suppress(RecordingError):  # said by the day's run
            days.add(written_day(path, camera) or examine(path, site, camera, None).key.day)
    return days


def make_way(recording: Recording, site: Site, settings: Settings) -> None:
    """Takes out what an earlier version of a recording has left: another content, or another time of the same film.

    The other days on which that was counted are checked again.
    """
    lake, camera = Lake.of(settings), site.camera(recording.key.camera_id)
    if lake.has(TABLE, recording.key):
        return
    stale = [
        key
        for key, row in rivals(recording, lake)
        if not lake.has(EXPIRIES, key) and _is_stale(row, recording, camera, settings)
    ]
    if stale:
        audit, warehouse = AuditLog(settings.audit), Warehouse(settings.warehouse)
        by = recording.key.recording_id
        audit.append_all("replace", [{"recording": key.recording_id, "by": by} for key in stale])
        take_out(stale, settings)
        check(site, sorted({key.day for key in stale} - {recording.key.day}), lake, warehouse, audit)


def missing(site: Site, day: date, settings: Settings, lake: Lake) -> Iterator[RecordingKey]:
    """Recordings of a day that were taken in and whose file is gone, though it has not expired."""
    for camera in site.cameras:
        keys = lake.keys(TABLE, day, camera.camera_id)
        names = lake.open_all(Recordings, TABLE, keys).select("recording_id", "file_name").rows_by_key("recording_id")
        for key in keys:
            ((name,),) = names[key.recording_id]
            is_gone = name and not (settings.recordings / camera.camera_id / name).is_file()
            if is_gone and not lake.has(EXPIRIES, key):
                yield key


def _is_stale(row: Mapping[str, Any], recording: Recording, camera: Camera, settings: Settings) -> bool:
    """Whether a rival is an earlier version of the recording, or has itself got another time since."""
    if row["file_name"] == recording.path.name:
        return True
    path = settings.recordings / camera.camera_id / (row["file_name"] or "")
    if not path.is_file():
        return bool(row["sha256"] == recording.sha256)  # renamed, because its time is in its name
    written = written_start(path, camera)
    return written is not None and written[0] != row["start_utc"]
