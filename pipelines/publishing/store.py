"""Releases on disk: manifests over content-addressed files.

``<tier>/objects/<sha256>.<ending>`` never change and are shared between versions;
``<tier>/<version>/manifest.json`` names those of a version; ``<tier>/latest.json`` names the version
and is replaced in one step, so that a reader sees one whole version or the next. A version that was
being published when its process was killed is finished by the next run, or removed if there is
something else to publish.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.audit import AuditLog
from pipelines.durable import alone_in, replacing, replacing_in_batches
from pipelines.privacy.release import OF_ALL_SITES, TABLES, Month, Release, ReleaseTable

FORMAT = 4

_ROWS_AT_ONCE = 16_384
_MOMENT = "%Y%m%dT%H%M%SZ"
_LISTS_DAYS = "flow_counts"  # has a file for every released day; other tables only where they have rows

File = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """A version on disk; ``is_new`` is False when nothing had changed since the last one."""

    version: str
    manifest: Path
    is_new: bool
    rows: int


def publish(release: Release, released: Path, audit: AuditLog) -> Published:
    """Writes a release, unless it is the same as the latest.

    Args:
        release: what may leave.
        released: the folder of all tiers.
        audit: told of a new version before anyone can read it.
    """
    tier = released / release.tier
    with alone_in(tier):
        return _publish(release, tier, audit)


def _publish(release: Release, tier: Path, audit: AuditLog) -> Published:
    latest = read_latest(tier)
    with replacing_in_batches() as stand_in:
        objects = _Objects(tier, stand_in)
        files = _write_tables(release, objects)
        plans = {site: objects.add(text.encode(), "geojson") for site, text in sorted(release.plans.items())}
    contents = {
        "tables": {name: _describe(name, files[name]) for name in TABLES},
        "plans": plans,
        "held": [{"site_id": h.site_id, "day": str(h.day), "reason": h.reason} for h in release.held],
        "months": [
            {"site_id": m.site_id, "month": m.month, "status": m.status, "state": m.state} for m in release.months
        ],
    }
    digest = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
    rows = sum(file["rows"] for one in files.values() for file in one)
    if latest and latest["digest"] == digest:
        _remove_unfinished(tier, latest, None)
        return Published(latest["version"], tier / latest["manifest"], is_new=False, rows=rows)
    version = _remove_unfinished(tier, latest, digest)
    if version is None:
        now = datetime.now(UTC)
        version = _name(now, digest, tier, latest)
        header = {
            "format": FORMAT,
            "tier": release.tier,
            "version": version,
            "published_at_utc": now.isoformat(timespec="seconds"),
            "previous": latest["version"] if latest else None,
            "digest": digest,
        }
        _write_json(tier / version / "manifest.json", {**header, **contents})
    said = {"version": version, "tier": release.tier, "rows": rows, "held": len(release.held)}
    audit.append_once("release", "version", [said])
    _write_json(tier / "latest.json", {"version": version, "manifest": f"{version}/manifest.json", "digest": digest})
    return Published(version, tier / version / "manifest.json", is_new=True, rows=rows)


def _name(now: datetime, digest: str, tier: Path, latest: dict[str, str] | None) -> str:
    """A new name for a version; never before that of the latest, even where the clock was set back."""
    moment = now
    if latest:
        moment = max(now, datetime.strptime(latest["version"].partition("-")[0], _MOMENT).replace(tzinfo=UTC))
    while (tier / (name := f"{moment:{_MOMENT}}-{digest[:8]}")).exists():
        moment += timedelta(seconds=1)
    return name


def _remove_unfinished(tier: Path, latest: dict[str, str] | None, wanted: str | None) -> str | None:
    """Removes versions that follow the latest and were never pointed at; names the one of the wanted digest."""
    moment = latest["version"].partition("-")[0] if latest else ""
    found: str | None = None
    for folder in tier.glob("*-*/"):
        if folder.name < moment:
            continue
        manifest = _read(folder / "manifest.json")
        if manifest and manifest["previous"] != (latest["version"] if latest else None):
            continue
        if found is None and manifest and manifest["digest"] == wanted:
            found = folder.name
        else:
            shutil.rmtree(folder)
    return found


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def read_latest(tier: Path) -> dict[str, str] | None:
    """Version, manifest path and digest of the latest release of a tier."""
    path = tier / "latest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def published_months(tier: Path) -> list[Month]:
    """The months of the latest release of a tier, where all of their files are still there."""
    manifest = _latest_manifest(tier)
    files: dict[tuple[str | None, str], list[File]] = {}
    for table in manifest.get("tables", {}).values():
        for file in table["files"]:
            files.setdefault((file["site_id"], file["month"]), []).append(file)
    found = []
    for month in manifest.get("months", ()):
        own = [file for site_id in (month["site_id"], None) for file in files.get((site_id, month["month"]), [])]
        if all((tier / file["path"]).is_file() for file in own):
            days = sorted({date.fromisoformat(file["day"]) for file in own if file["day"]})
            found.append(Month(month["site_id"], month["month"], tuple(days), month["status"], month["state"]))
    return found


def _latest_manifest(tier: Path) -> dict[str, Any]:
    """The latest release's manifest; empty where there is none of this format."""
    latest = read_latest(tier)
    manifest = json.loads((tier / latest["manifest"]).read_text(encoding="utf-8")) if latest else {}
    return manifest if manifest.get("format") == FORMAT else {}


