"""What Dagster adds: seconds to load the definitions, and its share of a small day's partition."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pipelines.settings import Settings
from pipelines.sites import find_site
from pipelines.stages.track import make_detector
from tests import builders

_ROUNDS = 3
_MOST_SHARE, _MOST_LOAD_S = 0.02, 5.0
_LOAD = "import time; import pipelines.orchestration.definitions; print(time.process_time())"


def bench_orchestration() -> None:
    """Allowed / needed, in CPU time.

    The share is Dagster's own time for a run, records in SQLite and all, over that of the stages on the
    shipped recording, the model exported and loaded before. It is three minutes long; a real day has hours, and so a
    smaller share.
    """
    from tests.benchmarks.bench import cpu_s, report

    load_s = statistics.median(_cpu_of_loading() for _ in range(_ROUNDS))
    print(f"# loading the definitions takes {load_s:.1f} cpu-s")
    report("orchestration_load", _MOST_LOAD_S / load_s, 1.0)
    with tempfile.TemporaryDirectory() as folder:
        settings = _shipped(Path(folder))
        site = find_site("lindenplatz", settings)
        make_detector(site, None, settings, site.site.cameras[0].camera_id).load()
        through, bare = _ways(settings, Path(folder))
        partition_s, _ = cpu_s(bare)
        through()
        again = [(cpu_s(through)[0], cpu_s(bare)[0]) for _ in range(_ROUNDS)]  # nothing is left to do
    added_s = max(statistics.median(with_dagster - without for with_dagster, without in again), 1e-9)
    print(f"# Dagster adds {added_s:.2f} cpu-s to a run whose stages take {partition_s:.1f} cpu-s")
    report("orchestration_share", _MOST_SHARE / (added_s / partition_s), 1.0)


def _cpu_of_loading() -> float:
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    return float(done.stdout)


def _shipped(folder: Path) -> Settings:
    """A data folder with the demo site and its recording."""
    settings = Settings(folder / "data")
    settings.sites.mkdir(parents=True)
    (settings.sites / "lindenplatz").symlink_to(Path("data/sites/lindenplatz").resolve())
    (settings.data / "var").mkdir()
    Path("data/var/exports").mkdir(parents=True, exist_ok=True)
    settings.exports.symlink_to(Path("data/var/exports").resolve())
    camera = settings.recordings / "lindenplatz_pole"
    camera.mkdir(parents=True)
    film = next(Path("data/demo").glob("*.mp4"))
    (camera / film.name).symlink_to(film.resolve())
    os.environ["PASSANT_DATA"] = str(settings.data)
    return settings


def _ways(settings: Settings, folder: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """The demo's day through Dagster, and by calling its stages."""
    import dagster as dg

    from pipelines.orchestration.definitions import definitions
    from pipelines.orchestration.partitions import partition_of
    from pipelines.stages.site_day import SiteDay

    (folder / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    instance = dg.DagsterInstance.from_config(str(folder))
    job = definitions.resolve_job_def("count_site_day")

    def through() -> None:
        done = job.execute_in_process(
            partition_key=partition_of("lindenplatz", builders.DAY),
            instance=instance,
            run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
        )
        assert done.success

    def bare() -> None:
        day = SiteDay.of("lindenplatz", builders.DAY, settings)
        day.ingest()
        day.track(builders.silence)
        for stage in (day.drift, day.georeference, day.measure, day.load, day.check, day.release):
            stage()

    return through, bare
