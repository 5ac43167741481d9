"""The lake in an object store: a second place for it, and the way between machines.

Where PASSANT_STORE names a store, what a run has made of a recording goes there, what is deleted here is
deleted there first, and a day of which nothing is here is brought from there before it is run. A file goes
where it is missing or was made from other inputs. Each is put in one step, so that a reader sees it whole or
not at all, and a recording's row goes last, so that who finds it finds the rest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from geo.site import Site
from pipelines.audit import AuditLog
from pipelines.durable import replacing
from pipelines.lake import Lake, RecordingKey
from pipelines.object_store import ObjectStore
from pipelines.settings import Settings
from pipelines.stages import ingest
from pipelines.stages.lake_tables import LAKE_TABLES

_FOLDER = "lake"
_INPUTS = "passant:inputs"
_ROW_LAST = tuple(reversed(LAKE_TABLES))


@dataclass(frozen=True)
class RemoteLake:
    """A lake here, the store that it is kept in too, and the log that tells what went where."""

    lake: Lake
    store: ObjectStore
    audit: AuditLog

    @classmethod
    def of(cls, settings: Settings) -> RemoteLake | None:
        """The one that the settings name, if they do."""
        if not settings.store:
            return None
        return cls(Lake.of(settings), ObjectStore.at(settings.store), AuditLog(settings.audit))

    def keep(self, key: RecordingKey, tables: Iterable[str] = _ROW_LAST) -> int:
        """Puts what the store lacks of a recording; the number of files put."""
        return self._push([path for table in tables if (path := self.lake.path(table, key)).is_file()])

    def remove(self, tables: Iterable[str], key: RecordingKey) -> None:
        """Deletes a recording's files of some tables from the store, in this order."""
        for table in tables:
            self.store.remove(self._name(self.lake.path(table, key)))

    def restore(self, site: Site, day: date) -> int:
        """Brings a site's local day for each camera of which nothing is here; the number of files brought."""
        gone = [c.camera_id for c in site.cameras if not self.lake.keys(ingest.TABLE, day, c.camera_id)]
        return sum(self._restore(f"day={day}/camera={camera_id}") for camera_id in gone)

    def _restore(self, folder: str) -> int:
        if not self.store.names(f"{_FOLDER}/{ingest.TABLE}/{folder}"):
            return 0
        return self._pull(name for table in _ROW_LAST for name in self.store.names(f"{_FOLDER}/{table}/{folder}"))

    def push(self) -> int:
        """Puts whatever the store lacks; the number of files put."""
        return self._push(path for table in _ROW_LAST for path in sorted(self.lake.root.glob(f"{table}/**/*.parquet")))

    def pull(self) -> int:
        """Brings whatever the lake lacks; the number of files brought."""
        return self._pull(name for table in _ROW_LAST for name in self.store.names(f"{_FOLDER}/{table}"))

    def _push(self, paths: Iterable[Path]) -> int:
        changed = [path for path in paths if not self._is_same(path)]
        self._note("push", (self._name(path) for path in changed))
        for path in changed:
            self.store.put(self._name(path), path)
        return len(changed)

    def _pull(self, names: Iterable[str]) -> int:
        places = ((name, self.lake.root / name.removeprefix(f"{_FOLDER}/")) for name in names)
        changed = {name: path for name, path in places if not (path.is_file() and self._is_same(path))}
        self._note("pull", changed)
        for name, path in changed.items():
            with replacing(path) as temporary:
                temporary.write_bytes(self.store.read(name))
                os.utime(temporary, ns=(self.store.put_ns(name),) * 2)  # being brought gives tracks no longer life
        return len(changed)

    def _is_same(self, path: Path) -> bool:
        """Whether the store has a file of the lake, made from the same inputs."""
        name = self._name(path)
        return self.store.has(name) and self.store.parquet_metadata(name).get(_INPUTS) == _inputs(path)

    def _name(self, path: Path) -> str:
        return f"{_FOLDER}/{path.relative_to(self.lake.root).as_posix()}"

    def _note(self, action: str, names: Iterable[str]) -> None:
        self.audit.append_all(action, [{"store": self.store.url, "file": name} for name in names])


def _inputs(path: Path) -> str | None:
    return pl.read_parquet_metadata(path).get(_INPUTS)
