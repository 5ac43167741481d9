"""The lake's files in an object store, and back: how machines that look at video hand on what they found.

A file goes where it is missing or was made from other inputs; one that is the same stays. Each is put in
one step, so that a reader sees it whole or not at all. Nothing is removed on the other side.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from pipelines.audit import AuditLog
from pipelines.durable import replacing
from pipelines.lake import Lake
from pipelines.object_store import ObjectStore

_FOLDER = "lake"
_INPUTS = "passant:inputs"


def push_lake(lake: Lake, store: ObjectStore, audit: AuditLog) -> int:
    """Puts what the store lacks; the number of files put."""
    there = set(store.names(_FOLDER))
    changed = []
    for path in sorted(lake.root.rglob("*.parquet")):
        name = f"{_FOLDER}/{path.relative_to(lake.root).as_posix()}"
        if name not in there or store.parquet_metadata(name).get(_INPUTS) != _inputs(path):
            store.put(name, path)
            changed.append(name)
    _note(audit, "push", store, changed)
    return len(changed)


def pull_lake(store: ObjectStore, lake: Lake, audit: AuditLog) -> int:
    """Brings what the lake lacks; the number of files brought."""
    changed = []
    for name in store.names(_FOLDER):
        path = lake.root / name.removeprefix(f"{_FOLDER}/")
        if not path.is_file() or store.parquet_metadata(name).get(_INPUTS) != _inputs(path):
            with replacing(path) as temporary:
                temporary.write_bytes(store.read(name))
            changed.append(name)
    _note(audit, "pull", store, changed)
    return len(changed)


def _inputs(path: Path) -> str | None:
    return pl.read_parquet_metadata(path).get(_INPUTS)


def _note(audit: AuditLog, action: str, store: ObjectStore, names: Iterable[str]) -> None:
    audit.append_all(action, [{"store": store.url, "file": name} for name in names])
