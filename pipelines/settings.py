"""Where things lie and what they run on; read once, in `cli.main` and `orchestration/resources.py`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Paths and devices.

    Attributes:
        data: the data folder (PASSANT_DATA, default ``data``).
        device: torch device for detection, or None to choose (PASSANT_DEVICE).
        webhook: address that alarms are posted to, or None (PASSANT_WEBHOOK).
        backend: engine for detection, or None to choose (PASSANT_BACKEND).
        precision: of detection, or None for f32 (PASSANT_PRECISION).
    """

    data: Path
    device: str | None = None
    webhook: str | None = None
    backend: str | None = None
    precision: str | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        optional = ("device", "webhook", "backend", "precision")
        chosen = {name: os.environ.get(f"PASSANT_{name.upper()}") or None for name in optional}
        return cls(Path(os.environ.get("PASSANT_DATA", "data")), **chosen)

    @property
    def policy(self) -> Path:
        return self.data / "policies" / "operations.yaml"

    @property
    def sites(self) -> Path:
        return self.data / "sites"

    @property
    def recordings(self) -> Path:
        return self.data / "recordings"

    @property
    def lake(self) -> Path:
        return self.data / "restricted" / "lake"

    @property
    def warehouse(self) -> Path:
        return self.data / "restricted" / "warehouse.duckdb"

    @property
    def audit(self) -> Path:
        return self.data / "restricted" / "audit" / "log.jsonl"

    @property
    def inbox(self) -> Path:
        return self.data / "inbox"

    @property
    def released(self) -> Path:
        return self.data / "released"

    @property
    def metrics(self) -> Path:
        return self.data / "var" / "metrics" / "passant.prom"

    @property
    def unchanged(self) -> Path:
        return self.data / "var" / "unchanged"

    @property
    def ultralytics(self) -> Path:
        return self.data / "var" / "ultralytics"

    @property
    def exports(self) -> Path:
        return self.data / "var" / "exports"

    @property
    def allowed_weights(self) -> Path:
        return self.data / "allowed_weights.sha256"
