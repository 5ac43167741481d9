"""Looks an installation over before anybody relies on it: every finding is a line, a wrong one says how to mend it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from detectors.video import RecordingError
from detectors.weights import WeightsError
from geo.site import SiteError
from pipelines.audit import AuditError, AuditLog
from pipelines.object_store import ObjectStore, ObjectStoreError
from pipelines.policies import PolicyError, read_policy
from pipelines.privacy.release import PLANNER
from pipelines.publishing.remote import version_in
from pipelines.settings import Settings
from pipelines.sites import SiteFolder, find_site, find_sites
from pipelines.stages import ingest
from pipelines.stages.arrivals import recording_files
from pipelines.stages.expire import due
from pipelines.stages.fingerprint import file_digest
from pipelines.stages.track import make_detector

State = Literal["ok", "warn", "fail"]

_WARN_FREE, _FAIL_FREE = 0.10, 0.02
# A file is finished some time after its last frame; clocks of cameras and storage differ by seconds.
_CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it is, what it is and what was seen; after an arrow, how to mend it."""

    state: State
    about: str
    says: str


def examine(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Everything, one thing after the other. Nothing is changed."""
    yield from _disk(settings)
    yield _dagster_home(Path.cwd())
    yield _audit(settings, now)
    yield from _store(settings)
    yield from _sites(settings)
    for folder in _usable_sites(settings):
        yield _weights(folder, settings)
        yield from _calibration(folder)
        yield from _clocks(folder, settings, now)
    yield from _policy(settings, now)


def _disk(settings: Settings) -> Iterator[Finding]:
    if not settings.data.is_dir():
        yield Finding("fail", "disk", f"{settings.data}: no such folder -> set PASSANT_DATA, or make it.")
        return
    disk = shutil.disk_usage(settings.data)
    share, text = disk.free / disk.total, f"{settings.data}: {disk.free / 1e9:.1f} GB of {disk.total / 1e9:.1f} GB free"
    if share < _WARN_FREE:
        yield Finding(
            "fail" if share < _FAIL_FREE else "warn", "disk", f"{text} -> run `passant expire`, or add space."
        )
    else:
        yield Finding("ok", "disk", text)
    if not os.access(settings.data, os.W_OK):
        yield Finding("fail", "disk", f"{settings.data}: not writable -> give this account the right to write.")


def _store(settings: Settings) -> Iterator[Finding]:
    if not settings.store:
        return
    try:
        store = ObjectStore.at(settings.store)
        version = version_in(store, PLANNER)
    except ObjectStoreError as error:
        yield Finding("fail", "store", f"{error} -> check PASSANT_STORE, the network and the credentials.")
    else:
        yield Finding("ok", "store", f"{store.url}: {f'release {version}' if version else 'no release yet'}")


def _dagster_home(folder: Path) -> Finding:
    home = os.environ.get("DAGSTER_HOME")
    if not home:
        if (folder / "dagster.yaml").is_file():
            return Finding("ok", "dagster", "DAGSTER_HOME is not set; dagster.yaml of this folder holds")
        return Finding("fail", "dagster", f"{folder}: no dagster.yaml -> go to Passant's folder, or set DAGSTER_HOME.")
    if not Path(home).is_dir():
        return Finding("fail", "dagster", f"DAGSTER_HOME {home}: no such folder -> make it, or unset DAGSTER_HOME.")
    if not (Path(home) / "dagster.yaml").is_file():
        says = f"DAGSTER_HOME {home}: holds no dagster.yaml, so that no limits hold -> copy Passant's there."
        return Finding("fail", "dagster", says)
    return Finding("ok", "dagster", f"DAGSTER_HOME {home}")


def _audit(settings: Settings, now: datetime) -> Finding:
    log = AuditLog(settings.audit)
    try:
        lines = log.verify()
    except AuditError as error:
        return Finding("fail", "audit", str(error))
    last = max((datetime.fromisoformat(str(entry["time_utc"])) for entry in log.entries()), default=now)
    if last > now + _CLOCK_TOLERANCE:
        return Finding("fail", "audit", f"its last line is of {last:%Y-%m-%d %H:%M} UTC -> set this machine's clock.")
    return Finding("ok", "audit", f"{lines} lines, unbroken")


def _sites(settings: Settings) -> Iterator[Finding]:
    known = find_sites(settings)
    if not known:
        yield Finding("warn", "site", f"{settings.sites}: no site yet -> make a folder with a site.yaml there.")
    owner: dict[str, str] = {}
    for site_id in known:
        try:
            site = find_site(site_id, settings).site
        except SiteError as error:
            yield Finding("fail", "site", f"{error}")
            continue
        yield Finding("ok", "site", f"{site_id}: {len(site.cameras)} cameras, {len(site.lines)} lines")
        for camera in site.cameras:
            if (other := owner.setdefault(camera.camera_id, site_id)) != site_id:
                says = f"{camera.camera_id} is a camera of {other} and of {site_id} -> rename one and its folder."
                yield Finding("fail", "site", says)


def _usable_sites(settings: Settings) -> Iterator[SiteFolder]:
    for site_id in find_sites(settings):
        try:
            yield find_site(site_id, settings)
        except SiteError:  # said above
            continue


def _weights(folder: SiteFolder, settings: Settings) -> Finding:
    """Loads the weights as a run would, on the device a run would use."""
    try:
        detector = make_detector(folder, None, settings, folder.site.cameras[0].camera_id)
        detector.load()
    except WeightsError as error:
        return Finding("fail", "weights", str(error))
    digest = file_digest(folder.weights)[:16] if folder.weights else ""
    users = ", ".join(user.value for user in detector.road_users)
    return Finding("ok", "weights", f"{folder.site.site_id}: {detector.name}, sha256 {digest}..., knows {users}")


def _calibration(folder: SiteFolder) -> Iterator[Finding]:
    for camera in folder.site.cameras:
        calibration = folder.site.calibrations.get(camera.camera_id)
        if calibration is None:
            says = f"{camera.camera_id}: none, so no speeds, densities or map -> survey six control points or more."
            yield Finding("warn", "calibration", says)
            continue
        error = f"{camera.camera_id}: {calibration.leave_one_out_rmse_m:.2f} m leave-one-out"
        doubts = [*calibration.warnings, *([calibration.note] if calibration.note else [])]
        yield Finding("warn" if doubts else "ok", "calibration", " ".join([error, *doubts]))


def _clocks(folder: SiteFolder, settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether recordings start before they were written and before now."""
    site, seen, wrong = folder.site, 0, 0
    for path, camera_id in recording_files(folder, settings):
        seen += 1
        try:
            written = ingest.written_start(path, site.camera(camera_id))
        except RecordingError as error:
            wrong += 1
            yield Finding("warn", "clocks", str(error))
            continue
        says = _clock_mistake(path, written[0], now) if written else None
        if says:
            wrong += 1
            yield Finding("fail", "clocks", says)
    if not wrong:
        yield Finding("ok", "clocks", f"{site.site_id}: {seen} recordings begin before they were written")


def _clock_mistake(path: Path, start: datetime, now: datetime) -> str | None:
    changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    mend = f"-> set the camera's clock, and write the true start into {path.name}{ingest.SIDECAR_ENDING}."
    if start > now + _CLOCK_TOLERANCE:
        return f"{path}: starts at {start:%Y-%m-%d %H:%M} UTC, which is to come {mend}"
    if start > changed + _CLOCK_TOLERANCE:
        return f"{path}: starts at {start:%Y-%m-%d %H:%M} UTC, but was written at {changed:%Y-%m-%d %H:%M} {mend}"
    return None


def _policy(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Whether the policy can be read and nothing is kept for longer than it says."""
    try:
        policy = read_policy(settings)
    except PolicyError as error:
        yield Finding("fail", "retention", str(error))
        return
    audit = AuditLog(settings.audit)
    for folder in _usable_sites(settings):
        site = folder.site
        late = due(site, policy.of(site.site_id), settings, audit, now)
        if late:
            says = f"{site.site_id}: {len(late)} things are due since {late[0].due_utc:%Y-%m-%d %H:%M} UTC"
            yield Finding("warn", "retention", f"{says} -> run `passant expire`, switch daily_expiry on.")
        else:
            yield Finding("ok", "retention", f"{site.site_id}: nothing is kept for longer than promised")