def _kept_files(release: Release, tier: Path) -> dict[str, list[File]]:
    """Table -> the files of unchanged months, as the latest release names them."""
    kept = {(month.site_id, month.month) for month in release.unchanged}
    described = _latest_manifest(tier).get("tables", {})
    return {
        name: [f for f in described.get(name, {"files": []})["files"] if (f["site_id"], f["month"]) in kept]
        for name in TABLES
    }


def _describe(name: str, files: list[File]) -> dict[str, Any]:
    schema = TABLES[name]
    return {
        "description": (schema.__doc__ or "").strip(),
        "columns": [
            {
                "name": column,
                "type": _type_name(spec.dtype),
                "description": (spec.metadata or {}).get("description", ""),
            }
            for column, spec in schema.columns().items()
        ],
        "files": sorted(files, key=lambda file: (file["site_id"] or "", file["month"] or "", file["day"] or "")),
    }


def _type_name(dtype: pl.DataType) -> str:
    """A column's type as people say it."""
    if isinstance(dtype, pl.Datetime):
        return "timestamp, UTC" if dtype.time_zone else "timestamp, local"
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    return {pl.String: "text", pl.Boolean: "true or false", pl.Date: "date"}[type(dtype)]


@dataclass(frozen=True)
class _Objects:
    """Content-addressed files of a tier; ``stand_in`` gives where to write what is not there yet."""

    tier: Path
    stand_in: Callable[[Path], Path]

    def add(self, content: bytes, ending: str) -> File:
        digest = hashlib.sha256(content).hexdigest()
        path = self.tier / "objects" / f"{digest}.{ending}"
        if not path.is_file():
            self.stand_in(path).write_bytes(content)
        return {"path": f"objects/{path.name}", "sha256": digest, "bytes": len(content)}

    def add_table(self, table: ReleaseTable) -> File:
        month, day = table.month, str(table.day) if table.day else None
        return self.add_rows(table.rows, month.site_id if month else None, month.month if month else None, day)

    def add_rows(self, rows: pl.DataFrame, site_id: str | None, month: str | None, day: str | None = None) -> File:
        buffer = io.BytesIO()
        # Small groups, so that one site of all is read without the others.
        rows.write_parquet(buffer, compression="zstd", metadata=_marks(rows), row_group_size=_ROWS_AT_ONCE)
        return {
            "site_id": site_id,
            "month": month,
            "day": day,
            "rows": rows.height,
            **self.add(buffer.getvalue(), "parquet"),
        }


def _marks(rows: pl.DataFrame) -> dict[str, str]:
    """What a file says of itself as a whole; definitions, such as those of service levels, are of no site."""
    is_simulated = "is_simulated" in rows.columns and rows["is_simulated"].any()
    return {"passant:is_simulated": "true" if is_simulated else "false"}


def _write_tables(release: Release, objects: _Objects) -> dict[str, list[File]]:
    """Table -> its files: of unchanged months those of the latest release, of others new ones."""
    files = _kept_files(release, objects.tier)
    of_all_sites = _SharedMonths(release, objects)
    for table in release.tables:
        if table.name in OF_ALL_SITES and table.month:
            of_all_sites.add(table.name, table.month.month, table.rows)
        elif table.name == _LISTS_DAYS or not table.rows.is_empty():
            files[table.name].append(objects.add_table(table))
    for name in OF_ALL_SITES:
        files[name] = list(of_all_sites.files(name))
    # A reader finds the columns of every table, also of one without a row.
    for name in (name for name in TABLES if release.months and not files[name]):
        files[name].append(objects.add_table(ReleaseTable(name, TABLES[name].create_empty())))
    return files


class _SharedMonths:
    """Files that hold a month of all sites: rows of changed sites beside those that the latest release has."""

    def __init__(self, release: Release, objects: _Objects) -> None:
        self._objects = objects
        self._new: dict[tuple[str, str], list[pl.DataFrame]] = {}
        self._months = sorted({month.month for month in release.months})
        self._kept = _sites_by_month((m.site_id, m.month) for m in release.unchanged)
        latest = _latest_manifest(objects.tier)
        self._before = _sites_by_month((m["site_id"], m["month"]) for m in latest.get("months", ()))
        tables = latest.get("tables", {})
        self._latest = {
            (name, file["month"]): file for name in OF_ALL_SITES if tables for file in tables[name]["files"]
        }

    def add(self, name: str, month: str, rows: pl.DataFrame) -> None:
        self._new.setdefault((name, month), []).append(rows)

    def files(self, name: str) -> Iterator[File]:
        for month in self._months:
            latest, kept = self._latest.get((name, month)), self._kept.get(month, set())
            if latest and (name, month) not in self._new and kept == self._before.get(month):
                yield latest
            elif not (rows := self._rows(name, month, latest, kept)).is_empty():
                yield self._objects.add_rows(rows, None, month)

    def _rows(self, name: str, month: str, latest: File | None, kept: set[str]) -> pl.DataFrame:
        rows = list(self._new.get((name, month), ()))
        if latest and kept:
            read = pl.read_parquet(self._objects.tier / latest["path"])
            rows.append(read.filter(pl.col("site_id").is_in(sorted(kept))))
        return pl.concat(rows or [TABLES[name].create_empty()]).sort("site_id", maintain_order=True)


def _sites_by_month(months: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for site_id, month in months:
        found.setdefault(month, set()).add(site_id)
    return found


def _write_json(path: Path, document: dict[str, Any]) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
