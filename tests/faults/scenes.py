"""What is counted while it is killed: a small day from recorded boxes, and a few seconds with a real model.

``write`` makes the folder that every round begins from, ``count`` runs it to its release and ``result``
tells all that it has come to. All three run in processes of their own.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass
from importlib import import_module
from itertools import islice
from pathlib import Path

import duckdb

import pipelines.stages.site_day as site_day_module
from detectors.video import Decoding, read_frames
from pipelines.audit import AuditLog
from pipelines.inbox import Inbox
from pipelines.settings import Settings
from pipelines.sites import load_site
from pipelines.stages.site_day import SiteDay
from tests import builders

_DEMO = Path("data/demo").resolve()
_LINDENPLATZ = Path("data/sites/lindenplatz").resolve()
_DAGSTER = Path("dagster.yaml").resolve()
_FRAMES = 24
# Of the audit log, what differs from run to run.
_OF_THE_CHAIN = ("number", "time_utc", "previous", "digest", "inbox_id", "done_utc", "version", "dagster_run")


@dataclass(frozen=True)
class Scene:
    """A data folder to count.

    Attributes:
        name: as ONLY names it.
        write: makes the folder ``data`` under a root.
        count: runs everything on it.
        preload: loads what all of that needs, in the folder given.
    """

    name: str
    write: Callable[[Path], None]
    count: Callable[[Path], None]
    preload: Callable[[Path], None]


def _write_small(root: Path) -> None:
    """The small test site, its recording, and something an operator did meanwhile."""
    settings = Settings(root / "data")
    builders.write_site(settings.sites / "crossroads")
    builders.video(settings.recordings / "pole" / "pole_2026-06-10_08-14-58.mp4")
    Inbox(settings.inbox).append("image_viewed", "operator", "crossroads", "pole")
    shutil.copy(_DAGSTER, root)


def _count_small(root: Path) -> None:
    _stand_still()
    builders.run_day(builders.site_day(Settings(root / "data")))


def _count_by_dagster(root: Path) -> None:
    """As ``python -m pipelines.orchestration`` does, from the folder that holds ``dagster.yaml``."""
    from pipelines.orchestration.__main__ import main

    _stand_still()
    os.chdir(root)
    site_day_module.make_detector = lambda *_: builders.two_walkers()  # type: ignore[assignment,return-value]
    if main("crossroads", str(builders.DAY)):
        raise RuntimeError("the Dagster job failed")


def _write_demo(root: Path) -> None:
    """The first frames of the shipped recording, with the shipped weights."""
    settings = Settings(root / "data")
    shutil.copytree(_LINDENPLATZ, settings.sites / "lindenplatz")
    shutil.copytree(_DEMO, settings.data / "demo", ignore=shutil.ignore_patterns("*.mp4"))
    camera = load_site(_LINDENPLATZ).site.cameras[0]
    recording = next(_DEMO.glob("*.mp4"))
    images = (image for batch in read_frames(recording, camera, 8, Decoding()) for image in batch.images)
    builders.video(settings.recordings / camera.camera_id / recording.name, islice(images, _FRAMES), fps=10)


def _count_demo(root: Path) -> None:
    _stand_still()
    day = SiteDay.of("lindenplatz", builders.DAY, Settings(root / "data", device="cpu"))
    for stage in (day.ingest, lambda: day.track(builders.silence), day.drift, day.georeference, day.measure):
        stage()
    day.load()
    day.check()
    day.release()


def _stand_still() -> None:
    """Stops the clock that times stages, so that equal runs write equal bytes."""
    time.perf_counter = lambda: 0.0


_KERNELS = ("geo.kalman", "geo.line_kernel", "geo.outline_kernel", "geo.voronoi_kernel")


def _load_stages(_root: Path) -> None:
    for name in ("cv2", "geopandas", "supervision", *_KERNELS):
        import_module(name)


def _load_dagster(root: Path) -> None:
    """Partitions follow from the sites there are where the definitions are loaded."""
    _load_stages(root)
    # Only for the import: the folder is removed afterwards, and torch does not load in a folder that is gone.
    with chdir(root):
        import_module("pipelines.orchestration.__main__")


def _load_model(root: Path) -> None:
    _load_stages(root)
    import_module("ultralytics.models.yolo.detect")


SCENES = {
    "stages": Scene("stages", _write_small, _count_small, _load_stages),
    "dagster": Scene("dagster", _write_small, _count_by_dagster, _load_dagster),
    "inference": Scene("inference", _write_demo, _count_demo, _load_model),
}


def result(root: Path) -> list[str]:
    """Everything a run has left, each thing once and in words: files, rows, audit lines and the release."""
    settings = Settings(root / "data")
    return sorted([*_files(settings), *_rows(settings), *_audit(settings), *_release(settings)])


def _files(settings: Settings) -> Iterator[str]:
    """Every file, by its content; the names of versions and the warehouse's bytes differ from run to run."""
    for path in settings.data.rglob("*"):
        if not path.is_file() or path.is_relative_to(settings.data / "var"):
            continue
        place = path.relative_to(settings.data)
        if path.name in ("manifest.json", "latest.json", "log.jsonl") or path == settings.warehouse:
            yield f"file {place.parent.parent if path.name == 'manifest.json' else place.parent}/{path.name}"
        else:
            yield f"file {place} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def _rows(settings: Settings) -> Iterator[str]:
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        # When a warehouse was brought to a schema differs from run to run.
        tables = "SELECT table_name FROM duckdb_tables() WHERE table_name <> 'schema_version' ORDER BY 1"
        for (table,) in connection.execute(tables).fetchall():
            for row in connection.execute(f"SELECT * FROM {table}").fetchall():
                yield f"row of {table} {row}"


def _audit(settings: Settings) -> Iterator[str]:
    """Lines in their order; one cut off in writing is told of apart and is no step."""
    log = AuditLog(settings.audit)
    log.verify()
    steps = [entry for entry in log.entries() if entry["action"] != "line_cut_off"]
    for number, entry in enumerate(steps):
        yield f"audit {number} { {k: v for k, v in entry.items() if k not in _OF_THE_CHAIN} }"


def _release(settings: Settings) -> Iterator[str]:
    tier = settings.released / "planner"
    latest = json.loads((tier / "latest.json").read_text(encoding="utf-8"))
    manifest = json.loads((tier / latest["manifest"]).read_text(encoding="utf-8"))
    told = [entry["version"] for entry in AuditLog(settings.audit).entries() if entry["action"] == "release"]
    yield f"release {latest['digest']} {manifest['digest']} previous {manifest['previous']}"
    yield f"release told of once: {told == [latest['version']]}"
