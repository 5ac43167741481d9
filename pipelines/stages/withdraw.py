"""Takes recordings out of the lake and the warehouse: by hand, or because another version takes their place."""

from __future__ import annotations

from collections.abc import Sequence

from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.settings import Settings
from pipelines.stages import ingest
from pipelines.stages.check import check
from pipelines.stages.expiries import refuse_expired
from pipelines.stages.ingest import Recordings
from pipelines.stages.lake_tables import LAKE_TABLES
from pipelines.stages.load import unload
from pipelines.stages.release import release
from pipelines.stages.remote_lake import RemoteLake
from pipelines.stages.report import StageReport
from pipelines.warehouse.connection import Warehouse


class WithdrawalError(ValueError):
    """A recording that cannot be withdrawn; names it and what to do."""


def take_out(keys: Sequence[RecordingKey], settings: Settings) -> None:
    """Removes everything that is known of recordings.

    The row that names a recording goes last, so that a second try finds what a first one has left.
    """
    warehouse, remote = Warehouse(settings.warehouse), RemoteLake.of(settings)
    if warehouse.path.is_file():
        unload(keys, warehouse, AuditLog(settings.audit))
    for key in keys:
        if remote:
            remote.remove(reversed(LAKE_TABLES), key)
        Lake.of(settings).remove(reversed(LAKE_TABLES), key)


def withdraw(recording_id: str, reason: str, site: Site, settings: Settings) -> StageReport:
    """Takes one recording of a site out on purpose, checks its day again and releases.

    Raises:
        WithdrawalError: if there is no such recording, or its file is still where it would be taken in again.
        ExpiredError: if the day has expired.
    """
    lake, audit, warehouse = Lake.of(settings), AuditLog(settings.audit), Warehouse(settings.warehouse)
    key = _find(recording_id, site, lake)
    refuse_expired(site, key.day, lake)
    name = lake.open(Recordings, ingest.TABLE, key)["file_name"].item()
    path = settings.recordings / key.camera_id / (name or "")
    if path.is_file():
        raise WithdrawalError(f"{path}: would be taken in again as {recording_id}. Move the file away first.")
    audit.append("withdraw", recording=recording_id, reason=reason)
    take_out([key], settings)
    check(site, [key.day], lake, warehouse, audit)
    return release(warehouse, settings, audit)


def _find(recording_id: str, site: Site, lake: Lake) -> RecordingKey:
    every = (key for camera in site.cameras for key in lake.of_camera(ingest.TABLE, camera.camera_id))
    found = next((key for key in every if key.recording_id == recording_id), None)
    if found is None:
        raise WithdrawalError(f"{site.site_id}: no recording '{recording_id}' was ever taken in. Check its name.")
    return found
