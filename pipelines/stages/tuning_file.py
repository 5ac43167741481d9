"""<camera_id>.tuning.json beside site.yaml: how a camera is run, why, and what was learned for it.

Written by ``passant tune`` and read by every run. It belongs to the weights it was made with: with
others a camera is run at full quality.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from detectors.flow_prior import FlowPrior
from detectors.track_video import FrameRate
from detectors.tuning import Region, Running
from detectors.weights import digest_of
from geo.site import SiteError
from pipelines.sites import SiteFolder


class Counted(BaseModel):
    """Crossings counted in one recording of the sample, and their error."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    counted: int
    error: float


class Way(BaseModel):
    """A way of running and what it came to on the sample; ``cpu_ms`` is per frame of the recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    every: int
    image_size_px: int
    precision: str
    region_px: Region | None
    is_gated: bool
    cpu_ms: float
    counted: int
    error: float
    each: tuple[Counted, ...]
    is_step: bool

    @property
    def running(self) -> Running:
        return Running(self.every, self.image_size_px, self.precision, self.region_px, self.is_gated)


class Tuning(BaseModel):
    """The choice for a camera with its evidence: every way tried on the sample, the reference first.

    ``recordings_sha256`` are in the order of each way's ``each``. ``displacement_p95`` is per frame at full
    rate, of the recording in which it is largest. ``int8_model`` names the calibrated
    model among the exports. ``flow_prior`` is the table of `detectors.flow_prior`, column by column.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera_id: str
    weights_sha256: str
    recordings_sha256: tuple[str, ...]
    tolerance: float
    displacement_p95: float | None
    tried: tuple[Way, ...]
    int8_model: str | None
    size_px: tuple[int, int]
    flow_prior: dict[str, list[float]]

    @property
    def chosen(self) -> Way:
        return [way for way in self.tried if way.is_step][-1]

    @property
    def rate(self) -> FrameRate:
        prior = FlowPrior.from_table(pl.DataFrame(self.flow_prior), self.size_px)
        return FrameRate(self.chosen.every, self.chosen.is_gated, prior if self.chosen.every > 1 else None)


def path_of(folder: SiteFolder, camera_id: str) -> Path:
    """Where a camera's tuning lies."""
    return folder.path / f"{camera_id}.tuning.json"


def tuning_of(folder: SiteFolder, weights: Path | None, camera_id: str) -> Tuning | None:
    """A camera's tuning, or None if there is none for these weights, or else the site's.

    Raises:
        SiteError: if the file is malformed.
    """
    path, used = path_of(folder, camera_id), weights or folder.weights
    if used is None or not path.is_file():
        return None
    try:
        tuning = Tuning.model_validate_json(path.read_text(encoding="utf-8"))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise SiteError(f"{path}: {where}: {first['msg']}. Make it anew with passant tune, or remove it.") from error
    return tuning if tuning.weights_sha256 == digest_of(used) else None
