"""Releases in an object store, and back to a folder that a dashboard reads.

What a reader may rely on: ``latest.json`` names a manifest that is there, and the manifest names objects
that are there, because they are put in the opposite order: objects, manifest, pointer. Objects and
manifests are never changed and never removed here, so that a reader who has read the pointer can
finish, whatever is pushed meanwhile; a push that breaks off leaves the release before in force.

One publisher pushes to a tier: a release that was neither made nor pulled here is not replaced. That is
looked at before anything is put; Arrow offers no write on a condition, so that two who begin in the same
moment are not kept apart, and the later pointer stands.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.durable import replacing, replacing_in_batches
from pipelines.object_store import ObjectStore, ObjectStoreError
from pipelines.publishing.store import read_latest

_POINTER = "latest.json"


@dataclass(frozen=True)
class Copied:
    """A version that is now in both places, and how many objects had to go there."""

    version: str
    objects: int


def push_release(tier: Path, store: ObjectStore) -> Copied:
    """Puts the latest release of a tier under ``<tier>/`` of a store, which keeps what it has already.

    Raises:
        ObjectStoreError: if there is no release, the store holds one of somebody else, or it refuses.
    """
    latest, before = read_latest(tier), version_in(store, tier.name)
    if latest is None:
        raise ObjectStoreError(f"{tier}: no release yet. Make one first.")
    if before and not (tier / before).is_dir():
        raise ObjectStoreError(
            f"{store.url}/{tier.name}: holds release {before}, which was neither made nor pulled here. "
            "Pull it first, or give another folder of the store."
        )
    manifest = json.loads((tier / latest["manifest"]).read_text(encoding="utf-8"))
    there = set(store.names(f"{tier.name}/objects"))
    missing = [path for path in _objects(manifest) if f"{tier.name}/{path}" not in there]
    for path in (*missing, latest["manifest"], _POINTER):
        store.put(f"{tier.name}/{path}", tier / path)
    return Copied(latest["version"], len(missing))


def version_in(store: ObjectStore, tier: str) -> str | None:
    """The version of a tier that a store's readers see, or None before the first."""
    pointer = f"{tier}/{_POINTER}"
    return str(json.loads(store.read(pointer))["version"]) if store.has(pointer) else None


def pull_release(store: ObjectStore, tier: Path) -> Copied:
    """Brings the latest release of a store to a tier's folder, whole or not at all.

    Raises:
        ObjectStoreError: if there is none, or an object is not what its name says.
    """
    if not store.has(f"{tier.name}/{_POINTER}"):
        raise ObjectStoreError(f"{store.url}/{tier.name}: no release here. Push one first.")
    pointer = store.read(f"{tier.name}/{_POINTER}")
    latest = json.loads(pointer)
    written = store.read(f"{tier.name}/{latest['manifest']}")
    missing = [path for path in _objects(json.loads(written)) if not (tier / path).is_file()]
    with replacing_in_batches() as stand_in:
        for path in missing:
            stand_in(tier / path).write_bytes(_verified(store, tier.name, path))
    for path, content in ((latest["manifest"], written), (_POINTER, pointer)):
        with replacing(tier / path) as temporary:
            temporary.write_bytes(content)
    return Copied(latest["version"], len(missing))


def _objects(manifest: dict[str, Any]) -> Iterable[str]:
    """Paths of the objects a manifest names, each once."""
    return sorted({file["path"] for file in _files(manifest)})


def _files(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for table in manifest["tables"].values():
        yield from table["files"]
    yield from manifest["plans"].values()


def _verified(store: ObjectStore, tier: str, path: str) -> bytes:
    content = store.read(f"{tier}/{path}")
    if hashlib.sha256(content).hexdigest() != Path(path).stem:
        raise ObjectStoreError(f"{store.url}/{tier}/{path}: not what its name says. Remove it there, and push again.")
    return content
