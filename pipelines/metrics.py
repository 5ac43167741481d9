"""The state of the pipeline as Prometheus reads it: a text file, written whole, for a collector to pick up.

The format is Prometheus' text exposition format 0.0.4; names follow its conventions (base units, the
unit as a suffix). node_exporter's textfile collector reads the file as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipelines.durable import replacing
from pipelines.stages.status import CameraStatus, SiteStatus

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Metric:
    """One metric: its name, what it says, and its values with their labels."""

    name: str
    help: str
    values: tuple[tuple[Labels, float], ...]

    def lines(self) -> Iterable[str]:
        """Its lines in the file; none where there is no value."""
        if self.values:
            yield f"# HELP {self.name} {self.help}"
            yield f"# TYPE {self.name} gauge"
        for labels, value in self.values:
            named = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
            yield f"{self.name}{{{named}}} {value!r}" if named else f"{self.name} {value!r}"


def metrics(sites: Mapping[str, SiteStatus], runs: Mapping[str, int], data: Path, now: datetime) -> Sequence[Metric]:
    """Throughput, lag, coverage and failures.

    Args:
        sites: the status of each site by its name.
        runs: Dagster's runs of the last day by their outcome; empty where Dagster was not asked.
        data: the data folder, for the space left on its disk.
        now: the present moment.
    """
    cameras = [camera for site in sites.values() for camera in site.cameras]
    return [
        _of_cameras("last_recording_end_timestamp_seconds", "End of the last recording.", cameras, _end_s),
        _of_cameras("age_seconds", "Time since the end of the last recording.", cameras, lambda c: _age_s(c, now)),
        _of_cameras(
            "delay_seconds", "From the end of the last recording until it was tracked.", cameras, lambda c: c.delay_s
        ),
        _of_cameras(
            "frames_per_second", "Speed at which the last recording was tracked.", cameras, lambda c: c.frames_per_s
        ),
        _of_cameras(
            "coverage_ratio", "Share of the last whole local day that was observed.", cameras, lambda c: c.coverage
        ),
        _of_cameras("recordings", "Recordings counted.", cameras, lambda c: c.recordings),
        _of_cameras("crossings", "Crossings counted.", cameras, lambda c: c.crossings),
        _of_cameras("stale", "1 where no recording has come for too long.", cameras, lambda c: float(c.is_stale)),
        _of_sites("days", "Local days in the warehouse.", {name: site.days for name, site in sites.items()}),
        _of_sites("days_held", "Local days held back by a check.", {name: len(s.held) for name, s in sites.items()}),
        Metric("passant_runs", "Runs of the last day.", tuple(({"status": s}, float(n)) for s, n in runs.items())),
        Metric("passant_disk_free_bytes", "Space left for data.", (({}, float(shutil.disk_usage(data).free)),)),
        Metric("passant_metrics_timestamp_seconds", "When this file was written.", (({}, now.timestamp()),)),
    ]


def write_metrics(found: Sequence[Metric], path: Path) -> None:
    """Writes the file, which a reader sees whole or not at all."""
    text = "\n".join(line for metric in found for line in metric.lines()) + "\n"
    with replacing(path) as stand_in:
        stand_in.write_text(text, encoding="utf-8")


def _of_cameras(
    name: str, says: str, cameras: Iterable[CameraStatus], value: Callable[[CameraStatus], float | None]
) -> Metric:
    found = ((camera, value(camera)) for camera in cameras)
    values = tuple(({"site": c.site_id, "camera": c.camera_id}, float(v)) for c, v in found if v is not None)
    return Metric(f"passant_camera_{name}", says, values)


def _of_sites(name: str, says: str, numbers: Mapping[str, int]) -> Metric:
    return Metric(f"passant_site_{name}", says, tuple(({"site": site}, float(n)) for site, n in numbers.items()))


def _end_s(camera: CameraStatus) -> float | None:
    return camera.last_end_utc.timestamp() if camera.last_end_utc else None


def _age_s(camera: CameraStatus, now: datetime) -> float | None:
    return (now - camera.last_end_utc).total_seconds() if camera.last_end_utc else None


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
