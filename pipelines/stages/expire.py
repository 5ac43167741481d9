"""Deletes what the policy no longer keeps; aggregates stay, and every deletion is logged before it happens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.policies import Rules
from pipelines.settings import Settings
from pipelines.stages import ingest, track
from pipelines.stages.expiries import FILM, TABLE, TRACKS, Expiries
from pipelines.stages.fingerprint import file_digest
from pipelines.stages.lake_tables import PER_ROAD_USER
from pipelines.stages.remote_lake import RemoteLake
from pipelines.stages.report import StageReport


@dataclass(frozen=True)
class Due:
    """Something whose time is up: which data of which recording, since when, and its files."""

    key: RecordingKey
    what: str
    due_utc: datetime
    files: tuple[Path, ...]
    sha256: str | None = None

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def due(site: Site, rules: Rules, settings: Settings, audit: AuditLog, now: datetime) -> list[Due]:
    """What of a site has to go at a moment, oldest first. A simulated site keeps everything."""
    if site.is_simulated:
        return []
    lake, since = Lake.of(settings), _tracked_utc(audit)
    found: list[Due] = []
    for camera in site.cameras:
        for key, row in ingest.taken_in(camera.camera_id, lake):
            if (tracked := since.get(key.recording_id) or _written_utc(lake, key)) is not None:
                found += _of_recording(key, row, tracked, rules, settings)
    return sorted((one for one in found if one.due_utc <= now and one.files), key=lambda one: one.due_utc)


def expire(
    site: Site, rules: Rules, settings: Settings, audit: AuditLog, *, now: datetime, is_trial: bool = False
) -> StageReport:
    """Deletes what is due of a site.

    Args:
        site: the site.
        rules: how long what is kept there.
        settings: where things lie.
        audit: each deletion is written down here before it is made.
        now: the present moment.
        is_trial: whether to say what would go, and to leave it.

    Returns:
        A report with a row for each thing deleted. A video file whose content is no longer that of the
        recording is left alone, with a warning.
    """
    began, lake, warnings, gone = time.perf_counter(), Lake.of(settings), [], []
    for one in due(site, rules, settings, audit, now):
        if one.sha256 is not None and file_digest(one.files[0]) != one.sha256:
            warnings.append(
                f"{one.files[0]}: is another film than {one.key.recording_id} was; left alone. Run the day again."
            )
            continue
        gone.append((one.what, one.size_bytes, (now - one.due_utc).total_seconds()))
        if not is_trial:
            _delete(one, settings, audit, now)
    return StageReport(
        TABLE,
        len(gone),
        lake.root / TABLE,
        f"{site.site_id} {now.isoformat()}",
        time.perf_counter() - began,
        warnings=tuple(warnings),
        figures={
            "recordings": sum(what == FILM for what, _, _ in gone),
            "tracks": sum(what == TRACKS for what, _, _ in gone),
            "freed_mb": round(sum(size for _, size, _ in gone) / 1e6, 1),
            "latest_h": round(max((late_s for _, _, late_s in gone), default=0.0) / 3600, 1),
        },
    )


def _of_recording(
    key: RecordingKey, row: Mapping[str, Any], tracked: datetime, rules: Rules, settings: Settings
) -> Iterator[Due]:
    """The two kinds of data of a recording, each with the files that are there."""
    if row["file_name"] is not None:
        path = settings.recordings / key.camera_id / row["file_name"]
        beside = ingest.sidecar_of(path)
        files = tuple(file for file in (path, beside) if file.is_file()) if path.is_file() else ()
        yield Due(key, FILM, tracked + rules.recordings_kept, files, row["sha256"])
    lake = Lake.of(settings)
    files = tuple(path for table in PER_ROAD_USER if (path := lake.path(table, key)).is_file())
    yield Due(key, TRACKS, tracked + rules.tracks_kept, files)


def _delete(one: Due, settings: Settings, audit: AuditLog, now: datetime) -> None:
    """Logs, notes in the lake, deletes, in the store first. Repeated where a crash has left something."""
    lake, remote, size = Lake.of(settings), RemoteLake.of(settings), one.size_bytes
    late_s = round((now - one.due_utc).total_seconds())
    audit.append("expire", recording=one.key.recording_id, what=one.what, bytes=size, late_s=late_s, sha256=one.sha256)
    known = lake.open(Expiries, TABLE, one.key) if lake.has(TABLE, one.key) else Expiries.create_empty()
    row = {
        "recording_id": one.key.recording_id,
        "what": one.what,
        "due_utc": one.due_utc,
        "expired_utc": now,
        "bytes": size,
        "sha256": one.sha256,
    }
    new = Expiries.cast(pl.DataFrame([row], schema_overrides={"sha256": pl.String}))
    rows = pl.concat([known.filter(pl.col("what") != one.what), new])
    lake.save(Expiries, TABLE, one.key, rows, f"{one.what} {now.isoformat()}")
    if remote:
        remote.keep(one.key, [TABLE])
        remote.remove(PER_ROAD_USER if one.what == TRACKS else (), one.key)
    for path in one.files:
        path.unlink(missing_ok=True)


def _tracked_utc(audit: AuditLog) -> dict[str, datetime]:
    """When each recording was first tracked, by the log; tracking it anew gives it no longer life."""
    first: dict[str, datetime] = {}
    for entry in audit.entries():
        if entry["action"] == "track":
            first.setdefault(str(entry["recording"]), datetime.fromisoformat(str(entry["time_utc"])))
    return first


def _written_utc(lake: Lake, key: RecordingKey) -> datetime | None:
    """When its tracks were last written, for a recording whose line in the log a crash has swallowed."""
    path = lake.path(track.TABLE, key)
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) if path.is_file() else None
