"""Releases on disk: manifests over content-addressed files.

``<tier>/objects/<sha256>.<ending>`` never change and are shared between versions;
``<tier>/<version>/manifest.json`` names those of a version; ``<tier>/latest.json`` names the version
and is replaced in one step, so that a reader sees one whole version or the next.
"""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.lake import replacing
from pipelines.privacy.release import DIMENSIONS, PER_DAY, Release

FORMAT = 1


@dataclass(frozen=True)
class Published:
    """A version on disk; ``is_new`` is False when nothing had changed since the last one."""

    version: str
    manifest: Path
    is_new: bool
    rows: int


def publish(release: Release, released: Path) -> Published:
    """Writes a release, unless it is the same as the latest.

    Args:
        release: what may leave.
        released: the folder of all tiers.
    """
    tier = released / release.tier
    files = [_write_table(tier, table.name, table.site_id, table.day, table.rows) for table in release.tables]
    plans = {site: _write(tier, text.encode(), "geojson") for site, text in sorted(release.plans.items())}
    contents = {
        "tables": {name: _describe(name, files) for name in (*PER_DAY, *DIMENSIONS)},
        "plans": plans,
        "held": [{"site_id": h.site_id, "day": str(h.day), "reason": h.reason} for h in release.held],
    }
    digest = hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()
    rows = sum(file["rows"] for file in files)
    latest = read_latest(tier)
    if latest and latest["digest"] == digest:
        return Published(latest["version"], tier / latest["manifest"], is_new=False, rows=rows)
    now = datetime.now(UTC)
    version = f"{now:%Y%m%dT%H%M%SZ}-{digest[:8]}"
    manifest = tier / version / "manifest.json"
    header = {
        "format": FORMAT,
        "tier": release.tier,
        "version": version,
        "published_at_utc": now.isoformat(timespec="seconds"),
        "previous": latest["version"] if latest else None,
        "digest": digest,
    }
    _write_json(manifest, {**header, **contents})
    _write_json(tier / "latest.json", {"version": version, "manifest": f"{version}/manifest.json", "digest": digest})
    return Published(version, manifest, is_new=True, rows=rows)


def read_latest(tier: Path) -> dict[str, str] | None:
    """Version, manifest path and digest of the latest release of a tier."""
    path = tier / "latest.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _describe(name: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    schema = {**PER_DAY, **DIMENSIONS}[name]
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
        "files": [{k: v for k, v in file.items() if k != "table"} for file in files if file["table"] == name],
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


def _write_table(tier: Path, name: str, site_id: str | None, day: Any, rows: pl.DataFrame) -> dict[str, Any]:  # noqa: ANN401
    buffer = io.BytesIO()
    rows.write_parquet(buffer, compression="zstd")
    written = _write(tier, buffer.getvalue(), "parquet")
    return {"table": name, "site_id": site_id, "day": day and str(day), "rows": rows.height, **written}


def _write(tier: Path, content: bytes, ending: str) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    path = tier / "objects" / f"{digest}.{ending}"
    if not path.is_file():
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return {"path": f"objects/{path.name}", "sha256": digest, "bytes": len(content)}


def _write_json(path: Path, document: dict[str, Any]) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="utf-8")
