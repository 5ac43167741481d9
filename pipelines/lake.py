"""The restricted lake: one Parquet file per recording and table, written whole or not at all.

``<table>/day=<local day>/camera=<camera>/<recording>.parquet``. Each file carries the fingerprint of
everything it was made from, so that a stage can tell that there is nothing to do.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import accumulate
from pathlib import Path
from typing import TypeVar

import dataframely as dy
import polars as pl
from polars.io.plugins import register_io_source

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
        self.save_all(schema, table, {key: rows}, inputs)
        return self.path(table, key)

    def save_parts(
        self, schema: type[S], table: str, key: RecordingKey, parts: Iterable[pl.DataFrame], inputs: str
    ) -> Path:
        """Saves a recording's rows as they come, in memory for one part.

        Args:
            schema: the table's contract, which every part must keep by itself.
            table: its name.
            key: the recording.
            parts: rows; no primary key of one part is in another.
            inputs: fingerprint of what they were made from.
        """

        def valid(*_: object) -> Iterator[pl.DataFrame]:
            yield schema.create_empty()
            yield from (schema.validate(part) for part in parts)

        path = self.path(table, key)
        rows = register_io_source(valid, schema=schema.create_empty().schema)
        with replacing(path) as whole:
            rows.sink_parquet(whole, metadata={_INPUTS: inputs}, statistics=True, maintain_order=True)
        return path

    def save_all(
        self, schema: type[S], table: str, recordings: Mapping[RecordingKey, pl.DataFrame], inputs: str
    ) -> None:
        """Saves many recordings, validated together and waited for once, each in a file of its own."""
        valid = schema.validate(pl.concat(recordings.values()))
        heights = [rows.height for rows in recordings.values()]
        with replacing_all() as stand_in:
            for key, first, height in zip(recordings, accumulate(heights, initial=0), heights, strict=False):
                rows = valid.slice(first, height)
                rows.write_parquet(stand_in(self.path(table, key)), metadata={_INPUTS: inputs}, statistics=True)

    def is_current(self, table: str, key: RecordingKey, inputs: str) -> bool:
        """Whether the file exists and was made from the same inputs."""
        path = self.path(table, key)
        return path.is_file() and pl.read_parquet_metadata(path).get(_INPUTS) == inputs

    def open(self, schema: type[S], table: str, key: RecordingKey) -> dy.DataFrame[S]:
        """Reads and validates a recording's rows."""
        return self.open_all(schema, table, [key])

    def open_all(self, schema: type[S], table: str, keys: Sequence[RecordingKey]) -> dy.DataFrame[S]:
        """Reads the rows of recordings and validates them together."""
        read = (pl.read_parquet(self.path(table, key), hive_partitioning=False) for key in keys)
        return schema.validate(pl.concat([schema.create_empty(), *read]))

    def first(self, table: str, camera_id: str, inputs: str) -> RecordingKey | None:
        """The earliest recording of a camera whose rows of a table were made from these inputs."""
        return next((key for key in self._of_camera(table, camera_id) if self.is_current(table, key, inputs)), None)

    def last(self, table: str, camera_id: str) -> RecordingKey | None:
        """The latest recording of a camera that has this table."""
        return max(self._of_camera(table, camera_id), key=lambda key: (key.day, key.recording_id), default=None)

    def _of_camera(self, table: str, camera_id: str) -> Iterator[RecordingKey]:
        for path in sorted(self.root.glob(f"{table}/day=*/camera={camera_id}/*.parquet")):
            yield RecordingKey(path.stem, camera_id, date.fromisoformat(path.parts[-3].removeprefix("day=")))

    def has(self, table: str, key: RecordingKey) -> bool:
        return self.path(table, key).is_file()

    def height(self, table: str, key: RecordingKey) -> int:
        """Number of a recording's rows, from the file's own account of them."""
        rows: int = pl.scan_parquet(self.path(table, key), hive_partitioning=False).select(pl.len()).collect().item()
        return rows

    def keys(self, table: str, day: date, camera_id: str) -> list[RecordingKey]:
        """The recordings of a camera on a day that have this table."""
        folder = self.root / table / f"day={day}" / f"camera={camera_id}"
        return [RecordingKey(path.stem, camera_id, day) for path in sorted(folder.glob("*.parquet"))]


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of ``path`` when the block ends well, and is gone otherwise."""
    with replacing_all() as stand_in:
        yield stand_in(path)


@contextmanager
def replacing_all() -> Iterator[Callable[[Path], Path]]:
    """Gives temporary paths for any number of files, which take their places in order when the block ends well.

    All of them are on disk before the first takes its place; writing many waits for the disk once.
    """
    temporary: dict[Path, Path] = {}

    def stand_in(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return temporary.setdefault(path, path.with_name(f".{path.name}.{os.getpid()}.tmp"))

    try:
        yield stand_in
        for written in temporary.values():
            with written.open("rb") as file:
                os.fsync(file.fileno())
        for path, written in temporary.items():
            written.replace(path)
        for folder in {path.parent for path in temporary}:
            _sync_folder(folder)
    finally:
        for written in temporary.values():
            written.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
