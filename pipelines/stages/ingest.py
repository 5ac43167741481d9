"""RECORDINGS: one video file; who filmed it, when it starts and what it is."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dataframely as dy
import polars as pl

from detectors.camera import Camera
from detectors.video import Probe, RecordingError, probe
from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.lake import Lake, RecordingKey
from pipelines.stages.fingerprint import code_of, file_digest, fingerprint
from pipelines.stages.report import StageReport

TABLE = "recordings"
START_SOURCES = ("option", "sidecar", "file name", "container", "simulation")
SIDECAR_ENDING = ".start"
_MOMENT = "%Y%m%dT%H%M%SZ"


class Recordings(dy.Schema):
    """One video file. ``duration_s`` and ``fps`` follow from its timestamps, not from its header.

    ``file_name`` tells a file that was replaced, or whose time was put right, from another recording. A
    simulated recording without a picture has no file name, frames, fps, size or codec (NULL), and
    ``sha256`` is that of everything it was made from.
    """

    recording_id = dy.String(primary_key=True)
    site_id = dy.String()
    camera_id = dy.String()
    day = dy.Date()
    file_name = dy.String(nullable=True)
    sha256 = dy.String(regex="^[0-9a-f]{64}$")
    start_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    end_utc = dy.Datetime(time_unit="us", time_zone="UTC")
    start_source = dy.Enum(list(START_SOURCES))
    duration_s = dy.Float64(min=0.0)
    frames = dy.Int64(nullable=True, min=1)
    fps = dy.Float64(nullable=True, min=0.0)
    width_px = dy.Int32(nullable=True, min=1)
    height_px = dy.Int32(nullable=True, min=1)
    codec = dy.String(nullable=True)


@dataclass(frozen=True)
class Recording:
    """A recording that has been looked at: its file, its key, its start and what its packets say."""

    path: Path
    key: RecordingKey
    sha256: str
    start_utc: datetime
    start_source: str
    probe: Probe

    @property
    def end_utc(self) -> datetime:
        return self.start_utc + timedelta(seconds=self.probe.duration_s)


def examine(path: Path, site: Site, camera: Camera, start: str | None) -> Recording:
    """Looks at a recording without writing anything.

    Args:
        path: the video file.
        site: the site it belongs to.
        camera: the camera it comes from.
        start: local or zoned ISO 8601 time of the first frame, or None to read it elsewhere.

    Raises:
        RecordingError: if it is unreadable, of the wrong size, or has no start time.
    """
    seen = probe(path)
    if seen.size_px != camera.size_px:
        raise RecordingError(
            f"{path}: its picture is {_size(seen.size_px)}, but {site.site_id}/site.yaml says {_size(camera.size_px)} "
            f"for {camera.camera_id} (size_px). Correct size_px, or give a recording of this camera."
        )
    start_utc, source = start_of(path, camera, seen, start)
    sha256 = file_digest(path)
    day = start_utc.astimezone(site.time_zone).date()
    recording_id = f"{camera.camera_id}__{start_utc:{_MOMENT}}__{sha256[:8]}"
    return Recording(path, RecordingKey(recording_id, camera.camera_id, day), sha256, start_utc, source, seen)


def ingest(recording: Recording, site: Site, lake: Lake, audit: AuditLog) -> StageReport:
    """Writes down a recording.

    Raises:
        RecordingError: if another recording of the camera covers some of the same time.
    """
    began = time.perf_counter()
    inputs = fingerprint(
        sha256=recording.sha256, start=recording.start_utc, site=site.site_id, code=code_of("detectors")
    )
    key, doubts = recording.key, tuple[str, ...]()
    with lake.alone(TABLE, key):
        is_current = lake.is_current(TABLE, key, inputs)
        if not is_current:
            doubts = _compare(recording, lake)
            with lake.saving(key, inputs) as save:
                save(Recordings, TABLE, _row(recording, site))
                said = {"recording": key.recording_id, "sha256": recording.sha256, "inputs": inputs}
                audit.append_once("ingest", "recording", [said])
    return StageReport(
        TABLE,
        1,
        lake.path(TABLE, key),
        inputs,
        time.perf_counter() - began,
        is_current,
        (*_warnings(recording), *doubts),
        {"frames": recording.probe.packets, "duration_s": round(recording.probe.duration_s, 3)},
    )


def start_of(path: Path, camera: Camera, seen: Probe, start: str | None) -> tuple[datetime, str]:
    """Start of a recording in UTC and which of START_SOURCES gave it, the first that there is.

    The sidecar is a text file beside the recording, named like it with ``.start`` behind
    (``film.mp4.start``). It holds one line: the time of the first frame as for ``--start``, local
    or with an offset.

    Raises:
        RecordingError: if no source gives one, if one is no time, or if a local time falls into a change of clocks.
    """
    if start is not None:
        return _written(start, camera.time_zone, f"{path}: --start '{start}'"), "option"
    if (written := written_start(path, camera)) is not None:
        return written
    if camera.trusts_container_time and seen.container_time is not None:
        return seen.container_time.astimezone(UTC), "container"
    pattern = (
        f"its name does not match '{camera.start_pattern}'" if camera.start_pattern else "the site names no pattern"
    )
    container = "holds none" if camera.trusts_container_time else "is not trusted: it is often the time of encoding"
    raise RecordingError(
        f"{path}: no start time: no --start, no {path.name}{SIDECAR_ENDING} beside it, {pattern} (file_name_time in "
        f"site.yaml), and the container {container}. Give --start with the local time of the first frame, or write it "
        f"into {path.name}{SIDECAR_ENDING}."
    )


def written_start(path: Path, camera: Camera) -> tuple[datetime, str] | None:
    """Start of a recording from its sidecar or its name, without opening it; None if neither tells.

    Raises:
        RecordingError: as ``start_of``.
    """
    sidecar = sidecar_of(path)
    if sidecar.is_file():
        text = sidecar.read_text(encoding="utf-8", errors="replace").strip()
        return _written(text, camera.time_zone, f"{sidecar}: '{text[:40]}'"), "sidecar"
    named = _named(path.stem, camera.start_pattern)
    if named is None:
        return None
    return _to_utc(named, camera.time_zone, f"{path}: the time in its name"), "file name"


def sidecar_of(path: Path) -> Path:
    """Where a recording's start may be written beside it."""
    return path.with_name(path.name + SIDECAR_ENDING)


