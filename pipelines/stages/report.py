"""What a stage has done, for Dagster, the command line and the audit log alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class StageReport:
    """The outcome of one stage on one recording or partition.

    Attributes:
        table: the table written.
        rows: its rows, of this recording or partition.
        path: the file or folder written.
        digest: fingerprint of what it was made from.
        seconds: wall time.
        is_reused: whether the result of an earlier run was still current.
        warnings: what a person should know, in sentences.
        figures: further numbers by name, units in the names.
        recording_id: the recording, where there is one.
    """

    table: str
    rows: int
    path: Path
    digest: str
    seconds: float
    is_reused: bool = False
    warnings: tuple[str, ...] = ()
    figures: Mapping[str, int | float | str] = field(default_factory=dict)
    recording_id: str | None = None

    @property
    def camera_id(self) -> str | None:
        """The camera of the recording."""
        return self.recording_id.split("__")[0] if self.recording_id else None
