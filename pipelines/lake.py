"""The restricted lake: one Parquet file per recording and table, written whole or not at all.

``<table>/day=<local day>/camera=<camera>/<recording>.parquet``. Each file carries the fingerprint of
everything it was made from, so that a stage can tell that there is nothing to do, and a seal: the SHA-256
of its bytes with the seal itself left blank. Without it a changed byte is read as another number, or the
reader panics.
"""

from __future__ import annotations

import hashlib
import mmap
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

from pipelines.durable import alone_in, alone_on, replacing_all, replacing_in_batches
from pipelines.settings import Settings

_INPUTS, _SEAL = "passant:inputs", "passant:seal"
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
_MARK, _BLANK = b"sha256=", b"0" * 64

S = TypeVar("S", bound=dy.Schema)

Save = Callable[[type[dy.Schema], str, pl.DataFrame | Iterable[pl.DataFrame]], None]
"""Given a table's contract, its name and all rows of a recording, whole or in parts, validates and writes them."""


class DamagedFileError(ValueError):
    """A file of the lake is not what was written; names the file and what to do."""


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

    @contextmanager
    def saving(self, key: RecordingKey, inputs: str) -> Iterator[Save]:
        """Saves tables of a recording, which take their places when the block ends well.

        Rows may come in parts, which are written as they come, in memory for one; every part must keep
        the table's contract by itself, and no primary key of one part be in another.

        What the block writes to the audit log is on disk before any table is in its place, so that after
        a crash the log may tell of a step that has to be repeated, and never misses one.
        """
        with replacing_all() as stand_in:

            def save(schema: type[dy.Schema], table: str, rows: pl.DataFrame | Iterable[pl.DataFrame]) -> None:
                path = stand_in(self.path(table, key))
                if isinstance(rows, pl.DataFrame):
                    _write(schema.validate(rows), path, inputs)
                else:
                    _write_parts(schema, rows, path, inputs)

            yield save

    @contextmanager
    def alone(self, table: str, key: RecordingKey) -> Iterator[None]:
        """Keeps other processes from making a table of the camera's day meanwhile."""
        with alone_in(self.path(table, key).parent):
            yield

    @contextmanager
    def alone_on(self, table: str, key: RecordingKey) -> Iterator[None]:
        """Keeps other processes from making a table of this recording meanwhile; others of the camera may be made."""
        with alone_on(self.path(table, key)):
            yield

    def save_all(
        self, schema: type[S], table: str, recordings: Mapping[RecordingKey, pl.DataFrame], inputs: str
    ) -> None:
        """Saves many recordings, validated together and waited for once, each in a file of its own."""
        valid = schema.validate(pl.concat(recordings.values()))
        heights = [rows.height for rows in recordings.values()]
        with replacing_in_batches() as stand_in:
            for key, first, height in zip(recordings, accumulate(heights, initial=0), heights, strict=False):
                _write(valid.slice(first, height), stand_in(self.path(table, key)), inputs)

    def is_current(self, table: str, key: RecordingKey, inputs: str) -> bool:
        """Whether the file exists and was made from the same inputs; one that cannot be read is made again."""
        try:
            return self.path(table, key).is_file() and self.inputs_of(table, key) == inputs
        except _UNREADABLE:
            return False

    def is_stale(self, table: str, key: RecordingKey, inputs: str) -> bool:
        """Whether the file is missing or says that it was made from other inputs; a damaged one says nothing."""
        try:
            return not self.path(table, key).is_file() or self.inputs_of(table, key) != inputs
        except _UNREADABLE:
            return False

    def inputs_of(self, table: str, key: RecordingKey) -> str:
        """Fingerprint of what the file was made from."""
        return pl.read_parquet_metadata(self.path(table, key)).get(_INPUTS, "")

    def open(self, schema: type[S], table: str, key: RecordingKey) -> dy.DataFrame[S]:
        """Reads and validates a recording's rows."""
        return self.open_all(schema, table, [key])

    def open_all(self, schema: type[S], table: str, keys: Sequence[RecordingKey]) -> dy.DataFrame[S]:
        """Reads the rows of recordings and validates them together.

        Raises:
            DamagedFileError: if a file is not what was written.
        """
        read = (_read(self.path(table, key)) for key in keys)
        return schema.validate(pl.concat([schema.create_empty(), *read]))

    def first(self, table: str, camera_id: str, inputs: str) -> RecordingKey | None:
        """The earliest recording of a camera whose rows of a table were made from these inputs."""
        return next((key for key in self.of_camera(table, camera_id) if self.is_current(table, key, inputs)), None)

    def last(self, table: str, camera_id: str) -> RecordingKey | None:
        """The latest recording of a camera that has this table."""
        return max(self.of_camera(table, camera_id), key=lambda key: (key.day, key.recording_id), default=None)

    def of_camera(self, table: str, camera_id: str, names: str = "*") -> Iterator[RecordingKey]:
        """The recordings of a camera that have this table, by day and name; of such names only, if given."""
        for path in sorted(self.root.glob(f"{table}/day=*/camera={camera_id}/{names}.parquet")):
            yield RecordingKey(path.stem, camera_id, date.fromisoformat(path.parts[-3].removeprefix("day=")))

    def has(self, table: str, key: RecordingKey) -> bool:
        return self.path(table, key).is_file()

    def remove(self, tables: Iterable[str], key: RecordingKey) -> int:
        """Deletes a recording's files of some tables, in this order.

        Returns:
            The number of bytes freed.
        """
        freed = 0
        for path in (self.path(table, key) for table in tables):
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def height(self, table: str, key: RecordingKey) -> int:
        """Number of a recording's rows, from the file's own account of them.

        Raises:
            DamagedFileError: if it gives none.
        """
        path = self.path(table, key)
        try:
            rows: int = pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item()
        except _UNREADABLE as error:
            raise _damage(path) from error
        return rows

    def keys(self, table: str, day: date, camera_id: str) -> list[RecordingKey]:
        """The recordings of a camera on a day that have this table."""
        folder = self.root / table / f"day={day}" / f"camera={camera_id}"
        return [RecordingKey(path.stem, camera_id, day) for path in sorted(folder.glob("*.parquet"))]