def taken_in(camera_id: str, lake: Lake) -> Iterator[tuple[RecordingKey, Mapping[str, Any]]]:
    """The recordings of a camera that have been taken in, each with its row."""
    for key in lake.of_camera(TABLE, camera_id):
        yield key, lake.open(Recordings, TABLE, key).row(0, named=True)


def rivals(recording: Recording, lake: Lake) -> Iterator[tuple[RecordingKey, Mapping[str, Any]]]:
    """Other recordings of the camera that cover some of the same time, or have the same content."""
    for other in _perhaps_rivals(recording, lake):
        row = lake.open(Recordings, TABLE, other).row(0, named=True)
        if _overlap(recording, row) or row["sha256"] == recording.sha256:
            yield other, row


def _perhaps_rivals(recording: Recording, lake: Lake) -> Iterator[RecordingKey]:
    """Those that may be rivals by their names, which say when a recording starts and what it holds.

    No two that were taken in overlap, so that of those that start before it only the last reach into it. A day of
    many recordings would otherwise be read anew for each of them.
    """
    key, camera_id = recording.key, recording.key.camera_id
    days = (key.day + timedelta(days=number) for number in (-1, 0, 1))
    near = [other for day in days for other in lake.keys(TABLE, day, camera_id) if other != key]
    before = [other for other in near if other.recording_id < key.recording_id]
    ends = f"{camera_id}__{recording.end_utc:{_MOMENT}}~"
    during = [other for other in near if key.recording_id < other.recording_id < ends]
    alike = [other for other in lake.of_camera(TABLE, camera_id, f"*__{recording.sha256[:8]}") if other != key]
    yield from sorted({*before[-2:], *during, *alike}, key=lambda other: (other.day, other.recording_id))


def _written(text: str, zone: ZoneInfo, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise RecordingError(f"{where} is no time. Write 2026-06-10T08:14:00.") from error
    return _to_utc(moment, zone, where)


def _named(stem: str, pattern: str | None) -> datetime | None:
    try:
        return datetime.strptime(stem, pattern) if pattern else None  # noqa: DTZ007  (zoned in _to_utc)
    except ValueError:
        return None


def _to_utc(moment: datetime, zone: ZoneInfo, where: str) -> datetime:
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first != second:
        happens = "happens twice" if first < second else "does not happen"
        raise RecordingError(
            f"{where}: {moment.isoformat()} {happens} in {zone.key} because clocks change. "
            "Give --start with an offset, such as 2026-10-25T02:30:00+01:00."
        )
    return first


def _compare(recording: Recording, lake: Lake) -> tuple[str, ...]:
    """Refuses what overlaps with another recording, and says where the film is one that was taken in before."""
    says = []
    for other, row in rivals(recording, lake):
        if _overlap(recording, row):
            raise RecordingError(
                f"{recording.path}: overlaps in time with {other.recording_id} of the same camera; both together "
                "would count twice. Correct the start time, or remove one of the two."
            )
        says.append(
            f"{recording.path.name}: the same film as {other.recording_id}; it cannot have been recorded twice. "
            "Both are counted; remove the one whose time is wrong."
        )
    return tuple(says[:1])


def _overlap(recording: Recording, row: Mapping[str, Any]) -> bool:
    return bool(row["start_utc"] < recording.end_utc and recording.start_utc < row["end_utc"])


def _row(recording: Recording, site: Site) -> pl.DataFrame:
    seen, key = recording.probe, recording.key
    row = {
        "recording_id": key.recording_id,
        "site_id": site.site_id,
        "camera_id": key.camera_id,
        "day": key.day,
        "file_name": recording.path.name,
        "sha256": recording.sha256,
        "start_utc": recording.start_utc,
        "end_utc": recording.end_utc,
        "start_source": recording.start_source,
        "duration_s": seen.duration_s,
        "frames": seen.packets,
        "fps": seen.nominal_fps,
        "width_px": seen.size_px[0],
        "height_px": seen.size_px[1],
        "codec": seen.codec,
    }
    return Recordings.cast(pl.DataFrame([row]))


def _warnings(recording: Recording) -> tuple[str, ...]:
    name, seen = recording.path.name, tuple(recording.probe.warnings)
    if recording.start_source == "container":
        seen = ("the start time comes from the container; it is often the time of encoding.", *seen)
    return tuple(f"{name}: {warning}" for warning in seen)


def _size(size_px: tuple[int, int]) -> str:
    return f"{size_px[0]}x{size_px[1]} px"
