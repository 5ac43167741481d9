"""The shipped demo: a rendered recording of Lindenplatz whose counts are known exactly."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from pipelines.durable import replacing
from pipelines.lake import Lake
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.evaluate import evaluate, read_truth
from pipelines.stages.ingest import examine

SITE, CAMERA = "lindenplatz", "lindenplatz_pole"


@dataclass(frozen=True)
class Shipped:
    """The demo's recording, where it has been put, and its truth."""

    site_id: str
    day: date
    video: Path
    truth: Path


def install(settings: Settings) -> Shipped:
    """Puts the shipped recording where cameras deliver theirs."""
    source = next((settings.data / "demo").glob(f"{CAMERA}_*.mp4"))
    video = settings.recordings / CAMERA / source.name
    if not video.is_file() or video.read_bytes() != source.read_bytes():
        with replacing(video) as temporary:
            shutil.copyfile(source, temporary)
    site = load_site(settings.sites / SITE).site
    day = examine(video, site, site.camera(CAMERA), None).key.day
    return Shipped(SITE, day, video, source.with_suffix(".truth.csv"))


def outcome(shipped: Shipped, settings: Settings) -> pl.DataFrame:
    """Counted beside true."""
    site = load_site(settings.sites / SITE).site
    seen = examine(shipped.video, site, site.camera(CAMERA), None)
    return evaluate(seen.key, seen.start_utc, read_truth(shipped.truth), Lake.of(settings))
