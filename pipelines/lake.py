"""The restricted lake: one Parquet file per recording and table, written whole or not at all.

``<table>/day=<local day>/camera=<camera>/<recording>.parquet``. Each file carries the fingerprint of
everything it was made from, so that a stage can tell that there is nothing to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import dataframely as dy
import polars as pl

from pipelines.settings import Settings

_INPUTS = "passant:inputs"

S = TypeVar("S", bound=dy.Schema)


@dataclass(frozen=True)
class RecordingKey:
    """Where a recording's files lie: its name, its camera and the local day on which it starts."""

    recording_id: str
    camera_id: str
    day: date


@dataclass(frozen=True)
class Lake:
    """The lake under a folder."""

    root: Path

    @classmethod
    def of(cls, settings: Settings) -> Lake:
        return cls(settings.lake)

    def path(self, table: str, key: RecordingKey) -> Path:
        return self.root / table / f"day={key.day}" / f"camera={key.camera_id}" / f"{key.recording_id}.parquet"

    def save(self, schema: type[S], table: str, key: RecordingKey, rows: pl.DataFrame, inputs: str) -> Path:
        """Validates and writes a recording's rows of a table; replaces the file in one step.

        Args:
            schema: the table's contract.
            table: its name.
            key: the recording.
            rows: all rows of the recording.
            inputs: fingerprint of what they were made from.
        """
        path = self.path(table, key)
        valid = schema.validate(rows)
        with replacing(path) as temporary:
            valid.write_parquet(temporary, metadata={_INPUTS: inputs}, statistics=True)
        return path

    def is_current(self, table: str, key: RecordingKey, inputs: str) -> bool:
        """Whether the file exists and was made from the same inputs."""
        path = self.path(table, key)
        return path.is_file() and pl.read_parquet_metadata(path).get(_INPUTS) == inputs

    def open(self, schema: type[S], table: str, key: RecordingKey) -> dy.DataFrame[S]:
        """Reads and validates a recording's rows."""
        return schema.validate(pl.read_parquet(self.path(table, key), hive_partitioning=False))

    def first(self, table: str, camera_id: str, inputs: str) -> RecordingKey | None:
        """The earliest recording of a camera whose rows of a table were made from these inputs."""
        for path in sorted(self.root.glob(f"{table}/day=*/camera={camera_id}/*.parquet")):
            key = RecordingKey(path.stem, camera_id, date.fromisoformat(path.parts[-3].removeprefix("day=")))
            if self.is_current(table, key, inputs):
                return key
        return None

    def has(self, table: str, key: RecordingKey) -> bool:
        return self.path(table, key).is_file()

    def keys(self, table: str, day: date, camera_id: str) -> list[RecordingKey]:
        """The recordings of a camera on a day that have this table."""
        folder = self.root / table / f"day={day}" / f"camera={camera_id}"
        return [RecordingKey(path.stem, camera_id, day) for path in sorted(folder.glob("*.parquet"))]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of ``path`` when the block ends well, and is gone otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
