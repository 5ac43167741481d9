"""A day of many recordings, run again with nothing changed: what it costs to find that there is nothing to do."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pipelines.settings import Settings
from tests import builders
from tests.benchmarks.bench import cpu_s, report

RECORDINGS = int(os.environ.get("RECORDINGS", "1000"))
NO_CHANGE_S, OF = 5.0, 1000
FRAMES, APART_S = 4, 80


def bench_pipeline() -> None:
    """Seconds allowed for a no-change run / needed; fewer RECORDINGS than 1,000 are allowed as much less."""
    with TemporaryDirectory() as folder:
        settings = Settings(Path(folder) / "data")
        _record(settings)
        first_cpu, first_wall = cpu_s(lambda: _run(settings, is_again=False))
        again_cpu, again_wall = cpu_s(lambda: _run(settings, is_again=True))
    print(f"# {RECORDINGS} recordings: first {first_cpu:.1f} cpu-s ({first_wall:.1f} wall)")
    print(f"# again, nothing changed: {again_cpu:.2f} cpu-s ({again_wall:.2f} wall)")
    report("pipeline_no_change", NO_CHANGE_S * RECORDINGS / OF / again_cpu, 1.0)


def _record(settings: Settings) -> None:
    """Short films that show the same, each at a time of its own on one day."""
    builders.write_site(settings.sites / "crossroads")
    film = builders.video(settings.recordings / "pole" / "film.mp4", builders.images(FRAMES))
    starts = (datetime(2026, 6, 10) + timedelta(seconds=APART_S * number) for number in range(RECORDINGS))
    builders.like(film, (f"pole_{start:%Y-%m-%d_%H-%M-%S}.mp4" for start in starts))
    film.unlink()


def _run(settings: Settings, *, is_again: bool) -> None:
    outcome = builders.run_day(builders.site_day(settings))
    reports = [report for stage, reports in outcome.items() if stage != "checks" for report in reports]
    assert len(outcome["tracks"]) == RECORDINGS
    assert all(report.is_reused for report in reports) == is_again
