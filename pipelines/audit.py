"""An append-only, tamper-evident log of everything done to restricted data.

Each line carries the SHA-256 of the line before it, so that a changed, removed or inserted line
breaks the chain and `verify` names it. Lines say what was done and to which recording; they hold no
track, no position and no picture.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

_START = "0" * 64


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

    def append_all(self, action: str, every: Sequence[Mapping[str, str | float | None]]) -> None:
        """Appends one line for each set of fields, as ``append`` does, and waits once."""
        if not every:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            number, previous = self._end(file.fileno())
            for fields in every:
                number += 1
                line, previous = _line(
                    {
                        "number": number,
                        "time_utc": datetime.now(UTC).isoformat(timespec="microseconds"),
                        "action": action,
                        **{k: v for k, v in fields.items() if v is not None},
                        "previous": previous,
                    }
                )
                file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> Iterator[dict[str, str | int | float]]:
        """Every entry, oldest first."""
        if self.path.is_file():
            with self.path.open("rb") as file:
                yield from (json.loads(line) for line in file)

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

    def _end(self, descriptor: int) -> tuple[int, str]:
        """Number and digest of the last line."""
        size = os.fstat(descriptor).st_size
        if size == 0:
            return 0, _START
        tail = os.pread(descriptor, min(size, 65536), max(0, size - 65536))
        if not tail.endswith(b"\n"):
            raise AuditError(f"{self.path}: the last line is cut off. Restore the file from its copy before going on.")
        last = json.loads(tail[:-1].rsplit(b"\n", 1)[-1])
        return int(last["number"]), str(last["digest"])


def _line(entry: dict[str, str | int | float]) -> tuple[bytes, str]:
    """A line of the log and its digest."""
    body = json.dumps(entry, sort_keys=True, ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    return (json.dumps({**entry, "digest": digest}, sort_keys=True, ensure_ascii=False) + "\n").encode(), digest
