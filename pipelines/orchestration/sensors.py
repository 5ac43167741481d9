"""New files under ``data/recordings/<camera>/`` start the job for their site and day."""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import dagster as dg

from detectors.camera import Camera
from geo.site import Site
from pipelines.orchestration.jobs import count_site_day
from pipelines.orchestration.partitions import partition_of, run_tags
from pipelines.settings import Settings
from pipelines.sites import find_sites, load_site
from pipelines.stages.arrivals import recording_files, written_day
from pipelines.stages.ingest import SIDECAR_ENDING, examine

Mark = list[int]


@dg.sensor(job=count_site_day, minimum_interval_seconds=30, default_status=dg.DefaultSensorStatus.STOPPED)
def new_recordings(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Requests a run for the partition of every new or changed recording, once two looks have found it the same.

    A file whose day cannot be told is named in the log and looked at again once it changes.
    """
    settings, looks = Settings.from_environment(), _Looks.before(context.cursor)
    requests = {}
    for folder in map(load_site, find_sites(settings).values()):
        for path, camera_id in recording_files(folder, settings):
            if looks.has_settled(path):
                try:
                    request = _request(path, folder.site, folder.site.camera(camera_id))
                    requests[str(request.partition_key)] = request
                except ValueError as error:
                    context.log.error(str(error))  # noqa: TRY400  (the message names file and fix)
    skipped = None if requests else "no new recording has settled"
    return dg.SensorResult(run_requests=list(requests.values()), skip_reason=skipped, cursor=looks.cursor())


@dataclass
class _Looks:
    """What the last look has found and what was asked for, kept in the cursor; files that are gone are forgotten."""

    last: dict[str, Mark]
    asked: dict[str, Mark]
    now: dict[str, Mark] = field(default_factory=dict)

    @classmethod
    def before(cls, cursor: str | None) -> "_Looks":
        return cls(**json.loads(cursor or '{"last": {}, "asked": {}}'))

    def has_settled(self, path: Path) -> bool:
        """Whether a file is as it was at the last look, and nothing was asked for it as it is."""
        name, mark = str(path), _mark(path)
        self.now[name] = mark
        is_new = self.asked.get(name) != mark and self.last.get(name) == mark
        if is_new:
            self.asked[name] = mark
        return is_new

    def cursor(self) -> str:
        asked = {name: mark for name, mark in self.asked.items() if name in self.now}
        return json.dumps({"last": self.now, "asked": asked})


def _request(path: Path, site: Site, camera: Camera) -> dg.RunRequest:
    """A run for the local day on which a recording starts; only one that does not say is opened."""
    day: date = written_day(path, camera) or examine(path, site, camera, None).key.day
    key = partition_of(site.site_id, day)
    tags = run_tags(site.site_id, day, "new recording")
    return dg.RunRequest(run_key=f"{key}-{path.name}-{_mark(path)}", partition_key=key, tags=tags)


def _mark(path: Path) -> Mark:
    """Size and time of change of a file and of its sidecar, so that a corrected start counts as a change."""
    beside = path.with_name(path.name + SIDECAR_ENDING)
    status = [file.stat() for file in (path, beside) if file.is_file()]
    return [number for one in status for number in (one.st_size, one.st_mtime_ns)]
