"""Where things lie and what they run on; read once, in `cli.main` and `orchestration/resources.py`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

N = TypeVar("N", int, float)


class SettingsError(ValueError):
    """A setting that cannot be used; names it and what to do."""


@dataclass(frozen=True)
class Fanout:
    """Where recordings are tracked side by side, and what each of them is given.

    Attributes:
        address: of a Ray cluster that this machine is a node of, as host:port, or ``auto`` (PASSANT_RAY).
        cpus: cores, and so threads, for each recording (PASSANT_RAY_CPUS).
        gpus: accelerators for each recording: 0.25 has four share one, 0 stays on the cores (PASSANT_RAY_GPUS).

    Raises:
        SettingsError: if that cannot be given.
    """

    address: str
    cpus: int = 1
    gpus: float = 0.0

    def __post_init__(self) -> None:
        if self.address != "auto" and not re.fullmatch(r"[^/:\s]+:[0-9]{1,5}", self.address):
            raise SettingsError(f"PASSANT_RAY: '{self.address}' is no address. Give auto, or host:port of the cluster.")
        if self.cpus < 1:
            raise SettingsError(f"PASSANT_RAY_CPUS: {self.cpus} are too few. Give 1 or more.")
        if not 0 <= self.gpus <= 1 and not (self.gpus > 1 and self.gpus.is_integer()):
            raise SettingsError(
                f"PASSANT_RAY_GPUS: {self.gpus:g} cannot be had. Give a share of one, or a whole number."
            )

    @classmethod
    def from_environment(cls) -> Fanout | None:
        """What the environment asks for, or None for one recording after another in this process."""
        address = os.environ.get("PASSANT_RAY")
        if not address:
            return None
        return cls(address, _number("PASSANT_RAY_CPUS", int, 1), _number("PASSANT_RAY_GPUS", float, 0.0))


def _number(name: str, kind: Callable[[str], N], default: N) -> N:
    given = os.environ.get(name)
    try:
        return kind(given) if given else default
    except ValueError:
        what = "whole number" if kind is int else "number"
        raise SettingsError(f"{name}: '{given}' is no {what}. Give one, such as {default}.") from None


@dataclass(frozen=True)
class Settings:
    """Paths and devices.

    Attributes:
        data: the data folder (PASSANT_DATA, default ``data``).
        device: torch device for detection, or None to choose (PASSANT_DEVICE).
        webhook: address that alarms are posted to, or None (PASSANT_WEBHOOK).
        backend: engine for detection, or None to choose (PASSANT_BACKEND).
        precision: of detection, or None for f32 (PASSANT_PRECISION).
        fanout: where recordings are tracked side by side, or None for here, one after another.
        store: URL of the object store that releases and the lake are kept in too, or None (PASSANT_STORE).
    """

    data: Path
    device: str | None = None
    webhook: str | None = None
    backend: str | None = None
    precision: str | None = None
    fanout: Fanout | None = None
    store: str | None = None

    @classmethod
    def from_environment(cls) -> Settings:
        optional = ("device", "webhook", "backend", "precision", "store")
        chosen = {name: os.environ.get(f"PASSANT_{name.upper()}") or None for name in optional}
        return cls(Path(os.environ.get("PASSANT_DATA", "data")), **chosen, fanout=Fanout.from_environment())

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
    def progress(self) -> Path:
        return self.data / "var" / "progress"

    @property
    def ultralytics(self) -> Path:
        return self.data / "var" / "ultralytics"

    @property
    def exports(self) -> Path:
        return self.data / "var" / "exports"

    @property
    def allowed_weights(self) -> Path:
        return self.data / "allowed_weights.sha256"