def _write(rows: pl.DataFrame, path: Path, inputs: str) -> None:
    with _named(path):
        rows.write_parquet(path, metadata=_marks(inputs), statistics=True)
    _seal(path)


def _write_parts(schema: type[dy.Schema], parts: Iterable[pl.DataFrame], path: Path, inputs: str) -> None:
    def valid(*_: object) -> Iterator[pl.DataFrame]:
        yield schema.create_empty()
        yield from (schema.validate(part) for part in parts)

    rows = register_io_source(valid, schema=schema.create_empty().schema)
    with _named(path):
        rows.sink_parquet(path, metadata=_marks(inputs), statistics=True, maintain_order=True)
    _seal(path)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Says where a write has failed; of a full disk Polars makes an error of its own."""
    try:
        yield
    except pl.exceptions.ComputeError as error:
        if "os error" not in str(error):
            raise
        raise OSError(f"{path.parent}: {error}") from error


def _marks(inputs: str) -> dict[str, str]:
    return {_INPUTS: inputs, _SEAL: (_MARK + _BLANK).decode()}


def _seal(path: Path) -> None:
    """Writes a file's own digest into it, over the blank that stands there until then."""
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        first = content.rfind(_MARK + _BLANK) + len(_MARK)
        content[first : first + len(_BLANK)] = hashlib.sha256(content).hexdigest().encode()


def _read(path: Path) -> pl.DataFrame:
    with path.open("rb") as file:
        content = file.read()
    if not _is_sealed(content):
        raise _damage(path)
    return pl.read_parquet(content, hive_partitioning=False)


def _damage(path: Path) -> DamagedFileError:
    return DamagedFileError(
        f"{path}: its bytes are not those that were written. Delete it; the next run makes it again from its "
        "recording, or restore it from a copy where the recording has expired."
    )


def _is_sealed(content: bytes) -> bool:
    first = content.rfind(_MARK) + len(_MARK)
    seal, last = content[first : first + len(_BLANK)], first + len(_BLANK)
    digest = hashlib.sha256(content[:first])
    digest.update(_BLANK)
    digest.update(content[last:])
    return first >= len(_MARK) and digest.hexdigest().encode() == seal
