"""An append-only, tamper-evident log of everything done to restricted data.

Each line carries the SHA-256 of the line before it, so that a changed, removed or inserted line
breaks the chain and `verify` names it. Lines say what was done and to which recording; they hold no
track, no position and no picture. A line is on disk before what it tells of takes effect.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import mmap
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipelines.durable import sync_folder

_START = "0" * 64
_OF_THE_CHAIN = ("number", "time_utc", "previous", "digest")

Fields = Mapping[str, str | float | None]


class AuditError(RuntimeError):
    """The audit log does not verify; names the file and the line."""


@dataclass(frozen=True)
class AuditLog:
    """The log at a path; created with its first line."""

    path: Path

    def append(self, action: str, **fields: str | float | None) -> None:
        """Appends one line and waits until it is on disk.

        Args:
            action: ingest, track, georeference, measure, load, check, release, ...
            fields: what it was done to and what came out.
        """
        self.append_all(action, [fields])

    def append_once(self, action: str, about: str, every: Sequence[Fields]) -> None:
        """As ``append_all``, without those lines that the last line about the same thing says already.

        Such a line was written by a process that was killed before what it tells of took effect.

        Args:
            action: ingest, track, ...
            about: the field that names what was worked on: recording, version.
            every: the fields of each line.
        """
        if every:
            with self._held() as descriptor:
                new = [fields for fields in every if not _says(descriptor, action, about, fields)]
                self._write(descriptor, action, new)

    def append_all(self, action: str, every: Sequence[Fields]) -> None:
        """Appends one line for each set of fields, as ``append`` does, and waits once."""
        if every:
            with self._held() as descriptor:
                self._write(descriptor, action, every)

    @contextmanager
    def _held(self) -> Iterator[int]:
        """The log, which no other process writes meanwhile."""
        is_new = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            self._mend(descriptor)
            yield descriptor
        finally:
            os.close(descriptor)
        if is_new:
            sync_folder(self.path.parent)

    def _mend(self, descriptor: int) -> None:
        """Keeps a line that was cut off in writing as the text it is; its writer never went on."""
        tail = _tail(descriptor)
        fragment = tail[tail.rfind(b"\n") + 1 :]
        if fragment:
            os.ftruncate(descriptor, os.fstat(descriptor).st_size - len(fragment))
            self._write(descriptor, "line_cut_off", [{"text": fragment.decode(errors="replace")}])

    def _write(self, descriptor: int, action: str, every: Sequence[Fields]) -> None:
        """Writes lines and waits until they are on disk; all of them or, where it fails, none."""
        if not every:
            return
        size = os.fstat(descriptor).st_size
        number, previous = _end(descriptor)
        lines = []
        for more, fields in enumerate(every, start=1):
            line, previous = _line(
                {
                    "number": number + more,
                    "time_utc": datetime.now(UTC).isoformat(timespec="microseconds"),
                    **_said(action, fields),
                    "previous": previous,
                }
            )
            lines.append(line)
        try:
            _write_whole(descriptor, b"".join(lines))
            os.fsync(descriptor)
        except OSError as error:
            os.ftruncate(descriptor, size)
            error.filename = str(self.path)
            raise

    def entries(self) -> Iterator[dict[str, str | int | float]]:
        """Every entry, oldest first; a line that was cut off in writing is none."""
        if self.path.is_file():
            with self.path.open("rb") as file:
                yield from (json.loads(line) for line in file if line.endswith(b"\n"))

    def verify(self) -> int:
        """Checks the whole chain.

        Returns:
            The number of lines.

        Raises:
            AuditError: at the first line that does not follow from the one before it.
        """
        number, previous = 0, _START
        if not self.path.is_file():
            return 0
        with self.path.open("rb") as file:
            for line in file:
                number += 1
                try:
                    entry = json.loads(line)
                    follows = entry["number"] == number and entry["previous"] == previous
                    whole = line == _line({k: v for k, v in entry.items() if k != "digest"})[0]
                except (ValueError, KeyError, TypeError):
                    follows = whole = False
                if not (follows and whole):
                    raise AuditError(
                        f"{self.path}: line {number} does not follow from the line before it. Find out who changed it."
                    )
                previous = entry["digest"]
        return number


def _end(descriptor: int) -> tuple[int, str]:
    """Number and digest of the last line."""
    tail = _tail(descriptor)
    if not tail:
        return 0, _START
    last = json.loads(tail[:-1].rsplit(b"\n", 1)[-1])
    return int(last["number"]), str(last["digest"])


def _tail(descriptor: int) -> bytes:
    """The end of the log, longer than any line."""
    size = os.fstat(descriptor).st_size
    return os.pread(descriptor, min(size, 65536), max(0, size - 65536))


def _says(descriptor: int, action: str, about: str, fields: Fields) -> bool:
    """Whether the last line about the same thing says just this."""
    mark = f'"{about}": {json.dumps(fields[about], ensure_ascii=False)}'.encode()
    line = _last_line(descriptor, mark)
    entry = json.loads(line) if line else {}
    return {k: v for k, v in entry.items() if k not in _OF_THE_CHAIN} == _said(action, fields)


def _last_line(descriptor: int, mark: bytes) -> bytes | None:
    """The last line that holds a mark."""
    if not os.fstat(descriptor).st_size:
        return None
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as log:
        at = log.rfind(mark)
        return None if at < 0 else log[log.rfind(b"\n", 0, at) + 1 : log.find(b"\n", at)]


def _said(action: str, fields: Fields) -> dict[str, str | float]:
    """What a line says, without its place in the chain."""
    return {"action": action, **{k: v for k, v in fields.items() if v is not None}}


def _line(entry: dict[str, str | int | float]) -> tuple[bytes, str]:
    """A line of the log and its digest."""
    body = json.dumps(entry, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (json.dumps({**entry, "digest": digest}, sort_keys=True, ensure_ascii=False) + "\n").encode(), digest


def _write_whole(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
