"""What operators' processes say they do, written down before they do it, until the pipeline logs it.

A process appends JSON lines to a file of its own per day under ``data/inbox``; it cannot touch the
audit log. The pipeline moves each file aside, logs its lines and deletes it. Every line has an id, so
that one folded twice, as after a crash, is logged once.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.audit import AuditLog
from pipelines.durable import alone_in

_ASIDE = ".folding"


class InboxError(RuntimeError):
    """The inbox cannot be written, so that nothing may be done that it should tell of."""


class _Line(BaseModel):
    """What was done, by whom, when and to what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    inbox_id: str
    done_utc: str
    action: str
    operator: str
    site: str | None = None
    camera: str | None = None


@dataclass(frozen=True)
class Inbox:
    """The inbox in a folder."""

    folder: Path

    def append(self, action: str, operator: str, site: str | None = None, camera: str | None = None) -> None:
        """Writes one line and waits until it is on disk.

        Raises:
            InboxError: if it cannot be written.
        """
        now = datetime.now(UTC)
        line = _Line(
            inbox_id=uuid.uuid4().hex,
            done_utc=now.isoformat(timespec="microseconds"),
            action=action,
            operator=operator,
            site=site,
            camera=camera,
        )
        path = self.folder / f"operator-{now:%Y-%m-%d}-{os.getpid()}.jsonl"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _append(path, (line.model_dump_json(exclude_none=True) + "\n").encode())
        except OSError as error:
            raise InboxError(
                f"{path}: cannot be written ({error.strerror}), so that nothing restricted is opened. "
                "Make the folder writable for this account."
            ) from error

    def fold(self, audit: AuditLog) -> int:
        """Moves everything written so far into the audit log.

        Returns:
            The number of lines logged.
        """
        if not self.folder.is_dir():
            return 0
        with alone_in(self.folder):
            return self._fold(audit)

    def _fold(self, audit: AuditLog) -> int:
        for path in self.folder.glob("*.jsonl"):
            path.replace(path.with_name(f"{path.name}.{uuid.uuid4().hex}{_ASIDE}"))
        aside = sorted(self.folder.glob(f"*{_ASIDE}"))
        logged = {entry.get("inbox_id") for entry in audit.entries()} if aside else set()
        folded = 0
        for path in aside:
            for line in _lines(path):
                if line["inbox_id"] not in logged:
                    audit.append(**line)
                    folded += 1
            path.unlink()
        return folded


def _append(path: Path, line: bytes) -> None:
    """Appends to the file that bears the name, also where it is moved aside at this moment."""
    while True:
        with path.open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _bears(path, file.fileno()):
                continue
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
            return


def _bears(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lines(path: Path) -> Iterator[dict[str, str]]:
    """The lines of a file that nobody writes any more; one cut off in writing is passed on as it is."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        for number, text in enumerate(file):
            try:
                yield _Line.model_validate_json(text).model_dump(exclude_none=True)
            except ValidationError:
                unreadable = text.decode(errors="replace").strip()
                yield {"action": "inbox_unreadable", "inbox_id": f"{path.name}:{number}", "text": unreadable}
